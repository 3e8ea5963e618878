// The host's callbacks behind a gate: copied strings, a mark on the thread while host code runs, and silence after close.
// Promises: no callback begins after silence() returned; a callback that throws harms nobody.
#pragma once
#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <mutex>
#include <string>

#include "core/base/link.hpp"
#include "huren/huren.h"

namespace huren::module {

struct Host {  // huren_host, copied
  void* user = nullptr;
  std::string vendor, product, version;
  void(HUREN_CALL* log)(void*, std::int32_t, const char*) = nullptr;
  void(HUREN_CALL* wake)(void*, huren_handle) = nullptr;
};
Result<Host> copy_host(const huren_host* host);  // nullptr: a host that offers nothing

class Callbacks {
 public:
  explicit Callbacks(Host host) : host_(std::move(host)) {}
  [[nodiscard]] HostHooks hooks();  // for the engine; valid while this lives
  [[nodiscard]] const Host& host() const { return host_; }
  bool opened(huren_handle handle);  // from now on the bell rings; true: it rang before
  void log(int severity, const char* message) noexcept;
  void wake() noexcept;  // the bell: for whoever waits in wait_bell() and for the host
  void stir() noexcept;  // the same without the host
  // Whoever reads bells(), looks, and then waits for another bell than that misses none.
  [[nodiscard]] std::uint64_t bells() noexcept;
  void wait_bell(std::uint64_t seen, std::chrono::steady_clock::time_point until);
  bool silence(std::chrono::steady_clock::time_point deadline);  // false: one is still running

 private:
  bool enter() noexcept;
  void leave() noexcept;

  const Host host_;
  std::mutex mutex_;
  std::condition_variable quiet_, rung_;
  std::uint64_t bells_ = 0;
  huren_handle handle_ = 0;
  bool rang_early_ = false, silent_ = false;
  int running_ = 0;
};

}  // namespace huren::module
