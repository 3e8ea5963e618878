#include "engine/exchange/permission.hpp"

#include <algorithm>

#include "engine/reports.hpp"

namespace huren::engine::exchange {

bool tied(const std::vector<store::TieRow>& ties, const model::Agreement& agreement, std::int64_t now_ms) {
  return std::any_of(ties.begin(), ties.end(), [&](const store::TieRow& t) {
    return t.partner == agreement.partner && t.basis == agreement.basis && t.from_ms <= now_ms && (t.to_ms == 0 || t.to_ms > now_ms);
  });
}

const model::Agreement* granted(const Context& context, const std::vector<store::TieRow>& ties, const std::string& partner,
                                const model::LabReport& report, std::initializer_list<std::string_view> modes) {
  const auto now = context.clock.now_ms();
  for (const auto& a : context.config.agreements)
    if (a.partner == partner && a.send && std::find(modes.begin(), modes.end(), a.mode) != modes.end() && in_force(a, context.today()) &&
        covers(a, report) && tied(ties, a, now))
      return &a;
  return nullptr;
}

bool any_agreement(const Context& context, const std::string& partner, std::initializer_list<std::string_view> modes) {
  return std::any_of(context.config.agreements.begin(), context.config.agreements.end(), [&](const model::Agreement& a) {
    return a.partner == partner && a.send && std::find(modes.begin(), modes.end(), a.mode) != modes.end() && in_force(a, context.today());
  });
}

}  // namespace huren::engine::exchange
