#include "engine/mark.hpp"

#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <charconv>
#include <cinttypes>
#include <cstdio>
#include <cstring>

namespace huren::engine {
namespace {
constexpr std::size_t kLine = 44;  // always the same length, so that a new line covers the old one
}

Mark::Mark(const std::string& path, int lines) : lines_(static_cast<std::size_t>(lines)) {
  const int fd = ::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
  if (fd < 0) return;
  const auto size = kLine * lines_.size();
  std::string text(size, ' ');
  static_cast<void>(::pread(fd, text.data(), size, 0));
  std::size_t left = 0;
  for (std::size_t i = 0; i < lines_.size(); ++i) {
    auto& line = lines_[i];
    const auto here = text.substr(i * kLine, kLine);
    char kind = '-';
    std::int64_t id = 0;
    int times = 0;
    if (std::sscanf(here.c_str(), "%c %" SCNd64 " %d", &kind, &id, &times) != 3 || kind == '-' || times <= 0) continue;
    if (left * 2 > lines_.size()) text[i * kLine] = '-';  // some are for what comes
    else line = {.kind = kind, .id = id, .times = times}, ++left;
  }
  // Written out once, so that the file has its place on the disk before it is mapped. On a full disk: everything is tried once more.
  void* const mapped = ::pwrite(fd, text.data(), size, 0) == static_cast<ssize_t>(size) ? ::mmap(nullptr, size, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0) : MAP_FAILED;
  if (mapped != MAP_FAILED) text_ = static_cast<char*>(mapped);
  ::close(fd);
}

Mark::~Mark() {
  if (text_) ::munmap(text_, kLine * lines_.size());
}

int Mark::deaths(Kind kind, std::int64_t id) const {
  const std::lock_guard lock(mutex_);
  const auto line = std::ranges::find_if(lines_, [&](const Line& l) { return l.is(kind, id); });
  return line == lines_.end() ? 0 : line->times;
}

void Mark::begin(Kind kind, std::int64_t id) noexcept { write(0, static_cast<char>(kind), id, lines_[0].is(kind, id) ? lines_[0].times + 1 : 1); }

void Mark::end() noexcept { write(0, '-', 0, 0); }

std::size_t Mark::take(Kind kind, std::int64_t id) noexcept {
  const std::lock_guard lock(mutex_);
  auto line = std::ranges::find_if(lines_, [&](const Line& l) { return !l.taken && l.is(kind, id); });
  if (line == lines_.end()) line = std::ranges::find_if(lines_, [](const Line& l) { return !l.taken && l.times == 0; });
  if (line == lines_.end()) return lines_.size();
  line->taken = true;
  const auto at = static_cast<std::size_t>(line - lines_.begin());
  write(at, static_cast<char>(kind), id, line->times + 1);
  return at;
}

void Mark::give_back(std::size_t line) noexcept {
  if (line == lines_.size()) return;
  const std::lock_guard lock(mutex_);
  write(line, '-', 0, 0);
  lines_[line] = {};
}

Mark::Held::Held(Mark& mark, Kind kind, std::int64_t id) noexcept : mark_(mark), line_(mark.take(kind, id)) {}

Mark::Held::~Held() { mark_.give_back(line_); }

void Mark::write(std::size_t line, char kind, std::int64_t id, int times) noexcept {
  if (!text_) return;
  std::array<char, kLine> text;
  text.fill(' ');
  std::to_chars(text.data() + 2, text.data() + 22, id);
  std::to_chars(text.data() + 23, text.data() + 34, times);
  text.back() = '\n';
  char* const to = text_ + line * kLine;
  // A process that dies between these leaves a line that says nothing.
  to[0] = '-';
  std::atomic_signal_fence(std::memory_order_seq_cst);
  std::memcpy(to + 1, text.data() + 1, kLine - 1);
  std::atomic_signal_fence(std::memory_order_seq_cst);
  to[0] = kind;
}

}  // namespace huren::engine
