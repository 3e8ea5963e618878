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
    : setup_(std::move(setup)), adapter_(adapter), store_(store), clock_(clock), log_(log), parked_(std::move(parked)) {}

void Pump::start() {
  for (int i = 0; i < setup_.concurrency; ++i) workers_.push_back(quiet_thread([this] { work(); }));
  dispatcher_ = quiet_thread([this] { dispatch(); });
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
  }
  if (dispatcher_.joinable()) dispatcher_.join();  // it joins the workers first
  for (auto& w : workers_)                         // unless it could never be started
    if (w.joinable()) w.join();
}

void Pump::work() {
  while (true) {
    OutboxRow row;
    {
      std::unique_lock lock(mutex_);
      worker_wakes_.wait(lock, [&] { return stopping_ || !to_send_.empty(); });
      if (to_send_.empty()) return;
      row = std::move(to_send_.front());
      to_send_.pop_front();
      if (stopping_) {  // claimed but not handed over: provably not sent
        done_.push_back({std::move(row), never_sent()});
        continue;
      }
    }
    Receipt receipt;
    const auto begun = std::chrono::steady_clock::now();
    try {
      receipt = adapter_.deliver(setup_.partner, {row.control_id.empty() ? row.message_id : row.control_id, row.type, row.content_type, row.body}, setup_.deliver_timeout_ms);
    } catch (...) {  // the adapter's thunk: an exception proves nothing about the wire
      receipt = {.outcome = Outcome::unknown, .code = "", .remark = {"delivery.adapter_threw", setup_.partner, {}}};
    }
    if (setup_.figures)
      setup_.figures->delivered(setup_.partner, word(receipt.outcome), std::chrono::duration<double>(std::chrono::steady_clock::now() - begun).count());
    const std::lock_guard lock(mutex_);
    done_.push_back({std::move(row), std::move(receipt)});
    dispatcher_wakes_.notify_one();
  }
}

// One transaction: settle what is done, put on the wire what is about to be handed over, claim what there is room for.
Result<void> Pump::turn(const std::vector<Done>& done, const std::vector<OutboxRow>& hand_over, std::vector<OutboxRow>& claimed, int allowance, int routine) try {
  const std::int64_t now = clock_.now_ms();
  const bool went_back = now < last_turn_ms_;
  auto turned = store_.transact([&](store::Unit& unit) -> Result<void> {
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
    if (allowance <= 0) return {};
    // For a peer that tells repetitions claim and wire are one step, one sync: a crash in between is judged as if it had seen
    // the message. For any other that would leave a person to ask about messages that never left.
    auto rows = unit.claim(setup_.partner, now, allowance, setup_.policy.peer_deduplicates ? OutboxState::on_wire : OutboxState::claimed, routine);
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
  });
  if (turned) last_turn_ms_ = now;
  return turned;
} catch (const std::exception&) {  // the worker's wall
  return Error{"engine.worker_threw", setup_.partner, {}};
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
  delivery::Breaker breaker;
  bool recovered = false;
  int critical_run = 0;
  std::deque<OutboxRow> held;  // claimed, not yet on the wire
  int handed = 0;              // to the workers, not yet settled
  while (true) {
    std::vector<Done> done;
    bool stopping = false;
    {
      std::unique_lock lock(mutex_);
      dispatcher_wakes_.wait_for(lock, kLook, [&] { return stopping_ || woken_ || !done_.empty(); });
      woken_ = false;
      stopping = stopping_;
      done.swap(done_);
    }
    if (stopping) {  // wait for the deliveries in progress, settle them, leave
      for (auto& w : workers_)
        if (w.joinable()) w.join();
      const std::lock_guard lock(mutex_);
      for (auto& d : done_) done.push_back(std::move(d));
      done_.clear();
      for (auto& row : to_send_) done.push_back({std::move(row), never_sent()});
      to_send_.clear();
      for (auto& row : held) done.push_back({std::move(row), never_sent()});
      handed += static_cast<int>(held.size());
      held.clear();
    }
    if (!recovered) {
      if (auto r = recover(); !r) {
        log_.write(Severity::error, "store.failed", r.error());
        if (stopping) return;
        continue;
      }
      recovered = true;
    }
    const bool was_open = breaker.is_open();
    for (auto& d : done) {
      if (std::exchange(d.told, true)) continue;  // seen before a transaction that failed
      breaker.record(d.receipt, clock_.now_ms(), jitter(), setup_.policy);
      if (d.receipt.outcome != Outcome::delivered)
        log_.write(Severity::warning, "delivery.failed",
                   {{"partner", setup_.partner}, {"message", d.row.message_id}, {"id", std::string(d.receipt.remark.id)}, {"where", d.receipt.remark.where}, {"code", d.receipt.code}, {"en", text(d.receipt.remark, Language::en)}});
    }
    if (was_open != breaker.is_open())
      log_.write(Severity::warning, breaker.is_open() ? "partner.unreachable" : "partner.reachable", {{"partner", setup_.partner}});

    const int settled = static_cast<int>(done.size());
    const int room = stopping ? 0 : breaker.allowance(clock_.now_ms(), 2 * setup_.concurrency) - (in_flight_ - settled);
    std::vector<OutboxRow> claimed, hand_over;
    while (!stopping && !held.empty() && handed - settled + static_cast<int>(hand_over.size()) < setup_.concurrency) {
      hand_over.push_back(std::move(held.front()));
      held.pop_front();
    }
    if (auto r = turn(done, hand_over, claimed, room, delivery::places_for_routine(room, critical_run)); !r) {
      log_.write(Severity::error, "store.failed", r.error());
      if (stopping) return;  // what is not settled is recovered at the next start
      std::this_thread::sleep_for(std::chrono::milliseconds(100));
      held.insert(held.begin(), std::make_move_iterator(hand_over.begin()), std::make_move_iterator(hand_over.end()));
      const std::lock_guard lock(mutex_);
      for (auto& d : done) done_.push_back(std::move(d));
      continue;
    }
    for (const auto& row : claimed) critical_run = row.lane == 0 ? critical_run + 1 : 0;
    in_flight_ += static_cast<int>(claimed.size()) - settled;
    {
      const std::lock_guard lock(mutex_);
      seen_.in_flight = in_flight_;
      seen_.breaker_open = breaker.is_open();
      for (const auto& d : done)
        if (d.receipt.outcome == Outcome::delivered) {
          seen_.last_success_ms = clock_.now_ms();
          ++seen_.delivered;
        }
    }
    if (setup_.delivered)
      for (const auto& d : done)
        if (d.receipt.outcome == Outcome::delivered) setup_.delivered(d.row);
    if (stopping) return;
    const bool may_be_more = !claimed.empty() && static_cast<int>(claimed.size()) == room;
    for (auto& row : claimed) {
      if (setup_.policy.peer_deduplicates) hand_over.push_back(std::move(row));
      else held.push_back(std::move(row));
    }
    handed += static_cast<int>(hand_over.size()) - settled;
    const bool next_at_once = may_be_more || (!held.empty() && handed < setup_.concurrency);
    if (hand_over.empty() && !next_at_once) continue;
    const std::lock_guard lock(mutex_);
    for (auto& row : hand_over) to_send_.push_back(std::move(row));
    worker_wakes_.notify_all();
    woken_ = woken_ || next_at_once;
  }
}

}  // namespace huren::engine
