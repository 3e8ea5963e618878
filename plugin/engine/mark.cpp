#include "engine/mark.hpp"

#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

#include <atomic>
#include <cinttypes>
#include <cstdio>
#include <cstring>

namespace huren::engine {
namespace {
constexpr std::size_t kLine = 44;  // always the same length, so that a new line covers the old one
}

Mark::Mark(const std::string& path) {
  const int fd = ::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
  char text[kLine + 1] = {};
  char kind = '-';
  std::int64_t id = 0;
  int times = 0;
  if (fd < 0) return;
  if (::pread(fd, text, kLine, 0) > 0 && std::sscanf(text, "%c %" SCNd64 " %d", &kind, &id, &times) == 3 && times > 0) {
    left_kind_ = kind;
    left_id_ = id;
    left_times_ = times;
  }
  // Written out once, so that the file has its place on the disk before it is mapped. On a full disk: everything is tried once more.
  const auto length = std::strlen(text);
  std::memset(text + length, ' ', kLine - length);
  void* const mapped = ::pwrite(fd, text, kLine, 0) == static_cast<ssize_t>(kLine) ? ::mmap(nullptr, kLine, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0) : MAP_FAILED;
  if (mapped != MAP_FAILED) line_ = static_cast<char*>(mapped);
  ::close(fd);
}

Mark::~Mark() {
  if (line_) ::munmap(line_, kLine);
}

int Mark::deaths(Kind kind, std::int64_t id) const {
  return left_kind_ == static_cast<char>(kind) && left_id_ == id ? left_times_ : 0;
}

void Mark::begin(Kind kind, std::int64_t id) noexcept { write(static_cast<char>(kind), id, deaths(kind, id) + 1); }

void Mark::end() noexcept { write('-', 0, 0); }

void Mark::write(char kind, std::int64_t id, int times) noexcept {
  char text[kLine + 24];  // room for every value the compiler can think of
  std::snprintf(text, sizeof text, "%c %20" PRId64 " %11d\n        ", kind, id, times);
  if (!line_) return;
  // A process that dies between these leaves a line that says nothing.
  line_[0] = '-';
  std::atomic_signal_fence(std::memory_order_seq_cst);
  std::memcpy(line_ + 1, text + 1, kLine - 1);
  std::atomic_signal_fence(std::memory_order_seq_cst);
  line_[0] = kind;
}

}  // namespace huren::engine
