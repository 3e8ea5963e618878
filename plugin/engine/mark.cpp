#include "engine/mark.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <cinttypes>
#include <cstdio>

namespace huren::engine {
namespace {
constexpr int kLine = 44;  // always the same length, so that a new line covers the old one
}

Mark::Mark(const std::string& path) : fd_(::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600)) {
  char text[kLine + 1] = {};
  char kind = '-';
  std::int64_t id = 0;
  int times = 0;
  if (fd_ >= 0 && ::pread(fd_, text, kLine, 0) > 0 && std::sscanf(text, "%c %" SCNd64 " %d", &kind, &id, &times) == 3 && times > 0) {
    left_kind_ = kind;
    left_id_ = id;
    left_times_ = times;
  }
}

Mark::~Mark() {
  if (fd_ >= 0) ::close(fd_);
}

int Mark::deaths(Kind kind, std::int64_t id) const {
  return left_kind_ == static_cast<char>(kind) && left_id_ == id ? left_times_ : 0;
}

void Mark::begin(Kind kind, std::int64_t id) noexcept { write(static_cast<char>(kind), id, deaths(kind, id) + 1); }

void Mark::end() noexcept { write('-', 0, 0); }

void Mark::write(char kind, std::int64_t id, int times) noexcept {
  char text[kLine + 24];  // room for every value the compiler can think of
  std::snprintf(text, sizeof text, "%c %20" PRId64 " %11d\n        ", kind, id, times);
  if (fd_ >= 0 && ::pwrite(fd_, text, kLine, 0) < 0) return;  // a full disk: the item is tried once more, no harm
}

}  // namespace huren::engine
