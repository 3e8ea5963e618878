#include "engine/applier.hpp"

#include <algorithm>
#include <chrono>
#include <limits>

#include "engine/events.hpp"
#include "engine/threads.hpp"
#include "engine/duties.hpp"

namespace huren::engine {
namespace {
constexpr std::int64_t kForgetEvery = 512;
constexpr const char* kSpoolCursor = "spool";
constexpr std::int64_t kUpkeepMs = 1000;           // by the hospital's clock
constexpr std::chrono::milliseconds kLook{500};  // other processes may write into the same spool
}  // namespace

void Applier::start() {
  ahead_.start();
  thread_ = quiet_thread([this] { run(); });
}

void Applier::wake() noexcept {
  ahead_.wake();
  const std::lock_guard lock(mutex_);
  asked_ = true;
  wakes_.notify_one();
}

void Applier::stop() noexcept {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
    wakes_.notify_all();
    applied_.notify_all();
  }
  if (thread_.joinable()) thread_.join();
  ahead_.stop();
}

bool Applier::caught_up(std::uint32_t wait_ms) noexcept try {
  const auto event = spool_.newest();
  std::int64_t message = 0;
  auto read = context_.store.read([&](store::Reader& reader) -> Result<void> {
    auto newest = reader.inbox_newest();
    if (!newest) return newest.error();
    message = *newest;
    return {};
  });
  if (!event || !read) return false;
  std::unique_lock lock(mutex_);
  const auto done = [&] { return stopping_ || (event_ >= *event && message_ >= message); };
  if (!done()) {
    asked_ = true;
    wakes_.notify_one();
    applied_.wait_for(lock, std::chrono::milliseconds(wait_ms), done);
  }
  return done() && !stopping_;
} catch (const std::exception&) {  // out of memory: the query answers from what is there
  return false;
}

Result<void> Applier::apply_one(store::Unit& unit, const SpooledEvent& event, Prepared& prepared, Manner manner) {
  if (mark_.deaths(Mark::Kind::event, event.seq) >= context_.config.max_attempts || ahead_.deadly(event))
    return park(unit, context_, event, {{Severity::error, {"engine.item_kills", event.type, {}}}});
  mark_.begin(Mark::Kind::event, event.seq);
  return take_in(unit, context_, event, prepared, manner);
}

Result<void> Applier::apply_one(store::Unit& unit, const store::InboxRow& row, Manner manner) {
  if (mark_.deaths(Mark::Kind::message, row.id) >= context_.config.max_attempts)
    return unit.finish_inbox(row.id, "parked", line({"engine.item_kills", row.source, {}}));
  mark_.begin(Mark::Kind::message, row.id);
  return inbound_.apply(unit, row, manner);
}

Result<void> Applier::find_cursor() {
  return context_.store.read([&](store::Reader& reader) -> Result<void> {
    auto c = reader.cursor(kSpoolCursor);
    if (!c) return c.error();
    cursor_ = *c;
    return {};
  });
}

Result<bool> Applier::messages_wait() {
  bool any = false;
  auto read = context_.store.read([&](store::Reader& reader) -> Result<void> {
    auto newest = reader.inbox_newest();
    if (!newest) return newest.error();
    any = *newest > 0;
    return {};
  });
  if (!read) return read.error();
  return any;
}

// In the order of their arrival: an event may speak of a patient whom a message of the hospital's own has registered, and
// a partner's report is for whom the events before it have. Within one millisecond that is what decides.
Result<void> Applier::apply_all(store::Unit& unit, std::vector<Ahead::Work>& works, std::int64_t& message, Manner manner) {
  // Read here, after the events: a message that was acknowledged before an event was submitted cannot be missed.
  auto inbox = unit.inbox_next(static_cast<int>(Ahead::kBatch));
  if (!inbox) return inbox.error();
  auto row = inbox->begin();
  const auto messages_until = [&](std::int64_t at_ms) -> Result<void> {
    for (; row != inbox->end() && row->received_ms < at_ms + (row->source.starts_with(kFeedPrefix) ? 1 : 0); ++row)
      if (auto r = apply_one(unit, *row, manner); !r) return r;
    return {};
  };
  for (auto& work : works) {
    if (auto r = messages_until(work.event.at_ms); !r) return r;
    if (auto r = apply_one(unit, work.event, work.prepared, manner); !r) return r;
  }
  if (!works.empty())
    if (auto r = unit.set_cursor(kSpoolCursor, works.back().event.seq); !r) return r;
  message = inbox->empty() ? 0 : inbox->back().id;
  return messages_until(std::numeric_limits<std::int64_t>::max() - 1);
}

Result<bool> Applier::step(bool asked) {
  if (cursor_ < 0)
    if (auto found = find_cursor(); !found) return found.error();
  auto works = ahead_.take(cursor_);
  if (!works) return works.error();
  taken_in_ = std::max(taken_in_, cursor_);  // also what a predecessor took in and died before forgetting
  if (works->empty() && !asked) {
    auto any = messages_wait();
    if (!any) return any.error();
    if (!*any) {
      settled(cursor_, 0);  // what waits was applied by the process that held the lease before
      return upkeep();
    }
  }
  auto manner = Manner::together;
  for (const auto& work : *works)  // what will be parked: once, and told once
    if (!work.prepared.parsed.event && !work.event.content_type.starts_with("application/hl7-v2")) manner = Manner::apart;
  const auto last = works->empty() ? cursor_ : works->back().event.seq;
  ahead_.begin(last);
  std::int64_t message = 0;
  const auto apply = [&] {
    return context_.store.transact([&](store::Unit& unit) { return apply_all(unit, *works, message, manner); });
  };
  auto done = apply();
  if (!done && done.error().id == "engine.taken_apart") {
    manner = Manner::apart;
    done = apply();
  }
  mark_.end();
  if (!done) {
    cursor_ = -1;
    return done.error();
  }
  cursor_ = last;
  settled(cursor_, message);
  if (works->empty() && message == 0) return false;
  changed_();  // before the spool forgets: that costs a sync, for which no partner need wait
  taken_in_ = cursor_;
  if (taken_in_ - forgotten_ >= kForgetEvery) forget();
  return true;
}

Result<bool> Applier::upkeep() {
  const std::int64_t now = context_.clock.now_ms();
  if (now < upkept_ms_ + kUpkeepMs && now >= upkept_ms_) return false;
  auto more = look_after(context_);
  if (more && *more) changed_();
  if (more && !*more) upkept_ms_ = now;
  return more;
}

// What was taken in is of no more use to anybody; when it goes does not matter, so many go at once.
void Applier::forget() {
  if (taken_in_ == forgotten_) return;
  if (auto r = spool_.forget(taken_in_); !r) context_.log.write(Severity::warning, "spool.forget_failed", r.error());
  forgotten_ = taken_in_;
}

void Applier::settled(std::int64_t event, std::int64_t message) {
  const std::lock_guard lock(mutex_);
  event_ = std::max(event_, event);
  message_ = std::max(message_, message);
  applied_.notify_all();
}

void Applier::run() {
  bool more = true;
  while (true) {
    bool asked = true;
    {
      std::unique_lock lock(mutex_);
      if (!more) asked = wakes_.wait_for(lock, kLook, [&] { return stopping_ || asked_; });
      if (stopping_) return;
      if (more) asked = asked_;
      asked_ = false;
    }
    if (!asked && !more) forget();
    Result<bool> result = false;
    try {
      result = step(asked);
    } catch (const std::exception&) {  // the worker's wall; what() may quote content
      result = Error{"engine.worker_threw", "applier", {}};
    }
    if (!result) {
      context_.log.write(Severity::error, "store.failed", result.error());
      std::unique_lock lock(mutex_);
      wakes_.wait_for(lock, kLook, [&] { return stopping_; });
      more = true;
      continue;
    }
    more = *result;
  }
}

}  // namespace huren::engine
