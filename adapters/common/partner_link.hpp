// What every adapter that calls partners over TCP shares: the options of one partner, dialling with what is left of a
// deadline, connections kept between messages, and a gate that stop() closes.
// Promises: when certificate, key, trust or revocation files change, the next message goes over a new connection.
// Refuses: retries; two partners with one certificate.
#pragma once
#include <condition_variable>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "adapters/common/expiry_watch.hpp"
#include "adapters/common/net.hpp"
#include "adapters/common/options.hpp"
#include "adapters/common/stream.hpp"
#include "adapters/common/tls_context.hpp"
#include "huren/adapter.hpp"

namespace huren::common {

// [listener]: who we are (for calling as well) and, where listen is set, how we are called.
std::span<const AdapterOption> listener_options();
// [partner.X]
std::span<const AdapterOption> partner_options();

struct LinkSettings {
  std::string where{};  // in errors and the log; empty: "partner.NAME"
  std::string partner;
  Endpoint address;
  std::string path;                // of an HTTP address
  std::shared_ptr<TlsSource> tls;  // nullptr: plain
  std::uint32_t connect_timeout_ms = 5'000, handshake_timeout_ms = 5'000;
  std::uint32_t keep_idle_ms = 240'000;
  std::size_t max_idle = 256;  // never more than were in use at a time
};

using PartnerOf = std::map<std::string, std::string>;  // fingerprint → partner

TlsSettings own_tls(OptionReader& listener);
// Adds the partner's fingerprints to known. Errors transport.option_*, transport.address, transport.duplicate_pin.
Result<LinkSettings> read_link(const AdapterSetup& setup, const Peer& peer, TlsSettings own, PartnerOf& known);
// A server that only the known partners may call.
std::shared_ptr<TlsSource> serving_tls(TlsSettings own, const PartnerOf& known);

class Dialer {
 public:
  Dialer(LinkSettings settings, EngineServices& engine, const Waker& stop);
  struct Current {
    std::shared_ptr<const TlsContext> tls;
    bool renewed = false;  // connections that were made before should go
  };
  Result<Current> refresh();  // looks at the files at most once a second
  Result<Stream> dial(const std::shared_ptr<const TlsContext>& tls, const Deadline& deadline);
  [[nodiscard]] const LinkSettings& settings() const { return settings_; }
  [[nodiscard]] const std::string& where() const { return where_; }  // "partner.city_hospital"
  [[nodiscard]] bool stopping() const { return stop_.raised(); }

 private:
  LinkSettings settings_;
  std::string where_;
  EngineServices& engine_;
  const Waker& stop_;
  std::mutex mutex_;
  ExpiryWatch expiry_, partner_expiry_;  // of our certificate and of theirs
  std::shared_ptr<const TlsContext> context_;
  std::optional<Deadline> look_again_;
};

// Connection: movable, with a member `stream`.
template <class Connection>
class Pool {
 public:
  std::optional<Connection> take() {
    const std::lock_guard lock(mutex_);
    while (!idle_.empty()) {
      Idle last = std::move(idle_.back());
      idle_.pop_back();
      if (!last.until.passed()) return std::move(last.connection);
      last.connection.stream.close();
    }
    return std::nullopt;
  }
  void give(Connection connection, const Dialer& dialer) {
    const std::lock_guard lock(mutex_);
    if (dialer.stopping() || idle_.size() >= dialer.settings().max_idle) return connection.stream.close();
    idle_.push_back({std::move(connection), Deadline(dialer.settings().keep_idle_ms)});
  }
  void clear() {
    const std::lock_guard lock(mutex_);
    for (auto& idle : idle_) idle.connection.stream.close();
    idle_.clear();
  }

 private:
  struct Idle {
    Connection connection;
    Deadline until;
  };
  std::mutex mutex_;
  std::vector<Idle> idle_;
};

// Lets deliveries in until it is closed, then waits for those inside.
class Gate {
 public:
  bool enter();
  void leave();
  void open();
  // Waits grace_ms for those inside, then raises stop to end their waits, then waits until they are out.
  void close(std::uint32_t grace_ms, Waker& stop);

 private:
  std::mutex mutex_;
  std::condition_variable empty_;
  int inside_ = 0;
  bool closed_ = false;
};

Receipt stopping_receipt(const std::string& partner);
Receipt broken_receipt(const std::string& partner);  // out of memory or Poco threw: how far it came is not known

// What every calling adapter does with a partner: the gate, SIGPIPE and exceptions dealt with. call: Answer(); refused: makes
// an Answer of the receipt that says why there is none.
template <class Answer, class Refused, class Call>
Answer guarded(Gate& gate, const std::string& partner, Refused refused, Call call) {
  if (!gate.enter()) return refused(stopping_receipt(partner));
  struct Leave {
    Gate& gate;
    ~Leave() { gate.leave(); }
  } leave{gate};
  const SigpipeGuard guard;
  try {
    return call();
  } catch (const std::exception&) {
    return refused(broken_receipt(partner));
  }
}

}  // namespace huren::common
