#include "core/model/notice.hpp"

#include "core/base/json_writer.hpp"
#include "core/model/report_json.hpp"

namespace huren::model {
namespace {

std::string notice(const NoticeHead& head, const char* topic, OrderedJson body) {
  auto out = OrderedJson::object();
  out["notice_id"] = head.notice_id;
  out["topic"] = topic;
  out["at"] = to_iso_time(head.at);
  out["body"] = std::move(body);
  return out.dump();
}

}  // namespace

std::string to_json(const NoticeHead& head, const ResultReceived& n) {
  JsonWriter out(1024);  // without a tree: one for every report that comes
  out.open('{').member("notice_id", head.notice_id).member("topic", "result.received/1").member("at", to_iso_time(head.at)).key("body").open('{');
  out.member("patient_id", n.patient_id).member("report_id", n.report_id).member("report_number", n.report_number).member("version", n.version);
  out.member("source", n.source).key("origin").open('{').some("code", n.origin.code).some("name", n.origin.name).close('}');
  if (n.panel != Code{}) out.key("panel").open('{').some("code", n.panel.code).some("name", n.panel.name).some("system", n.panel.system).close('}');
  if (n.collected_at.present()) out.member("collected_at", to_iso_time(n.collected_at));
  if (n.reported_at.present()) out.member("reported_at", to_iso_time(n.reported_at));
  out.member("observations", n.observations).member("critical", n.critical).close('}').close('}');
  return out.take();
}

std::string to_json(const NoticeHead& head, const ResultRetracted& n) {
  auto body = OrderedJson::object();
  body["patient_id"] = n.patient_id;
  body["report_id"] = n.report_id;
  put(body, "new_report_id", n.new_report_id);
  body["report_number"] = n.report_number;
  body["source"] = n.source;
  body["origin"] = organisation_json(n.origin);
  body["kind"] = n.kind;
  put(body, "reason", n.reason);
  body["doctor"] = person_json(n.doctor);
  body["use"] = n.use;
  put(body, "decision_ids", n.decision_ids);
  auto changes = OrderedJson::array();
  for (const auto& c : n.changes) {
    auto change = OrderedJson::object();
    change["item"] = code_json(c.item);
    change["old_value"] = c.old_value;
    put(change, "new_value", c.new_value);
    put(change, "unit", c.unit);
    changes.push_back(std::move(change));
  }
  put_part(body, "changes", std::move(changes));
  put(body, "department", n.department);
  return notice(head, "result.retracted/1", std::move(body));
}

std::optional<std::string> escalated(const NoticeHead& head, std::string_view first, const Person& to) {
  auto tree = OrderedJson::parse(first, nullptr, false);
  if (!tree.is_object() || !tree.contains("body") || !tree["body"].is_object() || !tree.contains("notice_id") || !tree.contains("topic")) return std::nullopt;
  auto body = tree["body"];
  body["escalated"] = true;
  body["first_notice_id"] = tree["notice_id"];
  if (!to.id.empty()) body["escalated_to"] = person_json(to);
  return notice(head, tree["topic"].get<std::string>().c_str(), std::move(body));
}

std::string to_json(const NoticeHead& head, const RecognitionRecorded& n) {
  auto body = OrderedJson::object();
  body["decision_id"] = n.decision_id;
  body["outcome"] = n.outcome;
  body["patient_id"] = n.patient_id;
  put(body, "encounter_id", n.encounter_id);
  put(body, "order_id", n.order_id);
  put(body, "order_item", n.order_item);
  body["doctor"] = person_json(n.doctor);
  body["result_ids"] = n.result_ids;
  auto record = OrderedJson::object();
  record["zh"] = n.zh;
  record["en"] = n.en;
  body["record"] = std::move(record);
  return notice(head, "recognition.recorded/1", std::move(body));
}

std::string to_json(const NoticeHead& head, const DeliveryParked& n) {
  auto body = OrderedJson::object();
  body["message_id"] = n.message_id;
  body["message_type"] = n.message_type;
  body["partner"] = n.partner;
  put(body, "subject", n.subject);
  body["attempts"] = n.attempts;
  body["reason"] = finding_json({Severity::error, n.reason});
  if (!n.cause_zh.empty() || !n.cause_en.empty()) {
    body["reason"]["zh"] = text({n.reason.id, "", {n.cause_zh}}, Language::zh);
    body["reason"]["en"] = text({n.reason.id, "", {n.cause_en}}, Language::en);
  }
  return notice(head, "delivery.parked/1", std::move(body));
}

std::string to_json(const NoticeHead& head, const EventRejected& n) {
  auto body = OrderedJson::object();
  body["type"] = n.type;
  body["key"] = n.key;
  body["findings"] = findings_array(n.findings);
  return notice(head, "event.rejected/1", std::move(body));
}

}  // namespace huren::model
