#include "core/model/report_json.hpp"

#include <cmath>

#include "core/base/text.hpp"
#include "core/model/event.hpp"
#include "core/model/reference_range.hpp"

namespace huren::model {
using nlohmann::json;

void read_code(const json& value, const std::string& path, Source& source, Code& into) {
  Fields f(value, path, source);
  f.code("code", into.code);
  f.text("name", into.name);
  f.code("system", into.system);
  f.finish();
}

void read_organisation(const json& value, const std::string& path, Source& source, Organisation& into) {
  Fields f(value, path, source);
  f.code("code", into.code);
  f.text("name", into.name);
  f.finish();
}

namespace {

void read_identifier(const json& value, const std::string& path, Source& source, Identifier& into) {
  Fields f(value, path, source);
  f.word("type", into.type,
         {"resident_id", "passport", "birth_certificate", "officer_id", "hk_mo_permit", "tw_permit", "foreign_permanent", "health_card",
          "local", "outpatient_no", "inpatient_no", "other"},
         Need::required);
  f.code("value", into.value, Need::required);
  f.code("assigner", into.assigner);
  f.finish();
  if (source.stored || into.type != "resident_id" || into.value.empty() || !normal_resident_id(into.value).empty()) return;
  const bool shape = (into.value.size() == 18 || into.value.size() == 15) &&
                     into.value.find_first_not_of("0123456789") >= into.value.size() - 1;
  // GB 11643: a shape that no card has is a fault; a wrong check character is a slip that only keeps the id from proving anything.
  if (shape) f.remark("model.resident_id_check", f.at("value"));
  else f.fault("model.resident_id_shape", f.at("value"));
}

void read_status(Fields& f, Status& into) {
  std::string word = status_word(into);
  f.word("status", word, {"final", "corrected", "preliminary", "cannot_obtain", "withdrawn", "unknown"});
  into = status_from_word(word);
}

void read_specimen(const json& value, const std::string& path, Source& source, Specimen& into) {
  Fields f(value, path, source);
  f.code("id", into.id);
  f.object("type", into.type, read_code);
  f.time("collected_at", into.collected_at);
  f.time("received_at", into.received_at);
  f.finish();
  if (into.collected_at.present() && into.received_at.present() && into.received_at.precision >= Precision::minute &&
      into.received_at.epoch_ms < into.collected_at.epoch_ms)
    f.remark("model.times_reversed", f.at("received_at"));
}

void read_reference_range(const json& value, const std::string& path, Source& source, ReferenceRange& into) {
  Fields f(value, path, source);
  f.code("text", into.text);
  f.number("low", into.low);
  f.number("high", into.high);
  f.finish();
  if (into.low && into.high && *into.low > *into.high) f.fault("model.range_reversed", f.at("low"));
}

void read_observation(const json& value, const std::string& path, Source& source, Observation& into) {
  Fields f(value, path, source);
  f.code("set_id", into.set_id);
  f.object("local", into.local, read_code);
  f.object("standard", into.standard, read_code);
  f.code("loinc", into.loinc);
  f.word("value_type", into.value_type, {"", "NM", "SN", "ST", "CWE"});
  f.prose("value", into.value);
  f.word("comparator", into.comparator, {"", "<", ">", "<=", ">="});
  f.code("unit", into.unit);
  f.object("range", into.range, read_reference_range);
  f.texts("flags", into.flags, 16, Lines::one);
  read_status(f, into.status);
  f.object("method", into.method, read_code);
  f.code("method_group", into.method_group);
  f.code("instrument", into.instrument);
  f.object("performer", into.performer, read_organisation);
  f.texts("marks", into.marks, 64, Lines::one);
  f.time("observed_at", into.observed_at);
  f.texts("notes", into.notes, kMaxText, Lines::many);
  f.finish();
}

OrderedJson identifier_json(const Identifier& id) {
  OrderedJson out = OrderedJson::object();
  put(out, "type", id.type);
  put(out, "value", id.value);
  put(out, "assigner", id.assigner);
  return out;
}

OrderedJson observation_json(const Observation& o) {
  OrderedJson out = OrderedJson::object();
  put(out, "set_id", o.set_id);
  put_part(out, "local", code_json(o.local));
  put_part(out, "standard", code_json(o.standard));
  put(out, "loinc", o.loinc);
  put(out, "value_type", o.value_type);
  put(out, "value", o.value);
  put(out, "comparator", o.comparator);
  put(out, "unit", o.unit);
  put_part(out, "range", range_json(o.range));
  put(out, "flags", o.flags);
  out["status"] = status_word(o.status);
  put_part(out, "method", code_json(o.method));
  put(out, "method_group", o.method_group);
  put(out, "instrument", o.instrument);
  put_part(out, "performer", organisation_json(o.performer));
  put(out, "marks", o.marks);
  put(out, "observed_at", o.observed_at);
  put(out, "notes", o.notes);
  return out;
}

}  // namespace

void read_person(const json& value, const std::string& path, Source& source, Person& into) {
  Fields f(value, path, source);
  f.code("id", into.id);
  f.text("name", into.name);
  f.finish();
}

void read_doctor(const json& value, const std::string& path, Source& source, Person& into) {
  Fields f(value, path, source);
  f.code("id", into.id, Need::required);
  f.text("name", into.name);
  f.finish();
}

void read_patient(const json& value, const std::string& path, Source& source, Patient& into) {
  Fields f(value, path, source);
  f.code("local_id", into.local_id, Need::required);
  f.list("identifiers", into.identifiers, kMaxList, read_identifier);
  f.text("name", into.name, Need::required);
  std::string sex = sex_word(into.sex);
  f.word("sex", sex, {"unknown", "male", "female", "not_stated"});
  into.sex = sex_from_word(sex);
  f.date("birth_date", into.birth_date);
  f.code("phone", into.phone);
  f.finish();
}

void read_report(const json& value, const std::string& path, Source& source, LabReport& into) {
  Fields f(value, path, source);
  f.object("origin", into.origin, read_organisation);
  f.code("number", into.number, Need::required);
  f.integer("version", into.version, 1, 9999);
  read_status(f, into.status);
  f.object("panel", into.panel, read_code);
  f.text("category", into.category);
  f.code("order_number", into.order_number);
  f.object("patient", into.patient, read_patient, Need::required);
  f.word("patient_class", into.patient_class, {"", "outpatient", "inpatient", "emergency", "checkup"});
  f.code("encounter_id", into.encounter_id);
  f.text("department", into.department);
  f.object("diagnosis", into.diagnosis, read_code);
  f.object("specimen", into.specimen, read_specimen);
  f.list("observations", into.observations, kMaxObservations, read_observation, Need::required);
  f.object("requester", into.requester, read_person);
  f.object("author", into.author, read_person);
  f.object("verifier", into.verifier, read_person);
  f.time("reported_at", into.reported_at, Need::required);
  f.prose("conclusion", into.conclusion, kMaxConclusion);
  f.texts("notes", into.notes, kMaxText, Lines::many);
  f.prose("amendment_reason", into.amendment_reason);
  f.finish();
}

void complete_report(const std::string& path, Source& source, LabReport& report) {
  const auto told = source.findings;  // a member that was found wrong is not told again as missing
  const auto say = [&](Severity severity, std::string_view id, const std::string& place) {
    const auto where = path + place;
    for (const auto& f : told)
      if (where == f.error.where || where.starts_with(f.error.where + '/')) return;
    source.findings.push_back({severity, {id, where, {}}});
  };
  for (std::size_t i = 0; i < report.observations.size(); ++i) {
    auto& o = report.observations[i];
    const auto where = "/observations/" + std::to_string(i);
    if (o.set_id.empty()) o.set_id = std::to_string(i + 1);
    if (o.local.code.empty() && o.standard.code.empty() && o.loinc.empty()) say(Severity::error, "model.item_missing", where + "/local/code");
    const bool may_be_empty = o.status == Status::cannot_obtain || o.status == Status::withdrawn || o.status == Status::preliminary;
    if (o.value.empty() && !may_be_empty) say(Severity::error, "model.value_missing", where + "/value");
    const bool numeric = read_number(o.value).has_value();
    if (o.value_type.empty()) o.value_type = !numeric ? "ST" : o.comparator.empty() ? "NM" : "SN";
    if ((o.value_type == "NM" || o.value_type == "SN") && !o.value.empty() && !numeric)
      say(Severity::error, read_comparator(o.value).comparator.empty() ? "model.not_a_number" : "model.comparator_in_value", where + "/value");
    if (o.value_type == "NM" && !o.comparator.empty()) say(Severity::error, "model.comparator_needs_sn", where + "/comparator");
    if (o.local.system.empty() && !o.local.code.empty()) o.local.system = "L";
    if (o.local.system == "LN" && o.loinc.empty()) o.loinc = o.local.code;
    if (o.standard.system.empty() && !o.standard.code.empty()) o.standard.system = "HUREN";
    complete_range(o.range);
  }
  if (!report.specimen.collected_at.present()) say(Severity::warning, "model.collection_time_missing", "/specimen/collected_at");
}

void put(OrderedJson& into, const char* name, const std::string& text) {
  if (!text.empty()) into[name] = text;
}

void put(OrderedJson& into, const char* name, const Timestamp& time) {
  if (time.present()) into[name] = to_iso_time(time);
}

void put(OrderedJson& into, const char* name, const std::vector<std::string>& texts) {
  if (!texts.empty()) into[name] = texts;
}

void put_part(OrderedJson& into, const char* name, OrderedJson part) {
  if (!part.empty()) into[name] = std::move(part);
}

OrderedJson code_json(const Code& code) {
  OrderedJson out = OrderedJson::object();
  put(out, "code", code.code);
  put(out, "name", code.name);
  put(out, "system", code.system);
  return out;
}

OrderedJson person_json(const Person& person) {
  OrderedJson out = OrderedJson::object();
  put(out, "id", person.id);
  put(out, "name", person.name);
  return out;
}

OrderedJson organisation_json(const Organisation& organisation) {
  OrderedJson out = OrderedJson::object();
  put(out, "code", organisation.code);
  put(out, "name", organisation.name);
  return out;
}

OrderedJson range_json(const ReferenceRange& range) {
  OrderedJson out = OrderedJson::object();
  put(out, "text", range.text);
  if (range.low && std::isfinite(*range.low)) out["low"] = *range.low;
  if (range.high && std::isfinite(*range.high)) out["high"] = *range.high;
  return out;
}

OrderedJson patient_json(const Patient& patient) {
  OrderedJson out = OrderedJson::object();
  put(out, "local_id", patient.local_id);
  auto ids = OrderedJson::array();
  for (const auto& id : patient.identifiers) ids.push_back(identifier_json(id));
  put_part(out, "identifiers", std::move(ids));
  put(out, "name", patient.name);
  out["sex"] = sex_word(patient.sex);
  if (patient.birth_date.present()) out["birth_date"] = to_iso_date(patient.birth_date);
  put(out, "phone", patient.phone);
  return out;
}

OrderedJson report_json(const LabReport& r) {
  OrderedJson out = OrderedJson::object();
  put_part(out, "origin", organisation_json(r.origin));
  put(out, "number", r.number);
  out["version"] = r.version;
  out["status"] = status_word(r.status);
  put_part(out, "panel", code_json(r.panel));
  put(out, "category", r.category);
  put(out, "order_number", r.order_number);
  out["patient"] = patient_json(r.patient);
  put(out, "patient_class", r.patient_class);
  put(out, "encounter_id", r.encounter_id);
  put(out, "department", r.department);
  put_part(out, "diagnosis", code_json(r.diagnosis));
  auto specimen = OrderedJson::object();
  put(specimen, "id", r.specimen.id);
  put_part(specimen, "type", code_json(r.specimen.type));
  put(specimen, "collected_at", r.specimen.collected_at);
  put(specimen, "received_at", r.specimen.received_at);
  put_part(out, "specimen", std::move(specimen));
  auto observations = OrderedJson::array();
  for (const auto& o : r.observations) observations.push_back(observation_json(o));
  out["observations"] = std::move(observations);
  put_part(out, "requester", person_json(r.requester));
  put_part(out, "author", person_json(r.author));
  put_part(out, "verifier", person_json(r.verifier));
  put(out, "reported_at", r.reported_at);
  put(out, "conclusion", r.conclusion);
  put(out, "notes", r.notes);
  put(out, "amendment_reason", r.amendment_reason);
  return out;
}

OrderedJson finding_json(const Finding& finding) {
  auto out = OrderedJson::object();
  out["severity"] = finding.severity == Severity::error ? "error" : finding.severity == Severity::warning ? "warning" : "info";
  out["where"] = finding.error.where;
  out["id"] = std::string(finding.error.id);
  out["zh"] = text(finding.error, Language::zh);
  out["en"] = text(finding.error, Language::en);
  return out;
}

OrderedJson findings_array(const Findings& findings) {
  auto out = OrderedJson::array();
  for (const auto& f : findings) out.push_back(finding_json(f));
  return out;
}

std::string to_json(const LabReport& report) { return report_json(report).dump(); }
std::string to_json(const Patient& patient) { return patient_json(patient).dump(); }

ParsedReport lab_report_from_json(std::string_view text, int assumed_offset_minutes) {
  ParsedReport out;
  const auto tree = parse_tree(text, out.findings);
  if (!tree) return out;
  Source source{out.findings, assumed_offset_minutes, true};
  LabReport report;
  read_report(*tree, "", source, report);
  if (!has_error(out.findings)) out.report = std::move(report);
  return out;
}

std::optional<Patient> patient_from_json(std::string_view text) {
  Findings findings;
  const auto tree = parse_tree(text, findings);
  if (!tree) return std::nullopt;
  Source source{findings, 0, true};
  Patient patient;
  read_patient(*tree, "", source, patient);
  if (has_error(findings)) return std::nullopt;
  return patient;
}

}  // namespace huren::model
