// huren-ctl results: which reports are held for a patient (by the HIS's own number): numbers, versions and items, no names.
#include <nlohmann/json.hpp>

#include "ctl/place.hpp"
#include "engine/reports.hpp"

namespace huren::ctl {
namespace {

constexpr std::size_t kShown = 8;

// The first items, and how many there are of a long list.
std::string shortened(const Place& place, const std::vector<std::string>& items) {
  std::string out;
  for (std::size_t i = 0; i < items.size() && (i < kShown || items.size() == kShown + 1); ++i) out += (out.empty() ? "" : " ") + items[i];
  if (items.size() <= kShown + 1) return out;
  const auto all = std::to_string(items.size());
  return out + place.say((" … 共 " + all + " 项").c_str(), (" ... " + all + " in all").c_str());
}

}  // namespace

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
    std::vector<std::string> items;
    std::int64_t collected_ms = 0;
    if (parsed) {
      if (parsed->specimen.collected_at.present()) collected_ms = parsed->specimen.collected_at.epoch_ms;
      for (const auto& o : parsed->observations) items.push_back(o.standard.code.empty() ? o.local.code : o.standard.code);
    }
    const std::string source = row.source.empty() ? "own" : row.source;
    list.push_back({{"source", source}, {"origin", row.origin}, {"number", row.number}, {"version", row.version}, {"status", row.status}, {"current", row.current},
                    {"collected_at", json_time(collected_ms, offset)}, {"items", items}, {"document_bytes", row.document.size()}});
    table.push_back({place.word(source), row.origin, row.number, std::to_string(row.version), place.word(row.status), row.current ? "*" : "", local_time(collected_ms, offset),
                     shortened(place, items)});
  }
  return print_rows(place, list, table);
}

}  // namespace huren::ctl
