// What each HIS event does to the store. One function in; the caller's Unit holds all of it or nothing.
#pragma once
#include "core/base/link.hpp"
#include "core/model/event.hpp"
#include "engine/context.hpp"

namespace huren::engine {

// Error with status -2xx: the store failed, try the same event again later. Any other: the event itself is at fault.
Result<void> handle(store::Unit& unit, const Context& context, const model::Event& event);
// Bytes of a spooled event: parsed, then handled. A fault of the event parks it and tells the HIS (event.rejected/1).
Result<void> take_in(store::Unit& unit, const Context& context, const SpooledEvent& event);
// Sets an event aside: visible, told to the HIS (event.rejected/1), never tried again by itself. findings: not empty.
Result<void> park(store::Unit& unit, const Context& context, const SpooledEvent& event, const Findings& findings);
// Whether an error means that the store, not the content, is at fault.
bool store_failed(const Error& error);

}  // namespace huren::engine
