#include "engine/ties.hpp"

#include <algorithm>

#include "engine/reports.hpp"

namespace huren::engine {

bool may_leave(const Context& context, const std::string& partner, const std::string& basis, const model::LabReport& report) {
  return std::any_of(context.config.agreements.begin(), context.config.agreements.end(), [&](const model::Agreement& a) {
    return a.partner == partner && a.basis == basis && a.send && a.mode == "push" && in_force(a, context.today()) && covers(a, report);
  });
}

Result<void> close_tie(store::Unit& unit, const std::string& patient_id, const std::string& partner, const std::string& basis, const std::string& reference,
                       std::int64_t to_ms) {
  auto ties = unit.ties(patient_id);
  if (!ties) return ties.error();
  for (auto& t : *ties)
    if (t.partner == partner && t.basis == basis && t.reference == reference && t.to_ms == 0) {
      t.to_ms = std::max<std::int64_t>(to_ms, 1);
      if (auto r = unit.put_tie(t); !r) return r;
    }
  return {};
}

}  // namespace huren::engine
