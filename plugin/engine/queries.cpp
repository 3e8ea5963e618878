#include "engine/queries.hpp"

#include <algorithm>
#include <map>

#include "core/cda/page.hpp"
#include "core/model/event.hpp"
#include "core/model/query.hpp"
#include "engine/audit.hpp"
#include "engine/reports.hpp"
#include "huren/huren.h"

namespace huren::engine {
namespace {

using model::LabReport;
using store::ReportRow;
using store::Unit;

constexpr std::int64_t kHourMs = 3'600'000;
constexpr int kTries = 3;

// The asking doctor's right to look: this patient, an encounter that is open (domain.md §8).
struct Access { store::PatientRow patient; model::Patient person; };

Result<Access> enter(store::Reader& reader, const Context& context, const std::string& patient_id, const std::string& encounter_id) {
  auto row = reader.patient_by_local_id(patient_id);
  if (!row) return row.error();
  if (!*row) return Error{"query.unknown_patient", "/patient_id", {}};
  auto tie = reader.tie((*row)->id, "", "encounter", encounter_id);
  if (!tie) return tie.error();
  if (!*tie || ((*tie)->to_ms != 0 && (*tie)->to_ms <= context.clock.now_ms())) return Error{"query.no_encounter", "/encounter_id", {}};
  auto person = model::patient_from_json((*row)->json);
  if (!person) return Error{"query.unknown_patient", "/patient_id", {}};
  return Access{std::move(**row), std::move(*person)};
}

std::string banner_of(const ReportRow& row, const LabReport& report) {
  if (report.status == model::Status::withdrawn) return "retracted";
  if (!row.current) return "superseded";
  return row.version > 1 ? "corrected" : "";
}

std::string source_of(const ReportRow& row) { return row.source.empty() ? "own" : row.source; }

// Already noted views are not written again, so that looking twice costs one sync.
struct Views {
  Unit& unit;
  const Context& context;
  const std::string& doctor;
  std::map<std::string, bool> noted;
  Result<void> note(const ReportRow& row, const char* kind) {
    if (!noted.emplace(row.id, true).second) return {};
    return unit.put_view({.report_id = row.id, .doctor_id = doctor, .kind = kind, .at_ms = context.clock.now_ms()});
  }
};

model::ResultsListRow row_of(const Context& context, const ReportRow& held, const LabReport& report, std::size_t position) {
  const auto& o = report.observations[position];
  model::ResultsListRow row;
  row.result_id = held.id + "." + std::to_string(position);
  row.report_id = held.id;
  row.item = o.standard;
  row.local = o.local;
  row.loinc = o.loinc;
  row.value_type = o.value_type;
  const bool withdrawn = report.status == model::Status::withdrawn || o.status == model::Status::withdrawn;
  if (!withdrawn) {  // a withdrawn value must not be read by mistake
    row.value = o.value;
    row.comparator = o.comparator;
    row.flags = o.flags;
    row.critical = std::any_of(o.flags.begin(), o.flags.end(), [](const auto& f) { return f == "HH" || f == "LL" || f == "AA"; });
  }
  row.unit = o.unit;
  row.range = o.range;
  row.status = withdrawn ? model::Status::withdrawn : o.status;
  row.collected_at = report.specimen.collected_at;
  row.reported_at = report.reported_at;
  if (row.collected_at.present())
    row.age_hours = static_cast<int>(std::max<std::int64_t>(0, context.clock.now_ms() - row.collected_at.epoch_ms) / kHourMs);
  row.origin = report.origin;
  row.laboratory = o.performer.code.empty() && o.performer.name.empty() ? report.origin : o.performer;
  row.method = o.method;
  row.method_group = o.method_group;
  row.instrument = o.instrument;
  row.marks = o.marks;
  row.specimen = report.specimen.type;
  row.source = source_of(held);
  row.report_number = report.number;
  row.version = report.version;
  row.banner = withdrawn ? "retracted" : banner_of(held, report);
  return row;
}

}  // namespace

// Who tried to look without the right to is audited too; the audit failing does not open the door.
Error Queries::refused(const Error& why, std::string_view topic, const std::string& doctor_id) {
  if (why.id != "query.no_encounter" && why.id != "query.unknown_patient" && why.id != "query.unknown_result") return why;
  auto noted = context_.store.transact([&](Unit& unit) {
    return audit(unit, context_.clock.now_ms(), "access.refused", {"doctor:" + doctor_id, "", std::string(why.id)}, {{"topic", std::string(topic)}});
  });
  if (!noted) context_.log.write(Severity::error, "store.failed", noted.error());
  return why;
}

Result<std::string> Queries::results_list(std::string_view json) {
  auto parsed = model::parse_results_list(json, context_.config.hospital.offset_minutes);
  if (!parsed.request) return parsed.findings.front().error;
  const auto& request = *parsed.request;
  model::ResultsListAnswer answer;
  auto done = context_.store.transact([&](Unit& unit) -> Result<void> {
    answer = {};
    auto access = enter(unit, context_, request.patient_id, request.encounter_id);
    if (!access) return access.error();
    auto reports = unit.reports_of(access->patient.id);
    if (!reports) return reports.error();
    Views views{unit, context_, request.doctor.id, {}};
    for (const auto& held : *reports) {
      if (!held.current) continue;
      const auto report = model::lab_report_from_json(held.json, context_.config.hospital.offset_minutes);
      if (!report.report) return Error{"store.unreadable_report", held.id, {}};
      auto audience = unit.audience(held.origin, held.number);
      if (!audience) return audience.error();
      const bool viewed = std::any_of(audience->begin(), audience->end(), [](const auto& v) { return v.kind == "viewed" || v.kind == "recognised"; });
      const bool recognised = std::any_of(audience->begin(), audience->end(), [&](const auto& v) { return v.kind == "recognised" && v.report_id == held.id; });
      const bool noted = std::any_of(audience->begin(), audience->end(), [&](const auto& v) { return v.report_id == held.id && v.doctor_id == request.doctor.id; });
      for (std::size_t i = 0; i < report.report->observations.size(); ++i) {
        const auto& o = report.report->observations[i];
        if (!request.items.empty() && std::find(request.items.begin(), request.items.end(), o.standard.code) == request.items.end()) continue;
        if (request.since.present() && report.report->specimen.collected_at.epoch_ms < request.since.epoch_ms) continue;
        if (static_cast<int>(answer.results.size()) == request.limit) {
          answer.more = true;
          break;
        }
        auto row = row_of(context_, held, *report.report, i);
        row.viewed = viewed;
        row.recognition = recognised ? "accepted" : "";
        answer.results.push_back(std::move(row));
        if (!noted)
          if (auto r = views.note(held, "shown"); !r) return r;
      }
      if (answer.more) break;
    }
    return audit(unit, context_.clock.now_ms(), "access.results_list", {"doctor:" + request.doctor.id, "patient:" + access->patient.id, "shown"},
                 {{"count", std::to_string(answer.results.size())}, {"encounter", opaque(request.encounter_id)}});
  });
  if (!done) return refused(done.error(), "results.list", request.doctor.id);
  return model::to_json(answer);
}

Result<std::string> Queries::result_open(std::string_view json) {
  auto parsed = model::parse_result_open(json, context_.config.hospital.offset_minutes);
  if (!parsed.request) return parsed.findings.front().error;
  const auto& request = *parsed.request;
  const auto wants = [&](std::string_view what) {
    return std::find(request.want.begin(), request.want.end(), what) != request.want.end() || (what == "data" && request.want.empty());
  };
  model::ResultOpenAnswer answer;
  auto done = context_.store.transact([&](Unit& unit) -> Result<void> {
    answer = {};
    auto access = enter(unit, context_, request.patient_id, request.encounter_id);
    if (!access) return access.error();
    std::string report_id = request.report_id;
    if (report_id.empty()) {
      auto result = unit.result(request.result_id);
      if (!result) return result.error();
      if (*result) report_id = (*result)->report_id;
    }
    auto held = unit.report(report_id);
    if (!held) return held.error();
    // The same words for "not there" and "somebody else's": the answer must not tell which.
    if (!*held || (*held)->patient_id != access->patient.id) return Error{"query.unknown_result", request.report_id.empty() ? "/result_id" : "/report_id", {}};
    auto report = model::lab_report_from_json((*held)->json, context_.config.hospital.offset_minutes);
    if (!report.report) return Error{"store.unreadable_report", (*held)->id, {}};
    answer.report_id = (*held)->id;
    answer.source = source_of(**held);
    answer.banner = banner_of(**held, *report.report);
    if (wants("document")) answer.document = (*held)->document;
    if (wants("page")) answer.page = cda::lab_page(*report.report, {.language = Language::zh, .previous = {}, .superseded = !(*held)->current});
    if (wants("data")) answer.report = std::move(report.report);
    if (auto r = unit.put_view({.report_id = (*held)->id, .doctor_id = request.doctor.id, .kind = "viewed", .at_ms = context_.clock.now_ms()}); !r) return r;
    return audit(unit, context_.clock.now_ms(), "access.result_open", {"doctor:" + request.doctor.id, "report:" + (*held)->id, "shown"},
                 {{"encounter", opaque(request.encounter_id)}, {"patient", access->patient.id}});
  });
  if (!done) return refused(done.error(), "result.open", request.doctor.id);
  return model::to_json(answer);
}

Result<std::string> Queries::order_check(std::string_view json) {
  auto parsed = recognition::parse_order_check(json, context_.config.hospital.offset_minutes);
  if (!parsed.request) return parsed.findings.front().error;
  const auto& request = *parsed.request;
  auto input = recognition::input_of(request);
  input.asking = context_.config.hospital;
  input.terminology = context_.codes;
  if (!request.at) input.at = context_.now();
  for (const auto& agreement : context_.config.agreements)
    if (const auto* partner = context_.partner(agreement.partner)) input.agreements.push_back({agreement, partner->hospital});

  // A correction may come between reading and answering: then the question is asked once more, of what is true now.
  for (int tries = 0; tries < kTries; ++tries) {
    auto answer = decide_once(input, request, json);
    if (answer || answer.error().id != "query.changed_meanwhile") return answer;
  }
  return Error{"query.changed_meanwhile", "/orders", {}};
}

Result<std::string> Queries::decide_once(recognition::Input& input, const recognition::OrderCheckRequest& request, std::string_view json) {
  History history;  // outlives the decision, whose candidates point into it
  recognition::Decision decision;
  Shown shown{.request_json = "", .patient_json = "", .patient_id = "", .doctor_id = request.doctor.id, .department = request.department, .fresh = {}, .answer = ""};
  auto decided = context_.store.read([&](store::Reader& reader) -> Result<void> {
    auto access = enter(reader, context_, request.patient_id, request.encounter_id);
    if (!access) return access.error();
    input.patient = std::move(access->person);
    if (auto r = gather(reader, context_.config.hospital.offset_minutes, access->patient.id, recognition::wanted(input), history); !r) return r;
    input.candidates = std::move(history.candidates);
    decision = recognition::decide(input);
    std::vector<recognition::CardRef> cards;
    shown.answer = recognition::to_cards(input, decision, {}, &cards);
    auto fresh = checks_.fresh(reader, std::move(cards), request.doctor.id);
    if (!fresh) return fresh.error();
    shown.fresh = std::move(*fresh);
    shown.patient_id = std::move(access->patient.id);
    shown.patient_json = std::move(access->patient.json);
    return {};
  });
  if (!decided) return refused(decided.error(), "order.check", request.doctor.id);
  if (!shown.fresh.empty()) {
    shown.request_json = json;
    if (auto noted = checks_.note(input, decision, shown); !noted) return noted.error();
  }
  return std::move(shown.answer);
}

QueryAnswer Queries::answer(std::string_view topic, std::string_view json) {
  auto result = topic == "results.list/1"  ? results_list(json)
                : topic == "result.open/1" ? result_open(json)
                : topic == "order.check/1" ? order_check(json)
                                           : Result<std::string>(Error{"query.unknown_topic", std::string(topic), {}});
  if (!result) return {.status = status_of(result.error()), .json = "", .error = result.error()};
  return {.status = HUREN_OK, .json = std::move(*result)};
}

}  // namespace huren::engine
