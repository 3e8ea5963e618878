// The wall between the host and huren: every exported function runs inside guarded().
// Promises: no exception crosses; why a call failed is kept for huren_last_error; a call from inside a host callback is
//   refused; after too many internal faults huren answers HUREN_E_TRIPPED and does nothing more.
// Refuses: counting the host's mistakes or a full memory as faults of huren.
#pragma once
#include <cstdint>
#include <exception>
#include <new>
#include <string_view>

#include "core/base/result.hpp"
#include "huren/huren.h"
#include "module/process.hpp"

namespace huren::module {

huren_status fail(const Error& error);                 // remembers the words, gives the status
huren_status fail_all(const Findings& findings);           // all of them, one a line
void forget_error() noexcept;
huren_status copy_last_error(char* buffer, std::uint32_t capacity, std::uint32_t* size) noexcept;

class Faults {  // internal ones: 16 within 10 minutes trip
 public:
  void note() noexcept;
  [[nodiscard]] bool tripped() const noexcept;
  [[nodiscard]] std::uint64_t count() const noexcept;
};
Faults& faults() noexcept;

bool in_callback() noexcept;
class InCallback {  // marks the thread while host code runs on it; ok() false: no memory, do not call the host
 public:
  InCallback() noexcept : state_(process::thread_state()) { if (state_) ++state_->callbacks; }
  ~InCallback() { if (state_) --state_->callbacks; }
  InCallback(const InCallback&) = delete;
  InCallback& operator=(const InCallback&) = delete;
  [[nodiscard]] bool ok() const noexcept { return state_ != nullptr; }

 private:
  process::ThreadState* state_;
};

huren_status refuse_reentrant() noexcept;
huren_status refuse_tripped() noexcept;
huren_status out_of_memory() noexcept;
huren_status internal_fault() noexcept;

enum class WhenTripped { refuse, run };  // closing and health go on

template <class Body>
huren_status guarded(WhenTripped when_tripped, Body&& body) noexcept {
  const process::NoCancel no_cancel;
  forget_error();
  if (in_callback()) return refuse_reentrant();
  if (when_tripped == WhenTripped::refuse && faults().tripped()) return refuse_tripped();
  try {
    return body();
  } catch (const std::bad_alloc&) {
    return out_of_memory();
  } catch (...) {
    return internal_fault();
  }
}

}  // namespace huren::module
