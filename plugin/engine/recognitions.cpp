#include "engine/recognitions.hpp"

#include <algorithm>
#include <nlohmann/json.hpp>

#include "core/model/event.hpp"
#include "engine/reports.hpp"

namespace huren::engine {
namespace {

using nlohmann::json;

constexpr const char* kLog = "recognition";  // kind in kept(), name of the counter
constexpr std::int64_t kMost = 500;

std::string text_of(const json& from, const char* key) {
  const auto it = from.find(key);
  return it != from.end() && it->is_string() ? it->get<std::string>() : std::string();
}

// The reports that the decision rests on, each with the results used of it.
Result<json> reports_of(store::Reader& reader, const store::DecisionRow& decision, const std::string& origin, const std::string& number) {
  json out = json::array();
  for (const auto& id : decision.result_ids) {
    auto result = reader.result(id);
    if (!result) return result.error();
    if (!*result) continue;
    auto report = reader.report((*result)->report_id);
    if (!report) return report.error();
    if (!*report || (*report)->digest.empty()) continue;
    if (!number.empty() && ((*report)->origin != origin || (*report)->number != number)) continue;
    const auto same = std::find_if(out.begin(), out.end(), [&](const json& r) { return r["report_id"] == (*report)->id; });
    const json one{{"result_id", id}, {"position", (*result)->position}};
    if (same != out.end()) {
      (*same)["results"].push_back(one);
      continue;
    }
    const auto whole = report_in(**report);
    if (!whole) return Error{"store.unreadable_report", (*report)->id, {}};
    const auto body = json::parse(model::to_json(*whole));
    out.push_back({{"report_id", (*report)->id}, {"source", (*report)->source.empty() ? "own" : (*report)->source}, {"report", body}, {"results", json::array({one})}});
  }
  return out;
}

Result<json> entry(store::Reader& reader, const Context& context, std::int64_t seq, const std::string& bytes) {
  const auto noted = json::parse(bytes, nullptr, false);
  if (!noted.is_object()) return json();
  auto decision = reader.decision(text_of(noted, "decision_id"));
  if (!decision) return decision.error();
  if (!*decision) return json();
  const auto& d = **decision;
  auto reports = reports_of(reader, d, text_of(noted, "origin"), text_of(noted, "number"));
  if (!reports) return reports.error();
  if (reports->empty()) return json();
  auto patient = reader.patient(d.patient_id);
  if (!patient) return patient.error();
  if (!*patient) return json();
  json out{{"seq", seq}, {"kind", noted["kind"]}, {"decision_id", d.id}, {"patient_id", (*patient)->local_id}, {"order_id", d.order_id}, {"order_item", d.order_item},
           {"doctor", {{"id", d.doctor_id}}}, {"at", to_iso_time(from_epoch_ms(noted.value("decided_ms", d.at_ms), context.config.hospital.offset_minutes))},
           {"reports", std::move(*reports)}};
  if (const auto reason = text_of(noted, "reason"); !reason.empty()) out["reason"] = reason;
  if (const auto encounter = text_of(noted, "encounter_id"); !encounter.empty()) out["encounter_id"] = encounter;
  if (!d.suggestion_id.empty() && !out.contains("encounter_id")) {
    auto offer = reader.offer(d.suggestion_id);
    if (!offer) return offer.error();
    if (*offer) out["encounter_id"] = (*offer)->encounter_id;
  }
  return out;
}

}  // namespace

Result<void> note_recognition(store::Unit& unit, const Context& context, const RecognitionNote& note) {
  auto last = unit.cursor(kLog);
  if (!last) return last.error();
  auto decided_ms = note.decided_ms;
  if (decided_ms == 0) {
    auto decision = unit.decision(note.decision_id);
    if (!decision) return decision.error();
    if (*decision) decided_ms = (*decision)->at_ms;
  }
  json noted{{"kind", note.kind}, {"decision_id", note.decision_id}, {"at_ms", context.clock.now_ms()}, {"decided_ms", decided_ms}};
  if (!note.number.empty()) noted.update({{"origin", note.origin}, {"number", note.number}});
  if (!note.reason.empty()) noted["reason"] = note.reason;
  if (!note.encounter_id.empty()) noted["encounter_id"] = note.encounter_id;
  if (auto r = unit.keep(kLog, std::to_string(*last + 1), noted.dump(-1, ' ', false, json::error_handler_t::replace)); !r) return r;
  return unit.set_cursor(kLog, *last + 1);
}

Result<std::string> recognitions_since(const Context& context, std::string_view request) {
  const auto asked = json::parse(request, nullptr, false);
  if (!asked.is_object() || !asked.value("after", json(0)).is_number_integer() || !asked.value("limit", json(100)).is_number_integer())
    return Error{"query.recognitions_since", "/after", {}};
  const auto after = std::max<std::int64_t>(0, asked.value("after", std::int64_t{0}));
  const auto limit = std::clamp<std::int64_t>(asked.value("limit", std::int64_t{100}), 1, kMost);
  json answer{{"next", after}, {"recognitions", json::array()}};
  auto done = context.store.read([&](store::Reader& reader) -> Result<void> {
    auto last = reader.cursor(kLog);
    if (!last) return last.error();
    for (auto seq = after + 1; seq <= *last && seq <= after + limit; ++seq) {
      auto bytes = reader.kept(kLog, std::to_string(seq));
      if (!bytes) return bytes.error();
      answer["next"] = seq;
      if (!*bytes) continue;
      auto one = entry(reader, context, seq, **bytes);
      if (!one) return one.error();
      if (one->is_object()) answer["recognitions"].push_back(std::move(*one));
    }
    return {};
  });
  if (!done) return done.error();
  return answer.dump(-1, ' ', false, json::error_handler_t::replace);
}

}  // namespace huren::engine
