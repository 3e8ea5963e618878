#include "adapters/common/net.hpp"

#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <algorithm>
#include <charconv>
#include <ctime>

namespace huren::common {

std::string Endpoint::text() const {
  const bool v6 = host.find(':') != std::string::npos;
  return (v6 ? "[" + host + "]" : host) + ":" + std::to_string(port);
}

Result<Endpoint> parse_endpoint(std::string_view text, std::string_view where) {
  const Error fault{"transport.address", std::string(where), {std::string(text)}};
  const auto colon = text.rfind(':');
  if (colon == std::string_view::npos || colon == 0) return fault;
  auto host = text.substr(0, colon);
  const auto digits = text.substr(colon + 1);
  if (host.front() == '[' && host.back() == ']')
    host = host.substr(1, host.size() - 2);
  else if (host.find(':') != std::string_view::npos)
    return fault;
  unsigned port = 0;
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), port);
  if (error != std::errc{} || end != digits.data() + digits.size() || port > 65535 || host.empty()) return fault;
  return Endpoint{std::string(host), static_cast<std::uint16_t>(port)};
}

int Deadline::remaining_ms() const {
  const auto left = std::chrono::ceil<std::chrono::milliseconds>(at_ - Clock::now()).count();
  return static_cast<int>(std::clamp<std::int64_t>(left, 0, 24 * 3600 * 1000));
}

Waker::Waker() : fd_(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)) {}
Waker::~Waker() {
  if (fd_ >= 0) ::close(fd_);
}
void Waker::raise() { static_cast<void>(::eventfd_write(fd_, 1)); }
void Waker::lower() {
  eventfd_t value = 0;
  static_cast<void>(::eventfd_read(fd_, &value));
}
bool Waker::raised() const {
  pollfd p{fd_, POLLIN, 0};
  return ::poll(&p, 1, 0) == 1;
}

namespace {
sigset_t sigpipe_set() {
  sigset_t set;
  sigemptyset(&set);
  sigaddset(&set, SIGPIPE);
  return set;
}
bool sigpipe_pending() {
  sigset_t pending;
  sigemptyset(&pending);
  sigpending(&pending);
  return sigismember(&pending, SIGPIPE) == 1;
}
}  // namespace

void block_sigpipe() {
  const auto set = sigpipe_set();
  pthread_sigmask(SIG_BLOCK, &set, nullptr);
}

SigpipeGuard::SigpipeGuard() {
  const auto set = sigpipe_set();
  sigset_t before;
  sigemptyset(&before);
  pthread_sigmask(SIG_BLOCK, &set, &before);
  was_blocked_ = sigismember(&before, SIGPIPE) == 1;
}

SigpipeGuard::~SigpipeGuard() {
  if (was_blocked_) return;
  const auto set = sigpipe_set();
  const timespec now{0, 0};
  if (sigpipe_pending()) sigtimedwait(&set, nullptr, &now);
  pthread_sigmask(SIG_UNBLOCK, &set, nullptr);
}

}  // namespace huren::common
