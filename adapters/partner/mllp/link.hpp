// The way to one partner.
// Promises: a kept connection is checked before use; what found it dead goes out on a new one; what is left
//   of the deadline bounds connect, handshake and answer alike. Refuses: retries (core/delivery decides).
#pragma once
#include "adapters/common/partner_link.hpp"
#include "adapters/partner/mllp/exchange.hpp"

namespace huren::partner_mllp {

class Link {
 public:
  Link(common::LinkSettings settings, EngineServices& engine, const common::Waker& stop);
  // A receipt for each, and the reply that came. One behind another on one connection.
  std::vector<Replied> exchange_over(std::span<const Message> messages, const common::Deadline& deadline);
  void close_idle() { pool_.clear(); }

 private:
  std::optional<Connection> take_good();
  void note_skipped(int count);

  common::Dialer dialer_;
  common::Pool<Connection> pool_;
  EngineServices& engine_;
  TakeLate late_;
};

}  // namespace huren::partner_mllp
