// The one clock of the engine, behind a seam so that tests can move it.
#pragma once
#include <chrono>
#include <cstdint>

namespace huren::engine {

class Clock {
 public:
  virtual ~Clock() = default;
  [[nodiscard]] virtual std::int64_t now_ms() const noexcept {  // epoch, UTC
    using namespace std::chrono;
    return duration_cast<milliseconds>(system_clock::now().time_since_epoch()).count();
  }
};

}  // namespace huren::engine
