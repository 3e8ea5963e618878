#include "tests/support/transport/scripted_peer.hpp"

#include <Poco/Exception.h>
#include <Poco/Net/SocketAddress.h>
#include <poll.h>
#include <sys/socket.h>

#include <array>
#include <utility>

namespace huren::test {
namespace {

using common::Deadline;
using common::IoStatus;
constexpr std::uint32_t kLongMs = 10'000;

// Takes one 0B .. 1C 0D off the front; written apart from the product's decoder on purpose.
std::optional<std::string> cut_frame(std::string& pending) {
  const auto begin = pending.find('\x0B');
  const auto end = pending.find("\x1C\x0D", begin == std::string::npos ? 0 : begin);
  if (begin == std::string::npos || end == std::string::npos) return std::nullopt;
  std::string out = pending.substr(begin + 1, end - begin - 1);
  pending.erase(0, end + 2);
  return out;
}

}  // namespace

bool Session::more() {
  std::array<char, 4096> chunk{};
  const auto io = stream_.read(chunk, Deadline(kLongMs));
  if (io.status == IoStatus::ok) pending_.append(chunk.data(), io.bytes);
  return io.status == IoStatus::ok;
}

std::optional<std::string> Session::request() {
  std::size_t head = 0;
  while ((head = pending_.find("\r\n\r\n")) == std::string::npos)
    if (!more()) return std::nullopt;
  const auto length = pending_.find("Content-Length: ");
  const std::size_t size = length < head ? std::stoul(pending_.substr(length + 16)) : 0;
  while (pending_.size() < head + 4 + size)
    if (!more()) return std::nullopt;
  std::string body = pending_.substr(head + 4, size);
  pending_.erase(0, head + 4 + size);
  const std::lock_guard lock(mutex_);
  received_.push_back(body);
  return body;
}

void Session::respond(const std::string& status, const std::string& type, const std::string& body,
                      const std::string& more_headers) {
  send("HTTP/1.1 " + status + "\r\nContent-Type: " + type + "\r\nContent-Length: " + std::to_string(body.size()) +
       "\r\n" + more_headers + "\r\n" + body);
}

std::optional<std::string> Session::message() {
  for (;;) {
    if (auto out = cut_frame(pending_)) {
      const std::lock_guard lock(mutex_);
      received_.push_back(*out);
      return out;
    }
    if (!more()) return std::nullopt;
  }
}

void Session::send(std::string_view bytes) { static_cast<void>(stream_.write(bytes, Deadline(kLongMs))); }
void Session::frame(std::string_view content) { send("\x0B" + std::string(content) + "\x1C\x0D"); }
void Session::drip(std::string_view bytes) {
  for (const char c : bytes)
    if (stream_.write({&c, 1}, Deadline(kLongMs)).status != IoStatus::ok) return;
}
void Session::wait_closed() {
  std::array<char, 4096> chunk{};
  while (stream_.read(chunk, Deadline(kLongMs)).status == IoStatus::ok) {
  }
}
void Session::reset() { stream_.reset(); }

ScriptedPeer::ScriptedPeer(std::vector<Script> scripts, std::shared_ptr<const common::TlsContext> tls)
    : scripts_(std::move(scripts)), tls_(std::move(tls)), server_(Poco::Net::SocketAddress("127.0.0.1", 0)) {
  port_ = server_.address().port();
  thread_ = std::thread([this] { run(); });
}

ScriptedPeer::ScriptedPeer(Raw raw) : raw_(std::move(raw)), server_(Poco::Net::SocketAddress("127.0.0.1", 0)) {
  port_ = server_.address().port();
  thread_ = std::thread([this] { run(); });
}

ScriptedPeer::~ScriptedPeer() {
  stop_.raise();
  thread_.join();
}

void ScriptedPeer::run() {
  common::block_sigpipe();
  for (std::size_t number = 0;; ++number) {
    std::array<pollfd, 2> fds{pollfd{server_.impl()->sockfd(), POLLIN, 0}, pollfd{stop_.fd(), POLLIN, 0}};
    ::poll(fds.data(), fds.size(), -1);
    if (fds[1].revents) return;
    auto socket = server_.acceptConnection();
    {
      const std::lock_guard lock(mutex_);
      ++connections_;
    }
    serve(std::move(socket), number);
  }
}

void ScriptedPeer::serve(Poco::Net::StreamSocket socket, std::size_t number) {
  if (raw_) {
    try {
      raw_(socket);
    } catch (const Poco::Exception&) {
      // The other side reset the connection: the end of this script.
    }
    return;
  }
  common::Stream stream(std::move(socket), &stop_);
  if (tls_) {
    if (auto done = stream.secure(tls_, Deadline(kLongMs), "peer"); !done) {
      const std::lock_guard lock(mutex_);
      handshake_errors_.push_back(done.error());
      return stream.close_after_drain();
    }
  }
  if (scripts_.empty()) return;
  Session session(stream, received_, mutex_);
  scripts_[std::min(number, scripts_.size() - 1)](session);
  stream.close();
}

std::vector<std::string> ScriptedPeer::received() const {
  const std::lock_guard lock(mutex_);
  return received_;
}
int ScriptedPeer::connections() const {
  const std::lock_guard lock(mutex_);
  return connections_;
}
std::vector<Error> ScriptedPeer::handshake_errors() const {
  const std::lock_guard lock(mutex_);
  return handshake_errors_;
}

Client::Client(std::uint16_t port, std::shared_ptr<const common::TlsContext> tls) {
  common::block_sigpipe();  // of this test's thread
  auto stream = common::Stream::dial({"127.0.0.1", port}, Deadline(kLongMs), nullptr, "client");
  if (!stream) {
    error_ = stream.error();
    return;
  }
  if (tls)
    if (auto done = stream->secure(std::move(tls), Deadline(kLongMs), "client"); !done) error_ = done.error();
  stream_.emplace(std::move(*stream));
}

void Client::send(std::string_view bytes) {
  if (stream_) last_ = stream_->write(bytes, Deadline(kLongMs)).status;
}

std::optional<std::string> Client::frame(std::uint32_t wait_ms) {
  std::array<char, 4096> chunk{};
  const Deadline deadline(wait_ms);
  while (stream_) {
    if (auto out = cut_frame(pending_)) return out;
    const auto io = stream_->read(chunk, deadline);
    last_ = io.status;
    alert_ = io.alert;
    if (io.status != IoStatus::ok) break;
    pending_.append(chunk.data(), io.bytes);
  }
  return std::nullopt;
}

std::optional<std::string> Client::until(const std::string& end) {
  std::array<char, 4096> chunk{};
  const Deadline deadline(kLongMs);
  while (stream_) {
    if (const auto at = pending_.find(end); at != std::string::npos) {
      std::string out = pending_.substr(0, at + end.size());
      pending_.erase(0, at + end.size());
      return out;
    }
    const auto io = stream_->read(chunk, deadline);
    last_ = io.status;
    if (io.status != IoStatus::ok) break;
    pending_.append(chunk.data(), io.bytes);
  }
  return std::nullopt;
}

bool Client::closed(std::uint32_t wait_ms) {
  if (!stream_) return true;
  return !frame(wait_ms) && last_ != IoStatus::timed_out;
}

}  // namespace huren::test
