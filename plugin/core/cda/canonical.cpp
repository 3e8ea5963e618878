#include <algorithm>

#include "core/base/text.hpp"
#include "core/cda/lab_document.hpp"
#include "core/cda/lab_value.hpp"
#include "core/cda/oids.hpp"
#include "core/cda/tidy.hpp"

namespace huren::cda {

// People mean one line end, whichever way it is written.
void tidy_some(std::string& text) {
  if (text.find('\r') != std::string::npos) {
    std::string out;
    for (std::size_t i = 0; i < text.size(); ++i) {
      if (text[i] != '\r') out += text[i];
      else if (i + 1 >= text.size() || text[i + 1] != '\n') out += '\n';
    }
    text = std::move(out);
  }
  if (const auto kept = trim(text); kept.size() != text.size()) text = std::string(kept);
}

void tidy(model::Code& c) {
  tidy(c.code);
  tidy(c.name);
  tidy(c.system);
  if (c.code.empty() && c.name.empty()) c.system.clear();
  if (c.system.empty() || c.system[0] < '0' || c.system[0] > '9') return;  // a word is its own word; only an OID may have one
  const std::string oid(oid_of_system(c.system));  // a copy: it may be a view of c.system itself
  if (!oid.empty() && oid != kIcd10) c.system = system_of_oid(oid, c.system);
  if (oid == kIcd10 && c.system != "I10") c.system = "ICD-10";
}

void tidy(model::Organisation& o) {
  tidy(o.code);
  tidy(o.name);
}

void tidy(model::Person& p) {
  tidy(p.id);
  tidy(p.name);
}

void tidy(Timestamp& t) {
  if (!t.present()) t = {};
  if (t.precision < Precision::hour) t.has_offset = false;
}

void tidy(std::vector<std::string>& list) {
  for (auto& text : list) tidy(text);
  std::erase(list, std::string());
}

void tidy(model::Patient& p) {
  tidy(p.local_id);
  tidy(p.name);
  tidy(p.phone);
  for (auto& id : p.identifiers) {
    tidy(id.value);
    if (root_of_identifier(id.type).empty()) id.type = "other";
  }
  std::erase_if(p.identifiers, [](const model::Identifier& id) { return id.value.empty(); });
  const auto resident = std::find_if(p.identifiers.begin(), p.identifiers.end(), [](const auto& id) { return id.type == "resident_id"; });
  if (resident != p.identifiers.end()) std::rotate(p.identifiers.begin(), resident, resident + 1);
}

namespace {

void tidy_item(model::Observation& o, std::size_t index) {
  for (auto* text : {&o.set_id, &o.loinc, &o.value, &o.comparator, &o.unit, &o.range.text, &o.method_group, &o.instrument}) tidy(*text);
  if (o.set_id.empty()) o.set_id = std::to_string(index + 1);
  if (o.loinc.find_first_of(" \t\r\n") != std::string::npos) o.loinc.clear();
  tidy(o.local);
  tidy(o.standard.code);
  tidy(o.standard.name);
  tidy(o.standard.system);
  if (o.standard.code.empty() && o.standard.name.empty()) o.standard.system.clear();
  tidy(o.method);
  tidy(o.performer);
  tidy(o.flags);
  tidy(o.marks);
  tidy(o.notes);
  tidy(o.observed_at);
  switch (shape_of(o)) {
    case ValueShape::number: o.value_type = "NM"; break;
    case ValueShape::bound:
    case ValueShape::interval:
    case ValueShape::ratio: o.value_type = "SN"; break;
    case ValueShape::coded: o.value_type = "CWE"; break;
    case ValueShape::text:
      if (o.value_type != "CWE") o.value_type = "ST";
      o.value = o.comparator + o.value;
      o.comparator.clear();
  }
}

}  // namespace

model::LabReport canonical(model::LabReport r) {
  make_canonical(r);
  return r;
}

void make_canonical(model::LabReport& r) {
  for (auto* text : {&r.number, &r.category, &r.order_number, &r.patient_class, &r.encounter_id, &r.department, &r.conclusion, &r.amendment_reason}) tidy(*text);
  tidy(r.origin);
  tidy(r.panel);
  tidy(r.patient);
  tidy(r.diagnosis);
  tidy(r.specimen.id);
  tidy(r.specimen.type);
  tidy(r.specimen.collected_at);
  tidy(r.specimen.received_at);
  tidy(r.requester);
  tidy(r.author);
  tidy(r.verifier);
  tidy(r.reported_at);
  tidy(r.notes);
  for (std::size_t i = 0; i < r.observations.size(); ++i) tidy_item(r.observations[i], i);
}

}  // namespace huren::cda
