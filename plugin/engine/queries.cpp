#include "engine/queries.hpp"

#include <algorithm>
#include <deque>
#include <map>

#include "core/cda/page.hpp"
#include "core/model/event.hpp"
#include "core/model/query.hpp"
#include "core/recognition/trend.hpp"
#include "engine/access.hpp"
#include "engine/exchange/index.hpp"
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
    auto ties = reader.ties(record);
    if (!ties) return ties.error();
    open = open || std::any_of(ties->begin(), ties->end(), [&](const store::TieRow& t) {
             return t.basis == "encounter" && t.reference == encounter_id && (t.to_ms == 0 || t.to_ms > now);
           });
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
  Result<void> note(const ReportRow& row, const char* kind) {
    if (!noted.emplace(row.id, true).second) return {};
    return unit.put_view({.report_id = row.id, .doctor_id = doctor, .kind = kind, .at_ms = context.clock.now_ms(), .patient_id = patient_id});
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
      const auto report = model::lab_report_from_json(held.json, context_.config.hospital.offset_minutes);
      if (!report.report) return Error{"store.unreadable_report", held.id, {}};
      auto audience = unit.audience(held.origin, held.number);
      if (!audience) return audience.error();
      const bool viewed = std::any_of(audience->begin(), audience->end(), [](const auto& v) { return v.kind == "viewed" || v.kind == "recognised"; });
      const bool noted = std::any_of(audience->begin(), audience->end(), [&](const auto& v) {
        return v.report_id == held.id && v.doctor_id == request.doctor.id && v.patient_id == access->patient.id;
      });
      auto decisions = unit.decisions_on(held.id);
      if (!decisions) return decisions.error();
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
        row.barred = !held.source.empty() && bar->has_value();
        for (const auto& d : *decisions)  // oldest first: the last word stays
          if (std::find(d.result_ids.begin(), d.result_ids.end(), row.result_id) != d.result_ids.end()) row.recognition = d.outcome;
        answer.results.push_back(std::move(row));
        if (!noted)
          if (auto r = views.note(held, "shown"); !r) return r;
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
      if (auto r = add_examinations(unit, context_, access->patient.id, request.since.epoch_ms, answer); !r) return r;
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
    auto report = model::lab_report_from_json((*held)->json, context_.config.hospital.offset_minutes);
    if (!report.report) return Error{"store.unreadable_report", (*held)->id, {}};
    answer.report_id = (*held)->id;
    answer.source = source_of(**held);
    answer.banner = banner_of(**held, *report.report);
    if (wants("document")) answer.document = (*held)->document;
    if (wants("page")) answer.page = cda::lab_page(*report.report, {.language = Language::zh, .previous = {}, .superseded = !(*held)->current});
    if (wants("data")) answer.report = std::move(report.report);
    return unit.put_view({.report_id = (*held)->id, .doctor_id = request.doctor.id, .kind = "viewed", .at_ms = context_.clock.now_ms(), .patient_id = access->patient.id});
  });
  if (!done) return done.error();
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
    auto answer = decide_once(input, request);
    if (answer || answer.error().id != "query.changed_meanwhile") return answer;
  }
  return Error{"query.changed_meanwhile", "/orders", {}};
}

Result<void> Queries::gather(store::Reader& reader, const std::string& patient_id, const std::vector<std::string>& records, const std::vector<std::string>& items,
                             std::int64_t since_ms, Reports& reports, recognition::Input& input) {
  for (const auto& record : records) {
    auto rows = reader.results_of(record, items, since_ms);
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
      const auto& held = it->second.first;
      auto bar = held.source.empty() ? Result<std::optional<store::BarRow>>(std::nullopt) : reader.bar(held.source, subject_of(held.origin, held.number));
      if (!bar) return bar.error();
      input.candidates.push_back({.result_id = row.id, .report_id = row.report_id, .source = it->second.first.source, .report = &it->second.second,
                                  .position = static_cast<std::size_t>(row.position), .current = row.current, .index_only = false, .barred = bar->has_value(),
                                  .link = record == patient_id ? recognition::Link::by_identity : recognition::Link::merged});
    }
  }
  return {};
}

Result<std::string> Queries::decide_once(recognition::Input& input, const recognition::OrderCheckRequest& request) {
  Reports reports;
  std::deque<LabReport> entries;  // of the index, without values
  std::string patient_id;
  auto gathered = context_.store.read([&](store::Reader& reader) -> Result<void> {
    reports.clear();
    input.candidates.clear();
    auto access = enter(reader, context_, request.patient_id, request.encounter_id);
    if (!access) return access.error();
    input.patient = access->person;
    patient_id = access->patient.id;
    const auto wanted = recognition::wanted(input);
    if (wanted.items.empty()) return {};
    if (auto r = gather(reader, patient_id, access->records, wanted.items, wanted.since_ms, reports, input); !r) return r;
    entries.clear();
    auto known = entries_of(reader, context_, access->person, wanted.items, wanted.since_ms);
    if (!known) return known.error();
    for (const auto& e : *known) {
      const auto* partner = context_.partner(e.partner);
      if (!partner) continue;
      entries.push_back(report_of(e, *partner));
      input.candidates.push_back({.result_id = exchange::entry_id(e), .report_id = exchange::entry_id(e), .source = e.partner, .report = &entries.back(),
                                  .position = 0, .current = true, .index_only = true, .barred = false, .link = recognition::Link::by_token});
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
      if (analyte.chosen)
        if (const auto& c = input.candidates[analyte.considered[*analyte.chosen].candidate]; !c.index_only) shown.push_back(c.report_id);
  }
  std::sort(shown.begin(), shown.end());
  shown.erase(std::unique(shown.begin(), shown.end()), shown.end());
  const auto suggested = recognition::suggestions_of(input, decision);
  if (!shown.empty()) {
    auto noted = context_.store.transact([&](Unit& unit) -> Result<void> {
      for (const auto& id : shown) {
        auto held = unit.report(id);
        if (!held) return held.error();
        if (!*held || !(*held)->current) return Error{"query.changed_meanwhile", "/orders", {}};
        if (auto r = unit.put_view({.report_id = id, .doctor_id = request.doctor.id, .kind = "shown", .at_ms = context_.clock.now_ms(), .patient_id = patient_id}); !r) return r;
      }
      for (const auto& s : suggested) {
        auto known = unit.offer(s.id);
        if (!known) return known.error();
        if (*known && (*known)->id == s.id) {  // the same suggestion, shown again: feedback on it is of who saw it last
          auto& again = **known;
          if (again.doctor_id == request.doctor.id || again.state == "accepted" || again.state == "declined") continue;
          again.doctor_id = request.doctor.id;
          again.department = request.department;
          if (auto r = unit.put_offer(again); !r) return r;
          continue;
        }
        if (auto r = unit.put_offer({.id = s.id, .card_id = s.card_id, .patient_id = patient_id, .encounter_id = request.encounter_id, .doctor_id = request.doctor.id,
                                          .department = request.department, .order_id = s.order_id, .order_item = s.order_item, .result_ids = s.result_ids,
                                          .state = "open", .decision_id = "", .shown_ms = context_.clock.now_ms(), .changed_ms = context_.clock.now_ms()}); !r)
          return r;
      }
      return {};
    });
    if (!noted) return noted.error();
  }
  return recognition::to_cards(input, decision);
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
  Reports reports;
  std::string answer;
  auto done = context_.store.transact([&](Unit& unit) -> Result<void> {
    reports.clear();
    input.candidates.clear();
    auto access = enter(unit, context_, request.patient_id, request.encounter_id);
    if (!access) return access.error();
    input.patient = access->person;
    if (auto r = gather(unit, access->patient.id, access->records, recognition::answering(*context_.codes, request.item, context_.today()),
                        request.since.present() ? request.since.epoch_ms : 0, reports, input); !r)
      return r;
    const auto series = recognition::trend(input, request.item);
    Views views{unit, context_, request.doctor.id, access->patient.id, {}};
    for (const auto& p : series.points)
      if (auto r = views.note(reports.at(input.candidates[p.candidate].report_id).first, "shown"); !r) return r;
    answer = recognition::to_json(input, series);
    return {};
  });
  if (!done) return done.error();
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
                : topic == "suggestion.open/1" ? suggestion_open(json)
                : topic == "referral.list/1" ? referral_list(context_, json)
                : topic == "record.open/1" ? record_open(context_, json)
                                           : Result<std::string>(Error{"query.unknown_topic", std::string(topic), {}});
  if (!result) return {.status = status_of(result.error()), .json = "", .error = result.error()};
  return {.status = HUREN_OK, .json = std::move(*result)};
}

}  // namespace huren::engine
