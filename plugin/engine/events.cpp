#include "engine/events.hpp"

#include <algorithm>
#include <functional>
#include <set>

#include "core/base/pack.hpp"
#include "core/cda/lab_document.hpp"
#include "core/mapping/decision_message.hpp"
#include "core/mapping/oru.hpp"
#include "core/model/notice.hpp"
#include "engine/audit.hpp"
#include "engine/inbound.hpp"
#include "engine/reports.hpp"

namespace huren::engine {
namespace {

using store::PatientRow;
using store::Unit;

constexpr std::int64_t kLookBackMs = 90LL * 86'400'000;  // what a new tie sends after: no window of schemas/codes is longer

struct Handler {
  Unit& unit;
  const Context& context;

  Result<PatientRow> registered(const std::string& local_id, const char* where) {
    auto row = unit.patient_by_local_id(local_id);
    if (!row) return row.error();
    if (!*row) return Error{"event.unknown_patient", where, {}};
    return std::move(**row);
  }

  // Results that came before the patient did, and results that no longer are this person's (I12).
  Result<void> rematch(const PatientRow& row, const model::Patient& patient) {
    auto held = unit.reports_of(row.id);
    if (!held) return held.error();
    for (const auto& report : *held) {
      if (report.source.empty()) continue;
      const auto parsed = model::lab_report_from_json(report.json, context.config.hospital.offset_minutes);
      if (parsed.report && model::same_person(parsed.report->patient, patient).match == model::Match::same) continue;
      if (auto r = unmatch(unit, context, report); !r) return r;
    }
    for (const auto& [type, value] : row.verified_ids) {
      auto waiting = unit.unmatched_reports(type, value);
      if (!waiting) return waiting.error();
      for (auto& report : *waiting) {
        const auto parsed = model::lab_report_from_json(report.json, context.config.hospital.offset_minutes);
        if (!parsed.report) continue;
        auto whose = match_patient(unit, context, *parsed.report);
        if (!whose) return whose.error();
        if (*whose != row.id) continue;  // nobody's, or more than one of ours
        if (auto r = unit.match_report(report.id, row.id); !r) return r;
        if (auto r = audit(unit, context.clock.now_ms(), "report.matched", {"huren", "report:" + report.id, "matched"}, {{"patient", row.id}}); !r) return r;
        report.patient_id = row.id;
        if (report.current)
          if (auto r = notify_received(unit, context, report, *parsed.report); !r) return r;
      }
    }
    return {};
  }

  Result<PatientRow> keep(const model::Patient& patient) {
    auto known = unit.patient_by_local_id(patient.local_id);
    if (!known) return known.error();
    PatientRow row{.id = *known ? (*known)->id : new_id(context.clock.now_ms()), .local_id = patient.local_id,
                   .json = model::to_json(patient), .verified_ids = verified_ids(patient)};
    if (auto r = unit.put_patient(row); !r) return r.error();
    if (auto r = rematch(row, patient); !r) return r.error();
    if (auto r = audit(unit, context.clock.now_ms(), "patient.kept", {"huren", "patient:" + row.id, *known ? "updated" : "registered"}, {}); !r) return r.error();
    return row;
  }

  Result<void> operator()(const model::PatientRegistered& e) {
    auto row = keep(e.patient);
    return row ? Result<void>() : Result<void>(row.error());
  }

  Result<void> operator()(const model::EncounterStarted& e) {
    auto patient = registered(e.patient_id, "/patient_id");
    if (!patient) return patient.error();
    return unit.put_tie({.patient_id = patient->id, .partner = "", .basis = "encounter", .reference = e.encounter_id,
                         .from_ms = e.at.epoch_ms, .to_ms = 0});
  }

  Result<void> operator()(const model::EncounterEnded& e) {
    auto patient = registered(e.patient_id, "/patient_id");
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

  // A new tie also brings what was released before it: the patient's own reports that are recent enough to be of use.
  Result<void> tie(const PatientRow& patient, const std::string& partner_code, const std::string& basis, const std::string& reference, std::int64_t from_ms) {
    const auto* partner = context.partner(partner_code);
    if (!partner) return Error{"event.unknown_partner", basis == "referral" ? "/to_partner" : "/partner", {partner_code}};
    if (auto r = unit.put_tie({.patient_id = patient.id, .partner = partner_code, .basis = basis, .reference = reference, .from_ms = from_ms, .to_ms = 0}); !r)
      return r;
    const auto lets_go = [&](const model::LabReport& report) {
      return std::any_of(context.config.agreements.begin(), context.config.agreements.end(), [&](const model::Agreement& a) {
        return a.partner == partner_code && a.basis == basis && a.send && a.mode == "push" && in_force(a, context.today()) && covers(a, report);
      });
    };
    if (auto r = audit(unit, context.clock.now_ms(), "patient.tied", {"huren", "patient:" + patient.id, "tied"}, {{"partner", partner_code}, {"basis", basis}}); !r)
      return r;
    auto reports = unit.reports_of(patient.id);
    if (!reports) return reports.error();
    std::reverse(reports->begin(), reports->end());  // oldest first, as they were released
    for (const auto& row : *reports) {
      if (!row.source.empty() || !row.current || row.stored_ms < context.clock.now_ms() - kLookBackMs) continue;
      auto receivers = unit.receivers(subject_of(row.origin, row.number));
      if (!receivers) return receivers.error();
      if (std::find(receivers->begin(), receivers->end(), partner_code) != receivers->end()) continue;
      const auto parsed = model::lab_report_from_json(row.json, context.config.hospital.offset_minutes);
      if (!parsed.report || !lets_go(*parsed.report)) continue;
      if (auto r = send_report(unit, context, row, *parsed.report, *partner); !r) return r;
    }
    return {};
  }

  Result<void> operator()(const model::ReferralRequested& e) {
    auto patient = registered(e.patient_id, "/patient_id");
    if (!patient) return patient.error();
    return tie(*patient, e.to_partner, "referral", e.referral_id, e.at.epoch_ms);
  }

  Result<void> operator()(const model::ConsentChanged& e) {
    auto patient = registered(e.patient_id, "/patient_id");
    if (!patient) return patient.error();
    if (e.given) return tie(*patient, e.partner, "consent", e.partner, e.at.epoch_ms);
    auto ties = unit.ties(patient->id);
    if (!ties) return ties.error();
    for (auto& t : *ties)
      if (t.partner == e.partner && t.basis == "consent" && t.to_ms == 0) {
        t.to_ms = std::max<std::int64_t>(e.at.epoch_ms, 1);
        if (auto r = unit.put_tie(t); !r) return r;
        if (auto r = audit(unit, context.clock.now_ms(), "patient.tied", {"huren", "patient:" + patient->id, "ended"}, {{"partner", t.partner}, {"basis", t.basis}}); !r)
          return r;
      }
    return {};
  }

  // Both forms are kept with the report; what a partner gets is written in that partner's mode when it is queued.
  Result<void> release(const model::LabReport& report, const std::string& patient_id) {
    auto document = cda::write_lab_report(report, {});
    if (!document) return document.error();
    const auto& own = context.config.hospital.code;
    auto message = mapping::write_oru(report, "", {.control_id = new_control_id(context.clock.now_ms()), .sender = own, .receiver = "", .at = context.now()});
    if (!message) return message.error();
    auto row = put_report(unit, context, {.report = report, .source = "", .patient_id = patient_id, .hl7 = std::move(*message), .document = pack(*document)});
    if (!row) return row.error();
    if (auto r = audit(unit, context.clock.now_ms(), "report.released", {"huren", "report:" + row->id, row->status}, {{"patient", row->patient_id}}); !r) return r;
    return distribute(unit, context, *row, report);
  }

  Result<void> operator()(const model::LabReportReleased& e) {
    model::LabReport report = e.report;
    const auto& own = context.config.hospital;
    if (report.origin.code.empty()) report.origin = {own.code, own.name};
    if (report.origin.name.empty() && report.origin.code == own.code) report.origin.name = own.name;
    if (report.origin.code != own.code) return Error{"event.foreign_report", "/report/origin/code", {report.origin.code, own.code}};
    if (report.patient.local_id.empty()) return Error{"event.no_local_id", "/report/patient/local_id", {}};
    auto known = unit.patient_by_local_id(report.patient.local_id);
    if (!known) return known.error();
    auto patient = *known ? Result<PatientRow>(std::move(**known)) : keep(report.patient);
    if (!patient) return patient.error();
    standardise(report, *context.codes, context.config.hospital, context.clock.now_ms(), true);
    return release(report, patient->id);
  }

  Result<void> operator()(const model::LabReportWithdrawn& e) {
    const auto& own = context.config.hospital.code;
    auto versions = unit.report_versions(own, e.number);
    if (!versions) return versions.error();
    if (versions->empty()) return Error{"event.unknown_report", "/number", {e.number}};
    auto parsed = model::lab_report_from_json(versions->back().json, context.config.hospital.offset_minutes);
    if (!parsed.report) return Error{"event.unknown_report", "/number", {e.number}};
    model::LabReport report = std::move(*parsed.report);
    if (e.version && e.version <= report.version)
      return Error{"report.old_version", "/version", {std::to_string(e.version), std::to_string(report.version)}};
    report.version = e.version ? e.version : report.version + 1;
    report.status = model::Status::withdrawn;
    report.amendment_reason = e.reason;
    report.reported_at = e.at.present() ? e.at : context.now();
    for (auto& o : report.observations) o.status = model::Status::withdrawn;
    return release(report, versions->back().patient_id);
  }

  // Reports of the results named, each once, with the item codes used of it.
  struct Used { store::ReportRow report; std::vector<mapping::ResultRef> refs; };
  Result<std::vector<Used>> used(const std::vector<std::string>& result_ids, const std::string& patient_id) {
    std::vector<Used> out;
    for (std::size_t i = 0; i < result_ids.size(); ++i) {
      const std::string where = "/result_ids/" + std::to_string(i);
      auto result = unit.result(result_ids[i]);
      if (!result) return result.error();
      if (!*result) return Error{"event.unknown_result", where, {}};
      if ((*result)->patient_id != patient_id) return Error{"event.result_of_other_patient", where, {}};
      auto report = unit.report((*result)->report_id);
      if (!report) return report.error();
      if (!*report) return Error{"event.unknown_result", where, {}};
      auto it = std::find_if(out.begin(), out.end(), [&](const Used& u) { return u.report.id == (*report)->id; });
      if (it == out.end()) it = out.insert(out.end(), Used{std::move(**report), {}});
      auto& ref = it->refs.emplace_back(mapping::ResultRef{.origin = it->report.origin, .number = it->report.number, .version = it->report.version,
                                                           .item = (*result)->item, .local_item = ""});
      const auto parsed = model::lab_report_from_json(it->report.json, context.config.hospital.offset_minutes);
      const auto position = static_cast<std::size_t>((*result)->position);
      if (parsed.report && position < parsed.report->observations.size()) ref.local_item = parsed.report->observations[position].local.code;
    }
    return out;
  }

  Result<void> tell_source(const store::ReportRow& report, mapping::DecisionMessage message) {
    const auto* partner = context.partner(report.source);
    if (!partner || !partner->huren) return {};
    message.hospital = context.config.hospital.code;
    const std::string control_id = new_control_id(context.clock.now_ms());
    auto bytes = mapping::write_decision(message, {.control_id = control_id, .sender = context.config.hospital.code, .receiver = partner->hospital.code, .at = context.now(), .charset = Charset::utf8, .enhanced = partner->enhanced});
    if (!bytes) return bytes.error();
    return unit.enqueue({.id = 0, .message_id = control_id, .partner = partner->code, .type = "ZRD", .content_type = "application/hl7-v2; charset=utf-8",
                         .body = std::move(*bytes), .order_key = report.patient_id, .subject = message.id, .lane = 1,
                         .state = store::OutboxState::waiting, .attempts = 0, .next_ms = 0, .created_ms = context.clock.now_ms(),
                         .changed_ms = context.clock.now_ms(), .remark = ""});
  }

  Result<void> operator()(const model::RecognitionDecided& e) {
    auto patient = registered(e.patient_id, "/patient_id");
    if (!patient) return patient.error();
    const Date day = terminology::day_of(e.at.epoch_ms, context.config.hospital.offset_minutes);
    if (e.outcome == "declined") {
      const auto* reason = context.codes->reason(e.reason, day);
      if (!reason) return Error{"event.unknown_reason", "/reason", {e.reason}};
      if (reason->requires_note && e.note.empty()) return Error{"event.note_required", "/note", {e.reason}};
    }
    auto uses = used(e.result_ids, patient->id);
    if (!uses) return uses.error();
    store::DecisionRow row{.id = e.decision_id, .suggestion_id = e.suggestion_id, .order_id = e.order_id, .order_item = e.order_item,
                           .outcome = e.outcome, .reason = e.reason, .note = e.note, .patient_id = patient->id, .doctor_id = e.doctor.id,
                           .department = e.department, .result_ids = e.result_ids, .result_refs = {}, .source = "", .at_ms = e.at.epoch_ms,
                           .saved_cents = e.outcome == "accepted" ? context.codes->price_cents(e.order_item, day).value_or(0) : 0};
    if (const auto* local = context.codes->local_item(e.order_item, day)) row.item = local->panel.empty() ? local->item : local->panel;
    std::set<std::string> partners;
    for (const auto& u : *uses) partners.insert(u.report.source.empty() ? "own" : u.report.source);
    for (const auto& p : partners) row.partner += (row.partner.empty() ? "" : "+") + p;
    for (const auto& u : *uses) {
      for (const auto& ref : u.refs) row.result_refs.push_back(reference(ref));
      if (e.outcome == "accepted")
        if (auto r = unit.put_view({.report_id = u.report.id, .doctor_id = e.doctor.id, .kind = "recognised", .at_ms = e.at.epoch_ms}); !r) return r;
      if (e.outcome == "accepted")
        if (auto r = tell_of_newer(unit, context, u.report, e.doctor.id, "recognised"); !r) return r;
      if (auto r = tell_source(u.report, {.kind = e.outcome == "revoked" ? mapping::DecisionKind::revoked : mapping::DecisionKind::decided,
                                          .id = e.decision_id, .hospital = "", .outcome = e.outcome, .reason = e.reason, .doctor_id = e.doctor.id,
                                          .department = e.department, .order_item = e.order_item, .saved_cents = row.saved_cents, .at = e.at,
                                          .results = u.refs}); !r)
        return r;
    }
    if (auto r = unit.put_decision(row); !r) return r;
    return audit_decision(unit, context, row);
  }

  Result<void> operator()(const model::ResultViewed& e) {
    auto patient = registered(e.patient_id, "/patient_id");
    if (!patient) return patient.error();
    auto uses = used(e.result_ids, patient->id);
    if (!uses) return uses.error();
    for (const auto& u : *uses) {
      if (auto r = unit.put_view({.report_id = u.report.id, .doctor_id = e.doctor.id, .kind = "viewed", .at_ms = e.at.epoch_ms}); !r) return r;
      if (auto r = tell_of_newer(unit, context, u.report, e.doctor.id, "viewed"); !r) return r;
      if (auto r = tell_source(u.report, {.kind = mapping::DecisionKind::viewed, .id = new_id(context.clock.now_ms()), .hospital = "", .outcome = "viewed",
                                          .reason = "", .doctor_id = e.doctor.id, .department = "", .order_item = "", .saved_cents = 0, .at = e.at,
                                          .results = u.refs}); !r)
        return r;
      if (auto r = audit(unit, context.clock.now_ms(), "result.viewed", {"doctor:" + e.doctor.id, "report:" + u.report.id, "viewed"}, {{"patient", patient->id}}); !r) return r;
    }
    return {};
  }

  Result<void> operator()(const model::RetractionAcknowledged& e) {
    auto open = unit.open_retractions();
    if (!open) return open.error();
    for (const auto& retraction : *open) {
      if (retraction.notice_id != e.notice_id || retraction.doctor_id != e.doctor.id) continue;
      if (auto r = unit.acknowledge_retraction(e.notice_id, e.doctor.id, e.at.epoch_ms); !r) return r;
      if (auto r = audit(unit, context.clock.now_ms(), "retraction.acknowledged", {"doctor:" + e.doctor.id, "report:" + retraction.report_id, "acknowledged"}, {{"notice", e.notice_id}}); !r)
        return r;
      auto report = unit.report(retraction.report_id);
      if (!report) return report.error();
      if (!*report) return {};
      return tell_source(**report, {.kind = mapping::DecisionKind::retraction_acknowledged, .id = e.notice_id, .hospital = "", .outcome = "acknowledged",
                                    .reason = "", .doctor_id = e.doctor.id, .department = "", .order_item = "", .saved_cents = 0, .at = e.at,
                                    .results = {{.origin = (*report)->origin, .number = (*report)->number, .version = (*report)->version, .item = "", .local_item = ""}}});
    }
    return Error{"event.unknown_retraction", "/notice_id", {}};
  }
};

}  // namespace

Result<void> park(Unit& unit, const Context& context, const SpooledEvent& event, const Findings& findings) {
  const auto worst = std::find_if(findings.begin(), findings.end(), [](const Finding& f) { return f.severity == Severity::error; });
  const std::string remark = worst == findings.end() ? "" : line(worst->error);
  context.log.write(Severity::warning, "event.rejected", {{"type", event.type}, {"seq", std::to_string(event.seq)}, {"why", remark}});
  if (auto r = unit.park_event({.id = event.seq, .type = event.type, .key = event.key, .remark = remark, .parked_ms = context.clock.now_ms()}); !r) return r;
  const std::string id = "rejected-" + std::to_string(event.seq);
  return notify(unit, context, id, "event.rejected/1",
                model::to_json({.notice_id = id, .at = context.now()}, model::EventRejected{.type = event.type, .key = event.key, .findings = findings}));
}

bool store_failed(const Error& error) {
  const int status = status_of(error);
  return status <= -200 && status > -300;
}

Result<void> handle(Unit& unit, const Context& context, const model::Event& event) { return std::visit(Handler{unit, context}, event); }

Result<void> take_in(Unit& unit, const Context& context, const SpooledEvent& event) {
  const auto guarded = [&](const std::function<Result<void>()>& work) {
    return unit.nested([&]() -> Result<void> {
      try {
        return work();
      } catch (const std::exception&) {  // one bad event must not stop the queue; what() may quote it
        return Error{"engine.worker_threw", event.type, {}};
      }
    });
  };
  if (event.content_type.starts_with("application/hl7-v2")) {
    Findings findings;
    auto done = guarded([&]() -> Result<void> {
      auto r = take_in_hl7(unit, context, event);
      if (!r) return r.error();
      findings = std::move(*r);
      return {};
    });
    if (!done && store_failed(done.error())) return done;
    if (!done) findings.push_back({Severity::error, done.error()});
    return findings.empty() ? done : park(unit, context, event, findings);
  }
  auto parsed = model::parse_event(event.type, event.body, context.config.hospital.offset_minutes);
  if (!parsed.event) return park(unit, context, event, parsed.findings);
  auto done = guarded([&] { return handle(unit, context, *parsed.event); });
  if (done || store_failed(done.error())) return done;
  return park(unit, context, event, {{Severity::error, done.error()}});
}

}  // namespace huren::engine
