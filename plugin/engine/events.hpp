// What each HIS event does to the store. One function in; the caller's Unit holds all of it or nothing.
#pragma once
#include <memory>

#include "core/base/link.hpp"
#include "core/model/event.hpp"
#include "engine/handlers.hpp"

namespace huren::engine {

// Error with status -2xx: the store failed, try the same event again later. Any other: the event itself is at fault.
Result<void> handle(store::Unit& unit, const Context& context, const model::Event& event);
// A spooled event read and rendered as far as it goes without the store.
struct Prepared {
  model::ParsedEvent parsed;        // not for bytes in HL7 v2
  std::unique_ptr<Release> release; // of lab.report.released
};
Prepared prepare(const Context& context, const SpooledEvent& event) noexcept;
// What one failing item costs the others of its batch: apart, nothing, because each has a savepoint; together, a roll-back
// of all, after which each must be taken apart. A savepoint copies every page that the item touches, and few items fail.
enum class Manner { together, apart };
// A fault of the event parks it and tells the HIS (event.rejected/1). Together: engine.taken_apart instead.
Result<void> take_in(store::Unit& unit, const Context& context, const SpooledEvent& event, Prepared& prepared, Manner manner);
// Sets an event aside: visible, told to the HIS (event.rejected/1), never tried again by itself. findings: not empty.
Result<void> park(store::Unit& unit, const Context& context, const SpooledEvent& event, const Findings& findings);
// Whether an error means that the store, not the content, is at fault.
bool store_failed(const Error& error);

}  // namespace huren::engine
