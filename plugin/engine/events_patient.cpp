// Patients, their encounters, and the ties that let their results go to a partner.
#include "engine/handlers.hpp"

#include <algorithm>

#include "core/mapping/patient_message.hpp"
#include "engine/audit.hpp"
#include "engine/exchange/consent.hpp"
#include "engine/exchange/exchange.hpp"
#include "engine/exchange/index.hpp"
#include "engine/exchange/permission.hpp"
#include "engine/referral/matching.hpp"
#include "engine/referral/requests.hpp"

namespace huren::engine {
namespace {

using store::PatientRow;
using store::Unit;

using exchange::kLookBackMs;  // what a new tie sends after

// Results that came before the patient did, and results that no longer are this person's (I12).
Result<void> rematch(Unit& unit, const Context& context, const PatientRow& row, const model::Patient& patient) {
  auto held = unit.reports_of(row.id);
  if (!held) return held.error();
  for (const auto& report : *held) {
    if (report.source.empty() || report.digest.empty()) continue;  // empty: taken away with the consent
    const auto parsed = report_in(report);
    const auto match = parsed ? model::same_person(parsed->patient, patient).match : model::Match::unsure;
    if (match == model::Match::same) continue;
    if (parsed && match != model::Match::different) {  // a person's word stands until something proves the contrary
      auto by_person = confirmed(unit, parsed->patient, report.origin, row.id);
      if (!by_person) return by_person.error();
      if (*by_person) continue;
    }
    if (auto r = unmatch(unit, context, report); !r) return r;
  }
  for (const auto& [type, value] : verified_ids(patient)) {
    auto waiting = unit.unmatched_reports(type, value);
    if (!waiting) return waiting.error();
    for (auto& report : *waiting) {
      if (report.digest.empty()) continue;
      const auto parsed = report_in(report);
      if (!parsed) continue;
      auto whose = match_patient(unit, context, *parsed);
      if (!whose) return whose.error();
      if (whose->patient_id != row.id) continue;  // nobody's, or more than one of ours
      if (auto r = unit.match_report(report.id, row.id); !r) return r;
      if (auto r = audit(unit, context.clock.now_ms(), "report.matched", {"huren", "report:" + report.id, "matched"}, {{"patient", row.id}}); !r) return r;
      report.patient_id = row.id;
      if (report.current)
        if (auto r = notify_received(unit, context, report, *parsed, row.local_id); !r) return r;
    }
  }
  return {};
}

}  // namespace

Result<PatientRow> registered(Unit& unit, const std::string& local_id, const char* where) {
  auto row = unit.patient_by_local_id(local_id);
  if (!row) return row.error();
  if (!*row) return Error{"event.unknown_patient", where, {}};
  return std::move(**row);
}

Result<PatientRow> keep(Unit& unit, const Context& context, const model::Patient& patient) {
  auto known = unit.patient_by_local_id(patient.local_id);
  if (!known) return known.error();
  PatientRow row{.id = *known ? (*known)->id : new_id(context.clock.now_ms()), .local_id = patient.local_id,
                 .json = model::to_json(patient), .verified_ids = verified_ids(patient)};
  if (auto r = unit.put_patient(row); !r) return r.error();
  if (auto r = rematch(unit, context, row, patient); !r) return r.error();
  if (auto r = patient_came(unit, context, row, patient); !r) return r.error();
  if (auto r = audit(unit, context.clock.now_ms(), "patient.kept", {"huren", "patient:" + row.id, *known ? "updated" : "registered"}, {}); !r) return r.error();
  return row;
}

Result<void> on(Unit& unit, const Context& context, const model::PatientRegistered& e) {
  auto row = keep(unit, context, e.patient);
  return row ? Result<void>() : Result<void>(row.error());
}

namespace {

// A laboratory files by our numbers: it must know which of them are one person's.
Result<void> tell_laboratories(Unit& unit, const Context& context, const model::PatientMerged& e, const PatientRow& stays, const PatientRow& goes) {
  const auto patient = model::patient_from_json(stays.json), prior = model::patient_from_json(goes.json);
  if (!patient || !prior) return {};
  for (const auto& partner : context.config.partners) {
    if (!partner.orders) continue;
    const std::string control_id = new_control_id(context.clock.now_ms());
    auto bytes = mapping::write_adt(e, *patient, *prior, {.control_id = control_id, .sender = context.config.hospital.code, .receiver = partner.hospital.code, .at = context.now(), .charset = Charset::utf8, .enhanced = partner.enhanced});
    if (!bytes) return bytes.error();
    if (auto r = send(unit, context, partner, control_id, e.undone ? "ADT^A37" : "ADT^A40", std::move(*bytes), stays.id, "patient/" + stays.id); !r) return r;
  }
  return {};
}

bool among(const std::vector<std::string>& records, const std::string& id) { return std::find(records.begin(), records.end(), id) != records.end(); }

// After the two were taken apart: whoever saw a report of one side under a record of the other saw somebody else's (I10, I12).
Result<void> tell_strangers(Unit& unit, const Context& context, const std::vector<std::string>& side, const std::vector<std::string>& other) {
  for (const auto& record : side) {
    auto reports = unit.reports_of(record);
    if (!reports) return reports.error();
    for (const auto& report : *reports) {
      if (!report.current) continue;  // the current version speaks for all: the audience is that of every version
      auto audience = own_audience(unit, report);
      if (!audience) return audience.error();
      for (const auto& told : *audience)
        if (among(other, told.patient_id))
          if (auto r = tell_that(unit, context, report, told, "reassigned", text({"event.reassigned_reason", "", {}}, Language::zh)); !r) return r;
    }
  }
  return {};
}

}  // namespace

// The records stay apart in the store and are read together, so that a merge can be taken back without guessing.
Result<void> on(Unit& unit, const Context& context, const model::PatientMerged& e) {
  auto stays = registered(unit, e.patient_id, "/patient_id");
  if (!stays) return stays.error();
  auto goes = registered(unit, e.prior_id, "/prior_id");
  if (!goes) return goes.error();
  auto merges = unit.merges(goes->id);
  if (!merges) return merges.error();
  const auto open = std::find_if(merges->begin(), merges->end(), [](const store::MergeRow& m) { return m.to_ms == 0; });
  const bool joined = open != merges->end() && open->patient_id == stays->id;
  if (!e.undone) {
    if (joined) return {};  // told twice
    auto records = unit.same_person(stays->id);
    if (!records) return records.error();
    if (open != merges->end() || among(*records, goes->id)) return Error{"event.merged_already", "/prior_id", {}};
    const std::int64_t from = merges->empty() ? e.at.epoch_ms : std::max(e.at.epoch_ms, merges->front().from_ms + 1);
    if (auto r = unit.put_merge({.prior_id = goes->id, .patient_id = stays->id, .from_ms = from, .to_ms = 0}); !r) return r;
    for (const auto* row : {&*stays, &*goes}) {  // what fitted both and so nobody fits one person now
      const auto person = model::patient_from_json(row->json);
      if (person)
        if (auto r = rematch(unit, context, *row, *person); !r) return r;
    }
    return tell_laboratories(unit, context, e, *stays, *goes);
  }
  if (!joined) return Error{"event.not_merged", "/prior_id", {}};
  if (auto r = unit.put_merge({.prior_id = goes->id, .patient_id = stays->id, .from_ms = open->from_ms, .to_ms = std::max<std::int64_t>(e.at.epoch_ms, 1)}); !r) return r;
  auto left = unit.same_person(stays->id), right = unit.same_person(goes->id);
  if (!left) return left.error();
  if (!right) return right.error();
  if (auto r = tell_strangers(unit, context, *left, *right); !r) return r;
  if (auto r = tell_strangers(unit, context, *right, *left); !r) return r;
  return tell_laboratories(unit, context, e, *stays, *goes);
}

Result<void> on(Unit& unit, const Context& context, const model::EncounterStarted& e) {
  auto patient = registered(unit, e.patient_id, "/patient_id");
  if (!patient) return patient.error();
  if (auto r = unit.put_tie({.patient_id = patient->id, .partner = "", .basis = "encounter", .reference = e.encounter_id, .from_ms = e.at.epoch_ms, .to_ms = 0}); !r)
    return r;
  return exchange::ask_partners(unit, context, patient->id, e.encounter_id);
}

Result<void> on(Unit& unit, const Context& /*context*/, const model::EncounterEnded& e) {
  auto patient = registered(unit, e.patient_id, "/patient_id");
  if (!patient) return patient.error();
  auto ties = unit.ties(patient->id);
  if (!ties) return ties.error();
  for (auto& tie : *ties)
    if (tie.basis == "encounter" && tie.reference == e.encounter_id) {
      tie.to_ms = e.at.epoch_ms;
      return unit.put_tie(tie);
    }
  return Error{"event.unknown_encounter", "/encounter_id", {}};
}

Result<void> add_tie(Unit& unit, const Context& context, const PatientRow& patient, const std::string& partner_code, const std::string& basis, const std::string& reference, std::int64_t from_ms) {
  const auto* partner = context.partner(partner_code);
  if (!partner) return Error{"event.unknown_partner", basis == "referral" ? "/to_partner" : "/partner", {partner_code}};
  from_ms = std::min(from_ms, context.clock.now_ms());  // a HIS whose clock is ahead means now
  if (auto r = unit.put_tie({.patient_id = patient.id, .partner = partner_code, .basis = basis, .reference = reference, .from_ms = from_ms, .to_ms = 0}); !r)
    return r;
  if (auto r = audit(unit, context.clock.now_ms(), "patient.tied", {"huren", "patient:" + patient.id, "tied"}, {{"partner", partner_code}, {"basis", basis}}); !r) return r;
  if (auto r = exchange::consent_returned(unit, context, patient.id, *partner, context.now()); !r) return r;
  auto ties = unit.ties(patient.id);
  if (!ties) return ties.error();
  auto records = unit.same_person(patient.id);
  if (!records) return records.error();
  std::vector<store::ReportRow> reports;
  for (const auto& record : *records) {
    auto own = unit.reports_of(record);
    if (!own) return own.error();
    reports.insert(reports.end(), own->rbegin(), own->rend());  // oldest first, as they were released
  }
  for (const auto& row : reports) {
    if (!row.source.empty() || !row.current || row.stored_ms < context.clock.now_ms() - kLookBackMs) continue;
    auto receivers = unit.receivers(subject_of(row.origin, row.number));
    if (!receivers) return receivers.error();
    if (std::find(receivers->begin(), receivers->end(), partner_code) != receivers->end()) continue;
    const auto parsed = report_in(row);
    if (!parsed) continue;
    if (exchange::granted(context, *ties, partner_code, *parsed, {"push"})) {
      if (auto r = send_report(unit, context, row, *parsed, *partner); !r) return r;
    } else if (exchange::granted(context, *ties, partner_code, *parsed, {"index"})) {
      if (auto r = exchange::send_index(unit, context, row, *parsed, *partner, false); !r) return r;
    }
  }
  return {};
}

Result<void> on(Unit& unit, const Context& context, const model::ConsentChanged& e) {
  auto patient = registered(unit, e.patient_id, "/patient_id");
  if (!patient) return patient.error();
  if (e.given) return add_tie(unit, context, *patient, e.partner, "consent", e.partner, e.at.epoch_ms);
  auto ties = unit.ties(patient->id);
  if (!ties) return ties.error();
  for (auto& t : *ties)
    if (t.partner == e.partner && t.basis == "consent" && t.to_ms == 0) {
      t.to_ms = std::clamp<std::int64_t>(e.at.epoch_ms, 1, context.clock.now_ms());
      if (auto r = unit.put_tie(t); !r) return r;
      if (auto r = audit(unit, context.clock.now_ms(), "patient.tied", {"huren", "patient:" + patient->id, "ended"}, {{"partner", t.partner}, {"basis", t.basis}}); !r) return r;
    }
  const auto* partner = context.partner(e.partner);
  if (!partner) return Error{"event.unknown_partner", "/partner", {e.partner}};
  return exchange::consent_ended(unit, context, patient->id, *partner, e.at);
}

}  // namespace huren::engine
