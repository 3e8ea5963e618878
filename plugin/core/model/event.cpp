#include "core/model/event.hpp"

#include <algorithm>

#include "core/model/json_fields.hpp"
#include "core/model/report_json.hpp"

namespace huren::model {
namespace {

using Read = Event (*)(Fields&);

template <bool update>
Event read_registered(Fields& f) {
  PatientRegistered e;
  e.update = update;
  f.object("patient", e.patient, read_patient, Need::required);
  return e;
}

template <bool undone>
Event read_merged(Fields& f) {
  PatientMerged e;
  e.undone = undone;
  f.code("patient_id", e.patient_id, Need::required);
  f.code("prior_id", e.prior_id, Need::required);
  f.time("at", e.at, Need::required);
  if (!e.patient_id.empty() && e.patient_id == e.prior_id) f.fault("model.merge_with_itself", f.at("prior_id"));
  return e;
}

void read_own_item(const Json& value, const JsonPlace& path, Source& source, Code& into) {
  Fields f(value, path, source);
  f.code("code", into.code, Need::required);
  f.text("name", into.name);
  f.finish();
}

void read_order(Fields& f, LabOrder& order) {
  order.priority = "routine";
  f.code("order_id", order.order_id, Need::required);
  f.code("patient_id", order.patient_id, Need::required);
  f.code("encounter_id", order.encounter_id);
  f.text("department", order.department);
  f.word("priority", order.priority, {"routine", "urgent", "stat"});
  f.object("doctor", order.doctor, read_doctor, Need::required);
  f.list("items", order.items, kMaxList, read_own_item, Need::required);
  f.object("specimen", order.specimen, read_own_item);
  f.code("reason", order.reason);
  f.time("at", order.at, Need::required);
}

Event read_placed(Fields& f) {
  LabOrderPlaced e;
  read_order(f, e.order);
  return e;
}

Event read_cancelled(Fields& f) {
  LabOrderCancelled e;
  f.code("order_id", e.order_id, Need::required);
  f.code("patient_id", e.patient_id, Need::required);
  f.prose("reason", e.reason);
  f.object("doctor", e.doctor, read_doctor, Need::required);
  f.time("at", e.at, Need::required);
  return e;
}

Event read_started(Fields& f) {
  EncounterStarted e;
  f.code("patient_id", e.patient_id, Need::required);
  f.code("encounter_id", e.encounter_id, Need::required);
  f.word("patient_class", e.patient_class, {"", "outpatient", "inpatient", "emergency", "checkup"});
  f.text("department", e.department);
  f.object("doctor", e.doctor, read_doctor);
  f.time("at", e.at, Need::required);
  return e;
}

Event read_ended(Fields& f) {
  EncounterEnded e;
  f.code("patient_id", e.patient_id, Need::required);
  f.code("encounter_id", e.encounter_id, Need::required);
  f.time("at", e.at, Need::required);
  return e;
}

enum class Asked { referral, exam, consult };
enum class Taken { requested, answered, arrived, completed, cancelled };

template <Asked kind, Taken step>
Event read_taken(Fields& f) {
  constexpr const char* kinds[] = {"referral", "exam", "consult"};
  constexpr const char* steps[] = {"requested", "answered", "arrived", "completed", "cancelled"};
  return read_step(f, kinds[static_cast<int>(kind)], steps[static_cast<int>(step)]);
}

Event read_shared(Fields& f) { return read_summary(f); }

template <bool given>
Event read_consent(Fields& f) {
  ConsentChanged e;
  e.given = given;
  f.code("patient_id", e.patient_id, Need::required);
  f.code("partner", e.partner, Need::required);
  f.time("at", e.at, Need::required);
  return e;
}

template <bool amended>
Event read_released(Fields& f) {
  LabReportReleased e;
  if (amended) {
    e.report.version = 0;
    e.report.status = Status::corrected;
  }
  f.object("report", e.report, read_report, Need::required);
  if (!f.has("report")) return e;
  complete_report(f.at("report"), f.source(), e.report);
  // An amended report must say which version it is: the first one is never an amendment.
  if (amended && e.report.version < 2) f.fault("model.version_of_amendment", f.at("report") + "/version");
  return e;
}

Event read_withdrawn(Fields& f) {
  LabReportWithdrawn e;
  f.code("number", e.number, Need::required);
  f.integer("version", e.version, 0, 9999);
  f.prose("reason", e.reason);
  f.time("at", e.at, Need::required);
  return e;
}

void read_decision(Fields& f, RecognitionDecided& e, Need results) {
  f.code("decision_id", e.decision_id, Need::required);
  f.code("suggestion_id", e.suggestion_id);
  f.code("order_id", e.order_id);
  f.code("order_item", e.order_item);
  f.code("reason", e.reason);
  f.prose("note", e.note);
  f.code("patient_id", e.patient_id, Need::required);
  f.code("encounter_id", e.encounter_id);
  f.text("department", e.department);
  f.object("doctor", e.doctor, read_doctor, Need::required);
  f.texts("result_ids", e.result_ids, kMaxCode, Lines::one, results);
  f.time("at", e.at, Need::required);
}

Event read_decided(Fields& f) {
  RecognitionDecided e;
  f.word("outcome", e.outcome, {"accepted", "declined"}, Need::required);
  read_decision(f, e, Need::required);
  // 办法 art. 17: who tests again says why.
  if (e.outcome == "declined" && e.reason.empty()) f.fault("model.decline_needs_reason", f.at("reason"));
  return e;
}

Event read_revoked(Fields& f) {
  RecognitionDecided e;
  e.outcome = "revoked";
  f.word("outcome", e.outcome, {"revoked"});
  read_decision(f, e, Need::optional);
  return e;
}

Event read_viewed(Fields& f) {
  ResultViewed e;
  f.code("patient_id", e.patient_id, Need::required);
  f.code("encounter_id", e.encounter_id);
  f.object("doctor", e.doctor, read_doctor, Need::required);
  f.texts("result_ids", e.result_ids, kMaxCode, Lines::one, Need::required);
  f.time("at", e.at, Need::required);
  return e;
}

Event read_acknowledged(Fields& f) {
  RetractionAcknowledged e;
  f.code("notice_id", e.notice_id, Need::required);
  f.object("doctor", e.doctor, read_doctor, Need::required);
  f.time("at", e.at, Need::required);
  return e;
}

struct Type {
  std::string_view name;
  Read read;
};

constexpr Type kTypes[] = {
    {"patient.registered/1", read_registered<false>},
    {"patient.updated/1", read_registered<true>},
    {"patient.merged/1", read_merged<false>},
    {"patient.unmerged/1", read_merged<true>},
    {"encounter.started/1", read_started},
    {"encounter.ended/1", read_ended},
    {"referral.requested/1", read_taken<Asked::referral, Taken::requested>},
    {"referral.answered/1", read_taken<Asked::referral, Taken::answered>},
    {"referral.arrived/1", read_taken<Asked::referral, Taken::arrived>},
    {"referral.completed/1", read_taken<Asked::referral, Taken::completed>},
    {"referral.cancelled/1", read_taken<Asked::referral, Taken::cancelled>},
    {"exam.requested/1", read_taken<Asked::exam, Taken::requested>},
    {"exam.answered/1", read_taken<Asked::exam, Taken::answered>},
    {"exam.report.released/1", read_taken<Asked::exam, Taken::completed>},
    {"exam.cancelled/1", read_taken<Asked::exam, Taken::cancelled>},
    {"consult.requested/1", read_taken<Asked::consult, Taken::requested>},
    {"consult.answered/1", read_taken<Asked::consult, Taken::answered>},
    {"consult.cancelled/1", read_taken<Asked::consult, Taken::cancelled>},
    {"record.summary.shared/1", read_shared},
    {"consent.given/1", read_consent<true>},
    {"consent.withdrawn/1", read_consent<false>},
    {"lab.report.released/1", read_released<false>},
    {"lab.report.amended/1", read_released<true>},
    {"lab.report.withdrawn/1", read_withdrawn},
    {"lab.order.placed/1", read_placed},
    {"lab.order.cancelled/1", read_cancelled},
    {"recognition.decided/1", read_decided},
    {"recognition.revoked/1", read_revoked},
    {"result.viewed/1", read_viewed},
    {"result.retraction_acknowledged/1", read_acknowledged},
};

const Type* find_type(std::string_view name) {
  const auto* it = std::find_if(std::begin(kTypes), std::end(kTypes), [&](const Type& t) { return t.name == name; });
  return it == std::end(kTypes) ? nullptr : it;
}

}  // namespace

bool known_event_type(std::string_view type) { return find_type(type) != nullptr; }

const std::vector<std::string_view>& event_types() {
  static const auto all = [] {
    std::vector<std::string_view> names;
    for (const auto& t : kTypes) names.push_back(t.name);
    return names;
  }();
  return all;
}

const std::vector<std::string_view>& query_topics() {
  static const std::vector<std::string_view> all{"order.check/1", "results.list/1", "result.open/1", "results.trend/1", "panel.link/1", "referral.list/1", "record.open/1"};
  return all;
}

std::string to_json(const LabOrder& order) {
  auto out = OrderedJson::object();
  out["order_id"] = order.order_id;
  out["patient_id"] = order.patient_id;
  put(out, "encounter_id", order.encounter_id);
  put(out, "department", order.department);
  out["priority"] = order.priority;
  out["doctor"] = person_json(order.doctor);
  auto items = OrderedJson::array();
  for (const auto& item : order.items) items.push_back(code_json(item));
  out["items"] = std::move(items);
  put_part(out, "specimen", code_json(order.specimen));
  put(out, "reason", order.reason);
  put(out, "at", order.at);
  return out.dump();
}

std::optional<LabOrder> lab_order_from_json(std::string_view text, int assumed_offset_minutes) {
  Findings findings;
  const auto tree = parse_tree(text, findings);
  if (!tree) return std::nullopt;
  Source source{findings, assumed_offset_minutes, true};
  Fields f(*tree, "", source);
  LabOrder order;
  read_order(f, order);
  return has_error(findings) ? std::nullopt : std::optional(std::move(order));
}

ParsedEvent parse_event(std::string_view type, std::string_view text, int assumed_offset_minutes) {
  ParsedEvent out;
  const auto* known = find_type(type);
  if (!known) {
    out.findings.push_back({Severity::error, {"model.unknown_event_type", "", {}}});
    return out;
  }
  const auto tree = parse_tree(text, out.findings);
  if (!tree) return out;
  Source source{out.findings, assumed_offset_minutes};
  Fields body(*tree, "", source);
  auto event = known->read(body);
  body.finish();
  if (!has_error(out.findings)) out.event = std::move(event);
  return out;
}

}  // namespace huren::model
