#include <nlohmann/json.hpp>

#include "core/base/csv.hpp"
#include "core/recognition/case_file.hpp"

namespace huren::recognition {

void DryRun::add(const Case& month) {
  for (std::size_t i = 0; i < month.input.orders.size(); ++i) {
    Input input = month.input;
    input.orders = {month.input.orders[i]};
    if (month.times[i]) input.at = *month.times[i];
    // What had not been released yet could not have been suggested.
    std::erase_if(input.candidates, [&](const Candidate& c) {
      return c.report->reported_at.present() && c.report->reported_at.epoch_ms > input.at.epoch_ms;
    });
    const auto decision = decide(input);
    const auto& order = decision.orders.front();
    const std::string& item = !order.panel.empty() ? order.panel : !order.item.empty() ? order.item : order.local_code;
    auto& row = rows_[item];
    row.item = item;
    ++row.orders;
    switch (order.outcome) {
      case Outcome::recognised: ++row.recognised; break;
      case Outcome::partial: ++row.partial; break;
      case Outcome::advisory: ++row.advisory; break;
      case Outcome::none: ++row.none; break;
    }
    if (order.outcome == Outcome::recognised) continue;
    for (const auto& reason : reasons_of(order)) ++row.reasons[reason];
  }
}

std::vector<DryRunRow> DryRun::rows() const {
  std::vector<DryRunRow> out;
  for (const auto& [item, row] : rows_) out.push_back(row);
  return out;
}

std::string DryRun::to_json() const {
  auto list = nlohmann::ordered_json::array();
  for (const auto& [item, r] : rows_)
    list.push_back({{"item", item}, {"orders", r.orders}, {"recognised", r.recognised}, {"partial", r.partial}, {"advisory", r.advisory}, {"none", r.none}, {"reasons", r.reasons}});
  return nlohmann::ordered_json{{"items", std::move(list)}}.dump();
}

std::string DryRun::to_csv() const {
  std::string out = "item,orders,recognised,partial,advisory,none,reasons\n";
  for (const auto& [item, r] : rows_) {
    std::string reasons;
    for (const auto& [reason, count] : r.reasons) reasons += (reasons.empty() ? "" : "; ") + reason + " " + std::to_string(count);
    out += to_csv_field(item) + "," + std::to_string(r.orders) + "," + std::to_string(r.recognised) + "," + std::to_string(r.partial) + "," +
           std::to_string(r.advisory) + "," + std::to_string(r.none) + "," + to_csv_field(reasons) + "\n";
  }
  return out;
}

}  // namespace huren::recognition
