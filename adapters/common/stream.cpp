#include "adapters/common/stream.hpp"

#include <Poco/Exception.h>
#include <Poco/Net/DNS.h>
#include <Poco/Net/HostEntry.h>
#include <Poco/Net/IPAddress.h>
#include <Poco/Net/NetException.h>
#include <Poco/Net/SocketAddress.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>
#include <poll.h>
#include <sys/socket.h>

#include <array>
#include <cerrno>
#include <utility>
#include <vector>

namespace huren::common {

Stream::Stream(Poco::Net::StreamSocket socket, const Waker* stop)
    : socket_(std::move(socket)), stop_(stop), report_(std::make_unique<VerifyReport>()) {
  socket_.setBlocking(false);
  try {
    socket_.setNoDelay(true);  // one frame is one write; waiting for more only delays the answer
    socket_.setKeepAlive(true);
    address_ = socket_.peerAddress().toString();
  } catch (const Poco::Exception&) {
    // The peer has gone already; the first read says so.
  }
}

Stream::~Stream() { drop_tls(false); }

// OpenSSL keeps the bare descriptor: it must be gone before the socket is, or it would write into a stranger's.
void Stream::drop_tls(bool goodbye) {
  if (!ssl_) return;
  ERR_clear_error();
  if (goodbye) SSL_shutdown(ssl_);
  SSL_free(std::exchange(ssl_, nullptr));
  ERR_clear_error();
}

Stream::Stream(Stream&& other) noexcept
    : socket_(other.socket_),
      stop_(other.stop_),
      context_(std::move(other.context_)),
      ssl_(std::exchange(other.ssl_, nullptr)),
      report_(std::move(other.report_)),
      peer_(std::move(other.peer_)),
      address_(std::move(other.address_)) {}

Stream& Stream::operator=(Stream&& other) noexcept {
  if (this == &other) return *this;
  drop_tls(false);
  socket_ = other.socket_;
  stop_ = other.stop_;
  context_ = std::move(other.context_);
  ssl_ = std::exchange(other.ssl_, nullptr);
  report_ = std::move(other.report_);
  peer_ = std::move(other.peer_);
  address_ = std::move(other.address_);
  return *this;
}

namespace {

Result<Poco::Net::StreamSocket> connect(const Poco::Net::SocketAddress& address, const Endpoint& to,
                                        const Deadline& deadline, const std::string& where) {
  const int left_ms = deadline.remaining_ms();
  if (left_ms == 0) return Error{"transport.connect_timeout", where, {to.text()}};
  try {
    Poco::Net::StreamSocket socket;
    socket.connect(address, Poco::Timespan(static_cast<Poco::Timespan::TimeDiff>(left_ms) * 1000));
    return socket;
  } catch (const Poco::Net::ConnectionRefusedException&) {
    return Error{"transport.connect_refused", where, {to.text()}};
  } catch (const Poco::TimeoutException&) {
    return Error{"transport.connect_timeout", where, {to.text()}};
  } catch (const Poco::Exception& e) {
    return Error{"transport.connect_failed", where, {to.text(), e.name()}};
  }
}

}  // namespace

// Every address of the name is tried in the resolver's order. Resolving is the one wait that no deadline bounds: the
// C library has no time limit for it but resolv.conf's.
Result<Stream> Stream::dial(const Endpoint& to, const Deadline& deadline, const Waker* stop, const std::string& where) {
  std::vector<Poco::Net::IPAddress> addresses;
  try {
    Poco::Net::IPAddress literal;
    if (Poco::Net::IPAddress::tryParse(to.host, literal))
      addresses.push_back(literal);
    else
      addresses = Poco::Net::DNS::hostByName(to.host).addresses();
  } catch (const Poco::Exception&) {
    // None: told below.
  }
  Error last{"transport.address_unknown", where, {to.host}};
  for (const auto& address : addresses) {
    auto socket = connect({address, to.port}, to, deadline, where);
    if (socket) return Stream(*socket, stop);
    last = socket.error();
  }
  return last;
}

IoStatus Stream::wait(short events, const Deadline& deadline, bool stoppable) const {
  std::array<pollfd, 2> fds{pollfd{socket_.impl()->sockfd(), events, 0}, pollfd{stop_ ? stop_->fd() : -1, POLLIN, 0}};
  for (;;) {
    const int n = ::poll(fds.data(), stoppable && stop_ ? 2 : 1, deadline.remaining_ms());
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) return IoStatus::failed;
    if (fds[0].revents) return IoStatus::ok;  // readable, writable or in error: the next call tells which
    if (n > 0) return IoStatus::stopped;
    if (deadline.passed()) return IoStatus::timed_out;
  }
}

Result<void> Stream::secure(std::shared_ptr<const TlsContext> context, const Deadline& deadline,
                            const std::string& where) {
  context_ = std::move(context);
  const auto& settings = context_->settings();
  ssl_ = SSL_new(context_->poco()->sslContext());
  if (!ssl_ || SSL_set_fd(ssl_, socket_.impl()->sockfd()) != 1) return Error{"tls.unavailable", where, {"SSL_new"}};
  watch(ssl_, report_.get());
  if (settings.server) {
    SSL_set_accept_state(ssl_);
  } else {
    SSL_set_connect_state(ssl_);
    const bool literal = settings.host.find_first_not_of("0123456789.") == std::string::npos ||
                         settings.host.find(':') != std::string::npos;
    if (!literal && !settings.host.empty())  // the macro SSL_set_tlsext_host_name, without its C cast
      SSL_ctrl(ssl_, SSL_CTRL_SET_TLSEXT_HOSTNAME, TLSEXT_NAMETYPE_host_name, const_cast<char*>(settings.host.c_str()));
    if (settings.pins.empty()) {
      if (literal)
        X509_VERIFY_PARAM_set1_ip_asc(SSL_get0_param(ssl_), settings.host.c_str());
      else
        SSL_set1_host(ssl_, settings.host.c_str());
    }
  }
  for (;;) {
    ERR_clear_error();
    const int rc = SSL_do_handshake(ssl_);
    if (rc == 1) break;
    const int error = SSL_get_error(ssl_, rc);
    if (error != SSL_ERROR_WANT_READ && error != SSL_ERROR_WANT_WRITE)
      return tls_failure(*report_, settings.server, where);
    switch (wait(error == SSL_ERROR_WANT_READ ? POLLIN : POLLOUT, deadline, true)) {
      case IoStatus::ok:
        break;
      case IoStatus::stopped:
        return Error{"transport.stopping", where, {}};
      case IoStatus::timed_out:
        return Error{"tls.handshake_timeout", where, {}};
      default:
        return Error{"tls.closed_in_handshake", where, {}};
    }
  }
  peer_ = peer_certificate(ssl_);
  return {};
}

Io Stream::read(std::span<char> into, const Deadline& deadline) {
  if (ssl_) return read_tls(into, deadline);
  for (;;) {
    const auto n = ::recv(socket_.impl()->sockfd(), into.data(), into.size(), 0);
    if (n > 0) return {.bytes = static_cast<std::size_t>(n)};
    if (n == 0) return {.status = IoStatus::closed};
    if (errno == EINTR) continue;
    if (errno != EAGAIN && errno != EWOULDBLOCK) return {.status = IoStatus::failed};
    if (const auto w = wait(POLLIN, deadline, true); w != IoStatus::ok) return {.status = w};
  }
}

Io Stream::read_tls(std::span<char> into, const Deadline& deadline) {
  for (;;) {
    ERR_clear_error();
    std::size_t n = 0;
    const int rc = SSL_read_ex(ssl_, into.data(), into.size(), &n);
    if (rc == 1) return {.bytes = n};
    switch (SSL_get_error(ssl_, rc)) {
      case SSL_ERROR_WANT_READ:
        if (const auto w = wait(POLLIN, deadline, true); w != IoStatus::ok) return {.status = w};
        break;
      case SSL_ERROR_WANT_WRITE:
        if (const auto w = wait(POLLOUT, deadline, true); w != IoStatus::ok) return {.status = w};
        break;
      case SSL_ERROR_ZERO_RETURN:
        return {.status = IoStatus::closed};
      case SSL_ERROR_SSL: {
        const int alert = peer_alert();
        const int reason = ERR_GET_REASON(ERR_peek_error());
        ERR_clear_error();
        if (alert >= 0) return {.status = IoStatus::alert, .alert = alert};
        return {.status = reason == SSL_R_UNEXPECTED_EOF_WHILE_READING ? IoStatus::closed : IoStatus::failed};
      }
      default:
        return {.status = IoStatus::failed};
    }
  }
}

Io Stream::write(std::string_view bytes, const Deadline& deadline) {
  if (ssl_) return write_tls(bytes, deadline);
  std::size_t done = 0;
  const auto end = [&done](IoStatus status) { return Io{.status = status, .bytes = done, .nothing_left = done == 0}; };
  while (done < bytes.size()) {
    const auto n = ::send(socket_.impl()->sockfd(), bytes.data() + done, bytes.size() - done, MSG_NOSIGNAL);
    if (n >= 0) {
      done += static_cast<std::size_t>(n);
      continue;
    }
    if (errno == EINTR) continue;
    if (errno != EAGAIN && errno != EWOULDBLOCK) return end(IoStatus::failed);
    if (const auto w = wait(POLLOUT, deadline, false); w != IoStatus::ok) return end(w);
  }
  return {.bytes = done};
}

Io Stream::write_tls(std::string_view bytes, const Deadline& deadline) {
  std::size_t done = 0;
  const auto left_before = BIO_number_written(SSL_get_wbio(ssl_));
  const auto end = [&](IoStatus status) {
    return Io{.status = status, .bytes = done, .nothing_left = BIO_number_written(SSL_get_wbio(ssl_)) == left_before};
  };
  while (done < bytes.size()) {
    ERR_clear_error();
    std::size_t n = 0;
    const int rc = SSL_write_ex(ssl_, bytes.data() + done, bytes.size() - done, &n);
    if (rc == 1) {
      done += n;
      continue;
    }
    const int error = SSL_get_error(ssl_, rc);
    if (error != SSL_ERROR_WANT_WRITE && error != SSL_ERROR_WANT_READ) {
      ERR_clear_error();
      return end(IoStatus::failed);
    }
    const auto w = wait(error == SSL_ERROR_WANT_WRITE ? POLLOUT : POLLIN, deadline, false);
    if (w != IoStatus::ok) return end(w);
  }
  return {.bytes = done};
}

IoStatus Stream::wait_readable(const Deadline& deadline) const {
  return ssl_ && SSL_pending(ssl_) > 0 ? IoStatus::ok : wait(POLLIN, deadline, true);
}

bool Stream::readable() const {
  if (ssl_ && SSL_pending(ssl_) > 0) return true;
  pollfd p{socket_.impl()->sockfd(), POLLIN, 0};
  return ::poll(&p, 1, 0) != 0;
}

bool Stream::idle() {
  char byte = 0;
  return !readable() || read({&byte, 1}, Deadline(0)).status == IoStatus::timed_out;
}

void Stream::close() {
  drop_tls(true);
  ::shutdown(socket_.impl()->sockfd(), SHUT_RDWR);
  try {
    socket_.close();
  } catch (const Poco::Exception&) {
    // Nothing of ours is left in it.
  }
}

void Stream::reset() {
  drop_tls(false);
  try {
    socket_.setLinger(true, 0);
    socket_.close();
  } catch (const Poco::Exception&) {
    // It was gone already.
  }
}

// Closing with unread bytes in the receive buffer sends a reset, and a reset may overtake our last bytes.
void Stream::close_after_drain() {
  constexpr std::size_t kMostBytes = 256 * 1024;
  drop_tls(true);
  const int fd = socket_.impl()->sockfd();
  ::shutdown(fd, SHUT_WR);
  const Deadline deadline(500);
  std::array<char, 4096> sink{};
  for (std::size_t total = 0; total < kMostBytes;) {
    const auto n = ::recv(fd, sink.data(), sink.size(), 0);
    if (n == 0) break;
    if (n > 0) {
      total += static_cast<std::size_t>(n);
      continue;
    }
    if (errno == EINTR) continue;
    if (errno != EAGAIN && errno != EWOULDBLOCK) break;
    if (wait(POLLIN, deadline, true) != IoStatus::ok) break;
  }
  try {
    socket_.close();
  } catch (const Poco::Exception&) {
    // As above.
  }
}

}  // namespace huren::common
