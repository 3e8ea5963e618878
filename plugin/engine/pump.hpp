// Carries one partner's outbox rows to its adapter and settles what came of them.
// Promises: a row is claimed and counted before the adapter sees it (I3); settlements and the next claims share a
//   transaction; one dead partner costs its own threads only. Refuses: decisions (core/delivery has them).
// Threads: one dispatcher and up to `concurrency` workers of its own; all joined by stop().
#pragma once
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

class Pump {
 public:
  struct Setup {
    std::string partner;
    delivery::Policy policy;
    std::uint32_t deliver_timeout_ms = 10'000;
    int concurrency = 16;
    Figures* figures = nullptr;
    std::function<void(const store::OutboxRow&)> delivered{};  // called on the dispatcher when the receipt is on disk
  };
  // parked: called on the dispatcher with each row that now waits for a person.
  Pump(Setup setup, PartnerAdapter& adapter, store::Store& store, const Clock& clock, Log& log,
       std::function<Result<void>(store::Unit&, const store::OutboxRow&, const store::Settlement&)> parked);
  ~Pump() { stop(); }
  void start();
  void wake() noexcept;  // something new may be waiting
  struct State { int in_flight = 0; bool breaker_open = false; std::int64_t last_success_ms = 0, delivered = 0; };  // delivered: since the start
  [[nodiscard]] State state() noexcept;
  [[nodiscard]] const std::string& partner() const { return setup_.partner; }
  void stop() noexcept;  // deliveries in progress end by their deadline; what is not settled is recovered at the next start

 private:
  struct Done { store::OutboxRow row; Receipt receipt; bool told = false; };  // told: to breaker and log
  void dispatch();
  void work();
  Result<void> turn(const std::vector<Done>& done, const std::vector<store::OutboxRow>& hand_over, std::vector<store::OutboxRow>& claimed, int allowance,
                    int routine);
  Result<void> recover();

  const Setup setup_;
  PartnerAdapter& adapter_;
  store::Store& store_;
  const Clock& clock_;
  Log& log_;
  const std::function<Result<void>(store::Unit&, const store::OutboxRow&, const store::Settlement&)> parked_;

  std::mutex mutex_;
  std::condition_variable dispatcher_wakes_, worker_wakes_;
  std::deque<store::OutboxRow> to_send_;
  std::vector<Done> done_;
  std::int64_t last_turn_ms_ = 0;  // dispatcher only: a clock that goes back is noticed
  int in_flight_ = 0;  // claimed and not yet settled
  State seen_;         // of in_flight_ and the breaker, with mutex_ held
  bool woken_ = true, stopping_ = false;
  std::thread dispatcher_;
  std::vector<std::thread> workers_;
};

}  // namespace huren::engine
