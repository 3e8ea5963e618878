#include "lease.hpp"

#include <fcntl.h>
#include <pthread.h>
#include <sys/file.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <cerrno>

namespace huren::store::sqlite {
namespace {

// flock belongs to the open file, which a forked child shares: the child closes its copy, or the lease would outlive
// us as long as the child does.
constexpr std::size_t kMost = 256;
struct Slot {
  std::atomic<int> file{-1};
};
std::array<Slot, kMost> g_slots;

void close_in_child() {
  for (auto& slot : g_slots)
    if (const int fd = slot.file.exchange(-1); fd >= 0) ::close(fd);
}

int keep(int fd) {
  static const int registered = ::pthread_atfork(nullptr, nullptr, &close_in_child);
  if (registered != 0) return -1;
  for (std::size_t i = 0; i < kMost; ++i) {
    int free = -1;
    if (g_slots[i].file.compare_exchange_strong(free, fd)) return static_cast<int>(i);
  }
  return -1;
}

}  // namespace

Lease::~Lease() {
  if (slot_ < 0) return;
  if (const int fd = g_slots[static_cast<std::size_t>(slot_)].file.exchange(-1); fd >= 0) ::close(fd);
}

Result<bool> Lease::take(Kind kind) {
  const std::lock_guard lock(mutex_);
  if (slot_ >= 0) return g_slots[static_cast<std::size_t>(slot_)].file.load() >= 0;
  const int fd = ::open(path_.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
  if (fd < 0) return Error{"storage.open", path_, {std::to_string(errno)}};
  if (::flock(fd, (kind == Kind::alone ? LOCK_EX : LOCK_SH) | LOCK_NB) != 0) {
    const int fault = errno;
    ::close(fd);
    if (fault == EWOULDBLOCK) return false;
    return Error{"storage.open", path_, {std::to_string(fault)}};
  }
  slot_ = keep(fd);
  if (slot_ < 0) {
    ::close(fd);
    return Error{"storage.internal", path_, {"leases"}};
  }
  return true;
}

}  // namespace huren::store::sqlite
