#include "console/preview.hpp"

#include <map>
#include <set>

#include "engine/checks.hpp"

namespace huren::console {
namespace {

constexpr std::int64_t kMonthMs = 31LL * 86'400'000;
constexpr int kMost = 2000;

}  // namespace

Result<Json> preview(const engine::Context& context, const std::vector<model::Agreement>& agreements) {
  std::vector<recognition::PartnerAgreement> instead;
  for (const auto& a : agreements)
    if (const auto* partner = context.partner(a.partner)) instead.push_back({a, partner->hospital});
  struct Row { int orders = 0; std::map<std::string, int> before, after; };
  std::map<std::string, Row> items;
  int looked_at = 0, unreadable = 0, changed = 0;
  auto read = context.store.read([&](store::Reader& reader) -> Result<void> {
    const auto now = context.clock.now_ms();
    auto shown = reader.suggestions(now - kMonthMs, now + 1);
    if (!shown) return shown.error();
    std::set<std::string> seen;
    for (const auto& s : *shown) {
      if (looked_at == kMost) break;
      if (!seen.insert(std::to_string(s.check) + s.order_item).second) continue;
      auto again = engine::replay(reader, s.id, &instead);
      if (!again) {  // its tables are pruned, or a record is damaged: counted, not hidden
        ++unreadable;
        continue;
      }
      const auto decision = Json::parse(again->explanation, nullptr, false);
      std::string outcome = "none";
      if (decision.is_object() && decision.contains("orders"))
        for (const auto& order : decision["orders"])
          if (order.at("item").value("code", std::string()) == s.order_item) outcome = order.value("outcome", outcome);
      ++looked_at;
      changed += outcome != s.outcome;
      auto& row = items[s.item.empty() ? s.order_item : s.item];
      ++row.orders;
      ++row.before[s.outcome];
      ++row.after[outcome];
    }
    return {};
  });
  if (!read) return read.error();
  auto rows = Json::array();
  for (const auto& [item, row] : items) rows.push_back({{"item", item}, {"orders", row.orders}, {"before", row.before}, {"after", row.after}});
  return Json{{"days", 31}, {"orders", looked_at}, {"changed", changed}, {"unreadable", unreadable}, {"items", std::move(rows)}};
}

}  // namespace huren::console
