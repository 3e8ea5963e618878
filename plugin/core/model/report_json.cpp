#include "core/model/report_json.hpp"

#include <cmath>

#include "core/base/text.hpp"
#include "core/model/event.hpp"
#include "core/model/json_text.hpp"
#include "core/model/reference_range.hpp"

namespace huren::model {

void read_code(const Json& value, const JsonPlace& path, Source& source, Code& into) {
  Fields f(value, path, source);
  f.code("code", into.code);
  f.text("name", into.name);
  f.code("system", into.system);
  f.finish();
}

void read_organisation(const Json& value, const JsonPlace& path, Source& source, Organisation& into) {
  Fields f(value, path, source);
  f.code("code", into.code);
  f.text("name", into.name);
  f.finish();
}

namespace {

void read_identifier(const Json& value, const JsonPlace& path, Source& source, Identifier& into) {
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
  if (const auto word = f.said("status", {"final", "corrected", "preliminary", "cannot_obtain", "withdrawn", "unknown"})) into = status_from_word(*word);
}

void read_specimen(const Json& value, const JsonPlace& path, Source& source, Specimen& into) {
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

void read_reference_range(const Json& value, const JsonPlace& path, Source& source, ReferenceRange& into) {
  Fields f(value, path, source);
  f.code("text", into.text);
  f.number("low", into.low);
  f.number("high", into.high);
  f.finish();
  if (into.low && into.high && *into.low > *into.high) f.fault("model.range_reversed", f.at("low"));
}

void read_observation(const Json& value, const JsonPlace& path, Source& source, Observation& into) {
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

void write(JsonText& out, const Code& code) {
  out.put("code", code.code);
  out.put("name", code.name);
  out.put("system", code.system);
}

void write(JsonText& out, const Person& person) {
  out.put("id", person.id);
  out.put("name", person.name);
}

void write(JsonText& out, const Organisation& organisation) {
  out.put("code", organisation.code);
  out.put("name", organisation.name);
}

void write(JsonText& out, const ReferenceRange& range) {
  out.put("text", range.text);
  if (range.low && std::isfinite(*range.low)) out.number("low", *range.low);
  if (range.high && std::isfinite(*range.high)) out.number("high", *range.high);
}

void write(JsonText& out, const Specimen& specimen) {
  out.put("id", specimen.id);
  out.object("type", [&] { write(out, specimen.type); });
  out.put("collected_at", specimen.collected_at);
  out.put("received_at", specimen.received_at);
}

void write(JsonText& out, const Observation& o) {
  const auto part = [&](const auto& name, const auto& value) { out.object(name, [&] { write(out, value); }); };
  out.put("set_id", o.set_id);
  part("local", o.local);
  part("standard", o.standard);
  out.put("loinc", o.loinc);
  out.put("value_type", o.value_type);
  out.put("value", o.value);
  out.put("comparator", o.comparator);
  out.put("unit", o.unit);
  part("range", o.range);
  out.put("flags", o.flags);
  out.put("status", status_word(o.status));
  part("method", o.method);
  out.put("method_group", o.method_group);
  out.put("instrument", o.instrument);
  part("performer", o.performer);
  out.put("marks", o.marks);
  out.put("observed_at", o.observed_at);
  out.put("notes", o.notes);
}

void write(JsonText& out, const Patient& patient) {
  out.put("local_id", patient.local_id);
  out.list("identifiers", [&] {
    for (const auto& id : patient.identifiers)
      out.element([&] {
        out.put("type", id.type);
        out.put("value", id.value);
        out.put("assigner", id.assigner);
      });
  });
  out.put("name", patient.name);
  out.put("sex", sex_word(patient.sex));
  if (patient.birth_date.present()) out.put("birth_date", to_iso_date(patient.birth_date));
  out.put("phone", patient.phone);
}

void write(JsonText& out, const LabReport& r) {
  const auto part = [&](const auto& name, const auto& value) { out.object(name, [&] { write(out, value); }); };
  part("origin", r.origin);
  out.put("number", r.number);
  out.integer("version", r.version);
  out.put("status", status_word(r.status));
  part("panel", r.panel);
  out.put("category", r.category);
  out.put("order_number", r.order_number);
  out.object("patient", [&] { write(out, r.patient); }, true);
  out.put("patient_class", r.patient_class);
  out.put("encounter_id", r.encounter_id);
  out.put("department", r.department);
  part("diagnosis", r.diagnosis);
  part("specimen", r.specimen);
  out.list("observations", [&] {
    for (const auto& o : r.observations) out.element([&] { write(out, o); });
  }, true);
  part("requester", r.requester);
  part("author", r.author);
  part("verifier", r.verifier);
  out.put("reported_at", r.reported_at);
  out.put("conclusion", r.conclusion);
  out.put("notes", r.notes);
  out.put("amendment_reason", r.amendment_reason);
}

}  // namespace

void read_person(const Json& value, const JsonPlace& path, Source& source, Person& into) {
  Fields f(value, path, source);
  f.code("id", into.id);
  f.text("name", into.name);
  f.finish();
}

void read_doctor(const Json& value, const JsonPlace& path, Source& source, Person& into) {
  Fields f(value, path, source);
  f.code("id", into.id, Need::required);
  f.text("name", into.name);
  f.finish();
}

void read_patient(const Json& value, const JsonPlace& path, Source& source, Patient& into) {
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

void read_report(const Json& value, const JsonPlace& path, Source& source, LabReport& into) {
  Fields f(value, path, source);
  f.object("origin", into.origin, read_organisation);
  f.code("number", into.number, Need::required);
  f.integer("version", into.version, 0, 9999);
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
    const auto of = [i](const char* member) { return "/observations/" + std::to_string(i) + member; };
    if (o.set_id.empty()) o.set_id = std::to_string(i + 1);
    if (o.local.code.empty() && o.standard.code.empty() && o.loinc.empty()) say(Severity::error, "model.item_missing", of("/local/code"));
    const bool may_be_empty = o.status == Status::cannot_obtain || o.status == Status::withdrawn || o.status == Status::preliminary;
    if (o.value.empty() && !may_be_empty) say(Severity::error, "model.value_missing", of("/value"));
    const bool numeric = read_number(o.value).has_value();
    if (o.value_type.empty()) o.value_type = !numeric ? "ST" : o.comparator.empty() ? "NM" : "SN";
    if ((o.value_type == "NM" || o.value_type == "SN") && !o.value.empty() && !numeric)
      say(Severity::error, read_comparator(o.value).comparator.empty() ? "model.not_a_number" : "model.comparator_in_value", of("/value"));
    if (o.value_type == "NM" && !o.comparator.empty()) say(Severity::error, "model.comparator_needs_sn", of("/comparator"));
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

// Where an answer holds a patient or a report among other things; the shape is written once, above.
OrderedJson patient_json(const Patient& patient) { return OrderedJson::parse(to_json(patient)); }
OrderedJson report_json(const LabReport& report) { return OrderedJson::parse(to_json(report)); }

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

std::string to_json(const LabReport& report) {
  JsonText out(1024 + report.observations.size() * 320);
  return out.whole([&] { write(out, report); });
}
std::string to_json(const Patient& patient) {
  JsonText out(256);
  return out.whole([&] { write(out, patient); });
}

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
