// Accepts connections for whatever protocol is spoken over them: one thread each, bounded, TLS first, then the question
// who it is, then the protocol.
// Promises: a peer that is not welcome never reaches the protocol and is logged with its fingerprint; when certificate,
//   trust or revocation files change, idle connections are ended so that every peer proves itself anew; stop() ends
//   accepting and idle waits, lets work in progress finish, joins every thread. Refuses: plain peers where TLS is set.
#pragma once
#include <Poco/Net/ServerSocket.h>

#include <atomic>
#include <functional>
#include <list>
#include <memory>
#include <string>
#include <thread>

#include "adapters/common/expiry_watch.hpp"
#include "adapters/common/net.hpp"
#include "adapters/common/stream.hpp"
#include "adapters/common/tls_context.hpp"
#include "huren/adapter.hpp"

namespace huren::common {

struct ConnectionServerSettings {
  std::string name;                // for the log: "listener", "feed.lis"
  Endpoint listen;                 // port 0: any free one, see port()
  std::shared_ptr<TlsSource> tls;  // nullptr: plain
  std::size_t max_connections = 64;
  std::uint32_t handshake_timeout_ms = 10'000;
};

// One connection whose peer is known. Wait between messages with idle_stop, inside one with stop (Stream::set_stop).
struct Visit {
  Stream& stream;
  const std::string& source;
  const Waker& idle_stop;  // raised by stop() and by new certificates
  const Waker& stop;       // raised by stop()
};

class ConnectionServer {
 public:
  // The sender as proved, from its certificate (fingerprint "" without TLS); "": refused.
  using Identify = std::function<std::string(const PeerCertificate&)>;
  using Talk = std::function<void(const Visit&)>;  // closes the stream before it returns

  ConnectionServer(ConnectionServerSettings settings, Identify identify, Talk talk, EngineServices& engine);
  ~ConnectionServer();
  ConnectionServer(const ConnectionServer&) = delete;
  ConnectionServer& operator=(const ConnectionServer&) = delete;

  Result<void> start();  // Error transport.cannot_listen; tls.* when the certificate does not load
  void stop();
  [[nodiscard]] std::uint16_t port() const { return port_; }

 private:
  struct Connection {
    std::thread thread;
    std::atomic<bool> done{false};
  };
  void accept_loop();
  void accept_one();
  void reap(bool all);
  void report_tls();
  void serve(Poco::Net::StreamSocket& socket, const Waker& idle_stop);
  void reject(Stream& stream, const Error& why, const std::string& fingerprint);

  ConnectionServerSettings settings_;
  Identify identify_;
  Talk talk_;
  EngineServices& engine_;
  Poco::Net::ServerSocket socket_;
  std::uint16_t port_ = 0;
  Waker stop_;
  std::thread acceptor_;
  // Touched by the acceptor only, and by stop() after it was joined.
  std::shared_ptr<Waker> epoch_;
  std::list<Connection> connections_;
  ExpiryWatch expiry_;
};

}  // namespace huren::common
