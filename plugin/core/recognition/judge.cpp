#include "core/recognition/judge.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>

#include "core/base/text.hpp"
#include "core/recognition/rules.hpp"

namespace huren::recognition {
namespace {

using terminology::Item;

constexpr std::int64_t kDayMs = 86'400'000;
constexpr std::int64_t kHourMs = 3'600'000;

std::string text_of(double value) {
  std::array<char, 32> buffer{};
  const auto end = std::to_chars(buffer.data(), buffer.data() + buffer.size(), value).ptr;
  return {buffer.data(), end};
}

Check check(Aspect aspect, Verdict verdict, std::string_view reason, std::vector<Fact> facts = {}) {
  return {aspect, verdict, reason, std::move(facts)};
}

bool own(const Candidate& candidate) { return candidate.source.empty(); }
int zone_of(const Input& input, const PartnerAgreement* partner) {
  return partner ? partner->partner.offset_minutes : input.asking.offset_minutes;
}

// "6.1", "<5.0" in ST: number and comparator apart. Nullopt: a word.
std::optional<double> number_of(const model::Observation& o) {
  std::string_view s = trim(o.value);
  while (!s.empty() && (s.front() == '<' || s.front() == '>' || s.front() == '=')) s.remove_prefix(1);
  s = trim(s);
  if (!s.empty() && s.front() == '+') s.remove_prefix(1);
  double value = 0;
  const auto [end, error] = std::from_chars(s.data(), s.data() + s.size(), value);
  if (s.empty() || error != std::errc() || end != s.data() + s.size() || !std::isfinite(value)) return std::nullopt;
  return value;
}

double preferred(double number, const terminology::UnitForm& form) { return number * form.scale + form.offset; }

// In the preferred unit of the item that the result is.
std::optional<double> preferred_value(const model::Observation& o, const Meaning& as) {
  const auto value = as.item->numeric && as.form ? number_of(o) : std::nullopt;
  return value ? std::optional(preferred(*value, *as.form)) : std::nullopt;
}

Check judge_status(const Candidate& c, const model::Observation& o) {
  if (!c.current) return check(Aspect::status, Verdict::fail, "status.superseded");
  // The worse of report and observation: a final value in a withdrawn report is withdrawn.
  for (const auto status : {o.status, c.report->status}) {
    switch (status) {
      case model::Status::final_result:
      case model::Status::corrected: continue;
      case model::Status::preliminary: return check(Aspect::status, Verdict::fail, "status.preliminary");
      case model::Status::withdrawn: return check(Aspect::status, Verdict::fail, "status.withdrawn");
      case model::Status::cannot_obtain: return check(Aspect::status, Verdict::fail, "status.cannot_obtain");
      case model::Status::unknown: return check(Aspect::status, Verdict::fail, "status.unknown");
    }
  }
  const bool corrected = o.status == model::Status::corrected || c.report->status == model::Status::corrected;
  return check(Aspect::status, Verdict::pass, corrected ? "status.corrected" : "status.final");
}

Check judge_item(const Analyte& a, const model::Observation& o, const Meaning& meaning) {
  if (meaning.how == "item.conflict") return check(Aspect::item, Verdict::fail, "item.conflict", {{"item", meaning.item->code}, {"loinc", o.loinc}});
  if (meaning.item->code != a.item.code)
    return check(Aspect::item, Verdict::pass, "item.equal_quantity", {{"item", a.item.code}, {"as", meaning.item->code}});
  return check(Aspect::item, Verdict::pass, meaning.how, {{"item", a.item.code}, {"loinc", o.loinc}});
}

Check judge_specimen(const Analyte& a, const Candidate& c, const Timestamp& taken) {
  const auto& specimen = c.report->specimen;
  if (!taken.present()) return check(Aspect::specimen, Verdict::fail, "specimen.no_collection_time");
  if (taken.epoch_ms > a.input.at.epoch_ms)
    return check(Aspect::specimen, Verdict::fail, "specimen.future", {{"collected_at", to_iso_time(taken)}});
  const auto* type = a.set.specimen(specimen.type.code);
  if (!type) type = a.set.specimen(specimen.type.name);
  if (!type) return check(Aspect::specimen, Verdict::advise, "specimen.unknown");
  const auto& allowed = a.item.specimens;
  const auto allows = [&](std::string_view code) { return std::find(allowed.begin(), allowed.end(), code) != allowed.end(); };
  // A local item that asks for an unusual specimen (24 hour urine) takes that one only.
  const bool fits = a.specimen == type->code || (allows(type->code) && (a.specimen.empty() || allows(a.specimen)));
  return fits ? check(Aspect::specimen, Verdict::pass, "specimen.compatible", {{"specimen", type->zh}, {"specimen_en", type->en}})
              : check(Aspect::specimen, Verdict::fail, "specimen.other", {{"specimen", type->zh}, {"specimen_en", type->en}});
}

std::optional<int> window_of(const Analyte& a, const PartnerAgreement* partner, const RuleHit& rules) {
  std::optional<int> days;
  if (partner) {
    const auto& own_windows = partner->agreement.window_days;
    auto it = own_windows.find(a.item.code);
    if (it == own_windows.end() && !own_windows.empty()) it = own_windows.find("class:" + a.item.cls);
    if (it != own_windows.end()) days = it->second;
  }
  if (!days) days = a.set.window_days(a.item, a.today);
  // A situation can only tighten: what a rule adds never makes an outcome better.
  if (rules.window_days && (!days || *rules.window_days < *days)) days = rules.window_days;
  return days;
}

Check judge_window(const Analyte& a, const Candidate& c, const Timestamp& taken, const PartnerAgreement* partner, const RuleHit& rules) {
  Timestamp base = taken;
  const bool by_report = partner && partner->agreement.window_base == "reported";
  if (by_report) base = in_zone(c.report->reported_at, zone_of(a.input, partner));
  if (!base.present()) return check(Aspect::window, Verdict::fail, "window.no_time");
  const auto days = window_of(a, partner, rules);
  if (!days) return check(Aspect::window, Verdict::advise, "window.unknown", {{"item", a.item.code}});
  if (*days <= 0) return check(Aspect::window, Verdict::fail, "window.never", {{"item", a.item.code}});
  const std::int64_t age_ms = a.input.at.epoch_ms - base.epoch_ms;
  const bool within = age_ms <= *days * kDayMs;
  const std::int64_t hours = age_ms >= 0 ? age_ms / kHourMs : 0;
  std::vector<Fact> facts{{"age_hours", std::to_string(hours)}, {"window_days", std::to_string(*days)}};
  if (age_ms < 0) return check(Aspect::window, Verdict::fail, "window.future", std::move(facts));
  return check(Aspect::window, within ? Verdict::pass : Verdict::fail, within ? "window.within" : "window.exceeded", std::move(facts));
}

// ---- quality: marks and EQA
Check mark_check(const Analyte& a, const model::Observation& o, std::string_view lab, const Date& collected) {
  const auto facts = [&](std::string_view mark) { return std::vector<Fact>{{"mark", std::string(mark)}, {"region", a.input.asking.region}}; };
  bool elsewhere = false, expired = false, unknown = false;
  std::string_view told;
  const auto look = [&](const terminology::Scope& scope) { return a.set.covers(scope, a.input.asking.region); };
  if (!a.set.marks().empty()) {
    // The receiver keeps a table of who may carry which mark: it decides, whatever the wire claims.
    for (const auto& mark : a.set.marks()) {
      if (mark.lab != lab || (mark.item != "*" && mark.item != a.item.code)) continue;
      if (!terminology::holds(mark.period, collected)) {
        expired = true;
        continue;
      }
      for (const auto& scope : a.set.scopes()) {
        if (scope.code != mark.scope || !terminology::holds(scope.period, collected)) continue;
        if (look(scope)) return check(Aspect::quality, Verdict::pass, "quality.mark", facts(scope.marks.front()));
        elsewhere = true;
        told = scope.marks.front();
      }
    }
    unknown = !o.marks.empty();
  } else {
    for (const auto& claimed : o.marks) {
      const auto* scope = a.set.scope_of_mark(claimed, collected);
      if (scope && look(*scope)) return check(Aspect::quality, Verdict::pass, "quality.mark", facts(claimed));
      (scope ? elsewhere : unknown) = true;
      told = claimed;
    }
  }
  if (elsewhere) return check(Aspect::quality, Verdict::advise, "quality.mark_elsewhere", facts(told));
  if (expired) return check(Aspect::quality, Verdict::advise, "quality.mark_expired", facts(o.marks.empty() ? std::string_view{} : o.marks.front()));
  if (unknown) return check(Aspect::quality, Verdict::advise, "quality.mark_not_in_table", facts(o.marks.front()));
  return check(Aspect::quality, Verdict::advise, "quality.no_mark");
}

// EQA of (laboratory, item, method) on the day of collection, where this hospital keeps such a table.
std::optional<Check> eqa_check(const Analyte& a, std::string_view lab, std::string_view method, const Date& collected) {
  if (a.set.eqa().empty()) return std::nullopt;
  bool passed = false, ended = false;
  for (const auto& row : a.set.eqa()) {
    if (row.lab != lab || (row.item != "*" && row.item != a.item.code) || (!row.method_group.empty() && row.method_group != method)) continue;
    if (!terminology::holds(row.period, collected)) {
      ended = true;
    } else if (row.verdict != "passed") {
      return check(Aspect::quality, Verdict::fail, row.verdict == "failed" ? "quality.eqa_failed" : "quality.eqa_withdrawn", {{"item", a.item.code}});
    } else {
      passed = true;
    }
  }
  if (passed) return std::nullopt;
  return check(Aspect::quality, Verdict::advise, ended ? "quality.eqa_not_then" : "quality.eqa_unknown", {{"item", a.item.code}});
}

Check judge_quality(const Analyte& a, const Candidate& c, const model::Observation& o, const Timestamp& taken, std::string_view method,
                    const PartnerAgreement* partner) {
  if (own(c)) return check(Aspect::quality, Verdict::pass, "quality.own_laboratory");
  const bool all_items = partner && partner->agreement.all_items;
  if (!taken.present() && (!all_items || !a.set.eqa().empty())) return check(Aspect::quality, Verdict::advise, "quality.no_day");
  const std::string_view lab = o.performer.code.empty() ? c.report->origin.code : o.performer.code;
  const Date collected = terminology::day_of(taken.epoch_ms, taken.has_offset ? taken.offset_minutes : zone_of(a.input, partner));
  auto eqa = eqa_check(a, lab, method, collected);
  if (eqa && eqa->verdict == Verdict::fail) return std::move(*eqa);
  if (!all_items) {
    auto mark = mark_check(a, o, lab, collected);
    if (mark.verdict != Verdict::pass || !eqa) return mark;
  }
  return eqa ? std::move(*eqa) : check(Aspect::quality, Verdict::pass, "quality.all_items");
}

Check judge_method(const Analyte& a, const Candidate& c, std::string_view method) {
  if (!a.item.method_dependent) return check(Aspect::method, Verdict::pass, "method.independent");
  if (own(c) && method.empty()) return check(Aspect::method, Verdict::pass, "method.own_laboratory");
  std::vector<Fact> facts{{"method", std::string(method)}, {"ours", std::string(a.method_group)}};
  if (method.empty() || a.method_group.empty()) return check(Aspect::method, Verdict::advise, "method.unknown", std::move(facts));
  const bool same = method == a.method_group;
  return check(Aspect::method, same ? Verdict::pass : Verdict::advise, same ? "method.same" : "method.differs", std::move(facts));
}

Check judge_unit(const Analyte& a, const Candidate& c, const model::Observation& o, const Meaning& meaning) {
  const Item& as = *meaning.item;
  const auto* form = meaning.form;
  if (c.link == Link::by_token) return check(Aspect::unit, Verdict::advise, "unit.not_fetched");
  if (trim(o.value).empty()) return check(Aspect::unit, Verdict::fail, "unit.no_value");
  if (!as.numeric) return check(Aspect::unit, Verdict::pass, "unit.words");
  std::vector<Fact> facts{{"unit", o.unit}, {"ours", std::string(a.unit)}};
  const auto number = number_of(o);
  if (!number) return check(Aspect::unit, Verdict::fail, "unit.not_a_number");
  if (!form) return check(Aspect::unit, Verdict::fail, trim(o.unit).empty() ? "unit.missing" : "unit.not_convertible", std::move(facts));
  const double value = preferred(*number, *form);
  if ((as.plausible_low && value < *as.plausible_low) || (as.plausible_high && value > *as.plausible_high))
    return check(Aspect::unit, Verdict::advise, "unit.implausible", std::move(facts));
  const auto* ours = a.form;
  if (ours && !ours->method_group.empty() && !form->method_group.empty() && ours->method_group != form->method_group)
    return check(Aspect::unit, Verdict::advise, "unit.other_calibration", std::move(facts));
  const bool same = ours && ours->unit == form->unit && as.code == a.item.code;
  return check(Aspect::unit, Verdict::pass, same ? "unit.same" : "unit.converted", std::move(facts));
}

Check judge_level(const Candidate& c, const PartnerAgreement* partner) {
  if (own(c)) return check(Aspect::level, Verdict::pass, "level.own");
  if (!partner || partner->agreement.min_level <= 0) return check(Aspect::level, Verdict::pass, "level.not_asked");
  const int level = partner->partner.level, least = partner->agreement.min_level;
  std::vector<Fact> facts{{"level", std::to_string(level)}, {"least", std::to_string(least)}};
  if (level <= 0) return check(Aspect::level, Verdict::advise, "level.unknown", std::move(facts));
  return check(Aspect::level, level >= least ? Verdict::pass : Verdict::fail, level >= least ? "level.enough" : "level.too_low", std::move(facts));
}

Check judge_situation(const RuleHit& rules) {
  const auto facts = [](const terminology::Rule& r) { return std::vector<Fact>{{"zh", r.zh}, {"en", r.en}, {"rule", r.code}}; };
  if (rules.never) return check(Aspect::situation, Verdict::fail, "situation.never", facts(*rules.never));
  if (rules.advise) return check(Aspect::situation, Verdict::advise, "situation.rule", facts(*rules.advise));
  if (!rules.unknown.empty()) return check(Aspect::situation, Verdict::advise, "situation.unknown", {{"situation", std::string(rules.unknown)}});
  return check(Aspect::situation, Verdict::pass, "situation.ordinary");
}

bool covers(const model::Agreement& agreement, const Item& item) {
  return agreement.items.empty() || std::any_of(agreement.items.begin(), agreement.items.end(), [&](const std::string& s) {
           return s == item.code || (s.starts_with("class:") && std::string_view(s).substr(6) == item.cls);
         });
}

Check judge_agreement(const Analyte& a, const Candidate& c, const PartnerAgreement* partner) {
  if (c.barred) return check(Aspect::agreement, Verdict::fail, "agreement.consent_ended");
  if (own(c)) return check(Aspect::agreement, Verdict::pass, "agreement.own");
  if (!partner) return check(Aspect::agreement, Verdict::fail, "agreement.none", {{"partner", c.source}});
  const auto& agreement = partner->agreement;
  std::vector<Fact> facts{{"agreement", agreement.id}, {"partner", agreement.partner}};
  if (!terminology::holds({agreement.from, agreement.to}, a.today)) return check(Aspect::agreement, Verdict::fail, "agreement.not_in_force", std::move(facts));
  if (!agreement.receive) return check(Aspect::agreement, Verdict::fail, "agreement.other_direction", std::move(facts));
  if (!covers(agreement, a.item)) return check(Aspect::agreement, Verdict::fail, "agreement.item_not_covered", std::move(facts));
  if (agreement.basis.empty()) return check(Aspect::agreement, Verdict::fail, "agreement.no_basis", std::move(facts));
  if (c.index_only) return check(Aspect::agreement, Verdict::advise, "agreement.index_only", std::move(facts));
  // The partner answers for its own laboratory; what it passes on from a third hospital it can only show.
  if (!partner->partner.code.empty() && c.report->origin.code != partner->partner.code)
    return check(Aspect::agreement, Verdict::advise, "agreement.third_hospital", std::move(facts));
  return check(Aspect::agreement, Verdict::pass, "agreement.in_force", std::move(facts));
}

}  // namespace

Analyte analyte_of(const Input& input, const terminology::Item& item, const terminology::LocalItem& local) {
  Analyte a{input, *input.terminology, item, {}, terminology::day_of(input.at.epoch_ms, input.asking.offset_minutes), -1, item.unit, item.unit, {}, nullptr};
  // An order for a panel says nothing of each analyte's unit and method: this hospital's own single item does.
  const auto* single = local.item.empty() ? a.set.local_item_of(item.code, a.today) : &local;
  if (single) {
    a.specimen = single->specimen;
    a.method_group = single->method_group;
  }
  Date birth = input.patient.birth_date;
  for (const auto& id : input.patient.identifiers)
    if (!birth.present() && id.type == "resident_id") birth = model::resident_id_birth_date(model::normal_resident_id(id.value));
  Timestamp at = input.at;
  at.offset_minutes = input.asking.offset_minutes;
  if (birth.present()) a.age = age_years(birth, at);
  const auto* form = !single || single->unit.empty() ? nullptr : a.set.unit_form(item, single->unit);
  if (form) {
    a.unit = form->unit;
    a.printed_unit = single->unit;
  }
  if (form && a.method_group.empty()) a.method_group = form->method_group;
  a.form = form && form->unit == single->unit ? form : a.set.unit_form(item, a.unit);
  return a;
}

Meaning meaning_of(const model::Observation& observation, const terminology::Set& set, const Date& on) {
  const auto* by_code = observation.standard.code.empty() ? nullptr : set.item(observation.standard.code, on);
  const auto* by_loinc = observation.loinc.empty() ? nullptr : set.item_by_loinc(observation.loinc, on);
  const auto as = [&](const Item* item, std::string_view how) { return Meaning{item, how, set.unit_form(*item, observation.unit)}; };
  if (by_code && by_loinc && by_code != by_loinc && !answers(*by_loinc, *by_code) && !answers(*by_code, *by_loinc)) return as(by_code, "item.conflict");
  if (by_code) return as(by_code, "item.same");
  // A code that the tables lack is not overruled by its LOINC: the sender meant something else.
  if (by_loinc && observation.standard.code.empty()) return as(by_loinc, "item.by_loinc");
  return {};
}

bool answers(const terminology::Item& result, const terminology::Item& ordered) {
  if (&result == &ordered || result.code == ordered.code) return true;
  return (!result.equals.empty() && result.equals == ordered.code) || (!ordered.equals.empty() && ordered.equals == result.code);
}

Timestamp taken_at(const Candidate& candidate, int partner_offset_minutes) {
  const auto& o = candidate.report->observations[candidate.position];
  const Timestamp collected = in_zone(candidate.report->specimen.collected_at, partner_offset_minutes);
  const Timestamp observed = in_zone(o.observed_at, partner_offset_minutes);
  if (!collected.present()) return observed;
  return observed.present() && observed.epoch_ms < collected.epoch_ms && observed.precision >= collected.precision ? observed : collected;
}

Timestamp in_zone(const Timestamp& t, int offset_minutes) {
  if (!t.present() || t.has_offset || t.offset_minutes == offset_minutes) return t;
  Timestamp moved = t;
  moved.epoch_ms += std::int64_t{t.offset_minutes - offset_minutes} * 60'000;
  moved.offset_minutes = offset_minutes;
  return moved;
}

Person judge_person(const Input& input, const Candidate& candidate) {
  const auto& theirs = candidate.report->patient;
  if (candidate.link == Link::unmerged) return {Verdict::fail, "identity.unmerged"};
  if (candidate.link == Link::by_token) return {Verdict::advise, "identity.by_token"};
  if (candidate.link == Link::merged) return {Verdict::pass, "identity.merged"};
  const bool own_number = own(candidate) && !theirs.local_id.empty() && theirs.local_id == input.patient.local_id;
  const auto match = model::same_person(input.patient, theirs);
  if (match.match == model::Match::different) return {Verdict::fail, "identity.other_person"};
  if (match.match == model::Match::same) return {Verdict::pass, "identity.matched"};
  // Our own number names our own patient, also one who has no papers.
  if (own_number && theirs.name == input.patient.name) return {Verdict::pass, "identity.own_number"};
  const auto* entry = catalogue_entry(match.reason);
  return {Verdict::fail, entry ? entry->id : std::string_view("identity.not_matched")};
}

std::vector<Check> judge(const Analyte& a, const Candidate& candidate, const Meaning& meaning, const Person& person,
                         const PartnerAgreement* partner) {
  const auto& observation = candidate.report->observations[candidate.position];
  const Timestamp taken = taken_at(candidate, zone_of(a.input, partner));
  const RuleHit rules = rules_for(a, partner);
  const std::string_view method = method_of(a.set, observation, meaning);
  std::vector<Check> checks;
  checks.reserve(12);
  checks.push_back(check(Aspect::identity, person.verdict, person.reason));
  checks.push_back(judge_status(candidate, observation));
  checks.push_back(judge_item(a, observation, meaning));
  checks.push_back(judge_specimen(a, candidate, taken));
  checks.push_back(judge_window(a, candidate, taken, partner, rules));
  checks.push_back(judge_quality(a, candidate, observation, taken, method, partner));
  checks.push_back(judge_method(a, candidate, method));
  checks.push_back(judge_unit(a, candidate, observation, meaning));
  checks.push_back(judge_level(candidate, partner));
  checks.push_back(judge_situation(rules));
  checks.push_back(judge_abnormal(observation, meaning));
  checks.push_back(judge_agreement(a, candidate, partner));
  return checks;
}

std::optional<Converted> converted(const Analyte& a, const model::Observation& observation, const Meaning& meaning) {
  const Item& as = *meaning.item;
  const auto number = as.numeric ? number_of(observation) : std::nullopt;
  const auto* theirs = number ? meaning.form : nullptr;
  const auto* ours = a.form;
  if (!theirs || !ours) return std::nullopt;
  if (!ours->method_group.empty() && !theirs->method_group.empty() && ours->method_group != theirs->method_group) return std::nullopt;
  if (as.code == a.item.code && ours->unit == theirs->unit) return Converted{*number, observation.unit, false};
  return Converted{(preferred(*number, *theirs) - ours->offset) / ours->scale, std::string(a.printed_unit), true};
}

std::string_view method_of(const terminology::Set& set, const model::Observation& o, const Meaning& meaning) {
  if (!o.method_group.empty()) {
    const auto known = set.method_group(o.method_group);
    return known.empty() ? std::string_view(o.method_group) : known;
  }
  auto group = set.method_group(o.method.code);
  if (group.empty()) group = set.method_group(o.method.name);
  if (group.empty() && meaning.form) group = meaning.form->method_group;
  return group;
}

Check judge_abnormal(const model::Observation& o, const Meaning& meaning) {
  // HL7 table 0078: panic limits, and values beyond the instrument's scale.
  static constexpr std::array<std::string_view, 8> grave{"HH", "LL", "AA", ">", "<", "HU", "LU", "↑↑"};
  bool flagged = false;
  for (const auto& flag : o.flags) {
    if (std::find(grave.begin(), grave.end(), flag) != grave.end() || flag == "↓↓")
      return check(Aspect::abnormal, Verdict::advise, "abnormal.critical", {{"why", flag}});
    flagged |= !flag.empty() && flag != "N";
  }
  const Item& as = *meaning.item;
  if (const auto value = as.critical_low || as.critical_high ? preferred_value(o, meaning) : std::nullopt) {
    if (as.critical_low && *value <= *as.critical_low)
      return check(Aspect::abnormal, Verdict::advise, "abnormal.critical", {{"why", "≤ " + text_of(*as.critical_low) + " " + as.unit}});
    if (as.critical_high && *value >= *as.critical_high)
      return check(Aspect::abnormal, Verdict::advise, "abnormal.critical", {{"why", "≥ " + text_of(*as.critical_high) + " " + as.unit}});
  }
  return check(Aspect::abnormal, Verdict::pass, flagged ? "abnormal.outside_range" : "abnormal.not_critical");
}

Verdict worst(std::span<const Check> checks) {
  Verdict verdict = Verdict::pass;
  for (const auto& c : checks) verdict = std::max(verdict, c.verdict);
  return verdict;
}

bool critical(std::span<const Check> checks) {
  return std::any_of(checks.begin(), checks.end(), [](const Check& c) { return c.aspect == Aspect::abnormal && c.verdict != Verdict::pass; });
}

}  // namespace huren::recognition
