// Candidates weighed, panels composed: architecture.md "Outcomes compose".
#include <algorithm>
#include <map>

#include "core/recognition/judge.hpp"

namespace huren::recognition {
namespace {

using terminology::Item;

constexpr std::int64_t kDayMs = 86'400'000;

// A candidate that is one of the items somebody ordered; computed once for all orders.
struct Known {
  std::size_t index = 0;
  Meaning meaning;
  Person person;
  std::int64_t taken_ms = 0;  // earliest when the time is missing: such a one comes last
};

struct Target { const Item* item = nullptr; bool required = true; };

std::vector<Target> targets_of(const terminology::Set& set, const terminology::LocalItem& local, const Date& today) {
  std::vector<Target> out;
  if (!local.item.empty()) {
    if (const auto* item = set.item(local.item, today)) out.push_back({item, true});
    return out;
  }
  const auto* panel = set.panel(local.panel, today);
  if (!panel) return out;
  out.reserve(panel->members.size());
  for (const auto& member : panel->members)
    if (terminology::holds(member.period, today))
      if (const auto* item = set.item(member.item, today)) out.push_back({item, member.required});
  std::stable_partition(out.begin(), out.end(), [](const Target& t) { return t.required; });
  return out;
}

// What an order means here: the hospital's own item, or its own item for a LOINC; a LOINC that it has no item for stands for itself.
const terminology::LocalItem* meant(const terminology::Set& set, const model::Code& ordered, const Date& today, terminology::LocalItem& bare) {
  if (ordered.system != "LN") return set.local_item(ordered.code, today);
  const auto* item = set.item_by_loinc(ordered.code, today);
  if (!item) return nullptr;
  if (const auto* local = set.local_item_of(item->code, today)) return local;
  bare.code = ordered.code;
  bare.name = item->zh;
  bare.item = item->code;
  return &bare;
}

using Persons = std::map<std::pair<const model::LabReport*, Link>, Person>;  // one a report

// Reports mostly tell of their person in the same words, which are judged once; our own laboratory's have a number that counts.
Person person_of(const Input& input, const Candidate& c, const Persons& known) {
  for (const auto& [key, person] : known)
    if (!c.source.empty() && person.reason != "identity.own_number" && key.second == c.link && key.first->patient == c.report->patient) return person;
  return judge_person(input, c);
}

std::vector<Known> known_candidates(const Input& input, const Date& today) {
  std::vector<Known> out;
  out.reserve(input.candidates.size());
  Persons persons;
  for (std::size_t i = 0; i < input.candidates.size(); ++i) {
    const auto& c = input.candidates[i];
    if (!c.report || c.position >= c.report->observations.size()) continue;
    const Meaning meaning = meaning_of(c.report->observations[c.position], *input.terminology, today);
    if (!meaning.item) continue;
    const auto key = std::pair{c.report, c.link};
    auto it = persons.find(key);
    if (it == persons.end()) it = persons.emplace(key, person_of(input, c, persons)).first;
    int zone = input.asking.offset_minutes;
    for (const auto& a : input.agreements)
      if (!c.source.empty() && a.agreement.partner == c.source) zone = a.partner.offset_minutes;
    const Timestamp taken = taken_at(c, zone);
    out.push_back({i, meaning, it->second, taken.present() ? taken.epoch_ms : INT64_MIN});
  }
  // Newest first; the rest of the order only makes the answer the same whatever the order of the input.
  std::sort(out.begin(), out.end(), [&](const Known& a, const Known& b) {
    if (a.taken_ms != b.taken_ms) return a.taken_ms > b.taken_ms;
    const auto &x = input.candidates[a.index], &y = input.candidates[b.index];
    return std::tie(x.result_id, x.report_id, x.position, a.index) < std::tie(y.result_id, y.report_id, y.position, b.index);
  });
  return out;
}

// The candidate under the agreement that treats it best.
Considered consider(const Analyte& analyte, const Known& known) {
  const auto& candidate = analyte.input.candidates[known.index];
  Considered best;
  best.candidate = known.index;
  const auto weigh = [&](const PartnerAgreement* partner) {
    auto checks = judge(analyte, candidate, known.meaning, known.person, partner);
    const auto verdict = worst(checks);
    const std::string id = partner ? partner->agreement.id : "";
    const auto faults = [](const std::vector<Check>& cs) { return std::count_if(cs.begin(), cs.end(), [](const Check& c) { return c.verdict != Verdict::pass; }); };
    const bool better = best.checks.empty() || verdict < best.verdict ||
                        (verdict == best.verdict && std::pair{faults(checks), id} < std::pair{faults(best.checks), best.agreement});
    if (!better) return;
    best.agreement = id;
    best.verdict = verdict;
    best.checks = std::move(checks);
  };
  if (!candidate.source.empty())
    for (const auto& a : analyte.input.agreements)
      if (a.agreement.partner == candidate.source) weigh(&a);
  if (best.checks.empty()) weigh(nullptr);
  return best;
}

AnalyteDecision decide_analyte(const Analyte& analyte, bool required, const std::vector<Known>& candidates) {
  AnalyteDecision out;
  out.item = analyte.item.code;
  out.required = required;
  std::optional<std::size_t> grave;  // a critical result newer than the one that passes
  const Known* chosen = nullptr;
  for (const auto& known : candidates) {
    if (!answers(*known.meaning.item, analyte.item)) continue;
    out.considered.push_back(consider(analyte, known));
    const auto& now = out.considered.back();
    const std::size_t here = out.considered.size() - 1;
    if (!out.chosen || now.verdict < out.considered[*out.chosen].verdict) {
      out.chosen = here;
      chosen = &known;
    }
    if (now.verdict == Verdict::pass) break;
    // What is not this patient's tells nothing about this patient; anything else that was critical warns.
    if (!grave && known.person.verdict == Verdict::pass && critical(now.checks)) grave = here;
  }
  if (!out.chosen) {
    out.otherwise.push_back({Aspect::item, Verdict::fail, "item.no_result", {{"item", analyte.item.code}, {"zh", analyte.item.zh}, {"en", analyte.item.en}}});
    return out;
  }
  out.verdict = out.considered[*out.chosen].verdict;
  if (out.verdict == Verdict::pass && grave) {
    out.verdict = Verdict::advise;
    if (out.considered[*grave].verdict == Verdict::advise) {  // it may be shown: it comes first
      out.chosen = grave;
      for (const auto& known : candidates)
        if (known.index == out.considered[*grave].candidate) chosen = &known;
    } else {
      out.otherwise = out.considered[*out.chosen].checks;
      for (auto& check : out.otherwise)
        if (check.aspect == Aspect::abnormal) check = {Aspect::abnormal, Verdict::advise, "abnormal.newer_critical", {}};
    }
  }
  const auto& candidate = analyte.input.candidates[chosen->index];
  out.display = converted(analyte, candidate.report->observations[candidate.position], chosen->meaning);
  return out;
}

void compose(OrderDecision& order) {
  std::size_t passed = 0, advised = 0, required = 0;
  for (const auto& a : order.analytes) {
    const bool grave = a.verdict == Verdict::advise && critical(a.checks());
    order.critical |= grave;
    // An analyte that the panel can do without counts only when its result is critical: that is never suggested away.
    if (!a.required && !grave) continue;
    ++required;
    if (a.verdict == Verdict::pass) ++passed;
    if (a.verdict == Verdict::advise) ++advised;
    if (a.verdict != Verdict::pass) order.missing.push_back(a.item);
  }
  if (passed == required) {
    order.outcome = Outcome::recognised;
    order.reason = "order.recognised";
  } else if (passed > 0) {
    order.outcome = Outcome::partial;
    order.reason = "order.partial";
  } else if (advised > 0) {
    order.outcome = Outcome::advisory;
    order.reason = "order.advisory";
  } else {
    const bool any = std::any_of(order.analytes.begin(), order.analytes.end(), [](const auto& a) { return a.chosen.has_value(); });
    order.reason = any ? "order.none_usable" : "order.no_result";
  }
}

}  // namespace

Decision decide(const Input& input) {
  Decision decision{input.terminology->version(), input.at, {}};
  const auto& set = *input.terminology;
  const Date today = terminology::day_of(input.at.epoch_ms, input.asking.offset_minutes);
  const auto candidates = known_candidates(input, today);
  decision.orders.reserve(input.orders.size());
  for (const auto& ordered : input.orders) {
    OrderDecision order;
    order.order_id = ordered.order_id;
    order.local_code = ordered.item.code;
    order.local_name = ordered.item.name;
    terminology::LocalItem bare;
    if (const auto* local = meant(set, ordered.item, today, bare)) {
      order.item = local->item;
      order.panel = local->panel;
      if (order.local_name.empty()) order.local_name = local->name;
      const auto targets = targets_of(set, *local, today);
      order.analytes.reserve(targets.size());
      for (const auto& target : targets)
        order.analytes.push_back(decide_analyte(analyte_of(input, *target.item, *local), target.required, candidates));
      if (order.analytes.empty()) {
        order.reason = "order.item_ended";
      } else {
        compose(order);
      }
    } else {
      order.reason = "order.unmapped";
    }
    decision.orders.push_back(std::move(order));
  }
  return decision;
}

Verdict quality_of(const Input& input, std::size_t candidate) {
  const auto& c = input.candidates[candidate];
  const Date today = terminology::day_of(input.at.epoch_ms, input.asking.offset_minutes);
  const Meaning meaning = meaning_of(c.report->observations[c.position], *input.terminology, today);
  if (!meaning.item) return Verdict::fail;
  const terminology::LocalItem any;
  const auto* local = input.terminology->local_item_of(meaning.item->code, today);
  const Analyte analyte = analyte_of(input, *meaning.item, local ? *local : any);
  const Person person = judge_person(input, c);
  Verdict best = Verdict::fail;
  const auto weigh = [&](const PartnerAgreement* partner) {
    for (const auto& check : judge(analyte, c, meaning, person, partner))
      if (check.aspect == Aspect::quality) best = std::min(best, check.verdict);
  };
  bool partnered = false;
  for (const auto& a : input.agreements)
    if (!c.source.empty() && a.agreement.partner == c.source) {
      weigh(&a);
      partnered = true;
    }
  if (!partnered) weigh(nullptr);
  return best;
}

std::vector<std::string> answering(const terminology::Set& set, std::string_view code, const Date& on) {
  std::vector<std::string> out;
  if (const auto* item = set.item(code, on))
    for (const auto& other : set.items())
      if ((other.code == item->code || answers(other, *item)) && std::find(out.begin(), out.end(), other.code) == out.end()) out.push_back(other.code);
  return out;
}

Wanted wanted(const Input& input) {
  const auto& set = *input.terminology;
  const Date today = terminology::day_of(input.at.epoch_ms, input.asking.offset_minutes);
  std::vector<std::string_view> items;
  items.reserve(32);
  int days = 1, released_later = 0;
  const auto look = [&](const Item& item) {
    items.push_back(item.code);
    if (const auto window = set.window_days(item, today)) days = std::max(days, *window);
  };
  std::vector<const Item*> equal;  // few of the many items are another's equal
  for (const auto& other : set.items())
    if (!other.equals.empty()) equal.push_back(&other);
  terminology::LocalItem bare;
  for (const auto& ordered : input.orders)
    if (const auto* local = meant(set, ordered.item, today, bare))
      for (const auto& target : targets_of(set, *local, today)) {
        look(*target.item);
        if (!target.item->equals.empty()) items.push_back(target.item->equals);
        for (const auto* other : equal)
          if (answers(*other, *target.item)) items.push_back(other->code);
      }
  for (const auto& a : input.agreements) {
    for (const auto& [scope, window] : a.agreement.window_days) days = std::max(days, window);
    // Counted from the report, a window reaches back to collections before it: reports take at most this long.
    if (a.agreement.window_base == "reported") released_later = 30;
  }
  std::sort(items.begin(), items.end());
  items.erase(std::unique(items.begin(), items.end()), items.end());
  return {{items.begin(), items.end()}, input.at.epoch_ms - (days + released_later) * kDayMs};
}

}  // namespace huren::recognition
