// Which of this hospital's items cannot be recognised, and why: what to mend before complaining of a low rate.
#pragma once
#include <span>
#include <string>
#include <vector>

#include "core/recognition/order_check.hpp"
#include "core/terminology/suggest.hpp"

namespace huren::recognition {

struct CoverageRow {
  std::string code, name, item, panel;
  Verdict verdict = Verdict::pass;        // pass: can be recognised; advise: only shown; fail: never
  std::vector<Fact> reasons;              // name: catalogue id "coverage.*", value: what it is about
  std::vector<terminology::Suggestion> suggestions;  // for unmapped items
};
struct Coverage { std::vector<CoverageRow> rows; int recognisable = 0, advisory = 0, never = 0; };
// catalogue: all items that doctors can order here, mapped or not.
Coverage coverage(const terminology::Set& set, std::span<const terminology::LocalFacts> catalogue, std::span<const PartnerAgreement> agreements, const Date& on);
std::string to_csv(const Coverage& coverage, Language language);

}  // namespace huren::recognition
