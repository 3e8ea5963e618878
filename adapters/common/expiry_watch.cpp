#include "adapters/common/expiry_watch.hpp"

#include <array>
#include <limits>

namespace huren::common {

void ExpiryWatch::check(EngineServices& engine, const std::string& certificate, std::int64_t not_after_ms) {
  constexpr std::int64_t kDayMs = 86'400'000;
  constexpr std::array<int, 3> kSteps{30, 7, 1};
  if (not_after_ms == 0) return;
  if (not_after_ms != watched_) {
    watched_ = not_after_ms;
    last_step_ = std::numeric_limits<int>::max();
  }
  const std::int64_t left_ms = not_after_ms - engine.now_ms();
  if (left_ms < 0) {
    const int days_over = static_cast<int>(left_ms / kDayMs) - 1;  // -1 on the first day, -2 on the second
    if (days_over >= last_step_) return;
    last_step_ = days_over;
    engine.log(Severity::error, "tls.certificate_expired", {{"certificate", certificate}});
    return;
  }
  int reached = std::numeric_limits<int>::max();
  for (const int step : kSteps)
    if (left_ms <= step * kDayMs) reached = step;
  if (reached >= last_step_) return;
  last_step_ = reached;
  engine.log(Severity::warning, "tls.certificate_expiring",
             {{"certificate", certificate}, {"days_left", std::to_string(left_ms / kDayMs)}});
}

}  // namespace huren::common
