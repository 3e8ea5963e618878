// What every adapter that touches a socket needs: addresses as the configuration writes them, deadlines, a wake-up that
// ends a wait, and SIGPIPE kept away from the host.
// Promises: no signal handler and no process-wide setting is touched. Refuses: wall-clock time (deadlines are steady).
#pragma once
#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>

#include "core/base/result.hpp"

namespace huren::common {

struct Endpoint {
  std::string host;
  std::uint16_t port = 0;
  [[nodiscard]] std::string text() const;  // "host:port", "[::1]:2575"
};
// "10.0.0.7:2575", "hospital.example:2575", "[::1]:2575". Error transport.address at where.
Result<Endpoint> parse_endpoint(std::string_view text, std::string_view where);

class Deadline {
 public:
  explicit Deadline(std::uint32_t in_ms) : at_(Clock::now() + std::chrono::milliseconds(in_ms)) {}
  [[nodiscard]] static Deadline earlier(const Deadline& a, const Deadline& b) { return a.at_ < b.at_ ? a : b; }
  [[nodiscard]] bool passed() const { return Clock::now() >= at_; }
  [[nodiscard]] int remaining_ms() const;  // rounded up, never negative: fit for poll(2)
 private:
  using Clock = std::chrono::steady_clock;
  Clock::time_point at_;
};

// A file descriptor that is readable once raised: ends the waits of all threads of one adapter.
class Waker {
 public:
  Waker();
  ~Waker();
  Waker(const Waker&) = delete;
  Waker& operator=(const Waker&) = delete;
  void raise();
  void lower();
  [[nodiscard]] bool raised() const;
  [[nodiscard]] int fd() const { return fd_; }

 private:
  int fd_ = -1;
};

// For the calling thread only; the HIS's disposition stays as it is.
void block_sigpipe();

// While it lives the calling thread (the host's or the engine's) does not see SIGPIPE; one raised meanwhile is eaten.
class SigpipeGuard {
 public:
  SigpipeGuard();
  ~SigpipeGuard();
  SigpipeGuard(const SigpipeGuard&) = delete;
  SigpipeGuard& operator=(const SigpipeGuard&) = delete;

 private:
  bool was_blocked_ = false;
};

}  // namespace huren::common
