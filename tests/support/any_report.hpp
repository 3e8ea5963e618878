// Generators of patients and reports for property tests: names in GB18030 rarities, texts full of delimiters, times of
// every precision. Only what is whole: the shape that parse_event leaves behind (systems and bounds filled in).
#pragma once
#include <rapidcheck.h>

#include <string>
#include <vector>

#include "core/model/lab_report.hpp"
#include "core/model/reference_range.hpp"

namespace huren::tests {

// 珅 瑋 東 昞 end in 7C, 7C, 7C, 5C in GB18030; 𠮷 and 㐂 need four bytes there.
inline rc::Gen<std::string> any_line() {
  return rc::gen::exec([] {
    static const std::vector<std::string> pieces{"陈", "珅", "瑋", "東", "昞", "𠮷", "㐂", "·", "A", "b", "7", "|", "^", "~", "\\", "&", "#",
                                                 "a b", "\\F\\", "\\.br\\", "µ", "é", "α", "\"", "<x>", "]]>", "'"};
    std::string out;
    const auto n = *rc::gen::inRange(1, 6);
    for (int i = 0; i < n; ++i) out += *rc::gen::elementOf(pieces);
    return out == "\"\"" ? std::string("\"") : out;  // "" alone is HL7's explicit null
  });
}
inline rc::Gen<std::string> any_text() {
  return rc::gen::exec([] {
    std::string out = *any_line();
    const auto n = *rc::gen::inRange(0, 3);
    for (int i = 0; i < n; ++i) out += *rc::gen::element<std::string>("\n", "\r\n", "\n\n", "\t") + *any_line();
    return out;
  });
}
inline rc::Gen<std::string> any_code() {
  return rc::gen::exec([] {
    static const std::vector<std::string> pieces{"A", "Z", "0", "9", "-", ".", "/", "GLU", "^", "|", "&", "~", "\\"};
    std::string out;
    const auto n = *rc::gen::inRange(1, 6);
    for (int i = 0; i < n; ++i) out += *rc::gen::elementOf(pieces);
    return out;
  });
}
inline rc::Gen<std::string> maybe(rc::Gen<std::string> gen) {
  return rc::gen::oneOf(rc::gen::just(std::string{}), std::move(gen));
}
inline std::vector<std::string> some(const rc::Gen<std::string>& gen, int most) {
  std::vector<std::string> out;
  const auto n = *rc::gen::inRange(0, most + 1);
  for (int i = 0; i < n; ++i) out.push_back(*gen);
  return out;
}

inline rc::Gen<Timestamp> any_time() {
  return rc::gen::exec([] {
    const auto precision = *rc::gen::element(Precision::none, Precision::year, Precision::month, Precision::day, Precision::hour,
                                             Precision::minute, Precision::second, Precision::millisecond);
    if (precision == Precision::none) return Timestamp{};
    // Through the written form, so that the instant is the earliest one of its precision.
    auto t = from_epoch_ms(*rc::gen::inRange<std::int64_t>(0, 4'000'000'000'000), *rc::gen::element(480, 0, -330, 345));
    t.precision = precision;
    t.has_offset = precision >= Precision::hour;
    return *parse_hl7_time(to_hl7_time(t), 480);
  });
}

inline rc::Gen<model::Code> any_coded(std::vector<std::string> systems) {
  return rc::gen::exec([systems = std::move(systems)] {
    if (*rc::gen::inRange(0, 4) == 0) return model::Code{};
    return model::Code{*any_code(), *maybe(any_line()), *rc::gen::elementOf(systems)};
  });
}

inline rc::Gen<model::Patient> any_patient() {
  return rc::gen::exec([] {
    model::Patient p;
    p.local_id = *any_code();
    const auto n = *rc::gen::inRange(0, 4);
    for (int i = 0; i < n; ++i)
      p.identifiers.push_back({*rc::gen::element<std::string>("resident_id", "passport", "birth_certificate", "officer_id", "hk_mo_permit",
                                                              "tw_permit", "foreign_permanent", "health_card", "local", "outpatient_no",
                                                              "inpatient_no", "other"),
                               *any_code(), *maybe(any_code())});
    p.name = *any_line();
    p.sex = *rc::gen::element(model::Sex::unknown, model::Sex::male, model::Sex::female, model::Sex::not_stated);
    p.birth_date = *rc::gen::element(Date{}, Date{1949, 12, 31}, Date{2000, 2, 29}, Date{1980, 0, 0}, Date{1980, 7, 0});
    p.phone = *maybe(any_code());
    return p;
  });
}

inline rc::Gen<model::Observation> any_observation(int place) {
  return rc::gen::exec([place] {
    model::Observation o;
    o.set_id = std::to_string(place);
    o.local = {*any_code(), *maybe(any_line()), *rc::gen::element<std::string>("L", "LIS")};
    if (*rc::gen::arbitrary<bool>()) o.standard = {*rc::gen::element<std::string>("GLU", "ALT", "HB"), *maybe(any_line()), "HUREN"};
    o.loinc = *rc::gen::element<std::string>("", "14749-6", "2345-7");
    // Where LOINC is the laboratory's own code, where another LOINC stands beside it, and where the laboratory named no item.
    const auto shape = *rc::gen::inRange(0, 8);
    if (shape == 0) o.local = {o.loinc = "718-7", o.local.name, "LN"};
    if (shape == 1) o.local.system = "LN", o.loinc = "2345-7";
    if (shape == 2) o.local = {}, o.loinc = "2345-7";
    if (shape == 3) o.local = {}, o.loinc = "", o.standard = {"GLU", "葡萄糖", "HUREN"};
    o.value_type = *rc::gen::element<std::string>("NM", "SN", "ST", "CWE");
    if (o.value_type == "SN") o.comparator = *rc::gen::element<std::string>("", "<", ">", "<=", ">=");
    const auto number = rc::gen::element<std::string>("5.60", "0", "-1.5", ".5", "+3");
    o.value = o.value_type == "NM" || o.value_type == "SN" ? *number : *any_text();
    o.unit = *rc::gen::element<std::string>("", "mmol/L", "μmol/L", "10^9/L", "%", "x10^12/L", "IU/L");
    o.range = *rc::gen::element(model::ReferenceRange{}, model::read_range("3.9-6.1"), model::read_range("<5.0"), model::read_range("阴性"),
                                model::read_range("0.4--8"), model::ReferenceRange{"男 120-160", 120.0, 160.0},
                                model::ReferenceRange{"≥60", 60.0, {}}, model::ReferenceRange{"见说明", {}, 0.1});
    o.flags = some(rc::gen::element<std::string>("H", "L", "HH", "LL", "A", "AA", "N"), 2);
    o.status = *rc::gen::element(model::Status::final_result, model::Status::corrected, model::Status::preliminary,
                                 model::Status::cannot_obtain, model::Status::withdrawn, model::Status::unknown);
    if (o.status == model::Status::cannot_obtain) o.value.clear();
    o.method = *any_coded({"L", ""});
    o.method_group = *rc::gen::element<std::string>("", "roche_ecl", "ifcc_uv");
    o.instrument = *maybe(any_line());
    o.performer = {*maybe(any_code()), *maybe(any_line())};
    o.marks = some(rc::gen::element<std::string>("全国HR", "鄂HR", "京津冀HR", "HR", "★"), 3);
    o.observed_at = *any_time();
    o.notes = some(any_text(), 2);
    return o;
  });
}

inline rc::Gen<model::LabReport> any_report() {
  return rc::gen::exec([] {
    model::LabReport r;
    r.origin = {*any_code(), *maybe(any_line())};
    r.number = *any_code();
    r.version = *rc::gen::inRange(1, 100);
    r.status = *rc::gen::element(model::Status::final_result, model::Status::corrected, model::Status::preliminary, model::Status::withdrawn);
    r.panel = *any_coded({"L", "LN", ""});
    r.category = *maybe(any_line());
    r.order_number = *maybe(any_code());
    r.patient = *any_patient();
    r.patient_class = *rc::gen::element<std::string>("", "outpatient", "inpatient", "emergency", "checkup");
    r.encounter_id = *maybe(any_code());
    r.department = *maybe(any_line());
    r.diagnosis = *any_coded({"2.16.156.10011.2.3.3.11", ""});
    r.specimen = {*maybe(any_code()), *any_coded({"HUREN", "L", ""}), *any_time(), *any_time()};
    const auto n = *rc::gen::inRange(1, 5);
    for (int i = 1; i <= n; ++i) r.observations.push_back(*any_observation(i));
    r.requester = {*maybe(any_code()), *maybe(any_line())};
    r.author = {*maybe(any_code()), *maybe(any_line())};
    r.verifier = {*maybe(any_code()), *maybe(any_line())};
    r.reported_at = *any_time();
    r.conclusion = *maybe(any_text());
    r.notes = some(any_text(), 2);
    r.amendment_reason = *maybe(any_text());
    return r;
  });
}

}  // namespace huren::tests
