// Bytes from a partner or a feed: read, checked, stored with the verdict, answered (accept); later applied, once (apply).
// Promises: the answer goes out only after bytes and verdict are on disk (I9); a repeated message gets the earlier
//   answer and no second effect; every refusal names the place and the HL7 error code; an ACK is never acknowledged, but
//   for the commit that an application acknowledgement asks for.
// Refuses: a sender other than the one proved by the certificate; message types that nobody here reads.
#pragma once
#include "core/base/link.hpp"
#include "engine/context.hpp"

namespace huren::engine {

class Inbound {
 public:
  explicit Inbound(const Context& context) : context_(context) {}
  // [thread: any] Never throws.
  Reply accept(const huren::Inbound& in) noexcept;
  // [thread: applier] Error with status -2xx: try again later.
  Result<void> apply(store::Unit& unit, const store::InboxRow& row);

 private:
  Reply accept_bytes(const huren::Inbound& in);
  const Context& context_;
};

// A spooled event whose body is an HL7 v2 report (content type application/hl7-v2; charset=...): what a feed would do.
// Findings hold what is wrong with the message; empty: it took effect.
Result<Findings> take_in_hl7(store::Unit& unit, const Context& context, const SpooledEvent& event);

}  // namespace huren::engine
