#include "core/model/query.hpp"

#include "core/base/text.hpp"
#include "core/model/json_fields.hpp"
#include "core/model/report_json.hpp"

namespace huren::model {
namespace {

OrderedJson row_json(const ResultsListRow& row) {
  auto out = OrderedJson::object();
  out["result_id"] = row.result_id;
  out["report_id"] = row.report_id;
  put_part(out, "item", code_json(row.item));
  put_part(out, "local", code_json(row.local));
  put(out, "loinc", row.loinc);
  put(out, "value_type", row.value_type);
  out["value"] = row.value;
  put(out, "comparator", row.comparator);
  put(out, "unit", row.unit);
  put_part(out, "range", range_json(row.range));
  put(out, "flags", row.flags);
  out["status"] = status_word(row.status);
  out["critical"] = row.critical;
  put(out, "collected_at", row.collected_at);
  put(out, "reported_at", row.reported_at);
  if (row.age_hours >= 0) out["age_hours"] = row.age_hours;
  out["origin"] = organisation_json(row.origin);
  put_part(out, "laboratory", organisation_json(row.laboratory));
  put_part(out, "method", code_json(row.method));
  put(out, "method_group", row.method_group);
  put(out, "instrument", row.instrument);
  put(out, "marks", row.marks);
  put_part(out, "specimen", code_json(row.specimen));
  out["source"] = row.source;
  out["report_number"] = row.report_number;
  out["version"] = row.version;
  put(out, "banner", row.banner);
  put(out, "received_at", row.received_at);
  if (row.barred) out["barred"] = true;
  put(out, "recognition", row.recognition);
  out["viewed"] = row.viewed;
  return out;
}

}  // namespace

ParsedResultsList parse_results_list(std::string_view text, int assumed_offset_minutes) {
  ParsedResultsList out;
  const auto tree = parse_tree(text, out.findings);
  if (!tree) return out;
  Source source{out.findings, assumed_offset_minutes};
  Fields f(*tree, "", source);
  ResultsListRequest r;
  f.code("patient_id", r.patient_id, Need::required);
  f.code("encounter_id", r.encounter_id);
  f.text("department", r.department);
  f.object("doctor", r.doctor, read_doctor);
  f.texts("items", r.items, kMaxCode, Lines::one);
  f.time("since", r.since);
  f.integer("limit", r.limit, 1, 1000);
  f.finish();
  if (!has_error(out.findings)) out.request = std::move(r);
  return out;
}

std::string to_json(const ResultsListAnswer& answer) {
  auto rows = OrderedJson::array();
  for (const auto& row : answer.results) rows.push_back(row_json(row));
  auto out = OrderedJson::object();
  out["results"] = std::move(rows);
  out["more"] = answer.more;
  if (!answer.elsewhere.empty()) {
    auto entries = OrderedJson::array();
    for (const auto& e : answer.elsewhere) {
      auto entry = OrderedJson::object();
      entry["report_id"] = e.report_id;
      entry["source"] = e.source;
      entry["origin"] = organisation_json(e.origin);
      entry["item"] = code_json(e.item);
      put(entry, "collected_at", e.collected_at);
      put(entry, "told_at", e.told_at);
      entries.push_back(std::move(entry));
    }
    out["elsewhere"] = std::move(entries);
  }
  auto examinations = OrderedJson::array();
  for (const auto& e : answer.examinations) {
    auto row = OrderedJson::object();
    row["record_id"] = e.record_id;
    put_part(row, "item", code_json(e.item));
    put(row, "findings", e.findings);
    put(row, "reported_at", e.reported_at);
    put_part(row, "origin", organisation_json(e.origin));
    row["source"] = e.source;
    row["version"] = e.version;
    put(row, "banner", e.banner);
    examinations.push_back(std::move(row));
  }
  put_part(out, "examinations", std::move(examinations));
  return out.dump();
}

ParsedResultsTrend parse_results_trend(std::string_view text, int assumed_offset_minutes) {
  ParsedResultsTrend out;
  const auto tree = parse_tree(text, out.findings);
  if (!tree) return out;
  Source source{out.findings, assumed_offset_minutes};
  Fields f(*tree, "", source);
  ResultsTrendRequest r;
  f.code("patient_id", r.patient_id, Need::required);
  f.code("encounter_id", r.encounter_id);
  f.text("department", r.department);
  f.object("doctor", r.doctor, read_doctor);
  f.code("item", r.item, Need::required);
  f.time("since", r.since);
  f.finish();
  if (!has_error(out.findings)) out.request = std::move(r);
  return out;
}

ParsedSuggestionOpen parse_suggestion_open(std::string_view text) {
  ParsedSuggestionOpen out;
  const auto tree = parse_tree(text, out.findings);
  if (!tree) return out;
  Source source{out.findings, 0};
  Fields f(*tree, "", source);
  SuggestionOpenRequest r;
  f.code("id", r.id, Need::required);
  f.finish();
  if (!has_error(out.findings)) out.request = std::move(r);
  return out;
}

std::string to_json(const SuggestionOpenAnswer& a) {
  auto out = OrderedJson::object();
  for (const auto& [name, text] : {std::pair<const char*, const std::string*>{"suggestion_id", &a.suggestion_id}, {"card_id", &a.card_id}, {"patient_id", &a.patient_id},
                                   {"encounter_id", &a.encounter_id}, {"doctor_id", &a.doctor_id}, {"department", &a.department}, {"order_id", &a.order_id},
                                   {"order_item", &a.order_item}, {"state", &a.state}})
    out[name] = *text;
  out["result_ids"] = a.result_ids;
  out["reasons"] = a.reasons;
  out["reasons_with_note"] = a.reasons_with_note;
  return out.dump();
}

ParsedResultOpen parse_result_open(std::string_view text, int assumed_offset_minutes) {
  ParsedResultOpen out;
  const auto tree = parse_tree(text, out.findings);
  if (!tree) return out;
  Source source{out.findings, assumed_offset_minutes};
  Fields f(*tree, "", source);
  ResultOpenRequest r;
  f.code("result_id", r.result_id);
  f.code("report_id", r.report_id);
  f.code("patient_id", r.patient_id, Need::required);
  f.code("encounter_id", r.encounter_id);
  f.text("department", r.department);
  f.object("doctor", r.doctor, read_doctor, Need::required);
  f.texts("want", r.want, kMaxCode, Lines::one);
  f.finish();
  for (std::size_t i = 0; i < r.want.size(); ++i)
    if (r.want[i] != "data" && r.want[i] != "document" && r.want[i] != "page")
      f.fault("model.not_a_word", f.at("want") + '/' + std::to_string(i), {"data | document | page"});
  if (!f.has("result_id") && !f.has("report_id")) f.fault("model.missing_member", f.at("result_id"), {"result_id"});
  if (f.has("result_id") && f.has("report_id")) f.fault("model.one_of_two", f.at("report_id"), {"result_id", "report_id"});
  if (r.want.empty()) r.want.emplace_back("data");
  if (!has_error(out.findings)) out.request = std::move(r);
  return out;
}

std::string to_json(const ResultOpenAnswer& answer) {
  auto out = OrderedJson::object();
  out["report_id"] = answer.report_id;
  out["source"] = answer.source;
  put(out, "banner", answer.banner);
  if (answer.report) out["report"] = report_json(*answer.report);
  if (!answer.document.empty()) {
    out["document"] = {{"content_type", "text/xml"}, {"base64", base64_encode(answer.document)}};
  }
  if (!answer.page.empty()) out["page"] = {{"content_type", "text/html; charset=utf-8"}, {"html", answer.page}};
  return out.dump();
}

std::string findings_json(const Findings& findings) {
  return OrderedJson{{"findings", findings_array(findings)}}.dump();
}

}  // namespace huren::model
