// One connected byte stream, plain or TLS, every wait bounded by a deadline and ended by the adapter's waker.
// Promises: says exactly how far a write came, which is what "provably not sent" rests on; a slow peer that drips bytes
//   cannot stretch a deadline; TCP_NODELAY and keep-alive are on. Refuses: use by two threads at once.
#pragma once
#include <Poco/Net/StreamSocket.h>

#include <cstddef>
#include <memory>
#include <span>
#include <string>
#include <string_view>

#include "adapters/common/net.hpp"
#include "adapters/common/tls_context.hpp"
#include "core/base/result.hpp"

namespace huren::common {

enum class IoStatus { ok, closed, timed_out, stopped, alert, failed };
struct Io {
  IoStatus status = IoStatus::ok;
  std::size_t bytes = 0;      // read, or handed to the kernel as plain text
  bool nothing_left = false;  // write: not one byte of it reached the kernel, in clear or encrypted
  int alert = -1;             // status alert: its number
};

class Stream {
 public:
  // stop: raised to end waits in read; may be nullptr.
  Stream(Poco::Net::StreamSocket socket, const Waker* stop);
  ~Stream();
  Stream(Stream&&) noexcept;
  Stream& operator=(Stream&&) noexcept;

  // Errors transport.address_unknown, transport.connect_refused, transport.connect_timeout, transport.connect_failed.
  static Result<Stream> dial(const Endpoint& to, const Deadline& deadline, const Waker* stop, const std::string& where);
  // Errors tls.*. On failure the peer has been told why (alert) and the stream is of no more use.
  Result<void> secure(std::shared_ptr<const TlsContext> context, const Deadline& deadline, const std::string& where);

  Io read(std::span<char> into, const Deadline& deadline);
  Io write(std::string_view bytes, const Deadline& deadline);  // all of it or a failure
  // Waits for something to read, an end or a fault.
  IoStatus wait_readable(const Deadline& deadline) const;
  // Something to read, an end or a fault is waiting. With TLS it may turn out to be no content (a session ticket).
  [[nodiscard]] bool readable() const;
  bool idle();  // alive and with nothing to say: fit to be used again
  void set_stop(const Waker* stop) { stop_ = stop; }
  void close();              // says goodbye (close_notify, FIN) without waiting
  void close_after_drain();  // lets a last reply or alert reach a peer that is still sending; bounded in time and bytes
  void reset();              // RST: what was sent may be lost

  [[nodiscard]] bool secured() const { return ssl_ != nullptr; }
  [[nodiscard]] const PeerCertificate& peer() const { return peer_; }
  [[nodiscard]] const VerifyReport& verify_report() const { return *report_; }
  [[nodiscard]] std::string peer_address() const { return address_; }

 private:
  void drop_tls(bool goodbye);
  IoStatus wait(short events, const Deadline& deadline, bool stoppable) const;
  Io read_tls(std::span<char> into, const Deadline& deadline);
  Io write_tls(std::string_view bytes, const Deadline& deadline);

  Poco::Net::StreamSocket socket_;
  const Waker* stop_ = nullptr;
  std::shared_ptr<const TlsContext> context_;
  SSL* ssl_ = nullptr;
  std::unique_ptr<VerifyReport> report_;  // its address is known to OpenSSL, so it must not move
  PeerCertificate peer_;
  std::string address_;
};

}  // namespace huren::common
