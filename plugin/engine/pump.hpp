// Carries one partner's outbox rows to its adapter and settles what came of them.
// Promises: a row is claimed and counted before the adapter sees it (I3); settlements and the next claims share a
//   transaction, with the transaction that brings new rows where there is one; one dead partner costs its own threads only.
// Refuses: decisions (core/delivery has them).
// Threads: one dispatcher and `concurrency` workers of its own; all joined by stop().
#pragma once
#include <atomic>
#include <condition_variable>
#include <deque>
#include <functional>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "core/config/config.hpp"
#include "core/delivery/delivery.hpp"
#include "engine/clock.hpp"
#include "engine/figures.hpp"
#include "engine/log.hpp"
#include "huren/adapter.hpp"

namespace huren::engine {

class Pump final : private store::Rider {
 public:
  struct Setup {
    std::string partner;
    delivery::Policy policy;
    std::uint32_t deliver_timeout_ms = 10'000;
    int concurrency = 16;  // connections in use at a time
    int window = 1;        // messages one behind another on each, at most
    Figures* figures = nullptr;
    std::function<void(const store::OutboxRow&)> delivered{};  // called when the receipt is on disk, by whoever committed it
  };
  // parked: called inside a turn's transaction with each row that now waits for a person.
  Pump(Setup setup, PartnerAdapter& adapter, store::Store& store, const Clock& clock, Log& log,
       std::function<Result<void>(store::Unit&, const store::OutboxRow&, const store::Settlement&)> parked);
  ~Pump() override;
  void start();
  void wake() noexcept;  // something new may be waiting; a store that carries riders tells by itself
  [[nodiscard]] bool carried() const noexcept { return carried_; }
  struct State { int in_flight = 0; bool breaker_open = false; std::int64_t last_success_ms = 0, delivered = 0; };  // delivered: since the start
  [[nodiscard]] State state() noexcept;
  [[nodiscard]] const std::string& partner() const override { return setup_.partner; }
  void stop() noexcept;  // deliveries in progress end by their deadline; what is not settled is recovered at the next start

 private:
  struct Done { store::OutboxRow row; Receipt receipt; bool told = false; };  // told: to breaker and log
  // A turn settles what is done, puts on the wire what is about to be handed over, and claims what there is room for, in one
  // transaction. One at a time, by whoever has the occasion: the dispatcher, a worker whose delivery has just ended, or the
  // transaction that brings new rows.
  struct Turn { std::vector<Done> done; std::vector<store::OutboxRow> hand_over, claimed; int room = 0; std::int64_t at_ms = 0; bool last = false; };
  bool wants(bool enqueued) noexcept override;
  Result<void> ride(store::Unit& unit) override;
  void landed(bool on_disk) noexcept override { end_turn(on_disk); }
  void begin_turn() noexcept;  // with mutex_ held and no turn in hand
  void plan();
  Result<void> turn(store::Unit& unit);
  void end_turn(bool on_disk) noexcept;
  bool take_turn() noexcept;   // begun: plans, commits and ends it; false: the store failed
  bool taken_along(std::unique_lock<std::mutex>& lock);

  void dispatch();
  void work();
  void take_few(std::vector<store::OutboxRow>& few);          // with mutex_ held; few has room for a window
  bool learn(const std::vector<Receipt>& receipts) noexcept;  // with mutex_ held: of one delivery
  void count(const std::vector<Receipt>& receipts, std::size_t sent, double seconds) noexcept;  // of one delivery: one that is missing is unknown
  Result<void> recover();

  const Setup setup_;
  const int most_on_wire_;
  PartnerAdapter& adapter_;
  store::Store& store_;
  const Clock& clock_;
  Log& log_;
  const std::function<Result<void>(store::Unit&, const store::OutboxRow&, const store::Settlement&)> parked_;

  std::mutex mutex_;
  std::condition_variable dispatcher_wakes_, worker_wakes_, taken_;
  int window_;                   // now: 1 when the partner has left some of several unanswered, then slowly more
  int singles_, step_left_ = 0;  // messages until it doubles: as it stands, and left of them
  std::deque<store::OutboxRow> to_send_;
  std::vector<Done> done_;
  State seen_;         // of in_flight_ and the breaker, with mutex_ held
  bool woken_ = true, stopping_ = false, recovered_ = false;
  std::atomic<bool> carried_{false};
  bool lingering_ = false;  // a worker waits for somebody's commit to take along what is done
  int company_ = 0, alone_ = 0;  // how often one came of late; turns since it was last tried
  bool turning_ = false;  // whoever set it owns what follows, until it ends the turn
  Turn turn_;
  delivery::Breaker breaker_;
  int critical_run_ = 0;
  std::deque<store::OutboxRow> held_;  // claimed, not yet on the wire
  int handed_ = 0;                     // to the workers, not yet settled
  int in_flight_ = 0;                  // claimed and not yet settled
  std::size_t bytes_in_flight_ = 0;
  std::int64_t last_turn_ms_ = 0;      // a clock that goes back is noticed
  std::thread dispatcher_;
  std::vector<std::thread> workers_;
};

}  // namespace huren::engine
