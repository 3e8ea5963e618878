// rapidcheck generators of arbitrary reports and records: hostile texts included, characters that XML cannot carry left out.
#pragma once
#include <rapidcheck.h>

#include "tests/unit/core/cda/records.hpp"

namespace huren::cda::test {

inline rc::Gen<std::string> any_text() {
  static const std::vector<std::string> pieces{"a", "Z", "7", " ", "<", ">", "&", "\"", "'", "]]>", "<!--", "\n", "\r\n", "\r", "\t", "葡萄糖", "珅", "^", "%", "%5E",
                                               "\xF0\xA0\xAE\xB7", "&amp;", "&#0;", "{", ";", "：", "javascript:", "<script>", "--", "-", ".", "/", "\\", "0.01", "3-5", "1:8"};
  return rc::gen::map(rc::gen::container<std::vector<std::string>>(rc::gen::elementOf(pieces)), [](const std::vector<std::string>& parts) {
    std::string out;
    for (std::size_t i = 0; i < parts.size() && i < 12; ++i) out += parts[i];
    return out;
  });
}
inline std::string text() { return *any_text(); }
template <class T>
T one_of(std::vector<T> values) {
  return *rc::gen::elementOf(values);
}
inline bool coin() { return *rc::gen::arbitrary<bool>(); }

inline model::Code any_code() {
  return {text(), text(), one_of<std::string>({"", "L", "LN", "I10", "ICD-10", "99LAB", "1.2.3", "2.16.156.10011.2.3.3.11.3", text()})};
}
inline Timestamp any_time() {
  return parse_hl7_time(one_of<std::string>({"", "2026", "202602", "20240229", "2026112108", "202611210830+0800", "20261121083015", "20261121083015.250-0330", "20261121+0800", "19700101000000+0000"}), 480)
      .value_or(Timestamp{});
}
inline std::vector<std::string> any_texts() {
  std::vector<std::string> out;
  for (int i = *rc::gen::inRange(0, 3); i > 0; --i) out.push_back(text());
  return out;
}
inline std::optional<double> any_double() {
  if (coin()) return std::nullopt;
  return one_of<double>({0, 3.9, -1.5, 1e-7, 123456789.123, 1e21, 0.1, 5e-324});
}
inline model::Patient any_patient() {
  model::Patient p;
  p.local_id = text();
  for (int i = *rc::gen::inRange(0, 4); i > 0; --i)
    p.identifiers.push_back({one_of<std::string>({"resident_id", "passport", "health_card", "local", "outpatient_no", "inpatient_no", "other", "weird"}), text(), text()});
  p.name = text();
  p.sex = one_of<model::Sex>({model::Sex::unknown, model::Sex::male, model::Sex::female, model::Sex::not_stated});
  p.birth_date = one_of<Date>({{}, {1949, 12, 31}, {2024, 2, 29}, {1950, 0, 0}, {1950, 6, 0}});
  p.phone = text();
  return p;
}
inline model::Status any_status() {
  using model::Status;
  return one_of<Status>({Status::final_result, Status::corrected, Status::preliminary, Status::cannot_obtain, Status::withdrawn, Status::unknown});
}

inline model::Observation any_observation() {
  model::Observation o;
  o.set_id = coin() ? text() : "";
  o.local = any_code();
  o.standard = any_code();
  o.loinc = one_of<std::string>({"", "14749-6", "2345-7", "not a loinc"});
  o.value_type = one_of<std::string>({"NM", "SN", "ST", "CWE", "", "TX"});
  o.value = coin() ? text() : one_of<std::string>({"", "5.60", "-0.1", ".5", "5.", "+7", "1e5", "1:128", "3-5", "5-5", "0.01", "NaN", "INF", "1,5"});
  o.comparator = one_of<std::string>({"", "", "<", ">", "<=", ">=", "~"});
  o.unit = coin() ? text() : one_of<std::string>({"mmol/L", "μg/L", "10^9/L", ""});
  o.range = {text(), any_double(), any_double()};
  o.flags = coin() ? any_texts() : std::vector<std::string>{one_of<std::string>({"H", "L", "N", "A", "HH", ""})};
  o.status = any_status();
  o.method = any_code();
  o.method_group = text();
  o.instrument = text();
  o.performer = {text(), text()};
  o.marks = any_texts();
  o.observed_at = any_time();
  o.notes = any_texts();
  return o;
}

inline model::LabReport any_report() {
  model::LabReport r;
  r.origin = {"O" + text(), text()};
  r.number = "N" + text();
  r.version = one_of<int>({1, 1, 2, 9999});
  r.status = any_status();
  r.panel = any_code();
  r.category = text();
  r.order_number = text();
  r.patient = any_patient();
  r.patient_class = one_of<std::string>({"", "outpatient", "inpatient", "emergency", "checkup"});
  r.encounter_id = text();
  r.department = text();
  r.diagnosis = any_code();
  r.specimen = {text(), any_code(), any_time(), any_time()};
  for (int i = *rc::gen::inRange(0, 4); i > 0; --i) r.observations.push_back(any_observation());
  r.requester = {text(), text()};
  r.author = {text(), text()};
  r.verifier = {text(), text()};
  r.reported_at = any_time();
  r.conclusion = text();
  r.notes = any_texts();
  r.amendment_reason = text();
  return r;
}

inline model::ClinicalRecord any_record() {
  model::ClinicalRecord r;
  r.kind = one_of(record_kinds());
  r.origin = {"O" + text(), text()};
  r.number = "N" + text();
  r.version = one_of<int>({1, 2, 7});
  r.status = any_status();
  r.patient = any_patient();
  r.patient_class = one_of<std::string>({"", "outpatient", "inpatient", "emergency", "checkup"});
  r.encounter_id = text();
  r.department = text();
  r.order_number = text();
  r.service = any_code();
  r.encounter_from = any_time();
  r.encounter_to = any_time();
  r.requester = {text(), text()};
  r.author = {text(), text()};
  r.verifier = {text(), text()};
  r.recipient = {text(), text()};
  r.recipient_person = {text(), text()};
  r.written_at = any_time();
  const auto rows = items_of(r.kind);
  for (int i = *rc::gen::inRange(0, 5); i > 0; --i) {
    model::RecordItem it;
    it.key = (*rc::gen::elementOf(rows))->key;
    it.value = coin() ? text() : one_of<std::string>({"12.5", "", "x"});
    it.unit = one_of<std::string>({"", "mm", "mmol/L", text()});
    if (coin()) it.code = any_code();
    it.at = any_time();
    r.items.push_back(std::move(it));
  }
  for (int i = *rc::gen::inRange(0, 3); i > 0; --i) r.reports.push_back({text(), "n" + text(), text(), *rc::gen::inRange(1, 5)});
  r.amendment_reason = text();
  return r;
}

}  // namespace huren::cda::test
