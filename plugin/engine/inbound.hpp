// Bytes from a partner or a feed: read, checked, stored with the verdict, answered (accept); later applied, once (apply).
// Promises: the answer goes out only after bytes and verdict are on disk (I9); a repeated message gets the earlier
//   answer and no second effect; every refusal names the place and the HL7 error code; an ACK is never acknowledged.
// Refuses: a sender other than the one proved by the certificate; message types that nobody here reads.
#pragma once
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

}  // namespace huren::engine
