#include "engine/applier.hpp"

#include <algorithm>
#include <array>
#include <chrono>
#include <limits>
#include <utility>

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
  thread_ = background_thread([this] { run(); });
  const std::lock_guard lock(mutex_);
  running_ = true;
}

void Applier::wake() noexcept {
  ahead_.wake();
  const std::lock_guard lock(mutex_);
  asked_ = true;
  if (!stepping_) wakes_.notify_one();
}

void Applier::stored(std::int64_t inbox_id) noexcept {
  {
    const std::lock_guard lock(mutex_);
    stored_ = std::max(stored_, inbox_id);
  }
  wake();
}

void Applier::stop() noexcept {
  {
    Lock lock(mutex_);
    stopping_ = true;
    wakes_.notify_all();
    applied_.notify_all();
    for (; !handed_.empty(); handed_.pop_front()) {  // there is nobody left to take them
      handed_.front()->state = Handed::State::not_now;
      handed_.front()->told.notify_one();
      handed_.front()->left_alone = true;  // it cannot go before the lock is free
    }
    stepped_.wait(lock, [&] { return !stepping_; });
  }
  if (thread_.joinable()) thread_.join();
  ahead_.stop();
}

bool Applier::caught_up(std::uint32_t wait_ms) noexcept try {
  const auto event = spool_.newest();
  if (!event) return false;
  Lock lock(mutex_);
  auto message = stored_;
  if (!seen_) {
    lock.unlock();
    auto newest = inbox_newest();
    if (!newest) return false;
    message = *newest;
    lock.lock();
  }
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

Result<std::int64_t> Applier::inbox_newest() {
  std::int64_t message = 0;
  auto read = context_.store.read([&](store::Reader& reader) -> Result<void> {
    auto newest = reader.inbox_newest();
    if (!newest) return newest.error();
    message = *newest;
    return {};
  });
  if (!read) return read.error();
  return message;
}

Result<void> Applier::apply_one(store::Unit& unit, const Handed& handed, Manner manner) {
  for (const auto& message : handed.messages) {
    mark_.begin(Mark::Kind::handed, message.mark);
    if (auto r = message.work(unit, manner); !r) return r;
  }
  return {};
}

bool Applier::take(Handed& handed) {
  if (std::ranges::any_of(handed.messages, [&](const auto& m) { return mark_.deaths(Mark::Kind::handed, m.mark) > 0; })) return false;  // in the inbox they are counted
  Lock lock(mutex_);
  if (!running_ || stopping_ || behind_) return false;
  handed_.push_back(&handed);
  while (handed.state == Handed::State::waits) {
    if (stepping_ || own_turn_)
      handed.told.wait(lock);
    else
      static_cast<void>(turn(lock, true, false));  // what went wrong is in handed, too
  }
  lock.unlock();
  while (!handed.left_alone) std::this_thread::yield();  // the moment between being told and its teller's last touch
  return handed.state == Handed::State::done;
}

Result<bool> Applier::turn(Lock& lock, bool asked, bool own) {
  stepping_ = true;
  in_hand_.clear();
  for (std::size_t messages = 0; !handed_.empty();) {
    messages += handed_.front()->messages.size();
    if (!in_hand_.empty() && messages > Ahead::kBatch) break;
    in_hand_.push_back(handed_.front());
    handed_.pop_front();
  }
  lock.unlock();
  Result<bool> more = false;
  try {
    more = step(asked, own);
  } catch (const std::exception&) {  // the worker's wall; what() may quote content
    more = Error{"engine.worker_threw", "applier", {}};
  }
  if (!more && in_hand_.empty()) context_.log.write(Severity::error, "store.failed", more.error());  // else who brought it tells
  lock.lock();
  std::array<Handed*, Ahead::kBatch> told{};
  std::copy(in_hand_.begin(), in_hand_.end(), told.begin());
  for (auto* handed : in_hand_) {
    handed->state = more && not_now_ ? Handed::State::not_now : Handed::State::done;
    if (!more) handed->outcome = more.error();
  }
  in_hand_.clear();
  stepping_ = false;
  owes_ = std::exchange(changes_, false) || owes_;
  if (own_turn_ || asked_ || owes_ || stopping_) wakes_.notify_one();
  if (!own_turn_ && !handed_.empty()) handed_.front()->told.notify_one();
  stepped_.notify_all();
  lock.unlock();  // whoever wakes would only wait for it again
  for (auto* handed : told) {
    if (!handed) break;
    handed->told.notify_one();
    handed->left_alone = true;
  }
  lock.lock();
  return more;
}

// In the order of their arrival: an event may speak of a patient whom a message of the hospital's own has registered, and
// a partner's report is for whom the events before it have. Within one millisecond that is what decides.
Result<void> Applier::apply_all(store::Unit& unit, Batch& batch) {
  // Read here, after the events: a message that was acknowledged before an event was submitted cannot be missed.
  auto inbox = unit.inbox_next(static_cast<int>(Ahead::kBatch));
  if (!inbox) return inbox.error();
  batch.behind = inbox->size() == Ahead::kBatch;
  auto row = inbox->begin();
  auto handed = batch.behind ? in_hand_.end() : in_hand_.begin();
  const auto messages_until = [&](std::int64_t at_ms) -> Result<void> {
    for (; row != inbox->end() && row->received_ms < at_ms + (row->source.starts_with(kFeedPrefix) ? 1 : 0); ++row)
      if (auto r = apply_one(unit, *row, batch.manner); !r) return r;
    for (; row == inbox->end() && handed != in_hand_.end() && (*handed)->received_ms < at_ms; ++handed)
      if (auto r = apply_one(unit, **handed, batch.manner); !r) return r;
    return {};
  };
  for (auto& work : batch.works) {
    if (auto r = messages_until(work.event.at_ms); !r) return r;
    if (auto r = apply_one(unit, work.event, work.prepared, batch.manner); !r) return r;
  }
  if (!batch.works.empty())
    if (auto r = unit.set_cursor(kSpoolCursor, batch.works.back().event.seq); !r) return r;
  batch.message = inbox->empty() ? 0 : inbox->back().id;
  return messages_until(std::numeric_limits<std::int64_t>::max() - 1);
}

Result<bool> Applier::step(bool asked, bool own) {
  if (cursor_ < 0)
    if (auto found = find_cursor(); !found) return found.error();
  if (std::exchange(forgets_, false) || (own && taken_in_ - forgotten_ >= kForgetEvery)) forget();
  auto works = ahead_.take(cursor_);
  if (!works) return works.error();
  Batch batch{.works = std::move(*works)};
  taken_in_ = std::max(taken_in_, cursor_);  // also what a predecessor took in and died before forgetting
  if (batch.works.empty() && in_hand_.empty() && !asked) {
    auto newest = inbox_newest();
    if (!newest) return newest.error();
    if (*newest == 0) {
      settled(cursor_, batch);  // what waits was applied by the process that held the lease before
      return upkeep();
    }
  }
  for (const auto& work : batch.works)  // what will be parked: once, and told once
    if (!work.prepared.parsed.event && !work.event.content_type.starts_with("application/hl7-v2")) batch.manner = Manner::apart;
  const auto last = batch.works.empty() ? cursor_ : batch.works.back().event.seq;
  ahead_.begin(last);
  const auto apply = [&] {
    // Apart, what is set aside has been told.
    const auto again = batch.manner == Manner::together ? store::Store::Again::may : store::Store::Again::no;
    return context_.store.transact([&](store::Unit& unit) { return apply_all(unit, batch); }, again);
  };
  auto done = apply();
  if (!done && done.error().id == "engine.taken_apart") {
    batch.manner = Manner::apart;
    done = apply();
  }
  mark_.end();
  if (!done) {
    cursor_ = -1;
    return done.error();
  }
  cursor_ = last;
  not_now_ = batch.behind;
  settled(cursor_, batch);
  if (batch.works.empty() && batch.message == 0 && in_hand_.empty()) return false;
  changes_ = true;
  taken_in_ = cursor_;
  return !batch.works.empty() || batch.message != 0;  // of what is handed in, whoever brings more begins the next turn
}

Result<bool> Applier::upkeep() {
  const std::int64_t now = context_.clock.now_ms();
  if (now < upkept_ms_ + kUpkeepMs && now >= upkept_ms_) return false;
  auto more = look_after(context_);
  changes_ = more && *more;
  if (more && !*more) upkept_ms_ = now;
  return more;
}

// What was taken in is of no more use to anybody; when it goes does not matter, so many go at once.
void Applier::forget() {
  if (taken_in_ == forgotten_) return;
  if (auto r = spool_.forget(taken_in_); !r) context_.log.write(Severity::warning, "spool.forget_failed", r.error());
  forgotten_ = taken_in_;
}

void Applier::settled(std::int64_t event, const Batch& batch) {
  const std::lock_guard lock(mutex_);
  event_ = std::max(event_, event);
  message_ = std::max(message_, batch.message);
  behind_ = batch.behind;
  asked_ = asked_ || batch.behind;
  seen_ = seen_ || !batch.behind;
  applied_.notify_all();
}

void Applier::run() {
  Lock lock(mutex_);
  bool more = true;
  auto look_at = std::chrono::steady_clock::now();
  while (true) {
    if (!more) wakes_.wait_until(lock, look_at, [&] { return stopping_ || owes_ || (asked_ && !stepping_); });
    if (std::exchange(owes_, false)) {
      lock.unlock();
      tell_changed();
      lock.lock();
      if (!more && !asked_ && !stopping_ && std::chrono::steady_clock::now() < look_at) continue;
    }
    own_turn_ = true;
    wakes_.wait(lock, [&] { return stopping_ || !stepping_; });
    own_turn_ = false;
    if (stopping_) return;
    const bool asked = std::exchange(asked_, false);
    forgets_ = !asked && !more;
    const auto result = turn(lock, asked, true);
    if (!result) wakes_.wait_for(lock, kLook, [&] { return stopping_; });
    more = !result || *result;
    look_at = std::chrono::steady_clock::now() + kLook;
  }
}

// Between turns: neither the next one nor who handed something in waits for a HIS that is slow to hear its bell. Before the spool
// forgets: that costs a sync, for which no partner need wait.
void Applier::tell_changed() noexcept {
  try {
    changed_();
  } catch (const std::exception&) {  // what there is to tell is found by the next look
    context_.log.write(Severity::error, "store.failed", Error{"engine.worker_threw", "applier", {}});
  }
}

}  // namespace huren::engine
