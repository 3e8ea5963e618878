#include "engine/queries.hpp"

#include <algorithm>
#include <charconv>
#include <map>

#include "core/cda/page.hpp"
#include "core/cda/xml_guard.hpp"
#include "core/model/event.hpp"
#include "core/model/query.hpp"
#include "engine/reports.hpp"
#include "huren/huren.h"

namespace huren::engine {
namespace {

using model::LabReport;
using store::ReportRow;
using store::Unit;

constexpr std::int64_t kHourMs = 3'600'000;
constexpr int kTries = 3;
constexpr std::int64_t kTrendMs = std::int64_t{365} * 24 * kHourMs;  // an older value is history, not a trend
constexpr std::size_t kMostTrendReports = 50;

// The asking doctor's right to look: this patient, an encounter that is open (domain.md §8).
struct Access { store::PatientRow patient; model::Patient person; };

Result<Access> enter(store::Reader& reader, const Context& context, const std::string& patient_id, const std::string& encounter_id) {
  auto row = reader.patient_by_local_id(patient_id);
  if (!row) return row.error();
  if (!*row) return Error{"query.unknown_patient", "/patient_id", {}};
  auto ties = reader.ties((*row)->id);
  if (!ties) return ties.error();
  const std::int64_t now = context.clock.now_ms();
  const bool open = std::any_of(ties->begin(), ties->end(), [&](const store::TieRow& t) {
    return t.basis == "encounter" && t.reference == encounter_id && (t.to_ms == 0 || t.to_ms > now);
  });
  if (!open) return Error{"query.no_encounter", "/encounter_id", {}};
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

using PreviousValues = std::map<std::string, cda::PageOptions::Previous>;

// The latest earlier value that this hospital itself measured, for each item of the report that the page compares.
Result<PreviousValues> previous_values(store::Reader& reader, const Context& context, const ReportRow& shown, const LabReport& report) {
  PreviousValues out;
  std::map<std::string, const model::Observation*> items;
  for (const auto& o : report.observations)
    if (!o.standard.code.empty()) items.emplace(o.standard.code, &o);
  std::vector<std::string> codes;
  for (const auto& [code, o] : items) codes.push_back(code);
  const auto at = report.specimen.collected_at.present() ? report.specimen.collected_at.epoch_ms : report.reported_at.epoch_ms;
  if (codes.empty() || at == 0) return out;
  auto rows = reader.results_of(shown.patient_id, codes, at - kTrendMs);
  if (!rows) return rows.error();
  std::map<std::string, std::optional<LabReport>> held;  // ours, by id; nullopt: a partner's
  for (const auto& row : *rows) {                        // newest first
    if (row.collected_ms >= at || row.report_id == shown.id || out.contains(row.item)) continue;
    if (row.status != model::status_word(model::Status::final_result) && row.status != model::status_word(model::Status::corrected)) continue;
    auto [it, fresh] = held.try_emplace(row.report_id);
    if (fresh) {
      if (held.size() > kMostTrendReports) break;
      auto found = reader.report(row.report_id);
      if (!found) return found.error();
      if (*found && (*found)->source.empty()) it->second = std::move(model::lab_report_from_json((*found)->json, context.config.hospital.offset_minutes).report);
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

}  // namespace

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
    return {};
  });
  if (!done) return done.error();
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
    if (wants("document")) {
      // Another's bytes go on to the HIS's own reader: the gate stands before that too.
      if (!(*held)->source.empty() && !(*held)->document.empty())
        if (auto admitted = cda::admit((*held)->document, "", {}); !admitted) return Error{admitted.error().id, "/want/document", admitted.error().args};
      answer.document = (*held)->document;
    }
    auto previous = wants("page") ? previous_values(unit, context_, **held, *report.report) : Result<PreviousValues>(PreviousValues{});
    if (!previous) return previous.error();
    if (wants("page")) answer.page = cda::lab_page(*report.report, {.language = Language::zh, .previous = *previous, .viewer = context_.config.hospital.code, .superseded = !(*held)->current});
    if (wants("data")) answer.report = std::move(report.report);
    return unit.put_view({.report_id = (*held)->id, .doctor_id = request.doctor.id, .kind = "viewed", .at_ms = context_.clock.now_ms()});
  });
  if (!done) return done.error();
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
    auto answer = decide_once(input, request);
    if (answer || answer.error().id != "query.changed_meanwhile") return answer;
  }
  return Error{"query.changed_meanwhile", "/orders", {}};
}

Result<std::string> Queries::decide_once(recognition::Input& input, const recognition::OrderCheckRequest& request) {
  std::map<std::string, std::pair<ReportRow, LabReport>> reports;  // by id; candidates point into it
  auto gathered = context_.store.read([&](store::Reader& reader) -> Result<void> {
    reports.clear();
    input.candidates.clear();
    auto access = enter(reader, context_, request.patient_id, request.encounter_id);
    if (!access) return access.error();
    input.patient = access->person;
    const auto wanted = recognition::wanted(input);
    if (wanted.items.empty()) return {};
    auto rows = reader.results_of(access->patient.id, wanted.items, wanted.since_ms);
    if (!rows) return rows.error();
    for (const auto& row : *rows) {
      auto it = reports.find(row.report_id);
      if (it == reports.end()) {
        auto held = reader.report(row.report_id);
        if (!held) return held.error();
        if (!*held) continue;
        auto report = model::lab_report_from_json((*held)->json, context_.config.hospital.offset_minutes);
        if (!report.report) return Error{"store.unreadable_report", row.report_id, {}};
        it = reports.emplace(row.report_id, std::pair{std::move(**held), std::move(*report.report)}).first;
      }
      input.candidates.push_back({.result_id = row.id, .report_id = row.report_id, .source = it->second.first.source, .report = &it->second.second,
                                  .position = static_cast<std::size_t>(row.position), .current = row.current});
    }
    return {};
  });
  if (!gathered) return gathered.error();
  const auto decision = recognition::decide(input);

  // Who saw what on this card must be known when the result is corrected later (I10).
  std::vector<std::string> shown;
  for (const auto& order : decision.orders) {
    if (order.outcome == recognition::Outcome::none) continue;
    for (const auto& analyte : order.analytes)
      if (analyte.chosen) shown.push_back(input.candidates[analyte.considered[*analyte.chosen].candidate].report_id);
  }
  std::sort(shown.begin(), shown.end());
  shown.erase(std::unique(shown.begin(), shown.end()), shown.end());
  if (!shown.empty()) {
    auto noted = context_.store.transact([&](Unit& unit) -> Result<void> {
      for (const auto& id : shown) {
        auto held = unit.report(id);
        if (!held) return held.error();
        if (!*held || !(*held)->current) return Error{"query.changed_meanwhile", "/orders", {}};
        if (auto r = unit.put_view({.report_id = id, .doctor_id = request.doctor.id, .kind = "shown", .at_ms = context_.clock.now_ms()}); !r) return r;
      }
      return {};
    });
    if (!noted) return noted.error();
  }
  return recognition::to_cards(input, decision);
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
