// huren-ctl retractions: who was told that a result is no longer so and has not acknowledged it. Staff numbers, no patients.
#include <nlohmann/json.hpp>

#include "ctl/place.hpp"

namespace huren::ctl {

int retractions(Place& place) {
  struct Row { store::RetractionRow open; store::ReportRow report; };
  std::vector<Row> rows;
  auto read = place.store->read([&](store::Reader& reader) -> Result<void> {
    auto open = reader.open_retractions();
    if (!open) return open.error();
    for (auto& r : *open) {
      auto report = reader.report(r.report_id);
      if (!report) return report.error();
      rows.push_back({std::move(r), *report ? std::move(**report) : store::ReportRow{}});
    }
    return {};
  });
  if (!read) {
    place.failed(read.error());
    return kUnusable;
  }
  const int offset = place.config.hospital.offset_minutes;
  const std::int64_t now = engine::Clock().now_ms();
  auto list = nlohmann::ordered_json::array();
  std::vector<std::vector<std::string>> table{{place.say("通知", "notice"), place.say("医师", "doctor"), place.say("来源", "source"), place.say("报告号", "number"),
                                               place.say("通知时间", "told"), place.say("小时", "hours"), place.say("已升级", "escalated")}};
  for (const auto& [open, report] : rows) {
    const std::string source = report.source.empty() ? "own" : report.source, hours = std::to_string((now - open.at_ms) / 3'600'000);
    list.push_back({{"notice", open.notice_id}, {"doctor", open.doctor_id}, {"source", source}, {"origin", report.origin}, {"number", report.number},
                    {"told_at", json_time(open.at_ms, offset)}, {"escalated", open.escalated_ms > 0}});
    table.push_back({open.notice_id, open.doctor_id, place.word(source), report.number, local_time(open.at_ms, offset), hours, open.escalated_ms > 0 ? "*" : ""});
  }
  print_rows(place, list, table);
  return rows.empty() ? kOk : kFindings;
}

}  // namespace huren::ctl
