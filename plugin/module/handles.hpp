// Handles are small integers looked up in a table: generation * kSlots + slot.
// Promises: a stale, doubled or made-up handle is told from a living one; while a call holds a Lease its instance lives;
//   after a fork the child starts with an empty table and handles of before are known as such.
// Refuses: more than kSlots open at once.
#pragma once
#include <array>
#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <memory>
#include <mutex>
#include <utility>
#include <vector>

#include "core/base/result.hpp"
#include "huren/huren.h"

namespace huren::module {

class Instance;
using Deadline = std::chrono::steady_clock::time_point;

class HandleTable {
 public:
  static constexpr int kSlots = 64;

  HandleTable(std::int64_t process, HandleTable* before_fork)
      : process_(process), before_fork_(before_fork), first_generation_(before_fork ? before_fork->generation_ : 0), generation_(first_generation_) {}

  class Lease {
   public:
    Lease(HandleTable* table, std::size_t slot, std::shared_ptr<Instance> instance)
        : table_(table), slot_(slot), instance_(std::move(instance)) {}
    ~Lease() {  // the reference goes before the count: a host's thread never tears an instance down
      if (!instance_) return;
      instance_.reset();
      table_->release(slot_);
    }
    Lease(Lease&&) = default;
    Lease& operator=(Lease&&) = delete;
    Instance* operator->() const { return instance_.get(); }

   private:
    HandleTable* table_;
    std::size_t slot_;
    std::shared_ptr<Instance> instance_;
  };

  // A handle that answers HUREN_E_HANDLE until publish() gives it its instance.
  Result<huren_handle> reserve();
  void publish(huren_handle handle, std::shared_ptr<Instance> instance);
  void abandon(huren_handle handle);

  Result<Lease> acquire(huren_handle handle);
  // No new calls from now on; the slot stays taken until forget().
  Result<std::shared_ptr<Instance>> begin_close(huren_handle handle);  // the table's own reference is handed over
  bool wait_idle(huren_handle handle, Deadline deadline);  // true: no call is in progress any more
  void wait_idle(huren_handle handle);
  void forget(huren_handle handle);
  bool wait_forgotten(huren_handle handle, Deadline deadline);
  std::vector<huren_handle> living();
  bool wait_empty(Deadline deadline);

  [[nodiscard]] std::int64_t process() const { return process_; }

 private:
  enum class State { free, reserved, open, closing };
  struct Slot {
    State state = State::free;
    huren_handle handle = 0;
    int calls = 0;
    std::shared_ptr<Instance> instance;
  };
  Slot* find(huren_handle handle);  // with mutex_ held; nullptr: not ours, stale, made up
  [[nodiscard]] Error refusal(huren_handle handle) const;
  void release(std::size_t slot);

  const std::int64_t process_;
  const HandleTable* const before_fork_;  // the parent's: never touched again, never freed
  const std::int32_t first_generation_;   // handles below it were opened before a fork
  std::mutex mutex_;
  std::condition_variable changed_;
  std::int32_t generation_;
  std::array<Slot, kSlots> slots_;
};

// The table of this process, made at the first open. nullptr: nothing was ever opened here or before the fork.
HandleTable* current_table() noexcept;
Result<HandleTable*> table_for_open();
Result<HandleTable*> table_for_call();  // Error module.handle or module.forked

}  // namespace huren::module
