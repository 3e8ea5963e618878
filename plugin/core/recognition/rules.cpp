#include "core/recognition/rules.hpp"

#include <algorithm>

namespace huren::recognition {
namespace {

// The HIS may say a department's name, its code or an alias of it, and so may the rule.
bool same_department(const terminology::Set& set, std::string_view a, std::string_view b) {
  if (a == b) return true;
  const auto* known = set.department(a);
  return known && known == set.department(b);
}

bool meets(const terminology::Rule& rule, const Analyte& a, std::string_view agreement) {
  const auto& tags = a.input.situation;
  if (!terminology::holds(rule.period, a.today)) return false;
  if (!rule.agreement.empty() && rule.agreement != agreement) return false;
  if (!rule.department.empty() && !same_department(a.set, rule.department, a.input.department)) return false;
  if (!rule.situation.empty() && std::find(tags.begin(), tags.end(), rule.situation) == tags.end()) return false;
  const bool any_age = rule.age_from == 0 && rule.age_to < 0;
  if (!any_age && (a.age < rule.age_from || (rule.age_to >= 0 && a.age > rule.age_to))) return false;
  if (rule.scope.empty() || rule.scope == a.item.code) return true;
  return rule.scope.starts_with("class:") && std::string_view(rule.scope).substr(6) == a.item.cls;
}

}  // namespace

RuleHit rules_for(const Analyte& a, const PartnerAgreement* partner) {
  RuleHit hit;
  const std::string_view agreement = partner ? std::string_view(partner->agreement.id) : std::string_view{};
  for (const auto& rule : a.set.rules()) {
    if (!meets(rule, a, agreement)) continue;
    if (rule.action == "never") {
      if (!hit.never) hit.never = &rule;
    } else if (rule.action == "advise") {
      if (!hit.advise) hit.advise = &rule;
    } else if (!hit.window_days || rule.window_days < *hit.window_days) {
      hit.window_days = rule.window_days;
    }
  }
  for (const auto& tag : a.input.situation) {
    const bool known = std::any_of(a.set.rules().begin(), a.set.rules().end(), [&](const auto& rule) {
      return rule.situation == tag && terminology::holds(rule.period, a.today);
    });
    if (!known) hit.unknown = tag;
  }
  return hit;
}

}  // namespace huren::recognition
