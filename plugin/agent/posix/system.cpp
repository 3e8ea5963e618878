#include "agent/system.hpp"

#include <grp.h>
#include <pthread.h>
#include <pwd.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <algorithm>
#include <charconv>
#include <csignal>
#include <cstdlib>
#include <cstring>
#include <ctime>

namespace huren::agent {
namespace {

std::optional<std::int64_t> number(const std::string& text) {
  std::int64_t out = 0;
  const auto [end, fault] = std::from_chars(text.data(), text.data() + text.size(), out);
  if (fault != std::errc() || end != text.data() + text.size() || out < 0) return std::nullopt;
  return out;
}

sigset_t ours() {
  sigset_t set;
  sigemptyset(&set);
  for (const int s : {SIGTERM, SIGINT, SIGHUP}) sigaddset(&set, s);
  return set;
}

}  // namespace

void hold_signals() {
  const auto set = ours();
  pthread_sigmask(SIG_BLOCK, &set, nullptr);
  std::signal(SIGPIPE, SIG_IGN);
}

Signal next_signal(std::chrono::milliseconds wait) {
  const auto set = ours();
  const timespec time{wait.count() / 1000, wait.count() % 1000 * 1'000'000};
  switch (sigtimedwait(&set, nullptr, &time)) {
    case SIGTERM:
    case SIGINT: return Signal::stop;
    case SIGHUP: return Signal::reload;
    default: return Signal::none;
  }
}

std::optional<std::int64_t> user_id(const std::string& name) {
  if (const auto n = number(name)) return n;
  const auto* entry = ::getpwnam(name.c_str());
  if (!entry) return std::nullopt;
  return entry->pw_uid;
}

std::optional<std::int64_t> group_id(const std::string& name) {
  if (const auto n = number(name)) return n;
  const auto* entry = ::getgrnam(name.c_str());
  if (!entry) return std::nullopt;
  return entry->gr_gid;
}

std::int64_t own_user() { return ::geteuid(); }

void tell_manager(const std::string& state) {
  const char* path = std::getenv("NOTIFY_SOCKET");
  sockaddr_un to{};
  to.sun_family = AF_UNIX;
  if (!path || !*path || std::strlen(path) >= sizeof to.sun_path) return;
  const auto length = std::strlen(path);
  std::memcpy(to.sun_path, path, length);
  if (to.sun_path[0] == '@') to.sun_path[0] = '\0';  // the abstract namespace
  const int file = ::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
  if (file < 0) return;
  ::sendto(file, state.data(), state.size(), MSG_NOSIGNAL, reinterpret_cast<const sockaddr*>(&to),
           static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + length));
  ::close(file);
}

std::chrono::milliseconds watchdog_period() {
  const char* text = std::getenv("WATCHDOG_USEC");
  const auto us = text ? number(text) : std::nullopt;
  return std::chrono::milliseconds(us ? std::max<std::int64_t>(*us / 3000, 1) : 0);
}

std::int64_t monotonic_us() {
  timespec now{};
  clock_gettime(CLOCK_MONOTONIC, &now);
  return std::int64_t{now.tv_sec} * 1'000'000 + now.tv_nsec / 1000;
}

}  // namespace huren::agent
