#include "engine/ahead.hpp"

#include <utility>

#include "engine/threads.hpp"

namespace huren::engine {
namespace {
constexpr std::size_t kMostBytes = 16u << 20;
constexpr std::size_t kMostCopied = 1u << 20;  // while others wait for the spool

// A commit that failed gives its number to the next event.
bool same(const SpooledEvent& a, const SpooledEvent& b) {
  return a.seq == b.seq && a.type == b.type && a.key == b.key && a.content_type == b.content_type && a.body == b.body;
}
}  // namespace

void Ahead::start() { thread_ = background_thread([this] { run(); }); }

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

void Ahead::coming(const SpooledEvent& event) noexcept try {
  const std::unique_lock lock(mutex_, std::try_to_lock);
  if (!lock || !idle_ || event.body.size() > kMostCopied) return;
  told_ = std::make_unique<Work>(Work{event, {}});
  idle_ = false;
  goes_.notify_one();
} catch (const std::exception&) {  // no memory for it now
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
    wanted_ = idle_ = false;
    told_.reset();
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
  if (works.empty()) {
    const std::lock_guard lock(mutex_);
    idle_ = true;
  }
  return works;
}

Ahead::Work Ahead::work(SpooledEvent&& event) {
  if (deadly(event)) return {std::move(event), {}};
  mark_.begin(Mark::Kind::event, event.seq);
  const auto early = early_ && same(early_->event, event) ? std::exchange(early_, nullptr) : nullptr;
  auto prepared = early ? std::move(early->prepared) : prepare(context_, event);
  return {std::move(event), std::move(prepared)};
}

void Ahead::read_early(std::unique_lock<std::mutex>& lock) {
  auto one = std::move(told_);
  lock.unlock();
  if (mark_.deaths(Mark::Kind::event, one->event.seq) == 0) {
    mark_.begin(Mark::Kind::event, one->event.seq);
    one->prepared = prepare(context_, one->event);
    mark_.end();
    early_ = std::move(one);
  }
  lock.lock();
}

void Ahead::run() {
  std::unique_lock lock(mutex_);
  for (;;) {
    goes_.wait(lock, [&] { return stopping_ || told_ || (wanted_ && look_ && ready_.size() < kBatch && bytes_ < kMostBytes); });
    if (stopping_) return;
    busy_ = true;
    if (told_) {
      read_early(lock);
      busy_ = false;
      rests_.notify_one();
      continue;
    }
    look_ = false;
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
