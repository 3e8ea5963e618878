#include "engine/upkeep.hpp"

#include <chrono>

#include "engine/threads.hpp"

namespace huren::engine {
namespace {

using std::chrono::milliseconds;
constexpr milliseconds kFirst{500}, kBetween{3'600'000}, kBreath{20};
constexpr int kAtOnce = 200;

}  // namespace

void Upkeep::start() { thread_ = background_thread([this] { run(); }); }

void Upkeep::stop() noexcept {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
    changed_.notify_all();
  }
  if (thread_.joinable()) thread_.join();
}

bool Upkeep::pause(milliseconds time) {
  std::unique_lock lock(mutex_);
  return !changed_.wait_for(lock, time, [&] { return stopping_; });
}

void Upkeep::run() {
  for (auto wait = kFirst; pause(wait); wait = kBetween) {
    try {
      if (context_.config.keep_days > 0) retain();
    } catch (const std::exception&) {  // the worker's wall; what() may quote content
      context_.log.write(Severity::error, "store.failed", Error{"engine.worker_threw", "upkeep", {}});
    }
  }
}

void Upkeep::retain() {
  const auto before = context_.clock.now_ms() - std::int64_t{context_.config.keep_days} * 86'400'000;
  do {
    auto whole_round = context_.store.prune(before, kAtOnce);
    if (!whole_round) {
      // A store without the verb has its own tools; a full disk or a lock passes: the next hour tries again.
      if (whole_round.error().id != "store.not_offered") context_.log.write(Severity::error, "store.failed", whole_round.error());
      return;
    }
    if (*whole_round) return;
  } while (pause(kBreath));
}

}  // namespace huren::engine
