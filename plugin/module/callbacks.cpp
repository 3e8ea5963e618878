#include "module/callbacks.hpp"

#include <cstddef>
#include <cstring>

#include "core/base/text.hpp"
#include "module/guard.hpp"

namespace huren::module {
namespace {

constexpr std::size_t kMaxName = 128;

Result<std::string> name(const char* text, const char* member) {
  if (!text) return std::string();
  const std::string_view s(text, strnlen(text, kMaxName + 1));
  bool plain = s.size() <= kMaxName && !invalid_utf8(s);
  for (const char c : s) plain = plain && static_cast<unsigned char>(c) >= 0x20 && c != 0x7F;
  if (!plain) return Error{"module.host_name", std::string("huren_host.") + member, {}};
  return std::string(s);
}

}  // namespace

Result<Host> copy_host(const huren_host* host) {
  Host out;
  if (!host) return out;
  // 1.0 ended with wake; a longer struct is a later host's, of which this huren reads what it knows.
  constexpr auto first_size = offsetof(huren_host, wake) + sizeof(host->wake);
  if (host->struct_size < first_size)
    return Error{"module.struct_size", "huren_host", {std::to_string(host->struct_size), std::to_string(first_size)}};
  if (host->reserved != 0) return Error{"module.reserved", "huren_host.reserved", {}};
  for (const auto& [from, to, member] : {std::tuple{host->vendor, &out.vendor, "vendor"}, std::tuple{host->product, &out.product, "product"},
                                         std::tuple{host->version, &out.version, "version"}}) {
    auto copied = name(from, member);
    if (!copied) return copied.error();
    *to = *std::move(copied);
  }
  out.user = host->user;
  out.log = host->log;
  out.wake = host->wake;
  return out;
}

HostHooks Callbacks::hooks() {
  HostHooks hooks;
  hooks.ctx = this;
  if (host_.log) hooks.log = [](void* ctx, int severity, const char* message) { static_cast<Callbacks*>(ctx)->log(severity, message); };
  hooks.wake = [](void* ctx) { static_cast<Callbacks*>(ctx)->wake(); };
  return hooks;
}

bool Callbacks::enter() noexcept {
  const std::lock_guard guard(mutex_);
  if (silent_) return false;
  ++running_;
  return true;
}

void Callbacks::leave() noexcept {
  const std::lock_guard guard(mutex_);
  if (--running_ == 0) quiet_.notify_all();
}

void Callbacks::log(int severity, const char* message) noexcept {
  if (!host_.log || !message || !enter()) return;
  if (const InCallback mark; mark.ok()) {
    try {
      host_.log(host_.user, severity, message);
    } catch (...) {  // a C function that throws: its fault, not ours
    }
  }
  leave();
}

void Callbacks::stir() noexcept {
  const std::lock_guard guard(mutex_);
  ++bells_;
  rung_.notify_all();
}

std::uint64_t Callbacks::bells() noexcept {
  const std::lock_guard guard(mutex_);
  return bells_;
}

void Callbacks::wait_bell(std::uint64_t seen, std::chrono::steady_clock::time_point until) {
  std::unique_lock lock(mutex_);
  rung_.wait_until(lock, until, [&] { return bells_ != seen; });
}

void Callbacks::wake() noexcept {
  stir();
  if (!host_.wake) return;
  huren_handle handle = 0;
  {
    const std::lock_guard guard(mutex_);
    if (silent_) return;
    if (handle_ == 0) {
      rang_early_ = true;
      return;
    }
    handle = handle_;
    ++running_;
  }
  if (const InCallback mark; mark.ok()) {
    try {
      host_.wake(host_.user, handle);
    } catch (...) {
    }
  }
  leave();
}

bool Callbacks::opened(huren_handle handle) {
  const std::lock_guard guard(mutex_);
  handle_ = handle;
  return rang_early_;
}

bool Callbacks::silence(std::chrono::steady_clock::time_point deadline) {
  std::unique_lock lock(mutex_);
  silent_ = true;
  return quiet_.wait_until(lock, deadline, [&] { return running_ == 0; });
}

}  // namespace huren::module
