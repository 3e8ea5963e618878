#include "module/guard.hpp"

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstring>

namespace huren::module {
namespace {

constexpr std::size_t kTripAt = 16;
constexpr std::int64_t kWithinSeconds = 600;

std::atomic<std::uint64_t> fault_count{0};
std::atomic<std::int64_t> fault_times[kTripAt]{};
std::atomic<bool> fault_trip{false};
Faults the_faults;

// Cut at the buffer's end, never inside a UTF-8 character.
void remember(std::string_view text) noexcept {
  auto* state = process::thread_state();
  if (!state) return;
  auto size = std::min(text.size(), process::ThreadState::kCapacity - 1);
  if (size < text.size())
    while (size > 0 && (static_cast<unsigned char>(text[size]) & 0xC0) == 0x80) --size;
  std::memcpy(state->text, text.data(), size);
  state->text[size] = '\0';
  state->size = size;
}

}  // namespace

huren_status fail(const Error& error) {
  const auto status = status_of(error);
  remember(error.id);
  try {
    remember(line(error));
  } catch (const std::bad_alloc&) {  // the id stands; the status must not be lost for want of words
  }
  if (status == HUREN_E_INTERNAL) faults().note();
  return status;
}

huren_status fail_all(const Findings& findings) {
  std::string text;
  huren_status status = HUREN_E_INTERNAL;
  for (const auto& f : findings) {
    if (f.severity != Severity::error) continue;
    if (text.empty()) status = status_of(f.error);
    text += (text.empty() ? "" : "\n") + line(f.error);
  }
  remember(text);
  return status;
}

void forget_error() noexcept {
  if (auto* state = process::thread_state()) state->size = 0;
}

huren_status copy_last_error(char* buffer, std::uint32_t capacity, std::uint32_t* size) noexcept {
  if (!size) return HUREN_E_ARGUMENT;
  const auto* state = process::thread_state();
  const std::string_view text = state ? std::string_view(state->text, state->size) : std::string_view();
  *size = static_cast<std::uint32_t>(text.size());
  if (!buffer && capacity > 0) return HUREN_E_ARGUMENT;
  if (capacity < text.size() || (!buffer && !text.empty())) return HUREN_E_BUFFER;
  if (!text.empty()) std::memcpy(buffer, text.data(), text.size());
  if (capacity > text.size()) buffer[text.size()] = '\0';
  return HUREN_OK;
}

void Faults::note() noexcept {
  const auto now = std::chrono::duration_cast<std::chrono::seconds>(std::chrono::steady_clock::now().time_since_epoch()).count() + 1;
  const auto n = fault_count.fetch_add(1);
  fault_times[n % kTripAt] = now;
  const auto first = fault_times[(n + 1) % kTripAt].load();  // the oldest of the last kTripAt
  if (first != 0 && now - first <= kWithinSeconds) fault_trip = true;
}

bool Faults::tripped() const noexcept { return fault_trip.load(std::memory_order_relaxed); }
std::uint64_t Faults::count() const noexcept { return fault_count.load(); }
Faults& faults() noexcept { return the_faults; }

bool in_callback() noexcept {
  const auto* state = process::thread_state();
  return state && state->callbacks > 0;
}

// The catalogue's words may need memory that is not there, so these keep a short text of their own.
namespace {
huren_status told(std::string_view id, huren_status status, std::string_view fallback) noexcept {
  remember(fallback);
  try {
    remember(line({id, "", {}}));
  } catch (...) {  // the short text stands
  }
  return status;
}
}  // namespace

huren_status refuse_reentrant() noexcept { return told("module.reentrant", HUREN_E_REENTRANT, "[module.reentrant]"); }
huren_status refuse_tripped() noexcept { return told("module.tripped", HUREN_E_TRIPPED, "[module.tripped]"); }

huren_status out_of_memory() noexcept {
  return told("module.memory", HUREN_E_BUSY, "内存不足，结果未知：稍后重试 / Out of memory, outcome unknown: repeat later [module.memory]");
}

huren_status internal_fault() noexcept {
  faults().note();
  return told("module.internal", HUREN_E_INTERNAL, "[module.internal]");
}

}  // namespace huren::module
