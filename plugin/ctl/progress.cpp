#include "ctl/progress.hpp"

#include <unistd.h>

#include <algorithm>
#include <chrono>

namespace huren::ctl {

using namespace std::chrono_literals;

Progress::Progress(const Place& place, std::string what, std::int64_t total) : place_(place), what_(std::move(what)), total_(total) {
  if (!place.json && ::isatty(STDERR_FILENO) == 1) thread_ = std::jthread([this](std::stop_token stop) { draw(std::move(stop)); });
}

Progress::~Progress() {
  if (!thread_.joinable()) return;
  thread_.request_stop();
  thread_.join();
}

std::string Progress::line(const std::string& what, std::int64_t done, std::int64_t total, int seconds) {
  std::string out = what + "  ";
  if (total > 0) {
    constexpr int kWidth = 20;
    const auto share = std::clamp<std::int64_t>(done * 100 / total, 0, 100);
    const auto full = static_cast<std::size_t>(share * kWidth / 100);
    out += "[" + std::string(full, '#') + std::string(kWidth - full, '.') + "]  " + std::to_string(share) + " %  ";
  } else if (done > 0) {
    out += std::to_string(done) + "  ";
  }
  return out + std::to_string(seconds) + " s";
}

// Work that is done within half a second needs no bar.
void Progress::draw(std::stop_token stop) {
  const auto begun = std::chrono::steady_clock::now();
  bool drawn = false;
  std::unique_lock lock(mutex_);
  while (!stop.stop_requested()) {
    wake_.wait_for(lock, stop, drawn ? 200ms : 500ms, [] { return false; });
    if (stop.stop_requested()) break;
    const auto seconds = std::chrono::duration_cast<std::chrono::seconds>(std::chrono::steady_clock::now() - begun).count();
    place_.err << "\r\033[K" << line(what_, done_, total_, static_cast<int>(seconds)) << std::flush;
    drawn = true;
  }
  if (drawn) place_.err << "\r\033[K" << std::flush;
}

}  // namespace huren::ctl
