#include "core/model/clinical_record.hpp"

#include "core/model/json_fields.hpp"
#include "core/model/report_json.hpp"

namespace huren::model {

void read_record_item(const Json& value, const JsonPlace& path, Source& source, RecordItem& into) {
  Fields f(value, path, source);
  f.code("key", into.key, Need::required);
  f.prose("value", into.value, kMaxConclusion);
  f.code("unit", into.unit);
  f.object("code", into.code, read_code);
  f.time("at", into.at);
  f.finish();
}

namespace {

void read_linked(const Json& value, const JsonPlace& path, Source& source, LinkedReport& into) {
  Fields f(value, path, source);
  f.code("origin", into.origin);
  f.code("number", into.number, Need::required);
  f.text("title", into.title);
  f.integer("version", into.version, 1, 9999);
  f.finish();
}

void read_record(const Json& value, Source& source, ClinicalRecord& into) {
  Fields f(value, "", source);
  f.word("kind", into.kind, {"C0006", "C0001", "C0053", "C0049", "C0045", "TRANSFER"}, Need::required);
  f.object("origin", into.origin, read_organisation, Need::required);
  f.code("number", into.number, Need::required);
  f.integer("version", into.version, 1, 9999);
  std::string status = status_word(into.status);
  f.word("status", status, {"final", "corrected", "preliminary", "cannot_obtain", "withdrawn", "unknown"});
  into.status = status_from_word(status);
  f.object("patient", into.patient, read_patient, Need::required);
  f.word("patient_class", into.patient_class, {"", "outpatient", "inpatient", "emergency", "checkup"});
  f.code("encounter_id", into.encounter_id);
  f.text("department", into.department);
  f.code("order_number", into.order_number);
  f.object("service", into.service, read_code);
  f.time("encounter_from", into.encounter_from);
  f.time("encounter_to", into.encounter_to);
  f.object("requester", into.requester, read_person);
  f.object("author", into.author, read_person);
  f.object("verifier", into.verifier, read_person);
  f.object("recipient", into.recipient, read_organisation);
  f.object("recipient_person", into.recipient_person, read_person);
  f.time("written_at", into.written_at, Need::required);
  f.list("items", into.items, kMaxObservations, read_record_item);
  f.list("reports", into.reports, kMaxList, read_linked);
  f.prose("amendment_reason", into.amendment_reason);
  f.finish();
}

}  // namespace

std::string to_json(const ClinicalRecord& r) {
  auto out = OrderedJson::object();
  put(out, "kind", r.kind);
  put_part(out, "origin", organisation_json(r.origin));
  put(out, "number", r.number);
  out["version"] = r.version;
  out["status"] = status_word(r.status);
  out["patient"] = patient_json(r.patient);
  put(out, "patient_class", r.patient_class);
  put(out, "encounter_id", r.encounter_id);
  put(out, "department", r.department);
  put(out, "order_number", r.order_number);
  put_part(out, "service", code_json(r.service));
  put(out, "encounter_from", r.encounter_from);
  put(out, "encounter_to", r.encounter_to);
  put_part(out, "requester", person_json(r.requester));
  put_part(out, "author", person_json(r.author));
  put_part(out, "verifier", person_json(r.verifier));
  put_part(out, "recipient", organisation_json(r.recipient));
  put_part(out, "recipient_person", person_json(r.recipient_person));
  put(out, "written_at", r.written_at);
  auto items = OrderedJson::array();
  for (const auto& i : r.items) {
    auto item = OrderedJson::object();
    put(item, "key", i.key);
    put(item, "value", i.value);
    put(item, "unit", i.unit);
    put_part(item, "code", code_json(i.code));
    put(item, "at", i.at);
    items.push_back(std::move(item));
  }
  put_part(out, "items", std::move(items));
  auto reports = OrderedJson::array();
  for (const auto& l : r.reports) {
    auto linked = OrderedJson::object();
    put(linked, "origin", l.origin);
    put(linked, "number", l.number);
    linked["version"] = l.version;
    put(linked, "title", l.title);
    reports.push_back(std::move(linked));
  }
  put_part(out, "reports", std::move(reports));
  put(out, "amendment_reason", r.amendment_reason);
  return out.dump();
}

ParsedRecord clinical_record_from_json(std::string_view text, int assumed_offset_minutes) {
  ParsedRecord out;
  const auto tree = parse_tree(text, out.findings);
  if (!tree) return out;
  Source source{out.findings, assumed_offset_minutes, true};
  ClinicalRecord record;
  read_record(*tree, source, record);
  if (!has_error(out.findings)) out.record = std::move(record);
  return out;
}

}  // namespace huren::model
