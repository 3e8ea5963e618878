// An MLLP server: one thread a connection, a bound on connections, every wait bounded.
// Promises: a reply leaves as one write after the handler returned; frames of one connection are handled in order; an
//   acknowledgement is never acknowledged; stop() ends accepting, lets frames in work finish, joins every thread.
// Refuses: frames over the limit (answered from their head, the rest never read), peers that stall inside a frame,
//   peers without the right certificate.
#pragma once
#include <Poco/Net/ServerSocket.h>

#include <atomic>
#include <functional>
#include <list>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <thread>

#include "adapters/common/expiry_watch.hpp"
#include "adapters/common/net.hpp"
#include "adapters/common/stream.hpp"
#include "adapters/common/tls_context.hpp"
#include "huren/adapter.hpp"

namespace huren::common {

struct MllpServerSettings {
  std::string name;                          // for the log: "listener", "feed.lis"
  Endpoint listen;                           // port 0: any free one, see port()
  std::shared_ptr<TlsSource> tls;            // nullptr: plain
  std::size_t max_connections = 64;
  std::size_t max_frame_bytes = std::size_t{16} << 20;
  std::uint32_t handshake_timeout_ms = 10'000;
  std::uint32_t idle_timeout_ms = 900'000;   // between frames: the connection is closed, no fault
  std::uint32_t frame_timeout_ms = 60'000;   // from a frame's first byte to its last
  std::uint32_t write_timeout_ms = 30'000;
  bool commit_bytes = false;                 // MLLP release 2: a commit or nak frame goes before the reply
};

struct MllpHandler {
  // The sender as proved, from its certificate (fingerprint "" without TLS); "" : refused.
  std::function<std::string(const PeerCertificate&)> identify;
  // One message. The reply goes out verbatim in a frame; an empty body sends nothing.
  std::function<Reply(const std::string& source, std::string&& message)> handle;
  // A frame that was lost or too large, by its head; an empty answer sends nothing.
  std::function<std::string(std::string_view head, const Error& why)> refuse;
  // An acknowledgement that came as a message of its own (enhanced mode). May be empty.
  std::function<void(const std::string& source, std::string_view ack)> acknowledged;
};

class MllpServer {
 public:
  MllpServer(MllpServerSettings settings, MllpHandler handler, EngineServices& engine);
  ~MllpServer();  // stops
  MllpServer(const MllpServer&) = delete;
  MllpServer& operator=(const MllpServer&) = delete;

  Result<void> start();  // Error transport.cannot_listen; tls.* when the certificate does not load
  void stop();
  [[nodiscard]] std::uint16_t port() const { return port_; }

 private:
  struct Connection {
    std::thread thread;
    std::atomic<bool> done{false};
  };
  void accept_loop();
  void reap(bool all);
  void report_tls();
  void serve(Poco::Net::StreamSocket socket);
  void talk(Stream& stream, const std::string& source);
  bool answer(Stream& stream, const std::string& source, std::string&& message);  // false: the connection is over
  bool send(Stream& stream, const std::string& source, const std::string& reply, bool stored);

  MllpServerSettings settings_;
  MllpHandler handler_;
  EngineServices& engine_;
  Poco::Net::ServerSocket socket_;
  std::uint16_t port_ = 0;
  Waker stop_;
  std::thread acceptor_;
  std::list<Connection> connections_;  // touched by the acceptor only, and by stop() after it was joined
  ExpiryWatch expiry_;
};

}  // namespace huren::common
