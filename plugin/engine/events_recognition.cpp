// What doctors did with results: used, declined, revoked, viewed, acknowledged.
#include "engine/handlers.hpp"

#include <algorithm>
#include <set>

#include "core/base/text.hpp"
#include "core/recognition/record_text.hpp"
#include "engine/audit.hpp"
#include "engine/recognitions.hpp"
#include "engine/requalify.hpp"

namespace huren::engine {
namespace {

using store::PatientRow;
using store::Unit;

// Reports of the results named, each once, with the item codes used of it.
struct Used { store::ReportRow report; std::optional<model::LabReport> parsed; std::vector<mapping::ResultRef> refs; std::vector<std::size_t> positions; };
Result<std::vector<Used>> used(Unit& unit, const std::vector<std::string>& result_ids, const std::string& patient_id) {
  std::vector<Used> out;
  auto records = unit.same_person(patient_id);
  if (!records) return records.error();
  for (std::size_t i = 0; i < result_ids.size(); ++i) {
    const std::string where = "/result_ids/" + std::to_string(i);
    auto result = unit.result(result_ids[i]);
    if (!result) return result.error();
    if (!*result) return Error{"event.unknown_result", where, {}};
    if (std::find(records->begin(), records->end(), (*result)->patient_id) == records->end()) return Error{"event.result_of_other_patient", where, {}};
    auto report = unit.report((*result)->report_id);
    if (!report) return report.error();
    if (!*report) return Error{"event.unknown_result", where, {}};
    auto it = std::find_if(out.begin(), out.end(), [&](const Used& u) { return u.report.id == (*report)->id; });
    if (it == out.end()) {
      it = out.insert(out.end(), Used{std::move(**report), {}, {}, {}});
      it->parsed = report_in(it->report);
    }
    auto& ref = it->refs.emplace_back(mapping::ResultRef{.origin = it->report.origin, .number = it->report.number, .version = it->report.version,
                                                         .item = (*result)->item, .local_item = ""});
    const auto position = static_cast<std::size_t>((*result)->position);
    it->positions.push_back(position);
    if (it->parsed && position < it->parsed->observations.size()) ref.local_item = it->parsed->observations[position].local.code;
  }
  return out;
}

Result<void> tell_source(Unit& unit, const Context& context, const store::ReportRow& report, mapping::DecisionMessage message) {
  const auto* partner = context.partner(report.source);
  if (!partner || !partner->huren) return {};
  message.hospital = context.config.hospital.code;
  const std::string control_id = new_control_id(context.clock.now_ms());
  auto bytes = mapping::write_decision(message, {.control_id = control_id, .sender = context.config.hospital.code, .receiver = partner->hospital.code, .at = context.now(), .charset = Charset::utf8, .enhanced = partner->enhanced});
  if (!bytes) return bytes.error();
  return send(unit, context, *partner, control_id, "ZRD", std::move(*bytes), report.patient_id, message.id);
}

// What a decision may follow: nothing, or a decision on the same suggestion that was revoked. Told twice changes nothing.
Result<bool> taken_before(Unit& unit, const model::RecognitionDecided& e, const std::string& patient_id) {
  auto earlier = unit.decision(e.decision_id);
  if (!earlier) return earlier.error();
  if (*earlier) {
    const auto& d = **earlier;
    if (d.outcome == "revoked") return Error{"event.decision_revoked", "/decision_id", {d.id}};
    if (d.outcome == e.outcome && d.reason == e.reason && d.note == e.note && d.patient_id == patient_id && d.order_id == e.order_id &&
        d.doctor_id == e.doctor.id && d.result_ids == e.result_ids)
      return true;
    return Error{"event.decision_stands", "/decision_id", {d.id, d.outcome}};
  }
  return false;
}

// The suggestion goes with its decision. One that nobody here knows (answered long after, or decided from the list) stands aside.
Result<void> answer_suggestion(Unit& unit, const Context& context, const model::RecognitionDecided& e, const std::vector<std::string>& records) {
  if (e.suggestion_id.empty()) return {};
  auto known = unit.offer(e.suggestion_id);
  if (!known) return known.error();
  if (!*known) return {};
  auto& s = **known;
  if (std::find(records.begin(), records.end(), s.patient_id) == records.end()) return Error{"event.suggestion_of_other_patient", "/suggestion_id", {}};
  if ((s.state == "accepted" || s.state == "declined") && s.decision_id != e.decision_id)
    return Error{"event.suggestion_decided", "/suggestion_id", {s.decision_id, s.state}};
  s.state = e.outcome;
  s.decision_id = e.decision_id;
  s.changed_ms = context.clock.now_ms();
  return unit.put_offer(s);
}

Result<void> notify_recorded(Unit& unit, const Context& context, const model::RecognitionDecided& e, const std::vector<Used>& uses, const terminology::Reason* reason) {
  recognition::RecordedDecision recorded{.outcome = e.outcome, .reason = reason, .note = e.note, .doctor = e.doctor, .at = e.at, .offset_minutes = context.config.hospital.offset_minutes, .results = {}};
  for (const auto& u : uses)
    if (u.parsed)
      for (const auto position : u.positions) recorded.results.push_back({&*u.parsed, position});
  const std::string id = "recorded-" + e.decision_id + (e.outcome == "revoked" ? "-revoked" : "");
  const model::RecognitionRecorded notice{.decision_id = e.decision_id, .outcome = e.outcome, .patient_id = e.patient_id, .encounter_id = e.encounter_id,
                                          .order_id = e.order_id, .order_item = e.order_item, .doctor = e.doctor,
                                          .zh = recognition::record_text(recorded, *context.codes, Language::zh),
                                          .en = recognition::record_text(recorded, *context.codes, Language::en), .result_ids = e.result_ids};
  return notify(unit, context, id, "recognition.recorded/1", model::to_json({.notice_id = id, .at = context.now()}, notice));
}

// Stores the decision, tells the sources, gives the sentence for the record. e is whole: a revocation names what it revokes.
Result<void> take_decision(Unit& unit, const Context& context, const model::RecognitionDecided& e, const std::string& patient_id, const terminology::Reason* reason) {
  auto records = unit.same_person(patient_id);
  if (!records) return records.error();
  auto uses = used(unit, e.result_ids, patient_id);
  if (!uses) return uses.error();
  if (auto r = answer_suggestion(unit, context, e, *records); !r) return r;
  const bool accepted = e.outcome == "accepted";
  const Date day = terminology::day_of(e.at.epoch_ms, context.config.hospital.offset_minutes);
  store::DecisionRow row{.id = e.decision_id, .suggestion_id = e.suggestion_id, .order_id = e.order_id, .order_item = e.order_item,
                         .outcome = e.outcome, .reason = e.reason, .note = e.note, .patient_id = patient_id, .doctor_id = e.doctor.id,
                         .department = e.department, .result_ids = e.result_ids, .result_refs = {}, .source = "", .at_ms = e.at.epoch_ms,
                         .saved_cents = accepted ? context.codes->price_cents(e.order_item, day).value_or(0) : 0};
  if (const auto* local = context.codes->local_item(e.order_item, day)) row.item = local->panel.empty() ? local->item : local->panel;
  std::set<std::string> partners;
  for (const auto& u : *uses) {
    partners.insert(u.report.source.empty() ? "own" : u.report.source);
    for (const auto& ref : u.refs) row.result_refs.push_back(reference(ref));
  }
  for (const auto& p : partners) row.partner += (row.partner.empty() ? "" : "+") + p;
  if (auto r = unit.put_decision(row); !r) return r;
  if (auto r = audit_decision(unit, context, row); !r) return r;
  if (accepted)
    if (auto r = note_recognition(unit, context, {.kind = "accepted", .decision_id = e.decision_id, .encounter_id = e.encounter_id}); !r) return r;
  for (const auto& u : *uses) {
    for (const auto position : u.positions) {
      if (e.outcome == "revoked") break;  // the same results as at the decision
      if (auto r = unit.put_use({.seq = 0, .decision_id = e.decision_id, .result_id = u.report.id + "." + std::to_string(position), .report_id = u.report.id,
                                 .quality = accepted ? quality_now(context, u.report, position, e.at.epoch_ms) : ""}); !r)
        return r;
    }
    if (accepted) {
      if (auto r = unit.put_view({.report_id = u.report.id, .doctor_id = e.doctor.id, .kind = "recognised", .at_ms = e.at.epoch_ms, .patient_id = patient_id}); !r) return r;
      if (auto r = tell_of_newer(unit, context, u.report, {e.doctor.id, patient_id, "recognised"}); !r) return r;
    }
    if (auto r = tell_source(unit, context, u.report, {.kind = e.outcome == "revoked" ? mapping::DecisionKind::revoked : mapping::DecisionKind::decided,
                                                       .id = e.decision_id, .hospital = "", .outcome = e.outcome, .reason = e.reason, .doctor_id = e.doctor.id,
                                                       .department = e.department, .order_item = e.order_item, .saved_cents = row.saved_cents, .at = e.at,
                                                       .results = u.refs}); !r)
      return r;
  }
  return notify_recorded(unit, context, e, *uses, reason);
}

Result<void> revoke(Unit& unit, const Context& context, model::RecognitionDecided e, const std::string& patient_id) {
  auto earlier = unit.decision(e.decision_id);
  if (!earlier) return earlier.error();
  if (!*earlier || !(*earlier)->source.empty()) return Error{"event.unknown_decision", "/decision_id", {e.decision_id}};
  const auto& d = **earlier;
  auto records = unit.same_person(patient_id);
  if (!records) return records.error();
  if (std::find(records->begin(), records->end(), d.patient_id) == records->end()) return Error{"event.decision_of_other_patient", "/decision_id", {}};
  if (d.outcome == "revoked") return {};  // told twice
  if (e.at.epoch_ms < d.at_ms) return Error{"event.revoked_before_decided", "/at", {}};
  e.result_ids = d.result_ids;
  e.suggestion_id = d.suggestion_id;
  e.order_id = d.order_id;
  e.order_item = d.order_item;
  if (e.department.empty()) e.department = d.department;
  const bool was_accepted = d.outcome == "accepted";
  if (auto r = take_decision(unit, context, e, patient_id, nullptr); !r || !was_accepted) return r;
  return note_recognition(unit, context, {.kind = "revoked", .decision_id = e.decision_id, .encounter_id = e.encounter_id, .reason = e.note, .decided_ms = d.at_ms});
}

}  // namespace

Result<void> on(Unit& unit, const Context& context, const model::RecognitionDecided& e) {
  auto patient = registered(unit, e.patient_id, "/patient_id");
  if (!patient) return patient.error();
  if (e.outcome == "revoked") return revoke(unit, context, e, patient->id);
  const terminology::Reason* reason = nullptr;
  if (e.outcome == "declined") {
    reason = context.codes->reason(e.reason, terminology::day_of(e.at.epoch_ms, context.config.hospital.offset_minutes));
    if (!reason) return Error{"event.unknown_reason", "/reason", {e.reason}};
    if (reason->requires_note && trim(e.note).empty()) return Error{"event.note_required", "/note", {e.reason}};
  }
  auto before = taken_before(unit, e, patient->id);
  if (!before) return before.error();
  return *before ? Result<void>() : take_decision(unit, context, e, patient->id, reason);
}

Result<void> on(Unit& unit, const Context& context, const model::ResultViewed& e) {
  auto patient = registered(unit, e.patient_id, "/patient_id");
  if (!patient) return patient.error();
  auto uses = used(unit, e.result_ids, patient->id);
  if (!uses) return uses.error();
  for (const auto& u : *uses) {
    if (auto r = unit.put_view({.report_id = u.report.id, .doctor_id = e.doctor.id, .kind = "viewed", .at_ms = e.at.epoch_ms, .patient_id = patient->id}); !r) return r;
    if (auto r = audit(unit, context.clock.now_ms(), "result.viewed", {"doctor:" + e.doctor.id, "report:" + u.report.id, "viewed"}, {{"patient", patient->id}}); !r) return r;
    if (auto r = tell_of_newer(unit, context, u.report, {e.doctor.id, patient->id, "viewed"}); !r) return r;
    if (auto r = tell_source(unit, context, u.report, {.kind = mapping::DecisionKind::viewed, .id = new_id(context.clock.now_ms()), .hospital = "", .outcome = "viewed",
                                        .reason = "", .doctor_id = e.doctor.id, .department = "", .order_item = "", .saved_cents = 0, .at = e.at,
                                        .results = u.refs}); !r)
      return r;
  }
  return {};
}

Result<void> on(Unit& unit, const Context& context, const model::RetractionAcknowledged& e) {
  auto open = unit.open_retractions();
  if (!open) return open.error();
  // The escalated notice is the same duty; then the quality manager may answer for the doctor.
  const bool second = e.notice_id.ends_with(kEscalated);
  const std::string id = second ? e.notice_id.substr(0, e.notice_id.size() - std::string_view(kEscalated).size()) : e.notice_id;
  const auto& manager = context.config.quality_manager;
  for (const auto& retraction : *open) {
    const bool may = retraction.doctor_id == e.doctor.id || (retraction.escalated_ms > 0 && !manager.empty() && manager == e.doctor.id);
    if (retraction.notice_id != id || !may) continue;
    if (auto r = unit.acknowledge_retraction(id, retraction.doctor_id, e.at.epoch_ms); !r) return r;
    if (auto r = audit(unit, context.clock.now_ms(), "retraction.acknowledged", {"doctor:" + e.doctor.id, "report:" + retraction.report_id, "acknowledged"}, {{"notice", id}}); !r)
      return r;
    auto report = unit.report(retraction.report_id);
    if (!report) return report.error();
    if (!*report) return {};
    return tell_source(unit, context, **report, {.kind = mapping::DecisionKind::retraction_acknowledged, .id = id, .hospital = "", .outcome = "acknowledged",
                                  .reason = "", .doctor_id = e.doctor.id, .department = "", .order_item = "", .saved_cents = 0, .at = e.at,
                                  .results = {{.origin = (*report)->origin, .number = (*report)->number, .version = (*report)->version, .item = "", .local_item = ""}}});
  }
  return Error{"event.unknown_retraction", "/notice_id", {}};
}

}  // namespace huren::engine
