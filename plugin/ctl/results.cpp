// huren-ctl results: which reports are held for a patient (by the HIS's own number): numbers, versions and items, no names.
#include <nlohmann/json.hpp>

#include "ctl/place.hpp"
#include "engine/reports.hpp"

namespace huren::ctl {

int results(Place& place, const std::string& patient_id) {
  std::vector<store::ReportRow> rows;
  bool known = false;
  auto read = place.store->read([&](store::Reader& reader) -> Result<void> {
    auto patient = reader.patient_by_local_id(patient_id);
    if (!patient) return patient.error();
    if (!*patient) return {};
    known = true;
    auto r = reader.reports_of((*patient)->id);
    if (!r) return r.error();
    for (const auto& row : *r) {
      auto whole = reader.report(row.id);
      if (!whole) return whole.error();
      if (*whole) rows.push_back(std::move(**whole));
    }
    return {};
  });
  if (!read) {
    place.failed(read.error());
    return kUnusable;
  }
  if (!known) {
    place.failed({"ctl.no_patient", "--patient", {}});
    return kUnusable;
  }
  const int offset = place.config.hospital.offset_minutes;
  auto list = nlohmann::ordered_json::array();
  std::vector<std::vector<std::string>> table{{place.say("来源", "source"), place.say("签发", "origin"), place.say("报告号", "number"), place.say("版本", "version"),
                                               place.say("状态", "status"), place.say("现行", "current"), place.say("采集时间", "collected"), place.say("项目", "items")}};
  for (const auto& row : rows) {
    const auto parsed = engine::report_in(row);
    std::string items, collected = "-";
    if (parsed) {
      if (parsed->specimen.collected_at.present()) collected = local_time(parsed->specimen.collected_at.epoch_ms, offset);
      for (const auto& o : parsed->observations) items += (items.empty() ? "" : " ") + (o.standard.code.empty() ? o.local.code : o.standard.code);
    }
    const std::string source = row.source.empty() ? "own" : row.source;
    list.push_back({{"source", source}, {"origin", row.origin}, {"number", row.number}, {"version", row.version}, {"status", row.status}, {"current", row.current},
                    {"collected_at", collected}, {"items", items}, {"document_bytes", row.document.size()}});
    table.push_back({source, row.origin, row.number, std::to_string(row.version), row.status, row.current ? "*" : "", collected, items});
  }
  if (place.json)
    place.out << list.dump(2) << "\n";
  else
    print_table(place.out, table);
  return kOk;
}

}  // namespace huren::ctl
