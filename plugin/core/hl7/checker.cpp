#include "core/hl7/checker.hpp"

#include <algorithm>
#include <charconv>
#include <span>

#include "core/base/text.hpp"
#include "core/base/time.hpp"
#include "core/hl7/escape.hpp"

namespace huren::hl7 {
namespace {

constexpr std::size_t kMaxFindings = 1000;

bool all_digits(std::string_view s) {
  return std::all_of(s.begin(), s.end(), [](char c) { return c >= '0' && c <= '9'; });
}

bool is_nm(std::string_view s) {
  if (!s.empty() && (s[0] == '+' || s[0] == '-')) s.remove_prefix(1);
  const auto dot = s.find('.');
  const auto whole = s.substr(0, dot);
  const auto part = dot == std::string_view::npos ? std::string_view() : s.substr(dot + 1);
  return all_digits(whole) && all_digits(part) && !(whole.empty() && part.empty());
}

bool is_tm(std::string_view s) {
  const auto zone = s.find_first_of("+-");
  const auto clock = s.substr(0, zone);
  if (zone != std::string_view::npos && !(s.size() == zone + 5 && all_digits(s.substr(zone + 1)))) return false;
  const auto dot = clock.find('.');
  const auto digits = clock.substr(0, dot);
  if (dot != std::string_view::npos && !(digits.size() == 6 && all_digits(clock.substr(dot + 1)))) return false;
  return (digits.size() == 2 || digits.size() == 4 || digits.size() == 6) && all_digits(digits);
}

// Text types take anything; only what has a grammar can be wrong (v2.5.1 chapter 2A).
bool fits(Grammar grammar, std::string_view s) {
  switch (grammar) {
    case Grammar::text: return true;
    case Grammar::nm: return is_nm(s);
    case Grammar::si: return all_digits(s);
    case Grammar::tm: return is_tm(s);
    case Grammar::dt: return (s.size() == 4 || s.size() == 6 || s.size() == 8) && all_digits(s) && parse_hl7_time(s, 0);
    case Grammar::dtm: return parse_hl7_time(s, 0).has_value();
  }
  return true;
}

bool is_base(std::string_view type) {
  static constexpr std::string_view types[] = {"NM", "ST", "TX", "FT", "SI", "ID", "IS", "DT", "TM", "DTM", "GTS", "TN", "VARIES"};
  return std::find(std::begin(types), std::end(types), type) != std::end(types);
}

std::size_t characters(std::string_view utf8) {
  return static_cast<std::size_t>(
      std::count_if(utf8.begin(), utf8.end(), [](char c) { return (static_cast<unsigned char>(c) & 0xC0) != 0x80; }));
}

Severity severity_from(std::string_view word, Severity otherwise) {
  if (word == "info") return Severity::info;
  if (word == "warning") return Severity::warning;
  return word == "error" ? Severity::error : otherwise;
}

std::string brief(std::string s) {  // a code that goes into a finding: nothing but a short ASCII word
  return printable_ascii(s) && s.size() <= 20 ? std::move(s) : std::string(s.empty() ? "" : "?");
}

int number(std::string_view s) {
  int n = 0;
  std::from_chars(s.data(), s.data() + s.size(), n);
  return n;
}

// Any text will do, none too. coded_by: whose table speaks of it.
bool says_nothing(const ComponentRule& rule, const ComponentRule& coded_by) {
  return rule.grammar == Grammar::text && !rule.parts && !coded_by.codes && !rule.required;
}

// A coded field's own table speaks of its first component.
const ComponentRule& coding(const ComponentRule& whole, const ComponentRule& part) {
  return !part.codes && &part == whole.parts->data() ? whole : part;
}

// A code that says it is another system's is none of HL7's table (CE and CWE, v2.5.1 chapter 2A), which is named HL7nnnn.
bool of_other_system(const Repetition& r, const ComponentRule& rule) {
  if (!rule.codes || (rule.type != "CE" && rule.type != "CWE")) return false;
  const auto system = r.component(3).raw();
  return !system.empty() && !(system.starts_with("HL7") && system.substr(3) == rule.table);
}

bool skipped_by_structure(std::string_view name) {
  return name.size() != 3 || name[0] == 'Z' || name == "ADD" || name == "DSC";
}

// Whether a value has more parts than so many. As far as it must look: most have fewer, some are long.
bool more_than(std::string_view raw, char delimiter, int parts) {
  if (delimiter == '\0' || raw.size() < static_cast<std::size_t>(parts)) return false;
  for (; parts > 0; --parts) {
    const auto at = raw.find(delimiter);
    if (at == std::string_view::npos) return false;
    raw.remove_prefix(at + 1);
  }
  return true;
}

bool header_segment(std::string_view name) { return name == "MSH" || name == "FHS" || name == "BHS"; }

}  // namespace

Checker::Checker(const Message& message, const Profile& profile) : m_(message), profile_(profile), plan_(&profile.plan("")), special_(special_characters(message.delimiters())) {
  std::map<std::string_view, int> seen;
  names_.reserve(m_.size());
  occurrences_.reserve(m_.size());
  int* count = nullptr;
  for (const auto s : m_) {
    const auto name = s.name();
    if (runs_.empty() || runs_.back().name != name) {
      count = &seen[name];
      runs_.push_back({name, s.index(), s.index()});
    }
    ++runs_.back().end;
    names_.push_back(name);
    occurrences_.push_back(++*count);
  }
}

Findings Checker::run() {
  header();
  structure();
  for (const auto s : m_) segment(s, occurrences_[s.index()]);
  profile_rules();
  return std::move(findings_);
}

void Checker::is_of(std::string structure) {
  structure_ = std::move(structure);
  plan_ = &profile_.plan(structure_);
}

void Checker::header() {
  const auto msh = m_.segment(std::size_t{0});
  const auto version = brief(msh.value(12));
  other_version_ = version != "2.5" && version != "2.5.1";
  if (!version.empty() && !d_.table("0104")->contains(version)) add(Severity::error, "hl7.version", {msh, 12}, {version});
  const auto type = brief(msh.value(9)), trigger = brief(msh.value(9, 2)), declared = brief(msh.value(9, 3));
  if (type == "ACK") return is_of("ACK");
  const auto it = d_.events.find(type + '^' + trigger);
  if (it != d_.events.end()) {
    is_of(it->second);
    // Both are met for a merge: ADT_A39 by table 0354, ADT_A40 by habit.
    if (!declared.empty() && declared != structure_ && declared != type + '_' + trigger)
      add(Severity::error, "hl7.structure_mismatch", {msh, 9, 0, 3}, {declared, structure_});
  } else if (d_.structure(declared)) {
    is_of(declared);
  } else {
    add(Severity::error, "hl7.message_type", {msh, 9}, {type + '^' + trigger});
  }
}

void Checker::structure() {
  const auto* s = d_.structure(structure_);
  if (!s) return;
  std::vector<std::string_view> names;
  std::vector<std::size_t> indexes;
  names.reserve(names_.size());
  indexes.reserve(names_.size());
  for (const auto& run : runs_) {
    if (skipped_by_structure(run.name)) continue;
    for (std::size_t i = run.begin; i < run.end; ++i) {
      names.push_back(run.name);
      indexes.push_back(i);
    }
  }
  for (const auto& fault : s->faults(names)) {
    if (fault.missing) {
      const std::string name(fault.segment);
      if (const auto severity = weight(Severity::error, "hl7.segment_missing", name, 0, 0)) add_agreed(*severity, "hl7.segment_missing", name, {name, structure_});
    } else {
      const auto at = m_.segment(indexes[fault.at]);
      // A segment that no 2.5.1 dictionary has is reported as such, once, by segment().
      if (d_.segment(fault.segment)) add(Severity::error, "hl7.segment_unexpected", {at}, {std::string(fault.segment), structure_});
    }
  }
}

void Checker::turn_to(std::string_view name) {
  if (now_ && name == now_->name) return;
  // Results and their notes take turns.
  const auto known = std::find_if(known_.rbegin(), known_.rend(), [&](const OfName& n) { return n.name == name; });
  if (known != known_.rend()) {
    now_ = &*known;
    return;
  }
  const auto* rules = d_.segment(name);
  now_ = rules ? &known_.emplace_back() : &unknown_;
  now_->name = name;
  if (!rules) return;
  now_->rules = rules;
  now_->fields.resize(rules->size() + 1);
  for (const auto i : plan_->fields)
    if (const auto& r = profile_.rules()[i]; r.path.segment == name) {
      now_->agreed.push_back(&r);
      now_->overridden |= std::uint64_t{1} << (static_cast<unsigned>(r.path.field) & 63);
    }
  for (std::size_t i = rules->size(); i > 0 && !now_->last_required; --i)
    if ((*rules)[i - 1].required) now_->last_required = static_cast<int>(i);
}

void Checker::segment(const Segment& s, int occurrence) {
  const auto name = names_[s.index()];
  turn_to(name);
  const auto* rules = now_->rules;
  if (!rules) {
    if (!skipped_by_structure(name) && occurrence == 1) add(Severity::warning, "hl7.unknown_segment", {s}, {std::string(name)});
    return;
  }
  const int known = static_cast<int>(rules->size()), there = s.fields();
  const FieldsOf fields(s);
  for (int n = header_segment(name) ? 3 : 1; n <= std::max(now_->last_required, there); ++n) {
    const auto f = n <= there ? fields[n] : Field();
    if (n > known) {
      if (!f.empty()) add(Severity::warning, "hl7.extra_field", {s, n}, {std::to_string(n - 1)});
      continue;
    }
    const auto& rule = (*rules)[static_cast<std::size_t>(n - 1)];
    if (f.empty()) {
      if (rule.required && !(overridden(n) && override_of("usage", n))) add(Severity::error, "hl7.field_required", {s, n});
      continue;
    }
    // A message of many results says most things again and again: what was without fault is without fault again.
    // What OBX-5 may hold is for OBX-2 to say. Half of all instructions of a check.
    auto& clean = now_->fields[static_cast<std::size_t>(n)].clean;
    if (f.raw() == clean) continue;
    const auto before = findings_.size();
    field(s, n, f, rule);
    if (findings_.size() == before && rule.type != "VARIES") clean = f.raw();
  }
}

void Checker::field(const Segment& s, int n, const Field& f, const FieldRule& rule) {
  if (f.is_null()) return;
  const Place at{s, n};
  const bool whole = undivided(f.raw());
  if (!whole && f.raw().find(m_.delimiters().escape) != std::string_view::npos) {
    scratch_.clear();
    if (append_unescaped(scratch_, f.raw(), m_.delimiters()) > 0) add(Severity::error, "hl7.escape", at);
  }
  const int repetitions = whole ? 1 : f.repetitions();
  const bool changes = overridden(n);
  const auto* repeat = changes ? override_of("repeat", n) : nullptr;
  const int allowed = repeat ? number(repeat->value) : rule.repeat;
  if (allowed && repetitions > allowed) add_by(repeat, "hl7.field_repeats", at, {std::to_string(allowed), std::to_string(repetitions)});
  const auto* length = changes ? override_of("length", n) : nullptr;
  const int longest = length ? number(length->value) : rule.length;
  const ComponentRule* type = &rule;
  if (const auto* table = changes ? override_of("table", n) : nullptr) {
    changed_ = rule;
    changed_.table = table->value == "none" ? "" : table->value;
    changed_.codes = d_.table(changed_.table);
    type = &changed_;
  }
  if (n == 5 && now_->name == "OBX") {
    const auto said = s.field(2).raw();
    if (!value_rule_ || said != value_type_) {
      type = &rule_of_type(s.value(2));
      if (!type->parts && !is_base(type->type)) return add(Severity::error, "hl7.value_type", {s, 2});
      value_type_ = said;
      value_rule_ = type;
    }
    type = value_rule_;
  }
  auto rest = f;
  for (int r = 1; r <= repetitions; ++r) {
    const auto one = repetitions == 1 ? Repetition(f) : rest.take_repetition();
    if (!one.has_value()) continue;
    const Place here{s, n, repetitions > 1 ? r : 0};
    if (longest && (length || longest < 32'768) && one.raw().size() > static_cast<std::size_t>(longest)) {
      const auto size = characters(one.raw());
      if (size > static_cast<std::size_t>(longest))
        add_by(length, "hl7.too_long", here, {std::to_string(size), std::to_string(longest)});
    }
    if (whole && !type->parts) leaf(here, one.raw(), *type, *type);
    else if (whole) single(here, one.raw(), *type);
    else repetition(here, one, *type);
  }
}

bool Checker::undivided(std::string_view raw) const {
  constexpr std::size_t kShort = 48;  // what is longer is searched by jumps
  return raw.size() <= kShort && std::none_of(raw.begin(), raw.end(), [&](char c) { return special_[static_cast<unsigned char>(c)]; });
}

const ComponentRule& Checker::rule_of_type(std::string_view type) {
  const auto known = by_type_.find(type);
  if (known != by_type_.end()) return known->second;
  return by_type_.emplace(type, ComponentRule{.type = std::string(type), .required = false, .table = {}, .grammar = grammar_of(type), .parts = d_.type(type)}).first->second;
}

void Checker::single(const Place& at, std::string_view raw, const ComponentRule& rule) {
  Place here = at;
  for (const auto& part : *rule.parts) {
    ++here.component;
    if (says_nothing(part, coding(rule, part))) continue;
    if (here.component == 1) component(here, Component(Element(raw, &m_.delimiters())), part, coding(rule, part));
    else if (part.required) add(Severity::error, "hl7.component_required", here);
  }
}

void Checker::repetition(const Place& at, Repetition r, const ComponentRule& rule) {
  if (&rule != &changed_ && of_other_system(r, rule)) return repetition(at, r, rule_of_type(rule.type));
  if (!rule.parts) {
    const int components = r.components();
    if (components > 1 && rule.type != "TX" && rule.type != "FT" && is_base(rule.type))
      add(Severity::warning, "hl7.extra_component", at, {rule.type, "1"});
    leaf(at, r.component(1).subcomponent(1).raw(), rule, rule);
    return;
  }
  std::span<const ComponentRule> parts = *rule.parts;
  const int known = static_cast<int>(parts.size());
  if (has_extra_parts(at, r.raw(), known)) add(Severity::warning, "hl7.extra_component", at, {rule.type, std::to_string(known)});
  while (!parts.empty() && says_nothing(parts.back(), coding(rule, parts.back()))) parts = parts.first(parts.size() - 1);
  Place here = at;
  for (const auto& part : parts) {
    ++here.component;
    const auto value = r.take_component();
    if (says_nothing(part, coding(rule, part)) || (value.empty() && !part.required)) continue;
    if (value.empty()) add(Severity::error, "hl7.component_required", here);
    if (value.has_value()) component(here, value, part, coding(rule, part));
  }
}

void Checker::component(const Place& at, Component c, const ComponentRule& rule, const ComponentRule& coded_by) {
  if (!rule.parts) {
    const char delimiter = m_.delimiters().subcomponent;
    leaf(at, delimiter == '\0' ? c.raw() : c.raw().substr(0, c.raw().find(delimiter)), rule, coded_by);
    return;
  }
  const int count = std::min(c.subcomponents(), static_cast<int>(rule.parts->size()));
  for (int n = 1; n <= count; ++n) {
    const auto& part = (*rule.parts)[static_cast<std::size_t>(n - 1)];
    Place here = at;
    here.subcomponent = n;
    leaf(here, c.take_subcomponent().raw(), part, part);
  }
}

void Checker::leaf(const Place& at, std::string_view raw, const ComponentRule& rule, const ComponentRule& coded_by) {
  if (raw.empty() || raw == "\"\"") return;
  if (!fits(rule.grammar, raw)) {
    add(Severity::error, "hl7.data_type", at, {rule.type});
    return;
  }
  // ID: HL7's own table. IS and coded types: the site may add codes.
  if (coded_by.codes && !coded_by.codes->contains(raw))
    add(rule.type == "ID" ? Severity::error : Severity::warning, "hl7.not_in_table", at, {coded_by.table});
}

void Checker::profile_rules() {
  for (const auto i : plan_->places) profile_rule(profile_.rules()[i]);
}

void Checker::profile_rule(const Profile::Rule& rule) {
  const auto& p = rule.path;
  if (!p.field) {
    const bool there = std::find(names_.begin(), names_.end(), p.segment) != names_.end();
    const auto severity = severity_from(rule.severity, Severity::error);
    if (rule.value == "R" && !there) add_agreed(severity, "hl7.segment_missing", p.segment, {p.segment, profile_.name()});
    if (rule.value == "X" && there) add_agreed(severity, "hl7.segment_unexpected", p.segment, {p.segment, profile_.name()});
    return;
  }
  const auto demand = rule.rule == "value" ? Demand::value : rule.value == "R" ? Demand::presence : rule.value == "X" ? Demand::absence : Demand::nothing;
  if (demand == Demand::nothing) return;
  for (const auto& run : runs_) {
    if (run.name != p.segment) continue;
    for (std::size_t i = run.begin; i < run.end; ++i)
      if (!p.segment_index || p.segment_index == occurrences_[i]) place_rule(rule, demand, m_.segment(i));
  }
}

void Checker::place_rule(const Profile::Rule& rule, Demand demand, const Segment& s) {
  const auto& p = rule.path;
  auto f = s.field(p.field);
  if (!p.component) return judge(rule, demand, {s, p.field}, f);
  const int repetitions = f.repetitions();
  for (int r = 1; r <= std::max(1, repetitions); ++r) {
    const auto c = (repetitions > 1 ? f.take_repetition() : Repetition(f)).component(p.component);
    const Place at{s, p.field, repetitions > 1 ? r : 0, p.component, p.subcomponent};
    if (p.subcomponent) judge(rule, demand, at, c.subcomponent(p.subcomponent));
    else judge(rule, demand, at, c);
  }
}

void Checker::judge(const Profile::Rule& rule, Demand demand, const Place& at, const Element& element) {
  const auto severity = [&] { return severity_from(rule.severity, Severity::error); };
  switch (demand) {
    case Demand::nothing: return;
    case Demand::value:
      if (element.has_value() && element.text() != rule.value) add_agreed(severity(), "hl7.value_expected", where(at), {rule.value});
      return;
    case Demand::presence:
      if (!element.has_value()) add_agreed(severity(), at.component ? "hl7.component_required" : "hl7.field_required", where(at), {});
      return;
    case Demand::absence:
      if (!element.empty()) add_agreed(severity(), "hl7.field_forbidden", where(at), {});
  }
}

const Profile::Rule* Checker::override_of(std::string_view rule, int field) const {
  const Profile::Rule* found = nullptr;  // the last one wins
  for (const auto* r : now_->agreed)
    if (r->path.field == field && r->rule == rule) found = r;
  return found;
}

std::string Checker::where(const Place& at) const {
  const auto name = names_[at.segment.index()];
  const int occurrence = occurrences_[at.segment.index()];
  if (name.size() != 3) return at.segment.where();
  // An index only where there are several, as Segment::where() has it.
  const bool single = occurrence == 1 && m_.count(name) == 1;
  return to_string({.segment = std::string(name), .segment_index = single ? 0 : occurrence, .field = at.field,
                    .repetition = at.repetition, .component = at.component, .subcomponent = at.subcomponent});
}

// Every OBX-3 of 2.7 and later has them: where they are no finding, they are not counted again.
bool Checker::has_extra_parts(const Place& at, std::string_view raw, int known) {
  auto& weighs = now_->fields[static_cast<std::size_t>(at.field)].extra_parts;
  if (weighs == false || !more_than(raw, m_.delimiters().component, known)) return false;
  if (!weighs) weighs = weight(Severity::warning, "hl7.extra_component", now_->name, at.field, 0).has_value();
  return *weighs;
}

void Checker::add(Severity severity, std::string_view id, const Place& at, std::vector<std::string> args) {
  const auto name = names_[at.segment.index()];
  if (const auto weighs = weight(severity, id, name, at.field, at.component)) add_agreed(*weighs, id, where(at), std::move(args));
}

void Checker::add_by(const Profile::Rule* agreed, std::string_view id, const Place& at, std::vector<std::string> args) {
  if (agreed && agreed->severity == "off") return;
  if (agreed) add_agreed(severity_from(agreed->severity, Severity::error), id, where(at), std::move(args));
  else add(Severity::error, id, at, std::move(args));
}

void Checker::add_agreed(Severity severity, std::string_view id, std::string where, std::vector<std::string> args) {
  if (findings_.size() < kMaxFindings) findings_.push_back({severity, {id, std::move(where), std::move(args)}});
}

std::optional<Severity> Checker::weight(Severity severity, std::string_view id, std::string_view segment, int field, int component) const {
  // What a later version added is not in this dictionary, and no fault.
  if (other_version_ && (id == "hl7.extra_field" || id == "hl7.extra_component" || id == "hl7.unknown_segment")) return std::nullopt;
  if (other_version_ && severity == Severity::error && segment != "MSH") severity = Severity::warning;
  std::string_view word;
  for (const auto i : plan_->severities) {
    const auto& rule = profile_.rules()[i];
    const auto& p = rule.path;
    if (rule.value != id || (p.field && p.field != field) || (p.component && p.component != component)) continue;
    if (p.segment.empty() || p.segment == segment) word = rule.severity;
  }
  if (word == "off") return std::nullopt;
  return severity_from(word, severity);
}

}  // namespace huren::hl7
