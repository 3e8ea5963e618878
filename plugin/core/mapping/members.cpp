#include "core/mapping/members.hpp"

#include <algorithm>

#include "core/base/text.hpp"
#include "core/mapping/words.hpp"
#include "core/model/reference_range.hpp"

namespace huren::mapping {
namespace {

using model::LabReport;
using model::Observation;

struct ReportRow {
  std::string_view name;
  Member (*get)(LabReport&);
};
struct ObservationRow {
  std::string_view name;
  Member (*get)(Observation&);
};

// An identifier of the patient, made when a map names it.
std::string* identifier(LabReport& r, std::string_view type) {
  for (auto& id : r.patient.identifiers)
    if (id.type == type) return &id.value;
  return &r.patient.identifiers.emplace_back(model::Identifier{std::string(type), "", ""}).value;
}

constexpr ReportRow kReport[] = {
    {"number", [](LabReport& r) -> Member { return &r.number; }},
    {"status", [](LabReport& r) -> Member { return &r.status; }},
    {"panel.code", [](LabReport& r) -> Member { return &r.panel.code; }},
    {"panel.name", [](LabReport& r) -> Member { return &r.panel.name; }},
    {"category", [](LabReport& r) -> Member { return &r.category; }},
    {"order_number", [](LabReport& r) -> Member { return &r.order_number; }},
    {"patient.local_id", [](LabReport& r) -> Member { return &r.patient.local_id; }},
    {"patient.resident_id", [](LabReport& r) -> Member { return identifier(r, "resident_id"); }},
    {"patient.health_card", [](LabReport& r) -> Member { return identifier(r, "health_card"); }},
    {"patient.outpatient_no", [](LabReport& r) -> Member { return identifier(r, "outpatient_no"); }},
    {"patient.inpatient_no", [](LabReport& r) -> Member { return identifier(r, "inpatient_no"); }},
    {"patient.name", [](LabReport& r) -> Member { return &r.patient.name; }},
    {"patient.sex", [](LabReport& r) -> Member { return &r.patient.sex; }},
    {"patient.birth_date", [](LabReport& r) -> Member { return &r.patient.birth_date; }},
    {"patient.phone", [](LabReport& r) -> Member { return &r.patient.phone; }},
    {"patient_class", [](LabReport& r) -> Member { return &r.patient_class; }},
    {"encounter_id", [](LabReport& r) -> Member { return &r.encounter_id; }},
    {"department", [](LabReport& r) -> Member { return &r.department; }},
    {"diagnosis.code", [](LabReport& r) -> Member { return &r.diagnosis.code; }},
    {"diagnosis.name", [](LabReport& r) -> Member { return &r.diagnosis.name; }},
    {"specimen.id", [](LabReport& r) -> Member { return &r.specimen.id; }},
    {"specimen.type.code", [](LabReport& r) -> Member { return &r.specimen.type.code; }},
    {"specimen.type.name", [](LabReport& r) -> Member { return &r.specimen.type.name; }},
    {"specimen.collected_at", [](LabReport& r) -> Member { return &r.specimen.collected_at; }},
    {"specimen.received_at", [](LabReport& r) -> Member { return &r.specimen.received_at; }},
    {"requester.id", [](LabReport& r) -> Member { return &r.requester.id; }},
    {"requester.name", [](LabReport& r) -> Member { return &r.requester.name; }},
    {"author.id", [](LabReport& r) -> Member { return &r.author.id; }},
    {"author.name", [](LabReport& r) -> Member { return &r.author.name; }},
    {"verifier.id", [](LabReport& r) -> Member { return &r.verifier.id; }},
    {"verifier.name", [](LabReport& r) -> Member { return &r.verifier.name; }},
    {"reported_at", [](LabReport& r) -> Member { return &r.reported_at; }},
    {"conclusion", [](LabReport& r) -> Member { return &r.conclusion; }},
    {"amendment_reason", [](LabReport& r) -> Member { return &r.amendment_reason; }},
};

constexpr ObservationRow kObservation[] = {
    {"observation.local.code", [](Observation& o) -> Member { return &o.local.code; }},
    {"observation.local.name", [](Observation& o) -> Member { return &o.local.name; }},
    {"observation.standard.code", [](Observation& o) -> Member { return &o.standard.code; }},
    {"observation.loinc", [](Observation& o) -> Member { return &o.loinc; }},
    {"observation.value", [](Observation& o) -> Member { return &o.value; }},
    {"observation.unit", [](Observation& o) -> Member { return &o.unit; }},
    {"observation.range", [](Observation& o) -> Member { return &o.range; }},
    {"observation.flags", [](Observation& o) -> Member { return &o.flags; }},
    {"observation.status", [](Observation& o) -> Member { return &o.status; }},
    {"observation.method.code", [](Observation& o) -> Member { return &o.method.code; }},
    {"observation.method.name", [](Observation& o) -> Member { return &o.method.name; }},
    {"observation.method_group", [](Observation& o) -> Member { return &o.method_group; }},
    {"observation.instrument", [](Observation& o) -> Member { return &o.instrument; }},
    {"observation.performer.code", [](Observation& o) -> Member { return &o.performer.code; }},
    {"observation.performer.name", [](Observation& o) -> Member { return &o.performer.name; }},
    {"observation.marks", [](Observation& o) -> Member { return &o.marks; }},
    {"observation.observed_at", [](Observation& o) -> Member { return &o.observed_at; }},
};

// "yyyy/M/d HH:mm:ss" applied to text, as an ISO time; empty: it does not fit.
std::string by_form(std::string_view text, std::string_view form) {
  std::string year, month, day, hour, minute, second;
  while (!form.empty()) {
    const char letter = form.front();
    std::string* part = letter == 'y' ? &year : letter == 'M' ? &month : letter == 'd' ? &day : letter == 'H' ? &hour
                      : letter == 'm' ? &minute : letter == 's' ? &second : nullptr;
    if (!part) {
      if (text.empty() || text.front() != letter) return {};
      text.remove_prefix(1);
      form.remove_prefix(1);
      continue;
    }
    const auto run = std::min(form.find_first_not_of(letter), form.size());
    form.remove_prefix(run);
    const auto most = run == 1 ? std::size_t{2} : run;  // one letter: one or two digits
    while (part->size() < most && !text.empty() && text.front() >= '0' && text.front() <= '9') {
      *part += text.front();
      text.remove_prefix(1);
    }
    if (part->empty() || (run > 1 && part->size() != run)) return {};
    if (part->size() == 1) part->insert(0, "0");
  }
  if (!text.empty()) return {};
  std::string out = year + '-' + month + '-' + day;
  if (!hour.empty()) out += 'T' + hour;
  if (!minute.empty()) out += ':' + minute;
  if (!second.empty()) out += ':' + second;
  return out;
}

// As databases print a time: "2026-11-22 07:15:00.123456+08" in the form that ISO 8601 has; empty: it is none.
std::string from_sql(std::string_view text) {
  if (text.size() < 16 || text[4] != '-' || text[7] != '-' || (text[10] != ' ' && text[10] != 'T')) return {};
  std::string out(text);
  out[10] = 'T';
  const auto zone = out.find_first_of("+-Z", 11);
  std::string tail = zone == std::string::npos ? "" : out.substr(zone);
  out.resize(std::min(zone, out.size()));
  if (const auto dot = out.find('.'); dot != std::string::npos) {
    out.resize(std::min(out.size(), dot + 4));
    while (out.size() < dot + 4) out += '0';
  }
  if (tail.size() == 3) tail += ":00";
  else if (tail.size() == 5) tail.insert(3, ":");
  return out + tail;
}

bool assign_status(model::Status& into, std::string_view value) {
  const auto by_word = model::status_from_word(value);
  into = by_word != model::Status::unknown ? by_word : model::status_from_hl7(value);
  return into != model::Status::unknown || value == "unknown";
}

}  // namespace

Member report_member(LabReport& report, std::string_view name) {
  const auto* it = std::find_if(std::begin(kReport), std::end(kReport), [&](const ReportRow& row) { return row.name == name; });
  return it == std::end(kReport) ? Member{} : it->get(report);
}

Member observation_member(Observation& observation, std::string_view name) {
  const auto* it = std::find_if(std::begin(kObservation), std::end(kObservation), [&](const ObservationRow& row) { return row.name == name; });
  return it == std::end(kObservation) ? Member{} : it->get(observation);
}

const std::vector<std::string_view>& member_names() {
  static const auto all = [] {
    std::vector<std::string_view> names;
    for (const auto& row : kReport) names.push_back(row.name);
    for (const auto& row : kObservation) names.push_back(row.name);
    return names;
  }();
  return all;
}

const std::vector<std::string_view>& translated_names() {
  static const std::vector<std::string_view> all{"patient.sex",        "patient_class",       "status",           "specimen.type.code",
                                                 "observation.status", "observation.flags",   "observation.unit", "observation.local.code",
                                                 "observation.method_group"};
  return all;
}

std::optional<Timestamp> read_time(std::string_view text, int offset_minutes, std::span<const std::string> dates) {
  const auto given = trim(text);
  if (auto t = parse_hl7_time(given, offset_minutes)) return t;
  for (const auto& form : dates)
    if (const auto iso = by_form(given, form); !iso.empty()) return parse_iso_time(iso, offset_minutes);
  if (auto t = parse_iso_time(given, offset_minutes)) return t;
  const auto sql = from_sql(given);
  return sql.empty() ? std::nullopt : parse_iso_time(sql, offset_minutes);
}

bool date_form_is_good(std::string_view form) {
  return form.find("yyyy") != std::string_view::npos && form.find('M') != std::string_view::npos && form.find('d') != std::string_view::npos;
}

bool assign(const Member& member, const std::string& value, int offset_minutes, std::span<const std::string> dates) {
  struct Visitor {
    const std::string& value;
    int offset_minutes;
    std::span<const std::string> dates;
    bool operator()(std::monostate) const { return false; }
    bool operator()(std::string* into) const { return *into = value, true; }
    bool operator()(Timestamp* into) const {
      const auto t = read_time(value, offset_minutes, dates);
      if (t) *into = *t;
      return t.has_value();
    }
    bool operator()(Date* into) const {
      // A date may stand with a time behind it: the day is what counts.
      const auto t = read_time(value, 0, dates);
      const auto d = t ? parse_date(to_hl7_time({t->epoch_ms, std::min(t->precision, Precision::day), t->offset_minutes, false})) : parse_date(value);
      if (d) *into = *d;
      return d.has_value();
    }
    bool operator()(model::Sex* into) const {
      *into = read_sex(value);
      return *into != model::Sex::unknown || value == "U" || value == "0" || value == "unknown";
    }
    bool operator()(model::Status* into) const { return assign_status(*into, value); }
    bool operator()(model::ReferenceRange* into) const { return *into = model::read_range(value), true; }
    bool operator()(std::vector<std::string>* into) const { return *into = {value}, true; }
  };
  return std::visit(Visitor{value, offset_minutes, dates}, member);
}

bool holds_something(const Member& member) {
  struct Visitor {
    bool operator()(std::monostate) const { return true; }
    bool operator()(const std::string* m) const { return !m->empty(); }
    bool operator()(const Timestamp* m) const { return m->present(); }
    bool operator()(const Date* m) const { return m->present(); }
    bool operator()(const model::Sex* m) const { return *m != model::Sex::unknown; }
    bool operator()(const model::Status* m) const { return *m != model::Status::unknown; }
    bool operator()(const model::ReferenceRange* m) const { return !(*m == model::ReferenceRange{}); }
    bool operator()(const std::vector<std::string>* m) const { return !m->empty(); }
  };
  return std::visit(Visitor{}, member);
}

std::string member_text(const Member& member) {
  struct Visitor {
    std::string operator()(std::monostate) const { return {}; }
    std::string operator()(const std::string* m) const { return *m; }
    std::string operator()(const Timestamp* m) const { return to_iso_time(*m); }
    std::string operator()(const Date* m) const { return m->present() ? to_iso_date(*m) : std::string(); }
    std::string operator()(const model::Sex* m) const { return model::sex_word(*m); }
    std::string operator()(const model::Status* m) const { return model::status_word(*m); }
    std::string operator()(const model::ReferenceRange* m) const { return m->text; }
    std::string operator()(const std::vector<std::string>* m) const {
      std::string out;
      for (const auto& word : *m) out += (out.empty() ? "" : ",") + word;
      return out;
    }
  };
  return std::visit(Visitor{}, member);
}

}  // namespace huren::mapping
