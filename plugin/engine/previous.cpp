#include "engine/previous.hpp"

#include <algorithm>
#include <charconv>
#include <iterator>
#include <optional>

#include "engine/reports.hpp"

namespace huren::engine {
namespace {

constexpr std::int64_t kTrendMs = std::int64_t{365} * 24 * 3'600'000;  // an older value is history, not a trend
constexpr std::size_t kMostTrendReports = 50;

}  // namespace

Result<PreviousValues> previous_values(store::Reader& reader, const Context& context, const std::vector<std::string>& records, const store::ReportRow& shown,
                                       const model::LabReport& report) {
  PreviousValues out;
  std::map<std::string, const model::Observation*> items;
  for (const auto& o : report.observations)
    if (!o.standard.code.empty()) items.emplace(o.standard.code, &o);
  std::vector<std::string> codes;
  for (const auto& [code, o] : items) codes.push_back(code);
  const auto at = report.specimen.collected_at.present() ? report.specimen.collected_at.epoch_ms : report.reported_at.epoch_ms;
  if (codes.empty() || at == 0) return out;
  std::vector<store::ResultRow> rows;
  for (const auto& record : records) {
    auto some = reader.results_of(record, codes, at - kTrendMs);
    if (!some) return some.error();
    rows.insert(rows.end(), std::make_move_iterator(some->begin()), std::make_move_iterator(some->end()));
  }
  std::stable_sort(rows.begin(), rows.end(), [](const auto& a, const auto& b) { return a.collected_ms > b.collected_ms; });
  std::map<std::string, std::optional<model::LabReport>> held;  // ours, by id; nullopt: a partner's
  for (const auto& row : rows) {
    if (row.collected_ms >= at || row.report_id == shown.id || out.contains(row.item)) continue;
    if (row.status != model::status_word(model::Status::final_result) && row.status != model::status_word(model::Status::corrected)) continue;
    auto [it, fresh] = held.try_emplace(row.report_id);
    if (fresh) {
      if (held.size() > kMostTrendReports) break;
      auto found = reader.report(row.report_id);
      if (!found) return found.error();
      if (*found && (*found)->source.empty()) it->second = report_in(**found);
    }
    if (!it->second || static_cast<std::size_t>(row.position) >= it->second->observations.size()) continue;
    const auto& o = it->second->observations[static_cast<std::size_t>(row.position)];
    double value = 0;
    const auto end = std::from_chars(o.value.data(), o.value.data() + o.value.size(), value).ptr;
    if (o.value.empty() || end != o.value.data() + o.value.size() || !o.comparator.empty() || o.unit != items.at(row.item)->unit) continue;
    out[row.item] = {value, o.unit, from_epoch_ms(row.collected_ms, context.config.hospital.offset_minutes), o.method_group};
  }
  return out;
}

}  // namespace huren::engine
