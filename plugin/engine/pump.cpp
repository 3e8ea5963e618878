#include "engine/pump.hpp"

#include <algorithm>
#include <chrono>
#include <iterator>
#include <utility>

#include "core/hl7/ack.hpp"
#include "engine/identity.hpp"
#include "engine/reports.hpp"
#include "engine/threads.hpp"

namespace huren::engine {

using store::OutboxRow;
using store::OutboxState;
using store::Settlement;

namespace {
constexpr std::chrono::microseconds kMoment{300};  // a sync's time: longer could not be won back
constexpr int kTryAgain = 64, kMostCompany = 8;
constexpr std::chrono::milliseconds kPause{100};   // after a fault of the store
constexpr std::chrono::milliseconds kLook{1000};  // how often an idle dispatcher looks for rows whose time has come

const char* word(Outcome outcome) {
  switch (outcome) {
    case Outcome::not_sent: return "not_sent";
    case Outcome::unknown: return "unknown";
    case Outcome::delivered: return "delivered";
    case Outcome::refused: return "refused";
  }
  return "unknown";
}

Receipt never_sent() { return {.outcome = Outcome::not_sent, .code = "", .remark = {"delivery.none", "", {}}}; }

constexpr int kOverdueAtOnce = 100;
constexpr std::size_t kMostBytesTogether = std::size_t{256} << 10;  // beyond it a message is better on a connection of its own
constexpr int kFewestSingles = 32, kMostSingles = 65'536;
constexpr int kMostOnWire = 192;                                    // more would not be sent sooner, only be lost sight of together
constexpr std::size_t kMostBytesInFlight = std::size_t{32} << 20;   // beyond it no more than one message for each connection

// A CA ends the delivery unless the bytes that went out ask for an application acknowledgement, whatever is configured now.
bool owes_application_ack(const Receipt& receipt, const std::string& body) {
  if (receipt.code != "CA") return false;
  const auto mode = hl7::ack_mode(hl7::peek_header(body));
  return mode.enhanced && (mode.application == hl7::AckWish::always || mode.application == hl7::AckWish::success);
}

// A late application acknowledgement may have settled the row while its delivery was still waiting for an answer.
Result<bool> still_ours(store::Unit& unit, const OutboxRow& row) {
  auto now = unit.outbox_row(row.partner, row.message_id);
  if (!now) return now.error();
  return *now && ((*now)->state == OutboxState::on_wire || (*now)->state == OutboxState::claimed);
}
}  // namespace

Pump::Pump(Setup setup, PartnerAdapter& adapter, store::Store& store, const Clock& clock, Log& log,
           std::function<Result<void>(store::Unit&, const OutboxRow&, const Settlement&)> parked)
    : setup_(std::move(setup)), most_on_wire_(std::max(setup_.concurrency, std::min(setup_.concurrency * setup_.window, kMostOnWire))), adapter_(adapter), store_(store),
      clock_(clock), log_(log), parked_(std::move(parked)), window_(setup_.window), singles_(kFewestSingles) {}

Pump::~Pump() { stop(); }

void Pump::start() {
  carried_ = store_.carry(*this);
  for (int i = 0; i < setup_.concurrency; ++i) workers_.push_back(background_thread([this] { work(); }));
  dispatcher_ = background_thread([this] { dispatch(); });
}

void Pump::wake() noexcept {
  const std::lock_guard lock(mutex_);
  woken_ = true;
  dispatcher_wakes_.notify_one();
}

Pump::State Pump::state() noexcept {
  const std::lock_guard lock(mutex_);
  return seen_;
}

void Pump::stop() noexcept {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
    dispatcher_wakes_.notify_all();
    worker_wakes_.notify_all();
    taken_.notify_all();
  }
  if (dispatcher_.joinable()) dispatcher_.join();  // it joins the workers first
  for (auto& w : workers_)                         // unless it could never be started
    if (w.joinable()) w.join();
  if (carried_.exchange(false)) store_.drop(*this);
}

// What goes out one behind another. What has been tried before goes alone: a message at which the partner dies takes no other
// one's attempts with it.
void Pump::take_few(std::vector<OutboxRow>& few) {
  std::size_t bytes = 0;
  do {
    bytes += to_send_.front().body.size();
    few.push_back(std::move(to_send_.front()));
    to_send_.pop_front();
  } while (few.back().attempts <= 1 && static_cast<int>(few.size()) < window_ && !to_send_.empty() && to_send_.front().attempts <= 1 &&
           bytes + to_send_.front().body.size() <= kMostBytesTogether);
}

// Not every receiver reads on behind the first message, whatever it was said to be, and not every line carries so many in time: where an
// answer is missing they go singly for a while, then in twos, fours and so on, and each time that while is longer. true: one was missing.
bool Pump::learn(const std::vector<Receipt>& receipts) noexcept {
  const auto sent = static_cast<int>(receipts.size());
  const bool unanswered = std::ranges::any_of(receipts, [](const auto& r) { return r.outcome == Outcome::unknown; });
  if (sent > 1 && unanswered) {
    singles_ = std::min(singles_ * 2, kMostSingles);
    step_left_ = singles_;
    window_ = 1;
    return true;
  }
  if (unanswered) return false;
  if (window_ == setup_.window) {
    if (sent == window_) singles_ = kFewestSingles;
  } else if ((step_left_ -= sent) <= 0) {
    window_ = std::min(window_ * 2, setup_.window);
    step_left_ = singles_;
  }
  return false;
}

void Pump::count(const std::vector<Receipt>& receipts, std::size_t sent, double seconds) noexcept {
  if (!setup_.figures) return;
  for (const auto outcome : {Outcome::not_sent, Outcome::unknown, Outcome::delivered, Outcome::refused}) {
    auto n = static_cast<std::size_t>(std::ranges::count(receipts, outcome, &Receipt::outcome));
    if (outcome == Outcome::unknown) n += sent - std::min(sent, receipts.size());
    if (n > 0) setup_.figures->delivered(setup_.partner, word(outcome), seconds, static_cast<int>(n));
  }
}

void Pump::work() {
  std::vector<OutboxRow> rows;  // room for all that can come: none of it is lost for want of memory
  std::vector<Message> messages;
  rows.reserve(static_cast<std::size_t>(setup_.window));
  messages.reserve(static_cast<std::size_t>(setup_.window));
  while (true) {
    rows.clear();
    messages.clear();
    {
      std::unique_lock lock(mutex_);
      worker_wakes_.wait(lock, [&] { return stopping_ || !to_send_.empty(); });
      if (to_send_.empty()) return;
      take_few(rows);
      if (stopping_) {  // claimed but not handed over: provably not sent
        for (auto& row : rows) done_.push_back({std::move(row), never_sent()});
        continue;
      }
      if (static_cast<int>(rows.size()) < window_ && !to_send_.empty()) worker_wakes_.notify_one();  // one more than was counted on
    }
    for (const auto& row : rows) messages.push_back({row.control_id.empty() ? row.message_id : row.control_id, row.type, row.content_type, row.body});
    std::vector<Receipt> receipts;
    const auto begun = std::chrono::steady_clock::now();
    try {
      receipts = adapter_.deliver_many(setup_.partner, messages, setup_.deliver_timeout_ms);
    } catch (...) {  // the adapter's thunk: an exception proves nothing about the wire
      receipts.clear();
    }
    const auto seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - begun).count();
    count(receipts, rows.size(), seconds);
    {
      std::unique_lock lock(mutex_);
      if (learn(receipts)) log_.write(Severity::warning, "partner.one_at_a_time", {{"partner", setup_.partner}, {"messages", std::to_string(singles_)}});
      for (std::size_t i = 0; i < rows.size(); ++i) {
        auto receipt = i < receipts.size() ? std::move(receipts[i]) : Receipt{.outcome = Outcome::unknown, .code = "", .remark = {"delivery.adapter_threw", setup_.partner, {}}};
        done_.push_back({std::move(rows[i]), std::move(receipt)});
      }
      if (turning_ || lingering_ || stopping_ || !recovered_) continue;  // whoever has the turn finds it at its end
      if (taken_along(lock) || turning_ || stopping_) continue;
      begin_turn();
    }
    take_turn();
  }
}

// A settlement shares the sync of what is committed anyway, where the last ones show that something soon is: then it waits a
// moment. Where nothing came it does not wait, and tries again only now and then.
bool Pump::taken_along(std::unique_lock<std::mutex>& lock) {
  if (!carried_) return false;
  if (company_ <= 0 && ++alone_ < kTryAgain) return false;
  alone_ = 0;
  lingering_ = true;
  const bool taken = taken_.wait_for(lock, kMoment, [&] { return done_.empty() || stopping_; }) && !stopping_;
  lingering_ = false;
  company_ = taken ? std::min(company_ + 1, kMostCompany) : std::max(company_ - kMostCompany / 2, 0);
  return taken;
}

void Pump::begin_turn() noexcept {
  turning_ = true;
  woken_ = false;
  turn_.last = stopping_;
  turn_.done.swap(done_);
  if (lingering_) taken_.notify_one();
}

bool Pump::wants(bool enqueued) noexcept {
  const std::lock_guard lock(mutex_);
  if (!enqueued && done_.empty()) return false;
  if (done_.empty() && in_flight_ >= 2 * most_on_wire_) return false;  // no room: the next settlement makes some, and looks
  if (turning_ || stopping_ || !recovered_) {  // this turn may have looked already
    woken_ = woken_ || enqueued;
    return false;
  }
  begin_turn();
  return true;
}

Result<void> Pump::ride(store::Unit& unit) {
  plan();
  return turn(unit);
}

bool Pump::take_turn() noexcept {
  Result<void> done;
  try {
    plan();
    const bool full = turn_.room <= 0 && !breaker_.is_open();
    if (!full || !turn_.done.empty() || !turn_.hand_over.empty()) done = store_.transact([this](store::Unit& unit) { return turn(unit); }, store::Store::Again::may);
  } catch (const std::exception&) {  // the worker's wall
    done = Error{"engine.worker_threw", setup_.partner, {}};
  }
  if (!done) log_.write(Severity::error, "store.failed", done.error());
  end_turn(static_cast<bool>(done));
  return static_cast<bool>(done);
}

// What the turn is to do, from what is done and what there is room for.
void Pump::plan() {
  const bool was_open = breaker_.is_open();
  for (auto& d : turn_.done) {
    if (std::exchange(d.told, true)) continue;  // seen before a transaction that failed
    breaker_.record(d.receipt, clock_.now_ms(), jitter(), setup_.policy);
    if (d.receipt.outcome != Outcome::delivered)
      log_.write(Severity::warning, "delivery.failed",
                 {{"partner", setup_.partner}, {"message", d.row.message_id}, {"id", std::string(d.receipt.remark.id)}, {"where", d.receipt.remark.where}, {"code", d.receipt.code}, {"en", text(d.receipt.remark, Language::en)}});
  }
  if (was_open != breaker_.is_open())
    log_.write(Severity::warning, breaker_.is_open() ? "partner.unreachable" : "partner.reachable", {{"partner", setup_.partner}});
  const int settled = static_cast<int>(turn_.done.size());
  const int most = bytes_in_flight_ > kMostBytesInFlight ? setup_.concurrency : most_on_wire_;
  turn_.room = turn_.last ? 0 : breaker_.allowance(clock_.now_ms(), 2 * most) - (in_flight_ - settled);
  while (!turn_.last && !held_.empty() && handed_ - settled + static_cast<int>(turn_.hand_over.size()) < most) {
    turn_.hand_over.push_back(std::move(held_.front()));
    held_.pop_front();
  }
}

Result<void> Pump::turn(store::Unit& unit) {
  auto& [done, hand_over, claimed, room, at_ms, last] = turn_;
  const std::int64_t now = at_ms = clock_.now_ms();
  const bool went_back = now < last_turn_ms_;
  claimed.clear();
  std::vector<Settlement> settlements;
  for (const auto& d : done) {
    auto s = delivery::after_outcome(d.row, d.receipt, now, jitter(), setup_.policy, owes_application_ack(d.receipt, d.row.body));
    if (s.state != OutboxState::delivered) {
      auto ours = still_ours(unit, d.row);
      if (!ours) return ours.error();
      if (!*ours) continue;
    }
    if (wants_person(s.state))
      if (auto r = parked_(unit, d.row, s); !r) return r;
    settlements.push_back(std::move(s));
  }
  auto silent = unit.overdue(setup_.partner, now, kOverdueAtOnce);
  if (!silent) return silent.error();
  for (const auto& row : *silent) {
    auto s = delivery::after_silence(row, setup_.policy);
    if (auto r = parked_(unit, row, s); !r) return r;
    settlements.push_back(std::move(s));
  }
  for (const auto& row : hand_over)
    settlements.push_back({.id = row.id, .state = OutboxState::on_wire, .next_ms = row.next_ms, .remark = row.remark, .give_back = false, .at_ms = now});
  if (!settlements.empty())
    if (auto r = unit.settle(settlements); !r) return r;
  if (went_back)
    if (auto r = unit.hurry(setup_.partner, now + setup_.policy.ceiling_ms); !r) return r;
  if (room <= 0) return {};
  // For a peer that tells repetitions claim and wire are one step, one sync: a crash in between is judged as if it had seen
  // the message. For any other that would leave a person to ask about messages that never left.
  auto rows = unit.claim(setup_.partner, now, room, setup_.policy.peer_deduplicates ? OutboxState::on_wire : OutboxState::claimed,
                         delivery::places_for_routine(room, critical_run_));
  if (!rows) return rows.error();
  std::vector<Settlement> exhausted;
  for (auto& row : *rows) {
    Settlement s;
    if (!delivery::exhausted(row, setup_.policy, s) && !delivery::expired(row, now, s)) {
      claimed.push_back(std::move(row));
      continue;
    }
    if (auto r = parked_(unit, row, s); !r) return r;
    exhausted.push_back(std::move(s));
  }
  return exhausted.empty() ? Result<void>() : unit.settle(exhausted);
}

// With the transaction's end, on its thread: the workers get their rows, or everything is as it was before.
void Pump::end_turn(bool on_disk) noexcept try {
  auto turn = std::exchange(turn_, {});
  const int settled = static_cast<int>(turn.done.size());
  if (!on_disk) {
    held_.insert(held_.begin(), std::make_move_iterator(turn.hand_over.begin()), std::make_move_iterator(turn.hand_over.end()));
    const std::lock_guard lock(mutex_);
    for (auto& d : turn.done) done_.push_back(std::move(d));
    turning_ = false;
    woken_ = true;
    dispatcher_wakes_.notify_one();
    return;
  }
  if (turn.at_ms != 0) last_turn_ms_ = turn.at_ms;
  for (const auto& row : turn.claimed) critical_run_ = row.lane == 0 ? critical_run_ + 1 : 0;
  if (setup_.delivered)
    for (const auto& d : turn.done)
      if (d.receipt.outcome == Outcome::delivered) setup_.delivered(d.row);
  const bool may_be_more = !turn.claimed.empty() && static_cast<int>(turn.claimed.size()) == turn.room;
  const int claimed = static_cast<int>(turn.claimed.size());
  for (const auto& d : turn.done) bytes_in_flight_ -= std::min(bytes_in_flight_, d.row.body.size());
  for (const auto& row : turn.claimed) bytes_in_flight_ += row.body.size();
  for (auto& row : turn.claimed) {
    if (setup_.policy.peer_deduplicates) turn.hand_over.push_back(std::move(row));
    else held_.push_back(std::move(row));
  }
  const std::lock_guard lock(mutex_);
  in_flight_ += claimed - settled;
  handed_ += static_cast<int>(turn.hand_over.size()) - settled;
  seen_.in_flight = in_flight_;
  seen_.breaker_open = breaker_.is_open();
  for (const auto& d : turn.done)
    if (d.receipt.outcome == Outcome::delivered) {
      seen_.last_success_ms = clock_.now_ms();
      ++seen_.delivered;
    }
  for (auto& row : turn.hand_over) to_send_.push_back(std::move(row));
  const auto window = static_cast<std::size_t>(window_);
  for (auto n = (turn.hand_over.size() + window - 1) / window; n > 0; --n) worker_wakes_.notify_one();
  turning_ = false;
  woken_ = woken_ || may_be_more || (!held_.empty() && handed_ < most_on_wire_);
  if (woken_ || (!done_.empty() && !lingering_) || stopping_) dispatcher_wakes_.notify_one();
} catch (const std::exception&) {  // out of memory: what is in flight is recovered at the next start
  const std::lock_guard lock(mutex_);
  turning_ = false;
}

Result<void> Pump::recover() {
  const std::int64_t now = clock_.now_ms();
  return store_.transact([&](store::Unit& unit) -> Result<void> {
    if (auto r = unit.hurry(setup_.partner, now + setup_.policy.ceiling_ms); !r) return r;
    auto rows = unit.recover(setup_.partner);
    if (!rows) return rows.error();
    std::vector<Settlement> settlements;
    for (const auto& row : *rows) {
      auto s = delivery::after_crash(row, now, jitter(), setup_.policy);
      if (wants_person(s.state))
        if (auto r = parked_(unit, row, s); !r) return r;
      settlements.push_back(std::move(s));
    }
    return unit.settle(settlements);
  });
}

void Pump::dispatch() {
  while (true) {
    {
      std::unique_lock lock(mutex_);
      dispatcher_wakes_.wait_for(lock, kLook, [&] { return stopping_ || (!turning_ && (woken_ || (!done_.empty() && !lingering_))); });
      if (stopping_) dispatcher_wakes_.wait(lock, [&] { return !turning_; });
      if (turning_) continue;
      begin_turn();
      if (stopping_) break;
    }
    if (!recovered_) {
      if (auto r = recover(); !r) {
        log_.write(Severity::error, "store.failed", r.error());
        end_turn(false);
        std::this_thread::sleep_for(kPause);
        continue;
      }
      const std::lock_guard lock(mutex_);
      recovered_ = true;
    }
    if (!take_turn()) std::this_thread::sleep_for(kPause);
  }
  // The last turn: deliveries in progress end and are settled; nothing that was not handed over is sent any more.
  for (auto& w : workers_)
    if (w.joinable()) w.join();
  {
    const std::lock_guard lock(mutex_);
    for (auto& d : done_) turn_.done.push_back(std::move(d));
    done_.clear();
    for (auto& row : to_send_) turn_.done.push_back({std::move(row), never_sent()});
    to_send_.clear();
    for (auto& row : held_) turn_.done.push_back({std::move(row), never_sent()});
    held_.clear();
  }
  if (recovered_) take_turn();  // what the store does not take is recovered at the next start
}

}  // namespace huren::engine
