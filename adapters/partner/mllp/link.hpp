// The way to one partner.
// Promises: a kept connection is checked before use; a message that found it dead goes out on a new one; what is left
//   of the deadline bounds connect, handshake and answer alike. Refuses: retries (core/delivery decides).
#pragma once
#include "adapters/common/partner_link.hpp"
#include "adapters/partner/mllp/exchange.hpp"

namespace huren::partner_mllp {

class Link {
 public:
  Link(common::LinkSettings settings, EngineServices& engine, const common::Waker& stop);
  Receipt deliver(const Message& message, const common::Deadline& deadline) { return exchange_over(message, deadline).receipt; }
  Replied ask(const Message& question, const common::Deadline& deadline) { return exchange_over(question, deadline); }
  void close_idle() { pool_.clear(); }

 private:
  Replied exchange_over(const Message& message, const common::Deadline& deadline);
  std::optional<Connection> take_good();
  void note_skipped(int count);

  common::Dialer dialer_;
  common::Pool<Connection> pool_;
  EngineServices& engine_;
  TakeLate late_;
};

}  // namespace huren::partner_mllp
