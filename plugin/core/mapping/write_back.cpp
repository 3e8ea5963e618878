#include "core/mapping/write_back.hpp"

#include <algorithm>
#include <nlohmann/json.hpp>

#include "core/base/text.hpp"
#include "core/base/zone.hpp"
#include "core/mapping/members.hpp"
#include "core/model/event.hpp"

namespace huren::mapping {
namespace {

struct Row {
  std::string_view name;
  std::string (*get)(const Recognition&);
};
constexpr Row kRows[] = {
    {"decision.id", [](const Recognition& r) { return r.decision_id; }},
    {"decision.kind", [](const Recognition& r) { return r.kind; }},
    {"decision.reason", [](const Recognition& r) { return r.reason; }},
    {"decision.at", [](const Recognition& r) { return to_iso_time(in_offset(r.at, r.offset_minutes)); }},
    {"decision.patient_id", [](const Recognition& r) { return r.patient_id; }},
    {"decision.encounter_id", [](const Recognition& r) { return r.encounter_id; }},
    {"decision.order_id", [](const Recognition& r) { return r.order_id; }},
    {"decision.order_item", [](const Recognition& r) { return r.order_item; }},
    {"decision.doctor.id", [](const Recognition& r) { return r.doctor.id; }},
    {"decision.doctor.name", [](const Recognition& r) { return r.doctor.name; }},
    {"decision.seq", [](const Recognition& r) { return std::to_string(r.seq); }},
    {"result.id", [](const Recognition& r) { return r.result_id; }},
    {"origin.code", [](const Recognition& r) { return r.report.origin.code; }},
    {"origin.name", [](const Recognition& r) { return r.report.origin.name; }},
    {"version", [](const Recognition& r) { return std::to_string(r.report.version); }},
};
struct ObservationRow {
  std::string_view name;
  std::string (*get)(const model::Observation&);
};
std::string printed(const std::optional<double>& bound) {
  if (!bound) return {};
  auto text = nlohmann::json(*bound).dump();
  return text.ends_with(".0") ? text.substr(0, text.size() - 2) : text;
}
constexpr ObservationRow kObservation[] = {
    {"observation.printed", [](const model::Observation& o) { return o.comparator + o.value; }},
    {"observation.number", [](const model::Observation& o) { return o.value_type == "NM" ? o.value : std::string(); }},
    {"observation.not_number", [](const model::Observation& o) { return o.value_type == "NM" ? std::string() : o.comparator + o.value; }},
    {"observation.comparator", [](const model::Observation& o) { return o.comparator; }},
    {"observation.range.low", [](const model::Observation& o) { return printed(o.range.low); }},
    {"observation.range.high", [](const model::Observation& o) { return printed(o.range.high); }},
    {"observation.standard.name", [](const model::Observation& o) { return o.standard.name; }},
};

std::string own_time(const Member& member, int offset_minutes) {
  if (const auto* const* time = std::get_if<Timestamp*>(&member)) return to_iso_time(in_offset(**time, offset_minutes));
  return member_text(member);
}

std::string found(const Recognition& r, std::string_view name) {
  for (const auto& row : kRows)
    if (row.name == name) return row.get(r);
  auto report = r.report;  // members point into what they name
  if (!name.starts_with("observation.")) return own_time(report_member(report, name), r.offset_minutes);
  if (r.position >= report.observations.size()) return {};
  auto& observation = report.observations[r.position];
  for (const auto& row : kObservation)
    if (row.name == name) return row.get(observation);
  return own_time(observation_member(observation, name), r.offset_minutes);
}

}  // namespace

const std::vector<std::string_view>& written_names() {
  static const auto all = [] {
    std::vector<std::string_view> names = member_names();
    for (const auto& row : kRows) names.push_back(row.name);
    for (const auto& row : kObservation) names.push_back(row.name);
    return names;
  }();
  return all;
}

std::optional<std::string> written_text(const Recognition& recognition, std::string_view name) {
  auto text = found(recognition, name);
  return text.empty() ? std::nullopt : std::optional(std::move(text));
}

std::string xml_text(std::string_view text) {
  std::string out;
  for (const char c : text) {
    if (c == '&') out += "&amp;";
    else if (c == '<') out += "&lt;";
    else if (c == '>') out += "&gt;";
    else if (c == '"') out += "&quot;";
    else if (static_cast<unsigned char>(c) >= 0x20 || c == '\n' || c == '\t') out += c;
  }
  return out;
}

std::string fill_xml(std::string_view form, const Recognition& recognition) {
  std::string out;
  while (!form.empty()) {
    const auto open = form.find('{');
    out += form.substr(0, open);
    if (open == std::string_view::npos) break;
    form.remove_prefix(open);
    const auto close = form.find('}');
    if (form.starts_with("{{") || close == std::string_view::npos) {
      out += '{';
      form.remove_prefix(form.starts_with("{{") ? 2 : 1);
      continue;
    }
    out += xml_text(found(recognition, form.substr(1, close - 1)));
    form.remove_prefix(close + 1);
  }
  return out;
}

Result<Recognitions> recognitions_from_json(std::string_view text, int offset_minutes) {
  const Error unreadable{"mapping.recognitions_unreadable", "recognitions.since/1", {}};
  const auto json = nlohmann::json::parse(text, nullptr, false);
  if (!json.is_object() || !json.contains("next") || !json["next"].is_number_integer() || !json.contains("recognitions")) return unreadable;
  Recognitions out;
  out.next = json["next"].get<std::int64_t>();
  const auto word = [](const nlohmann::json& from, const char* key) {
    const auto it = from.find(key);
    return it != from.end() && it->is_string() ? it->get<std::string>() : std::string();
  };
  for (const auto& r : json["recognitions"]) {
    if (!r.is_object() || !r.contains("reports")) return unreadable;
    Recognition one;
    one.offset_minutes = offset_minutes;
    one.seq = r.value("seq", std::int64_t{0});
    one.kind = word(r, "kind");
    one.decision_id = word(r, "decision_id");
    one.patient_id = word(r, "patient_id");
    one.encounter_id = word(r, "encounter_id");
    one.order_id = word(r, "order_id");
    one.order_item = word(r, "order_item");
    one.reason = word(r, "reason");
    if (const auto d = r.find("doctor"); d != r.end() && d->is_object()) one.doctor = {word(*d, "id"), word(*d, "name")};
    if (const auto at = parse_iso_time(word(r, "at"), offset_minutes)) one.at = *at;
    for (const auto& report : r["reports"]) {
      auto parsed = model::lab_report_from_json(report.at("report").dump(), offset_minutes);
      if (!parsed.report) return unreadable;
      one.report = std::move(*parsed.report);
      for (const auto& result : report.at("results")) {
        one.result_id = word(result, "result_id");
        one.position = result.value("position", std::size_t{0});
        if (one.position >= one.report.observations.size()) return unreadable;
        out.list.push_back(one);
      }
    }
  }
  return out;
}

}  // namespace huren::mapping
