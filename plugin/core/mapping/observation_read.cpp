#include "core/mapping/observation_read.hpp"

#include "core/base/text.hpp"
#include "core/mapping/map_apply.hpp"
#include "core/mapping/words.hpp"
#include "core/model/reference_range.hpp"

namespace huren::mapping {
namespace {

using hl7::FieldsOf;
using hl7::Segment;
using model::Observation;

// Three triplets of code, text, system: CE has two, 2.7's CWE a third at 10 to 12. The system says which is which.
void read_item(const Segment& obx, const FieldsOf& fields, Observation& o, const ReadContext& context) {
  std::string room;
  const auto parts = fields[3].repetition(1).first_values<12>(room);
  bool have_local = false, loinc_is_local = false;
  std::string_view loinc_name;
  for (const std::size_t at : {0U, 3U, 9U}) {
    const auto code = parts[at], name = parts[at + 1], system = parts[at + 2];
    if (code.empty() && name.empty() && system.empty()) continue;
    if ((system == kLoinc || system == "LOINC") && o.loinc.empty()) {
      o.loinc = code;
      loinc_name = name;
      loinc_is_local = at == 0;
    } else if (system == kItemSystem) {
      o.standard = {std::string(code), std::string(name), std::string(system)};
    } else if (!have_local) {
      o.local = {std::string(code), std::string(name), std::string(system)};
      have_local = true;
    }
  }
  if (!have_local && !o.loinc.empty() && (loinc_is_local || !context.ours)) o.local = {o.loinc, std::string(loinc_name), std::string(kLoinc)};
  if (context.ours) return;
  if (!o.local.code.empty() && o.local.system.empty()) o.local.system = "L";
  if (o.local.code.empty() && !o.local.name.empty()) {
    o.local.code = o.local.name;
    o.local.system = "L";
    context.warn("mapping.item_without_code", obx.where(3));
  }
}

std::string lines_of(const hl7::Field& field) {
  if (field.empty()) return {};
  if (field.is_one_value()) return field.plain_text();
  auto rest = field;
  auto out = rest.take_repetition().plain_text();
  for (int i = field.repetitions(); i > 1; --i) {
    out += '\n';
    out += rest.take_repetition().plain_text();
  }
  return out;
}

// Structured numeric: comparator, number, separator, number. A titre or an interval has no single number: text.
void read_structured(const hl7::Repetition& sn, Observation& o) {
  const auto comparator = sn.value(1), number = sn.value(2), separator = sn.value(3), second = sn.value(4);
  const bool known = comparator.empty() || comparator == "<" || comparator == ">" || comparator == "<=" || comparator == ">=";
  if ((known || comparator == "=") && separator.empty() && second.empty()) {
    o.value_type = "SN";
    o.comparator = known ? comparator : "";
    o.value = number;
    return;
  }
  o.value_type = "ST";
  o.value = comparator + number + separator + second;
}

}  // namespace

// A number, or "<0.5", found where text was said or nothing.
bool read_as_number(const std::string& text, Observation& o) {
  if (model::read_number(text)) {
    o.value_type = "NM";
    o.value = std::string(trim(text));
    return true;
  }
  const auto compared = model::read_comparator(text);
  if (compared.comparator.empty() || !model::read_number(compared.rest)) return false;
  o.value_type = "SN";
  o.comparator = std::string(compared.comparator);
  o.value = std::string(compared.rest);
  return true;
}

namespace {

void read_value(const Segment& obx, const FieldsOf& fields, Observation& o, const ReadContext& context) {
  const auto said = fields[2].value();
  const std::string_view type = said;
  const auto field = fields[5];
  if (type == "SN") return read_structured(field.repetition(1), o);
  if (type == "CE" || type == "CWE" || type == "CF" || type == "CNE") {
    const auto first = field.repetition(1);
    o.value_type = "CWE";
    o.value = first.value(2);
    if (o.value.empty()) o.value = first.value(1);
    if (o.value.empty()) o.value = first.value(9);
    return;
  }
  auto text = lines_of(field);
  if (!text.empty() && !(context.ours && type == "ST")) {
    // A unit says that it is a measurement, whatever OBX-2 says.
    const bool measured = type == "NM" || !o.unit.empty();
    if (measured && read_as_number(text, o)) return;
    if (type == "NM") context.warn("mapping.number_is_text", obx.where(5));
  }
  o.value_type = type == "NM" && text.empty() ? "NM" : "ST";
  o.value = std::move(text);
}

// "10^12/L" with its caret unescaped comes apart into components.
std::string read_unit(const Segment& obx, const hl7::Field& field, const ReadContext& context) {
  if (field.empty() || field.is_one_value()) return field.value();
  const auto ce = field.repetition(1);
  auto code = ce.value(1);
  const auto text = ce.value(2);
  if (code.ends_with("10") && !text.empty() && text.front() >= '0' && text.front() <= '9' && text.find('/') != std::string::npos) {
    code += '^' + text;
    context.warn("mapping.unit_unescaped", obx.where(6), {code});
    return code;
  }
  return code.empty() ? text : code;
}

void read_flags(hl7::Field field, Observation& o, const ReadContext& context) {
  for (int left = field.repetitions(); left > 0; --left) {
    auto flag = read_flag(context.translated("observation.flags", field.take_repetition().value(1)));
    if (!flag.empty()) o.flags.push_back(std::move(flag));
  }
}

void read_notes(const ObservationGroup& group, Observation& o) {
  for (const auto& nte : group.notes) {
    auto text = note_text(nte);
    if (text.empty()) continue;
    std::string room;
    const auto type = nte.field(4).repetition(1).first_values<3>(room);
    const auto kind = type[2] == kNoteSystem ? type[0] : std::string_view();
    if (kind == "HR") {
      o.marks.push_back(std::move(text));
    } else if (kind == "RNG") {
      const auto middle = text.find("..");
      o.range.low = model::read_number(std::string_view(text).substr(0, middle));
      o.range.high = middle == std::string::npos ? std::nullopt : model::read_number(std::string_view(text).substr(middle + 2));
    } else {
      o.notes.push_back(std::move(text));
    }
  }
}

void apply_map(const ObservationGroup& group, Observation& o, const ReadContext& context) {
  const auto* map = context.options.map;
  if (!map) return;
  const auto value_of = [&](const Place& place) {
    if (place.path.segment == "NTE" && !group.notes.empty()) return value_at(group.notes.front(), place.path);
    return place.path.segment == "OBX" ? value_at(group.obx, place.path) : std::string();
  };
  take_observation(map->observation, map->when, map->defaults, o, value_of, group.obx.where(), context);
}

}  // namespace

std::string note_text(const Segment& nte) { return lines_of(nte.field(3)); }

std::string value_at(const Segment& segment, const hl7::Path& place) {
  if (!place.field) return {};
  const auto repetition = segment.field(place.field).repetition(std::max(place.repetition, 1));
  return place.component ? repetition.value(place.component, std::max(place.subcomponent, 1)) : repetition.plain_text();
}

bool read_observation(const ObservationGroup& group, model::Status of_report, const ReadContext& context, Observation& o) {
  const auto& obx = group.obx;
  const FieldsOf fields(obx);
  o.set_id = fields[1].value();
  read_item(obx, fields, o, context);
  if (context.options.map) o.local.code = context.translated("observation.local.code", o.local.code);
  o.unit = read_unit(obx, fields[6], context);
  if (context.options.map) o.unit = context.translated("observation.unit", o.unit);
  read_value(obx, fields, o, context);
  o.range = model::read_range(fields[7].plain_text());
  read_flags(fields[8], o, context);
  o.status = model::Status::unknown;
  const auto status = fields[11].value();
  if (status != "I" || !context.ours)
    context.member("observation.status", &o.status, status, {obx, 11}, "mapping.status_unknown");
  if (status.empty() && !context.ours) o.status = of_report;
  context.member("observation.observed_at", &o.observed_at, fields[14].value(), {obx, 14}, "mapping.bad_time");
  if (const auto organisation = fields[23]; !organisation.empty()) {
    std::string room;
    const auto performer = organisation.repetition(1).first_values<10>(room);
    o.performer = {std::string(performer[9]), std::string(performer[0])};
  }
  if (const auto producer = fields[15]; !producer.empty()) {
    if (o.performer.code.empty()) o.performer.code = producer.value(1);
    if (o.performer.name.empty()) o.performer.name = producer.value(2);
  }
  if (const auto said = fields[17]; !said.empty()) {
    std::string room;
    const auto method = said.repetition(1).first_values<6>(room);
    o.method = {std::string(method[0]), std::string(method[1]), std::string(method[2])};
    if (method[5] == kMethodGroupSystem) o.method_group = method[3];
  }
  o.instrument = fields[18].value();
  read_notes(group, o);
  apply_map(group, o, context);
  if (o.local == model::Code{} && o.loinc.empty() && o.standard.code.empty()) {
    context.warn("mapping.item_missing", obx.where(3));
    return false;
  }
  return true;
}

}  // namespace huren::mapping
