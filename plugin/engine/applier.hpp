// The one thread that changes what the hospital knows: it takes spooled events and received messages, in batches, in order.
// One thread, so that a result and the registration of its patient can never miss each other.
// Promises: effects and the cursor that says "done" commit together (I2); a failed store is tried again, nothing skipped.
#pragma once
#include <atomic>
#include <condition_variable>
#include <functional>
#include <mutex>
#include <thread>

#include "core/base/link.hpp"
#include "engine/ahead.hpp"
#include "engine/context.hpp"
#include "engine/events.hpp"
#include "engine/inbound.hpp"
#include "engine/mark.hpp"

namespace huren::engine {

class Applier {
 public:
  // changed: called after every commit, on the applier's thread: new outbox rows or notices may exist.
  // mark_path: where engine/mark.hpp keeps what is in hand; with "-ahead" behind it, what is being read.
  Applier(const Context& context, SpoolPort& spool, Inbound& inbound, const std::string& mark_path, std::function<void()> changed)
      : context_(context), spool_(spool), inbound_(inbound), changed_(std::move(changed)), mark_(mark_path), ahead_(context, spool, mark_path + "-ahead") {}
  ~Applier() { stop(); }
  void start();
  void wake() noexcept;
  void stop() noexcept;
  // Waits until everything that was spooled or received before the call has been applied, or the time is over; what
  // comes after the call is not waited for, however much of it there is. At once when nothing waits.
  bool caught_up(std::uint32_t wait_ms) noexcept;

 private:
  void run();
  Result<bool> step(bool asked);  // true: there may be more. asked: somebody said that there is something
  Result<void> find_cursor();
  Result<bool> messages_wait();
  Result<void> apply_all(store::Unit& unit, std::vector<Ahead::Work>& works, std::int64_t& message, Manner manner);
  void settled(std::int64_t event, std::int64_t message);
  Result<bool> upkeep();
  void forget();
  Result<void> apply_one(store::Unit& unit, const SpooledEvent& event, Prepared& prepared, Manner manner);
  Result<void> apply_one(store::Unit& unit, const store::InboxRow& row, Manner manner);
  const Context& context_;
  SpoolPort& spool_;
  Inbound& inbound_;
  const std::function<void()> changed_;
  Mark mark_;
  Ahead ahead_;
  std::int64_t upkept_ms_ = 0;
  std::int64_t cursor_ = -1;  // as on disk, since only the holder of the lease moves it; -1: not known
  std::int64_t taken_in_ = 0, forgotten_ = 0;  // spool numbers; the applier's thread alone
  std::mutex mutex_;
  std::condition_variable wakes_, applied_;
  bool asked_ = true;                     // look now
  std::int64_t event_ = 0, message_ = 0;  // the newest spool and inbox rows that took effect
  bool stopping_ = false;
  std::thread thread_;
};

}  // namespace huren::engine
