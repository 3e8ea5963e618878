// The way to one partner: its address, its certificate, and the connections that are kept open to it.
// Promises: a kept connection is checked before use; a message that found it dead goes out on a new one; what is left
//   of the deadline bounds connect, handshake and answer alike. Refuses: retries (core/delivery decides).
#pragma once
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "adapters/common/expiry_watch.hpp"
#include "adapters/partner/mllp/exchange.hpp"

namespace huren::partner_mllp {

struct LinkSettings {
  std::string partner;
  common::Endpoint address;
  std::shared_ptr<common::TlsSource> tls;  // nullptr: plain
  std::uint32_t connect_timeout_ms = 5'000, handshake_timeout_ms = 5'000;
  std::uint32_t keep_idle_ms = 240'000;
  std::size_t max_idle = 4;
};

class Link {
 public:
  Link(LinkSettings settings, EngineServices& engine, const common::Waker& stop);
  Receipt deliver(const Message& message, const common::Deadline& deadline);
  void close_idle();

 private:
  struct Idle {
    Connection connection;
    common::Deadline until;
  };
  Result<Connection> open(const std::shared_ptr<const common::TlsContext>& context, const common::Deadline& deadline);
  std::optional<Connection> take_idle();
  void give_back(Connection connection);
  // The TLS context of now; kept connections are dropped when its files changed. Looks at most once a second.
  Result<std::shared_ptr<const common::TlsContext>> refresh();
  void note_skipped(int count);

  LinkSettings settings_;
  std::string where_;
  EngineServices& engine_;
  const common::Waker& stop_;
  std::mutex mutex_;
  std::vector<Idle> idle_;
  common::ExpiryWatch expiry_;
  std::shared_ptr<const common::TlsContext> context_;
  std::optional<common::Deadline> look_again_;
};

}  // namespace huren::partner_mllp
