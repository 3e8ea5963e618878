#include "engine/ahead.hpp"

#include <utility>

#include "engine/threads.hpp"

namespace huren::engine {
namespace {
constexpr std::size_t kMostBytes = 16u << 20;
}  // namespace

void Ahead::start() { thread_ = quiet_thread([this] { run(); }); }

void Ahead::stop() noexcept {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
    goes_.notify_all();
  }
  if (thread_.joinable()) thread_.join();
}

void Ahead::wake() noexcept {
  const std::lock_guard lock(mutex_);
  look_ = true;
  if (wanted_ && !busy_) goes_.notify_one();
}

void Ahead::begin(std::int64_t after_seq) {
  const std::lock_guard lock(mutex_);
  from_ = after_seq;
  ready_.clear();
  ready_.reserve(kBatch);  // the thread below has nobody to tell that memory has run out
  bytes_ = 0;
  wanted_ = true;
  if (look_) goes_.notify_one();
}

Result<std::vector<Ahead::Work>> Ahead::take(std::int64_t after_seq) {
  std::vector<Work> works;
  {
    std::unique_lock lock(mutex_);
    wanted_ = false;
    rests_.wait(lock, [&] { return !busy_; });
    if (from_ == after_seq) works = std::exchange(ready_, {});
    ready_.clear();
    look_ = false;  // below; what is spooled from here on says so
  }
  const auto room = kBatch - works.size();
  auto events = room == 0 ? std::vector<SpooledEvent>() : spool_.next(works.empty() ? after_seq : works.back().event.seq, static_cast<int>(room));
  if (!events && works.empty()) return events.error();
  if (!events || events->size() == room) {
    const std::lock_guard lock(mutex_);
    look_ = true;  // there is more
  }
  if (events)
    for (auto& event : *events) works.push_back(work(std::move(event)));
  mark_.end();
  return works;
}

Ahead::Work Ahead::work(SpooledEvent&& event) {
  if (deadly(event)) return {std::move(event), {}};
  mark_.begin(Mark::Kind::event, event.seq);
  auto prepared = prepare(context_, event);
  return {std::move(event), std::move(prepared)};
}

void Ahead::run() {
  std::unique_lock lock(mutex_);
  for (;;) {
    goes_.wait(lock, [&] { return stopping_ || (wanted_ && look_ && ready_.size() < kBatch && bytes_ < kMostBytes); });
    if (stopping_) return;
    look_ = false;
    busy_ = true;
    const auto after = ready_.empty() ? from_ : ready_.back().event.seq;
    const auto room = static_cast<int>(kBatch - ready_.size());
    lock.unlock();
    auto events = spool_.next(after, room);  // a fault is met again, and told, by take()
    std::size_t next = 0;
    const auto more = [&] { return events && next < events->size(); };
    lock.lock();
    while (wanted_ && !stopping_ && more()) {
      lock.unlock();
      auto one = work(std::move((*events)[next++]));
      lock.lock();
      bytes_ += one.event.body.size();
      ready_.push_back(std::move(one));
    }
    lock.unlock();
    mark_.end();
    lock.lock();
    busy_ = false;
    rests_.notify_one();
  }
}

}  // namespace huren::engine
