// The one place where what the hospital knows changes: spooled events and received messages, in batches, in order, one batch
// at a time, so that a result and the registration of its patient can never miss each other. Whoever hands a message in and
// finds nobody at work does the next batch itself: no other thread need wake for it.
// Promises: effects and the cursor that says "done" commit together (I2); a failed store is tried again, nothing skipped.
#pragma once
#include <atomic>
#include <condition_variable>
#include <deque>
#include <functional>
#include <mutex>
#include <thread>
#include <vector>

#include "core/base/link.hpp"
#include "engine/ahead.hpp"
#include "engine/context.hpp"
#include "engine/events.hpp"
#include "engine/inbound.hpp"
#include "engine/mark.hpp"

namespace huren::engine {

class Applier final : public Taker {
 public:
  // changed: called after commits, on the applier's thread, between its turns: new outbox rows or notices may exist.
  // mark_path: where engine/mark.hpp keeps what is in hand; with "-ahead" behind it, what is being read.
  Applier(const Context& context, SpoolPort& spool, Inbound& inbound, const std::string& mark_path, std::function<void()> changed)
      : context_(context), spool_(spool), inbound_(inbound), changed_(std::move(changed)), mark_(mark_path), ahead_(context, spool, mark_path + "-ahead") {
    in_hand_.reserve(Ahead::kBatch);
  }
  ~Applier() override { stop(); }
  void start();
  void coming(const SpooledEvent& event) noexcept { ahead_.coming(event); }
  void wake() noexcept;  // something was spooled
  void stored(std::int64_t inbox_id) noexcept override;
  void stop() noexcept;
  // Waits until everything that was spooled or received before the call has been applied, or the time is over; what
  // comes after the call is not waited for, however much of it there is. At once when nothing waits.
  bool caught_up(std::uint32_t wait_ms) noexcept;
  bool take(Handed& handed) override;

 private:
  using Lock = std::unique_lock<std::mutex>;
  void run();
  Result<bool> turn(Lock& lock, bool asked, bool own);  // one step by whoever holds the lock and finds nobody at it
  Result<bool> step(bool asked, bool own);  // true: there may be more. asked: somebody said that there is something
  Result<void> find_cursor();
  Result<std::int64_t> inbox_newest();
  struct Batch {
    std::vector<Ahead::Work> works;
    Manner manner = Manner::together;
    std::int64_t message = 0;  // the newest of the inbox
    bool behind = false;       // the inbox may hold more than one batch
  };
  Result<void> apply_all(store::Unit& unit, Batch& batch);
  void settled(std::int64_t event, const Batch& batch);
  Result<bool> upkeep();
  void tell_changed() noexcept;
  void forget();
  Result<void> apply_one(store::Unit& unit, const SpooledEvent& event, Prepared& prepared, Manner manner);
  Result<void> apply_one(store::Unit& unit, const store::InboxRow& row, Manner manner);
  Result<void> apply_one(store::Unit& unit, const Handed& handed, Manner manner);
  const Context& context_;
  SpoolPort& spool_;
  Inbound& inbound_;
  const std::function<void()> changed_;
  Mark mark_;
  Ahead ahead_;
  // Below: whoever steps.
  std::vector<Handed*> in_hand_;
  bool forgets_ = false;  // there is time for it
  bool changes_ = false;  // this turn has committed something
  bool not_now_ = false;  // what is in hand was left, because other messages come before it
  std::int64_t upkept_ms_ = 0;
  std::int64_t cursor_ = -1;  // as on disk, since only the holder of the lease moves it; -1: not known
  std::int64_t taken_in_ = 0, forgotten_ = 0;  // spool numbers
  std::mutex mutex_;
  std::condition_variable wakes_, applied_, stepped_;
  bool asked_ = true;                     // look now
  std::int64_t event_ = 0, message_ = 0;  // the newest spool and inbox rows that took effect
  std::int64_t stored_ = 0;               // the newest inbox row of which was told that it waits
  bool seen_ = false;                     // all that waited when this process took over was seen: from then on each is told
  std::deque<Handed*> handed_;
  bool owes_ = false;  // the applier's thread is to tell of changes
  bool stepping_ = false, own_turn_ = false;  // own_turn_: the applier's thread waits for its turn
  bool behind_ = false;                       // more waits in the inbox than a batch: what is handed in must not overtake it
  bool running_ = false, stopping_ = false;
  std::thread thread_;
};

}  // namespace huren::engine
