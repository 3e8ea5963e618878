#include "engine/reports.hpp"

#include <algorithm>
#include <map>
#include <set>

#include "core/base/pack.hpp"
#include "core/base/text.hpp"
#include "core/cda/lab_document.hpp"
#include "core/mapping/oru.hpp"
#include "core/model/event.hpp"
#include "core/model/brief.hpp"
#include "core/model/notice.hpp"
#include "engine/audit.hpp"
#include "engine/exchange/digest.hpp"
#include "engine/exchange/index.hpp"
#include "engine/exchange/permission.hpp"
#include "engine/outbox_verbs.hpp"
#include "engine/recognitions.hpp"
#include "engine/referral/matching.hpp"

namespace huren::engine {

using model::LabReport;
using store::ReportRow;

std::vector<std::pair<std::string, std::string>> verified_ids(const model::Patient& patient) {
  std::vector<std::pair<std::string, std::string>> out;
  for (const auto& id : patient.identifiers) {
    if (id.type == "resident_id") {
      if (auto normal = model::normal_resident_id(id.value); !normal.empty()) out.emplace_back(id.type, std::move(normal));
    } else if (id.type != "local" && id.type != "outpatient_no" && id.type != "inpatient_no" && id.type != "other") {
      if (auto value = upper_ascii(trim(id.value)); !value.empty()) out.emplace_back(id.type, std::move(value));  // as same_person compares
    }
  }
  return out;
}

std::string reference(const mapping::ResultRef& ref) {
  return subject_of(ref.origin, ref.number) + "/" + std::to_string(ref.version) + "#" + (ref.item.empty() ? ref.local_item : ref.item);
}

void standardise(LabReport& report, const terminology::Set& codes, const model::Hospital& hospital, std::int64_t now_ms, bool own) {
  const auto& at = report.specimen.collected_at;
  const Date day = terminology::day_of(at.present() ? at.epoch_ms : now_ms, hospital.offset_minutes);
  const auto set = [](model::Observation& o, const terminology::Item& item) {
    o.standard.code = item.code;
    o.standard.name = item.zh;
    o.standard.system = mapping::kItemSystem;
    if (o.loinc.empty())
      for (const auto& form : item.units)
        if (form.unit == item.unit) o.loinc = form.loinc;
  };
  for (auto& o : report.observations) {
    if (own) {
      const auto* local = codes.local_item(o.local.code, day);
      if (local) {
        if (const auto* item = codes.item(local->item, day)) {
          set(o, *item);
          if (o.method_group.empty()) o.method_group = local->method_group;
          continue;
        }
      }
    }
    if (const auto* item = codes.item(o.standard.code, day)) {
      set(o, *item);
      continue;
    }
    o.standard = {};
    if (const auto* item = codes.item_by_loinc(o.loinc, day)) set(o, *item);
  }
}

Result<void> notify(store::Unit& unit, const Context& context, const std::string& id, const std::string& topic, std::string json) {
  return unit.put_notice({.id = id, .topic = topic, .json = std::move(json), .created_ms = context.clock.now_ms(), .leased_until_ms = 0, .acknowledged_ms = 0});
}

Result<void> enqueue(store::Unit& unit, const Context& context, const config::Partner& partner, store::OutboxRow row) {
  row.partner = partner.code;
  if (row.content_type.empty()) row.content_type = "application/hl7-v2; charset=utf-8";
  row.created_ms = row.changed_ms = context.clock.now_ms();
  const auto hours = partner.time_to_live_hours.find(row.type.substr(0, row.type.find('^')));
  if (hours != partner.time_to_live_hours.end()) row.expires_ms = row.created_ms + hours->second * 3'600'000LL;
  return unit.enqueue(row);
}

Result<void> send(store::Unit& unit, const Context& context, const config::Partner& partner, const std::string& control_id, const std::string& type,
                  std::string body, const std::string& order_key, const std::string& subject, int lane) {
  store::OutboxRow row;
  row.message_id = control_id;
  row.type = type;
  row.body = std::move(body);
  row.order_key = order_key;
  row.subject = subject;
  row.lane = lane;
  return enqueue(unit, context, partner, std::move(row));
}

bool wants_person(store::OutboxState s) {
  return s == store::OutboxState::parked || s == store::OutboxState::refused || s == store::OutboxState::doubtful;
}

Result<void> tell_parked(store::Unit& unit, const Context& context, const store::OutboxRow& row, const store::Settlement& settlement) {
  if (auto r = audit(unit, context.clock.now_ms(), "message.parked", {"huren", "message:" + row.message_id, store::word(settlement.state)}, {{"partner", row.partner}}); !r)
    return r;
  const std::string notice = "parked-" + row.message_id + "-" + std::to_string(row.attempts) + "-" + std::to_string(context.clock.now_ms());
  return notify(unit, context, notice, "delivery.parked/1",
                model::to_json({.notice_id = notice, .at = context.now()},
                               model::DeliveryParked{.message_id = row.message_id, .message_type = row.type, .partner = row.partner, .subject = row.subject,
                                                     .reason = {"delivery.parked", row.partner, {""}}, .attempts = row.attempts,
                                                     .cause_zh = remark_in(settlement.remark, Language::zh, true), .cause_en = remark_in(settlement.remark, Language::en, true)}));
}

std::optional<LabReport> report_in(const ReportRow& row) { return model::whole_report(row.brief, row.rest, row.observations); }

namespace {

Result<std::string> local_id_of(store::Unit& unit, const std::string& patient_id) {
  auto patient = unit.patient(patient_id);
  if (!patient) return patient.error();
  return *patient ? (*patient)->local_id : std::string();
}

std::vector<model::ResultRetracted::Change> changes_between(const LabReport& before, const LabReport& after) {
  std::vector<model::ResultRetracted::Change> out;
  for (const auto& old : before.observations) {
    const auto it = std::find_if(after.observations.begin(), after.observations.end(), [&](const auto& o) { return o.local.code == old.local.code; });
    const std::string now = it == after.observations.end() || it->status == model::Status::withdrawn ? "" : it->comparator + it->value;
    if (now == old.comparator + old.value && (it == after.observations.end() || it->unit == old.unit)) continue;
    out.push_back({.item = old.standard.code.empty() ? old.local : old.standard, .old_value = old.comparator + old.value, .new_value = now, .unit = old.unit});
  }
  return out;
}

// What this doctor decided with any version of the report, and where.
Result<void> add_decisions(store::Unit& unit, const ReportRow& row, model::ResultRetracted& notice) {
  auto versions = unit.report_versions(row.origin, row.number);
  if (!versions) return versions.error();
  for (const auto& version : *versions) {
    auto decisions = unit.decisions_on(version.id);
    if (!decisions) return decisions.error();
    for (const auto& d : *decisions) {
      if (d.doctor_id != notice.doctor.id || d.outcome != "accepted") continue;
      if (std::find(notice.decision_ids.begin(), notice.decision_ids.end(), d.id) == notice.decision_ids.end()) notice.decision_ids.push_back(d.id);
      notice.department = d.department;
    }
  }
  return {};
}

// Copies in the HIS's own tables are told as well, once for each decision.
Result<void> note_copies(store::Unit& unit, const Context& context, const ReportRow& row, const model::ResultRetracted& notice) {
  for (const auto& id : notice.decision_ids)
    if (auto r = note_recognition(unit, context, {.kind = notice.kind, .decision_id = id, .origin = row.origin, .number = row.number, .reason = notice.reason}); !r) return r;
  return {};
}

// The doctor owes an acknowledgement from now on.
Result<void> put_duty(store::Unit& unit, const Context& context, const std::string& notice_id, const std::string& report_id, const std::string& seen_id,
                      const std::string& kind, const Told& told) {
  if (auto r = unit.put_retraction({.notice_id = notice_id, .report_id = report_id, .doctor_id = told.doctor, .at_ms = context.clock.now_ms(), .acknowledged_ms = 0}); !r)
    return r;
  return audit(unit, context.clock.now_ms(), "retraction.told", {"huren", "report:" + seen_id, kind}, {{"doctor", told.doctor}, {"notice", notice_id}, {"use", told.use}});
}

// One doctor is told that what he or she saw is no longer so, and owes an acknowledgement. The notice speaks of the patient
// for whom the earlier version was shown: a correction may have moved the report to somebody else (I12).
Result<void> tell(store::Unit& unit, const Context& context, const ReportRow& seen, const ReportRow& row, const LabReport& report,
                  const Told& told) {
  auto local_id = local_id_of(unit, told.patient_id.empty() ? seen.patient_id : told.patient_id);
  if (!local_id) return local_id.error();
  std::string kind = "corrected";
  if (seen.patient_id != row.patient_id) kind = "reassigned";
  if (report.status == model::Status::withdrawn) kind = "withdrawn";
  const bool gone = kind != "corrected";
  const auto earlier = report_in(seen);
  const std::string id = new_id(context.clock.now_ms());
  model::ResultRetracted notice{.patient_id = *local_id, .report_id = seen.id, .new_report_id = gone ? "" : row.id, .report_number = row.number,
                                .source = row.source.empty() ? "own" : row.source, .origin = report.origin, .kind = kind,
                                .reason = report.amendment_reason, .doctor = {told.doctor, ""}, .use = told.use, .decision_ids = {},
                                .changes = earlier && !gone ? changes_between(*earlier, report) : std::vector<model::ResultRetracted::Change>{}, .department = ""};
  if (auto r = add_decisions(unit, row, notice); !r) return r;
  if (auto r = note_copies(unit, context, row, notice); !r) return r;
  if (auto r = notify(unit, context, id, "result.retracted/1", model::to_json({.notice_id = id, .at = context.now()}, notice)); !r) return r;
  return put_duty(unit, context, id, row.id, seen.id, kind, told);
}

Result<void> tell_audience(store::Unit& unit, const Context& context, const ReportRow& before, const ReportRow& row, const LabReport& report) {
  auto all = own_audience(unit, row);
  if (!all) return all.error();
  for (const auto& told : *all)
    if (auto r = tell(unit, context, before, row, report, told); !r) return r;
  return {};
}

}  // namespace

Result<std::vector<Told>> own_audience(store::Unit& unit, const ReportRow& row) {
  auto audience = unit.audience(row.origin, row.number);
  if (!audience) return audience.error();
  std::map<std::pair<std::string, std::string>, std::string> uses;  // doctor and record → "viewed" | "recognised"
  for (const auto& view : *audience) {
    if (view.doctor_id.find(kPartnerDoctor) != std::string::npos) continue;  // told by the partner's own huren
    auto& use = uses[{view.doctor_id, view.patient_id}];
    if (use != "recognised") use = view.kind == "recognised" ? "recognised" : "viewed";
  }
  std::vector<Told> out;
  for (const auto& [who, use] : uses) out.push_back({who.first, who.second, use});
  return out;
}

Result<void> tell_that(store::Unit& unit, const Context& context, const ReportRow& row, const Told& told, const std::string& kind, const std::string& reason) {
  auto local_id = local_id_of(unit, told.patient_id.empty() ? row.patient_id : told.patient_id);
  if (!local_id) return local_id.error();
  const auto report = report_in(row);
  const std::string id = new_id(context.clock.now_ms());
  model::ResultRetracted notice{.patient_id = *local_id, .report_id = row.id, .new_report_id = "", .report_number = row.number,
                                .source = row.source.empty() ? "own" : row.source,
                                .origin = report ? report->origin : model::Organisation{row.origin, ""}, .kind = kind, .reason = reason,
                                .doctor = {told.doctor, ""}, .use = told.use, .decision_ids = {}, .changes = {}, .department = ""};
  if (auto r = add_decisions(unit, row, notice); !r) return r;
  if (auto r = note_copies(unit, context, row, notice); !r) return r;
  if (auto r = notify(unit, context, id, "result.retracted/1", model::to_json({.notice_id = id, .at = context.now()}, notice)); !r) return r;
  return put_duty(unit, context, id, row.id, row.id, kind, told);
}

Rendered render(LabReport report, bool own) {
  Rendered out;
  out.row = {.id = "", .origin = report.origin.code, .number = report.number, .version = report.version,
             .status = model::status_word(report.status), .source = "", .patient_id = "",
             .verified_ids = verified_ids(report.patient), .rest = model::rest_of(report), .hl7 = "", .document = "", .stored_ms = 0, .current = true,
             .reported_ms = exchange::release_ms(report), .digest = exchange::content_digest(report), .brief = model::brief_of(report)};
  if (!own) out.row.verified_ids.emplace_back(kLinkType, report.origin.code + "/" + their_number(report.patient));
  out.results.reserve(report.observations.size());
  for (std::size_t i = 0; i < report.observations.size(); ++i) {
    const auto& o = report.observations[i];
    const auto& at = o.observed_at.present() && !report.specimen.collected_at.present() ? o.observed_at : report.specimen.collected_at;
    auto& row = out.results.emplace_back();
    row.item = o.standard.code;
    row.position = static_cast<int>(i);
    row.status = model::status_word(report.status == model::Status::withdrawn ? report.status : o.status);
    row.collected_ms = at.epoch_ms;
    row.brief = model::brief_of(o);
  }
  out.report = std::move(report);
  return out;
}

Result<void> put_report(store::Unit& unit, const Context& context, Rendered& rendered) {
  const auto& report = rendered.report;
  auto& row = rendered.row;
  auto versions = unit.report_versions(row.origin, row.number);
  if (!versions) return versions.error();
  // A copy that was taken away with the consent may come again in the same version once consent is back.
  const bool again = !versions->empty() && versions->back().version == row.version && versions->back().digest.empty();
  if (!versions->empty() && versions->back().version >= row.version && !again)
    return Error{"report.old_version", "/report/version", {std::to_string(row.version), std::to_string(versions->back().version)}};

  row.stored_ms = context.clock.now_ms();
  row.id = again ? versions->back().id : new_id(row.stored_ms);
  for (const auto& earlier : *versions)
    if (earlier.current)
      if (auto r = unit.retire_report(earlier.id); !r) return r;
  if (auto r = unit.put_report(row, rendered.results); !r) return r;
  return versions->empty() || again ? Result<void>() : tell_audience(unit, context, versions->back(), row, report);
}

Result<void> tell_of_newer(store::Unit& unit, const Context& context, const ReportRow& seen, const Told& told) {
  if (seen.current) return {};
  auto versions = unit.report_versions(seen.origin, seen.number);
  if (!versions) return versions.error();
  if (versions->empty()) return {};
  const auto latest = report_in(versions->back());
  return latest ? tell(unit, context, seen, versions->back(), *latest, told) : Result<void>();
}

Result<void> unmatch(store::Unit& unit, const Context& context, const ReportRow& row) {
  context.log.write(Severity::warning, "report.unmatched", {{"report", row.id}});
  if (auto parsed = report_in(row)) {
    auto moved = row;
    moved.patient_id.clear();
    if (auto r = tell_audience(unit, context, row, moved, *parsed); !r) return r;
  }
  if (auto r = unit.match_report(row.id, ""); !r) return r;
  return audit(unit, context.clock.now_ms(), "report.matched", {"huren", "report:" + row.id, "unmatched"}, {{"patient", row.patient_id}});
}

Result<Matched> match_patient(store::Unit& unit, const Context& context, const LabReport& report) {
  return match_person(unit, context, report.patient, report.origin.code);
}

bool critical(const LabReport& report) {
  return std::any_of(report.observations.begin(), report.observations.end(), [](const auto& o) {
    return std::any_of(o.flags.begin(), o.flags.end(), [](const auto& f) { return f == "HH" || f == "LL" || f == "AA"; });
  });
}

bool covers(const model::Agreement& agreement, const LabReport& report) {
  if (report.status == model::Status::withdrawn || report.status == model::Status::preliminary) return false;
  return agreement.items.empty() || std::any_of(report.observations.begin(), report.observations.end(), [&](const auto& o) {
    return std::find(agreement.items.begin(), agreement.items.end(), o.standard.code) != agreement.items.end();
  });
}

Result<void> notify_received(store::Unit& unit, const Context& context, const ReportRow& row, const LabReport& report, const std::string& local_id) {
  const std::string id = new_id(context.clock.now_ms());
  model::ResultReceived notice{.patient_id = local_id, .report_id = row.id, .report_number = row.number, .source = row.source, .origin = report.origin,
                               .version = row.version, .panel = report.panel, .collected_at = report.specimen.collected_at,
                               .reported_at = report.reported_at, .observations = static_cast<int>(report.observations.size()), .critical = critical(report)};
  return notify(unit, context, id, "result.received/1", model::to_json({.notice_id = id, .at = context.now()}, notice));
}

namespace {

// The document in the form that this partner reads; what was rendered when the report was stored serves again.
Result<std::string> document_for(const ReportRow& row, const LabReport& report, const config::Partner& partner) {
  const auto mode = partner.cda_mode == "strict" ? cda::Mode::strict : cda::Mode::cn;
  const bool packed = partner.huren && partner.packed;
  if (mode == cda::Mode::cn && !row.document.empty()) {
    if (is_packed(row.document) == packed) return row.document;
    if (packed) return pack(row.document);
    if (auto whole = unpack(row.document, mapping::kLargestDocument)) return std::move(*whole);
  }
  auto document = cda::write_lab_report(report, {.mode = mode, .kind = cda::Kind::lab_report, .id = {}, .effective_time = {}});
  if (!document || !packed) return document;
  return pack(*document);
}

}  // namespace

Result<void> send_report(store::Unit& unit, const Context& context, const ReportRow& row, const LabReport& report, const config::Partner& partner, int lane,
                         std::string_view written) {
  auto document = document_for(row, report, partner);
  if (!document) return document.error();
  auto signature = context.documents.sign(context, partner, *document);
  if (!signature) return signature.error();
  const std::string control_id = new_control_id(context.clock.now_ms());
  const auto& own = context.config.hospital.code;
  const mapping::Envelope envelope{.control_id = control_id, .sender = own, .receiver = partner.hospital.code, .at = context.now(), .charset = Charset::utf8,
                                   .enhanced = partner.enhanced};
  auto message = written.empty() ? mapping::write_oru(report, *document, envelope, *signature) : mapping::add_document(written, report, *document, envelope, *signature);
  if (!message) return message.error();
  if (auto r = audit(unit, context.clock.now_ms(), "report.sent", {"huren", "report:" + row.id, "queued"}, {{"message", control_id}, {"partner", partner.code}, {"patient", row.patient_id}}); !r)
    return r;
  return send(unit, context, partner, control_id, "ORU^R01", std::move(*message), row.patient_id, subject_of(row.origin, row.number), critical(report) ? 0 : lane);
}

Result<void> distribute(store::Unit& unit, const Context& context, const ReportRow& row, const LabReport& report, std::string_view written) {
  std::set<std::string> partners;
  // I10: a correction follows the earlier version wherever it went, whatever has ended since.
  auto receivers = unit.receivers(subject_of(row.origin, row.number));
  if (!receivers) return receivers.error();
  partners.insert(receivers->begin(), receivers->end());
  std::vector<store::TieRow> ties;
  auto records = unit.same_person(row.patient_id);
  if (!records) return records.error();
  for (const auto& record : *records) {
    auto own = unit.ties(record);
    if (!own) return own.error();
    ties.insert(ties.end(), own->begin(), own->end());
  }
  for (const auto& partner : context.config.partners) {
    if (exchange::granted(context, ties, partner.code, report, {"push"})) {
      partners.insert(partner.code);
      continue;
    }
    const bool indexes = exchange::granted(context, ties, partner.code, report, {"index"}) != nullptr;
    auto told = unit.disclosed(subject_of(row.origin, row.number), partner.code, "index");
    if (!told) return told.error();
    const bool gone = *told && report.status == model::Status::withdrawn;
    if (indexes || gone)
      if (auto r = exchange::send_index(unit, context, row, report, partner, gone); !r) return r;
  }
  for (const auto& code : partners) {
    const auto* partner = context.partner(code);
    if (!partner) {
      context.log.write(Severity::error, "report.receiver_gone", {{"partner", code}, {"report", row.id}});
      continue;
    }
    if (auto r = send_report(unit, context, row, report, *partner, 1, written); !r) return r;
  }
  return {};
}

}  // namespace huren::engine
