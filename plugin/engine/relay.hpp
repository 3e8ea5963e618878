// Plain relay: what comes in by a feed with relay_to goes on to that partner as it came.
// Promises: bytes and outbox row are on disk before AA leaves (I9); the same message again gets the same answer and goes on
//   once; one patient's messages go in the order of their arrival (PID-3 as the sender wrote it; without one, the feed's).
// Refuses: what has no MSH or no control id; reading further than MSH and PID-3.
#pragma once
#include "engine/context.hpp"

namespace huren::engine {

// The feed's partner when `source` is a feed that relays; nullptr: it is not.
const config::Partner* relay_partner(const Context& context, std::string_view source);

// May throw when memory is out, as accept_bytes may.
Reply relay(const Context& context, const config::Partner& partner, const huren::Inbound& in, bool& queued);

}  // namespace huren::engine
