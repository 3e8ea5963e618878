#include "module/handles.hpp"

#include <atomic>

#include "module/instance.hpp"
#include "module/process.hpp"

namespace huren::module {
namespace {

constexpr std::int32_t kGenerations = 0x7FFFFFFF / HandleTable::kSlots - 1;
std::atomic<HandleTable*> the_table{nullptr};
std::size_t slot_of(huren_handle handle) { return static_cast<std::size_t>(handle % HandleTable::kSlots); }

}  // namespace

Result<huren_handle> HandleTable::reserve() {
  const std::lock_guard guard(mutex_);
  for (std::size_t i = 0; i < slots_.size(); ++i) {
    if (slots_[i].state != State::free) continue;
    generation_ = generation_ % kGenerations + 1;
    slots_[i] = {State::reserved, generation_ * kSlots + static_cast<huren_handle>(i), 0, nullptr};
    return slots_[i].handle;
  }
  return Error{"module.many_open", "", {std::to_string(kSlots)}};
}

void HandleTable::publish(huren_handle handle, std::shared_ptr<Instance> instance) {
  const std::lock_guard guard(mutex_);
  auto& slot = slots_[slot_of(handle)];
  slot.instance = std::move(instance);
  slot.state = State::open;
}

void HandleTable::abandon(huren_handle handle) { forget(handle); }

HandleTable::Slot* HandleTable::find(huren_handle handle) {
  if (handle < kSlots) return nullptr;
  auto& slot = slots_[slot_of(handle)];
  return slot.handle == handle && slot.state != State::free ? &slot : nullptr;
}

Error HandleTable::refusal(huren_handle handle) const {
  const bool before_fork = first_generation_ > 0 && handle >= kSlots && handle / kSlots <= first_generation_;
  return {before_fork ? "module.forked" : "module.handle", "", {}};
}

Result<HandleTable::Lease> HandleTable::acquire(huren_handle handle) {
  const std::lock_guard guard(mutex_);
  auto* slot = find(handle);
  if (!slot || slot->state != State::open) return refusal(handle);
  ++slot->calls;
  return Lease(this, slot_of(handle), slot->instance);
}

void HandleTable::release(std::size_t index) {
  const std::lock_guard guard(mutex_);
  if (--slots_[index].calls == 0) changed_.notify_all();
}

Result<std::shared_ptr<Instance>> HandleTable::begin_close(huren_handle handle) {
  const std::lock_guard guard(mutex_);
  auto* slot = find(handle);
  if (!slot || slot->state != State::open) return refusal(handle);
  slot->state = State::closing;
  return std::move(slot->instance);
}

bool HandleTable::wait_idle(huren_handle handle, Deadline deadline) {
  std::unique_lock lock(mutex_);
  return changed_.wait_until(lock, deadline, [&] { const auto* slot = find(handle); return !slot || slot->calls == 0; });
}

void HandleTable::wait_idle(huren_handle handle) {
  std::unique_lock lock(mutex_);
  changed_.wait(lock, [&] { const auto* slot = find(handle); return !slot || slot->calls == 0; });
}

void HandleTable::forget(huren_handle handle) {
  const std::lock_guard guard(mutex_);
  if (auto* slot = find(handle)) *slot = Slot{};
  changed_.notify_all();
}

bool HandleTable::wait_forgotten(huren_handle handle, Deadline deadline) {
  std::unique_lock lock(mutex_);
  return changed_.wait_until(lock, deadline, [&] { return find(handle) == nullptr; });
}

std::vector<huren_handle> HandleTable::living() {
  const std::lock_guard guard(mutex_);
  std::vector<huren_handle> out;
  for (const auto& slot : slots_)
    if (slot.state == State::open) out.push_back(slot.handle);
  return out;
}

bool HandleTable::wait_empty(Deadline deadline) {
  std::unique_lock lock(mutex_);
  return changed_.wait_until(lock, deadline, [&] {
    for (const auto& slot : slots_)
      if (slot.state == State::open || slot.state == State::closing) return false;
    return true;
  });
}

HandleTable* current_table() noexcept { return the_table.load(); }

// A table of before a fork is left alone for ever: its mutex may have been held by a thread that the child lacks.
Result<HandleTable*> table_for_open() {
  auto* table = the_table.load();
  while (!table || table->process() != process::id()) {
    auto fresh = std::make_unique<HandleTable>(process::id(), table);
    if (the_table.compare_exchange_strong(table, fresh.get())) return fresh.release();
  }
  return table;
}

Result<HandleTable*> table_for_call() {
  auto* table = the_table.load();
  if (!table) return Error{"module.handle", "", {}};
  if (table->process() != process::id()) return Error{"module.forked", "", {}};
  return table;
}

}  // namespace huren::module
