#include "engine/referral/queries.hpp"

#include <algorithm>
#include <nlohmann/json.hpp>

#include "core/base/text.hpp"
#include "core/cda/page.hpp"
#include "core/model/referral_query.hpp"
#include "engine/access.hpp"
#include "engine/audit.hpp"
#include "engine/referral/requests.hpp"

namespace huren::engine {

Result<std::string> referral_list(const Context& context, std::string_view json) {
  auto parsed = model::parse_referral_list(json, context.config.hospital.offset_minutes);
  if (!parsed.request) return parsed.findings.front().error;
  const auto& request = *parsed.request;
  std::string rows;
  bool more = false;
  auto done = context.store.transact([&](store::Unit& unit) -> Result<void> {
    rows.clear();
    store::ReferralFilter filter{.patient_id = "", .partner = request.partner, .kind = request.kind, .state = request.state,
                                 .changed_since_ms = request.since.epoch_ms, .limit = request.limit + 1};
    if (!request.patient_id.empty()) {
      auto patient = unit.patient_by_local_id(request.patient_id);
      if (!patient) return patient.error();
      if (!*patient) return Error{"query.unknown_patient", "/patient_id", {}};
      filter.patient_id = (*patient)->id;
    }
    std::vector<std::string> records{""};  // one "" : everybody
    if (!filter.patient_id.empty()) {
      auto same = unit.same_person(filter.patient_id);
      if (!same) return same.error();
      records = std::move(*same);
    }
    std::vector<store::ReferralRow> found;
    for (const auto& record : records) {
      filter.patient_id = record;
      auto own = unit.referrals(filter);
      if (!own) return own.error();
      found.insert(found.end(), std::make_move_iterator(own->begin()), std::make_move_iterator(own->end()));
    }
    if (records.size() > 1) std::stable_sort(found.begin(), found.end(), [](const auto& a, const auto& b) { return a.changed_ms > b.changed_ms; });
    more = static_cast<int>(found.size()) > request.limit;
    if (more) found.resize(static_cast<std::size_t>(request.limit));
    for (const auto& row : found) {
      auto view = view_of(unit, context, row);
      if (!view) return view.error();
      rows += (rows.empty() ? "" : ",") + *view;
    }
    return audit(unit, context.clock.now_ms(), "access.referral_list", {"doctor:" + request.doctor.id, filter.patient_id.empty() ? "" : "patient:" + records.front(), "shown"},
                 {{"count", std::to_string(found.size())}});
  });
  if (!done) return done.error();
  return "{\"referrals\":[" + rows + "],\"more\":" + (more ? "true" : "false") + "}";
}

Result<std::string> record_open(const Context& context, std::string_view json) {
  auto parsed = model::parse_record_open(json, context.config.hospital.offset_minutes);
  if (!parsed.request) return parsed.findings.front().error;
  const auto& request = *parsed.request;
  const auto wants = [&](std::string_view what) {
    return std::find(request.want.begin(), request.want.end(), what) != request.want.end() || (what == "data" && request.want.empty());
  };
  auto answer = nlohmann::ordered_json::object();
  auto done = context.store.transact([&](store::Unit& unit) -> Result<void> {
    answer = nlohmann::ordered_json::object();
    auto access = enter(unit, context, request.patient_id, request.encounter_id);
    if (!access) return access.error();
    auto held = unit.record(request.record_id);
    if (!held) return held.error();
    if (!*held || std::find(access->records.begin(), access->records.end(), (*held)->patient_id) == access->records.end()) return Error{"query.unknown_record", "/record_id", {}};
    const auto& r = **held;
    answer["record_id"] = r.id;
    answer["kind"] = r.kind;
    answer["source"] = r.source.empty() ? "own" : r.source;
    answer["status"] = r.status;
    answer["banner"] = r.status == "withdrawn" ? "retracted" : !r.current ? "superseded" : r.version > 1 ? "corrected" : "";
    if (wants("data") && !r.json.empty()) answer["record"] = nlohmann::ordered_json::parse(r.json);
    if (wants("document")) answer["document"] = {{"media_type", r.json.empty() ? (r.kind == "pdf" ? "application/pdf" : "application/octet-stream") : "application/xml"}, {"base64", base64_encode(r.document)}};
    if (wants("page") && !r.json.empty()) {
      auto page = cda::page(r.document, {.assumed_offset_minutes = context.config.hospital.offset_minutes, .charset = "", .limits = {}, .transfer = {context.config.transfer_template, context.config.transfer_code}},
                            {.language = Language::zh, .previous = {}, .viewer = context.config.hospital.code, .superseded = !r.current});
      if (page) answer["page"] = {{"html", std::move(*page)}};
    }
    return audit(unit, context.clock.now_ms(), "access.record_open", {"doctor:" + request.doctor.id, "record:" + r.id, "shown"},
                 {{"encounter", opaque(request.encounter_id)}, {"patient", access->patient.id}});
  });
  if (!done) return done.error();
  return answer.dump();
}

Result<void> add_examinations(store::Unit& unit, const Context& context, const std::vector<std::string>& patients, std::int64_t since_ms, model::ResultsListAnswer& into) {
  std::vector<store::RecordRow> records;
  for (const auto& patient : patients) {
    auto own = unit.records_of(patient);
    if (!own) return own.error();
    records.insert(records.end(), std::make_move_iterator(own->begin()), std::make_move_iterator(own->end()));
  }
  if (patients.size() > 1) std::stable_sort(records.begin(), records.end(), [](const auto& a, const auto& b) { return a.stored_ms > b.stored_ms; });
  for (const auto& r : records) {
    if (r.kind != "C0006" || !r.current || into.examinations.size() >= 200) continue;
    const auto parsed = model::clinical_record_from_json(r.json, context.config.hospital.offset_minutes);
    if (!parsed.record || parsed.record->written_at.epoch_ms < since_ms) continue;
    const auto& record = *parsed.record;
    model::ExaminationRow row{.record_id = r.id, .item = record.service, .findings = "", .reported_at = record.written_at, .origin = record.origin,
                              .source = r.source.empty() ? "own" : r.source, .version = r.version,
                              .banner = r.status == "withdrawn" ? "retracted" : r.version > 1 ? "corrected" : ""};
    for (const auto& i : record.items) {
      if (i.key == "exam_item" && row.item.name.empty()) row.item.name = i.value;
      // 办法 art. 2: what is recognised is data; the doctor's diagnosis (exam_impression) stays in the report.
      if (r.status != "withdrawn" && (i.key == "exam_finding" || i.key == "exam_measurement")) row.findings += (row.findings.empty() ? "" : "\n") + i.value + (i.unit.empty() ? "" : " " + i.unit);
    }
    into.examinations.push_back(std::move(row));
  }
  return {};
}

}  // namespace huren::engine
