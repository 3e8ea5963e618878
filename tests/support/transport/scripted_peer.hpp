// A peer that does exactly what a test says, over real sockets, plain or TLS. One connection is served at a time in the
// order of arrival; each runs its script (the last script serves all further connections).
#pragma once
#include <Poco/Net/ServerSocket.h>

#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "adapters/common/net.hpp"
#include "adapters/common/stream.hpp"
#include "adapters/common/tls_context.hpp"

namespace huren::test {

class Session {
 public:
  Session(common::Stream& stream, std::vector<std::string>& received, std::mutex& mutex)
      : stream_(stream), received_(received), mutex_(mutex) {}
  std::optional<std::string> message();  // the next frame's content; nullopt: the other side closed
  std::optional<std::string> request();  // the body of the next HTTP request; nullopt: the other side closed
  void send(std::string_view bytes);     // as they are
  void respond(const std::string& status, const std::string& type, const std::string& body,
               const std::string& more = "");
  void frame(std::string_view content);  // with 0B .. 1C 0D
  void drip(std::string_view bytes);     // one byte a write
  void wait_closed();                    // until the other side has gone (or ten seconds)
  void reset();                          // ends with RST instead of FIN
  common::Stream& stream() { return stream_; }

 private:
  common::Stream& stream_;
  std::vector<std::string>& received_;
  std::mutex& mutex_;
  bool more();
  std::string pending_;
};

class ScriptedPeer {
 public:
  using Script = std::function<void(Session&)>;
  using Raw = std::function<void(Poco::Net::StreamSocket&)>;
  // max_tls: 0, or TLS1_2_VERSION to keep to TLS 1.2.
  explicit ScriptedPeer(std::vector<Script> scripts, std::shared_ptr<const common::TlsContext> tls = nullptr);
  explicit ScriptedPeer(Raw raw);  // bytes before any TLS
  ~ScriptedPeer();
  ScriptedPeer(const ScriptedPeer&) = delete;
  ScriptedPeer& operator=(const ScriptedPeer&) = delete;

  [[nodiscard]] std::uint16_t port() const { return port_; }
  [[nodiscard]] std::string address(const std::string& host = "127.0.0.1") const {
    return host + ":" + std::to_string(port_);
  }
  [[nodiscard]] std::vector<std::string> received() const;
  [[nodiscard]] int connections() const;
  [[nodiscard]] std::vector<Error> handshake_errors() const;

 private:
  void run();
  void serve(Poco::Net::StreamSocket socket, std::size_t number);
  std::vector<Script> scripts_;
  Raw raw_;
  std::shared_ptr<const common::TlsContext> tls_;
  Poco::Net::ServerSocket server_;
  std::uint16_t port_ = 0;
  common::Waker stop_;
  mutable std::mutex mutex_;
  std::vector<std::string> received_;
  std::vector<Error> handshake_errors_;
  int connections_ = 0;
  std::thread thread_;
};

// A client of the tests' own, for servers under test.
class Client {
 public:
  explicit Client(std::uint16_t port, std::shared_ptr<const common::TlsContext> tls = nullptr);
  [[nodiscard]] const std::optional<Error>& error() const { return error_; }  // of connect or handshake
  void send(std::string_view bytes);
  std::optional<std::string> frame(std::uint32_t wait_ms = 10'000);  // nullopt: closed, or nothing in time
  std::optional<std::string> until(const std::string& end);          // what comes up to and with these bytes
  bool closed(std::uint32_t wait_ms = 10'000);                       // the other side ends it, nothing more comes
  common::IoStatus last() const { return last_; }
  int alert() const { return alert_; }
  void close() {
    if (stream_) stream_->close();
  }

 private:
  std::optional<common::Stream> stream_;
  std::optional<Error> error_;
  std::string pending_;
  common::IoStatus last_ = common::IoStatus::ok;
  int alert_ = -1;
};

}  // namespace huren::test
