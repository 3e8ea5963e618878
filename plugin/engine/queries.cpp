#include "engine/queries.hpp"

#include <algorithm>
#include <map>

#include "core/cda/page.hpp"
#include "core/cda/xml_guard.hpp"
#include "core/model/event.hpp"
#include "core/model/query.hpp"
#include "core/recognition/trend.hpp"
#include "engine/access.hpp"
#include "engine/audit.hpp"
#include "engine/exchange/index.hpp"
#include "engine/panel_link.hpp"
#include "engine/previous.hpp"
#include "engine/recognitions.hpp"
#include "engine/referral/queries.hpp"
#include "engine/reports.hpp"
#include "huren/huren.h"

namespace huren::engine {
// The asking doctor's right to look: this patient, an encounter that is open (domain.md §8).

Result<Access> enter(store::Reader& reader, const Context& context, const std::string& patient_id, const std::string& encounter_id) {
  auto row = reader.patient_by_local_id(patient_id);
  if (!row) return row.error();
  if (!*row) return Error{"query.unknown_patient", "/patient_id", {}};
  auto records = reader.same_person((*row)->id);
  if (!records) return records.error();
  const std::int64_t now = context.clock.now_ms();
  bool open = false;
  for (const auto& record : *records) {
    auto tie = reader.tie(record, "", "encounter", encounter_id);
    if (!tie) return tie.error();
    open = open || (*tie && ((*tie)->to_ms == 0 || (*tie)->to_ms > now));
  }
  if (!open) return Error{"query.no_encounter", "/encounter_id", {}};
  auto person = model::patient_from_json((*row)->json);
  if (!person) return Error{"query.unknown_patient", "/patient_id", {}};
  return Access{std::move(**row), std::move(*person), std::move(*records)};
}

namespace {

using model::LabReport;
using store::ReportRow;
using store::Unit;

constexpr std::int64_t kHourMs = 3'600'000;
constexpr int kTries = 3;

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
  const std::string& patient_id;  // the record under which it is seen
  std::map<std::string, bool> noted;
  Result<void> note(const std::string& report_id, const char* kind) {
    if (!noted.emplace(report_id, true).second) return {};
    return unit.put_view({.report_id = report_id, .doctor_id = doctor, .kind = kind, .at_ms = context.clock.now_ms(), .patient_id = patient_id});
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
  if (!held.source.empty()) row.received_at = from_epoch_ms(held.stored_ms, context.config.hospital.offset_minutes);
  row.report_number = report.number;
  row.version = report.version;
  row.banner = withdrawn ? "retracted" : banner_of(held, report);
  return row;
}

// What partners say that they hold, as the order screen and the decision see it: an item and a time.
Result<std::vector<store::IndexEntry>> entries_of(store::Reader& reader, const Context& context, const model::Patient& person,
                                                  const std::vector<std::string>& items, std::int64_t since_ms) {
  auto entries = exchange::elsewhere(reader, context, person, since_ms);
  if (entries && !items.empty())
    std::erase_if(*entries, [&](const store::IndexEntry& e) { return std::find(items.begin(), items.end(), e.item) == items.end(); });
  return entries;
}

LabReport report_of(const store::IndexEntry& entry, const config::Partner& partner) {
  LabReport report;
  report.origin = {partner.hospital.code, partner.hospital.name};
  report.version = entry.version;
  report.specimen.collected_at = from_epoch_ms(entry.collected_ms, partner.hospital.offset_minutes);
  model::Observation o;
  o.standard.code = entry.item;
  report.observations.push_back(std::move(o));
  return report;
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
    std::vector<ReportRow> reports;
    for (const auto& record : access->records) {
      auto own = unit.reports_of(record);
      if (!own) return own.error();
      reports.insert(reports.end(), std::make_move_iterator(own->begin()), std::make_move_iterator(own->end()));
    }
    if (access->records.size() > 1)
      std::stable_sort(reports.begin(), reports.end(), [](const ReportRow& a, const ReportRow& b) { return a.stored_ms > b.stored_ms; });
    Views views{unit, context_, request.doctor.id, access->patient.id, {}};
    for (const auto& held : reports) {
      if (!held.current) continue;
      auto bar = unit.bar(held.source, subject_of(held.origin, held.number));
      if (!bar) return bar.error();
      const auto report = report_in(held);
      if (!report) return Error{"store.unreadable_report", held.id, {}};
      auto audience = unit.audience(held.origin, held.number);
      if (!audience) return audience.error();
      const bool viewed = std::any_of(audience->begin(), audience->end(), [&](const auto& v) { return v.report_id == held.id && (v.kind == "viewed" || v.kind == "recognised"); });
      const bool noted = std::any_of(audience->begin(), audience->end(), [&](const auto& v) {
        return v.report_id == held.id && v.doctor_id == request.doctor.id && v.patient_id == access->patient.id;
      });
      auto decisions = unit.decisions_on(held.id);
      if (!decisions) return decisions.error();
      for (std::size_t i = 0; i < report->observations.size(); ++i) {
        const auto& o = report->observations[i];
        if (!request.items.empty() && std::find(request.items.begin(), request.items.end(), o.standard.code) == request.items.end()) continue;
        if (request.since.present() && report->specimen.collected_at.epoch_ms < request.since.epoch_ms) continue;
        if (static_cast<int>(answer.results.size()) == request.limit) {
          answer.more = true;
          break;
        }
        auto row = row_of(context_, held, *report, i);
        row.viewed = viewed;
        row.barred = !held.source.empty() && bar->has_value();
        for (const auto& d : *decisions)  // oldest first: the last word stays
          if (std::find(d.result_ids.begin(), d.result_ids.end(), row.result_id) != d.result_ids.end()) row.recognition = d.outcome;
        answer.results.push_back(std::move(row));
        if (!noted)
          if (auto r = views.note(held.id, "shown"); !r) return r;
      }
      if (answer.more) break;
    }
    auto entries = entries_of(unit, context_, access->person, request.items, request.since.present() ? request.since.epoch_ms : 0);
    if (!entries) return entries.error();
    for (const auto& e : *entries) {
      const auto* partner = context_.partner(e.partner);
      if (!partner || static_cast<int>(answer.elsewhere.size()) == request.limit) continue;
      const auto* item = context_.codes->item(e.item, context_.today());
      answer.elsewhere.push_back({.report_id = exchange::entry_id(e), .source = e.partner, .origin = {partner->hospital.code, partner->hospital.name},
                                  .item = {e.item, item ? item->zh : "", std::string(mapping::kItemSystem)},
                                  .collected_at = from_epoch_ms(e.collected_ms, partner->hospital.offset_minutes),
                                  .told_at = from_epoch_ms(e.at_ms, context_.config.hospital.offset_minutes)});
    }
    if (request.items.empty())
      if (auto r = add_examinations(unit, context_, access->records, request.since.epoch_ms, answer); !r) return r;
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
  bool being_fetched = false;
  auto done = context_.store.transact([&](Unit& unit) -> Result<void> {
    answer = {};
    being_fetched = false;
    auto access = enter(unit, context_, request.patient_id, request.encounter_id);
    if (!access) return access.error();
    std::string report_id = request.report_id;
    if (report_id.empty()) {
      auto result = unit.result(request.result_id);
      if (!result) return result.error();
      if (*result) report_id = (*result)->report_id;
    }
    if (std::string partner, handle; exchange::split_entry_id(report_id, partner, handle)) {
      auto here = open_entry(unit, access->patient.id, access->person, partner, handle, request.doctor.id);
      if (!here) return here.error();
      being_fetched = here->empty();
      if (being_fetched) return {};
      report_id = std::move(*here);
    }
    auto held = unit.report(report_id);
    if (!held) return held.error();
    // The same words for "not there" and "somebody else's": the answer must not tell which.
    const auto& records = access->records;
    if (!*held || std::find(records.begin(), records.end(), (*held)->patient_id) == records.end() || (*held)->digest.empty()) return Error{"query.unknown_result", request.report_id.empty() ? "/result_id" : "/report_id", {}};
    auto report = report_in(**held);
    if (!report) return Error{"store.unreadable_report", (*held)->id, {}};
    answer.report_id = (*held)->id;
    answer.source = source_of(**held);
    answer.banner = banner_of(**held, *report);
    if (wants("document")) {
      // Another's bytes go on to the HIS's own reader: the gate stands before that too.
      if (!(*held)->source.empty() && !(*held)->document.empty())
        if (auto admitted = cda::admit((*held)->document, "", {}); !admitted) return Error{admitted.error().id, "/want/document", admitted.error().args};
      answer.document = (*held)->document;
    }
    auto previous = wants("page") ? previous_values(unit, context_, access->records, **held, *report) : Result<PreviousValues>(PreviousValues{});
    if (!previous) return previous.error();
    if (wants("page")) answer.page = cda::lab_page(*report, {.language = Language::zh, .previous = *previous, .viewer = context_.config.hospital.code, .superseded = !(*held)->current});
    if (wants("data")) answer.report = std::move(report);
    if (auto r = unit.put_view({.report_id = (*held)->id, .doctor_id = request.doctor.id, .kind = "viewed", .at_ms = context_.clock.now_ms(), .patient_id = access->patient.id}); !r)
      return r;
    return audit(unit, context_.clock.now_ms(), "access.result_open", {"doctor:" + request.doctor.id, "report:" + (*held)->id, "shown"},
                 {{"encounter", opaque(request.encounter_id)}, {"patient", access->patient.id}});
  });
  if (!done) return refused(done.error(), "result.open", request.doctor.id);
  if (being_fetched) return Error{"exchange.being_fetched", "/report_id", {}};
  return model::to_json(answer);
}

// The report behind an index entry of this patient: its id when it is here, "" when the partner is being asked for it.
Result<std::string> Queries::open_entry(Unit& unit, const std::string& patient_id, const model::Patient& person, const std::string& partner,
                                        const std::string& handle, const std::string& doctor_id) {
  auto here = exchange::held_as(unit, context_, patient_id, partner, handle);
  if (!here || !here->empty()) return here;
  auto entries = exchange::elsewhere(unit, context_, person, 0);
  if (!entries) return entries.error();
  const bool known = std::any_of(entries->begin(), entries->end(), [&](const store::IndexEntry& e) { return e.partner == partner && e.handle == handle; });
  if (!known) return Error{"query.unknown_result", "/report_id", {}};
  const auto now = context_.clock.now_ms();
  auto due = unit.fetches_due(partner, INT64_MAX, 1000);
  if (!due) return due.error();
  const bool asked = std::any_of(due->begin(), due->end(), [&](const store::FetchRow& f) { return f.reason == "open" && f.patient_id == patient_id && f.reference == handle; });
  if (asked) return std::string();
  context_.log.write(Severity::info, "exchange.fetch_asked", {{"partner", partner}, {"doctor", doctor_id}});
  auto put = unit.put_fetch({.id = 0, .partner = partner, .patient_id = patient_id, .reason = "open", .reference = handle, .doctor_id = doctor_id, .asked_ms = now,
                             .next_ms = now, .until_ms = now + context_.config.exchange.ask_within_ms, .attempts = 0});
  return put ? Result<std::string>(std::string()) : Result<std::string>(put.error());
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
  Shown shown{.request_json = "", .patient_json = "", .patient_id = "", .encounter_id = request.encounter_id, .doctor_id = request.doctor.id, .department = request.department, .fresh = {}, .answer = ""};
  auto decided = context_.store.read([&](store::Reader& reader) -> Result<void> {
    auto access = enter(reader, context_, request.patient_id, request.encounter_id);
    if (!access) return access.error();
    input.patient = std::move(access->person);
    const auto wanted = recognition::wanted(input);
    if (!wanted.items.empty()) {
      if (auto r = gather(reader, access->patient.id, access->records, wanted.items, wanted.since_ms, history); !r) return r;
      auto known = entries_of(reader, context_, input.patient, wanted.items, wanted.since_ms);
      if (!known) return known.error();
      for (const auto& e : *known) {
        const auto* partner = context_.partner(e.partner);
        if (!partner) continue;
        history.entries.push_back(report_of(e, *partner));
        history.candidates.push_back({.result_id = exchange::entry_id(e), .report_id = exchange::entry_id(e), .source = e.partner, .report = &history.entries.back(),
                                      .position = 0, .current = true, .index_only = true, .barred = false, .link = recognition::Link::by_token});
      }
    }
    input.candidates = std::move(history.candidates);
    decision = recognition::decide(input);
    std::vector<recognition::CardRef> cards;
    shown.answer = recognition::to_cards(input, decision, {}, &cards);
    auto fresh = checks_.fresh(reader, std::move(cards), access->patient.id, request.doctor.id);
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

Result<std::string> Queries::results_trend(std::string_view json) {
  auto parsed = model::parse_results_trend(json, context_.config.hospital.offset_minutes);
  if (!parsed.request) return parsed.findings.front().error;
  const auto& request = *parsed.request;
  recognition::Input input;
  input.asking = context_.config.hospital;
  input.terminology = context_.codes;
  input.at = context_.now();
  for (const auto& agreement : context_.config.agreements)
    if (const auto* partner = context_.partner(agreement.partner)) input.agreements.push_back({agreement, partner->hospital});
  if (!context_.codes->item(request.item, context_.today())) return Error{"query.unknown_item", "/item", {request.item}};
  History history;
  std::string answer;
  auto done = context_.store.transact([&](Unit& unit) -> Result<void> {
    history = {};
    auto access = enter(unit, context_, request.patient_id, request.encounter_id);
    if (!access) return access.error();
    input.patient = access->person;
    if (auto r = gather(unit, access->patient.id, access->records,
                        recognition::answering(*context_.codes, request.item, context_.today()), request.since.present() ? request.since.epoch_ms : 0, history); !r)
      return r;
    input.candidates = history.candidates;
    const auto series = recognition::trend(input, request.item);
    Views views{unit, context_, request.doctor.id, access->patient.id, {}};
    for (const auto& p : series.points)
      if (auto r = views.note(input.candidates[p.candidate].report_id, "shown"); !r) return r;
    answer = recognition::to_json(input, series);
    return audit(unit, context_.clock.now_ms(), "access.results_trend", {"doctor:" + request.doctor.id, "patient:" + access->patient.id, "shown"},
                 {{"encounter", opaque(request.encounter_id)}, {"item", request.item}});
  });
  if (!done) return refused(done.error(), "results.trend", request.doctor.id);
  return answer;
}

Result<std::string> Queries::panel_link(std::string_view json) {
  auto parsed = model::parse_panel_link(json, context_.config.hospital.offset_minutes);
  if (!parsed.request) return parsed.findings.front().error;
  const auto& r = *parsed.request;
  const auto& console = context_.config.console;
  if (context_.panel_key.empty()) return Error{"query.no_console", "", {}};
  std::string where = console.address;
  if (where.empty()) where = (console.certificate.empty() ? "http://" : "https://") + console.listen;
  const auto until = context_.clock.now_ms() + console.link_seconds * 1000LL;
  std::string answer;
  auto done = context_.store.transact([&](Unit& unit) -> Result<void> {
    auto access = enter(unit, context_, r.patient_id, r.encounter_id);
    if (!access) return access.error();
    auto token = seal({r.patient_id, r.encounter_id, r.department, r.doctor.id, r.doctor.name, until}, context_.panel_key);
    if (!token) return token.error();
    answer = panel_link_json(where + "/panel#" + *token, until, context_.config.hospital.offset_minutes);
    return audit(unit, context_.clock.now_ms(), "access.panel_link", {"doctor:" + r.doctor.id, "patient:" + access->patient.id, "given"},
                 {{"encounter", opaque(r.encounter_id)}});
  });
  if (!done) return refused(done.error(), "panel.link", r.doctor.id);
  return answer;
}

Result<std::string> Queries::suggestion_open(std::string_view json) {
  auto parsed = model::parse_suggestion_open(json);
  if (!parsed.request) return parsed.findings.front().error;
  model::SuggestionOpenAnswer answer;
  auto done = context_.store.read([&](store::Reader& reader) -> Result<void> {
    auto found = reader.offer(parsed.request->id);
    if (!found) return found.error();
    if (!*found) return Error{"query.unknown_suggestion", "/id", {}};
    const auto& s = **found;
    auto patient = reader.patient(s.patient_id);
    if (!patient) return patient.error();
    if (!*patient) return Error{"query.unknown_suggestion", "/id", {}};
    answer = {.suggestion_id = s.id, .card_id = s.card_id, .patient_id = (*patient)->local_id, .encounter_id = s.encounter_id, .doctor_id = s.doctor_id,
              .department = s.department, .order_id = s.order_id, .order_item = s.order_item, .state = s.state, .result_ids = s.result_ids,
              .reasons = {}, .reasons_with_note = {}};
    return {};
  });
  if (!done) return done.error();
  for (const auto& reason : context_.codes->reasons())
    if (terminology::holds(reason.period, context_.today())) (reason.requires_note ? answer.reasons_with_note : answer.reasons).push_back(reason.code);
  return model::to_json(answer);
}

QueryAnswer Queries::answer(std::string_view topic, std::string_view json) {
  auto result = topic == "results.list/1"  ? results_list(json)
                : topic == "result.open/1" ? result_open(json)
                : topic == "order.check/1" ? order_check(json)
                : topic == "results.trend/1" ? results_trend(json)
                : topic == "panel.link/1" ? panel_link(json)
                : topic == "suggestion.open/1" ? suggestion_open(json)
                : topic == "recognitions.since/1" ? recognitions_since(context_, json)
                : topic == "referral.list/1" ? referral_list(context_, json)
                : topic == "record.open/1" ? record_open(context_, json)
                                           : Result<std::string>(Error{"query.unknown_topic", std::string(topic), {}});
  if (!result) return {.status = status_of(result.error()), .json = "", .error = result.error()};
  return {.status = HUREN_OK, .json = std::move(*result)};
}

}  // namespace huren::engine
