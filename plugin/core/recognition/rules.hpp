// The rules as data (schemas/codes/rules.csv): which of them meet this analyte, patient, department, situation and agreement.
// Promises: rules only tighten; a situation that no rule knows is told, not passed over.
#pragma once
#include <optional>
#include <string_view>

#include "core/recognition/judge.hpp"

namespace huren::recognition {

struct RuleHit {
  const terminology::Rule* never = nullptr;
  const terminology::Rule* advise = nullptr;  // the first by code
  std::optional<int> window_days;             // the shortest
  std::string_view unknown;                   // a situation that no rule names; empty: none
};
RuleHit rules_for(const Analyte& analyte, const PartnerAgreement* partner);

}  // namespace huren::recognition
