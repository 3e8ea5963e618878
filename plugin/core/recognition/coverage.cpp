#include "core/recognition/coverage.hpp"

#include <algorithm>

#include "core/base/csv.hpp"

namespace huren::recognition {
namespace {

using terminology::Item;

bool covered(const Item& item, std::span<const PartnerAgreement> agreements, const Date& on) {
  return std::any_of(agreements.begin(), agreements.end(), [&](const PartnerAgreement& a) {
    const auto& items = a.agreement.items;
    const bool named = items.empty() || std::find(items.begin(), items.end(), item.code) != items.end() ||
                       std::find(items.begin(), items.end(), "class:" + item.cls) != items.end();
    return named && a.agreement.receive && terminology::holds({a.agreement.from, a.agreement.to}, on);
  });
}

void say(CoverageRow& row, Verdict verdict, std::string_view id, std::string about) {
  row.verdict = std::max(row.verdict, verdict);
  row.reasons.push_back({id, std::move(about)});
}

void look(CoverageRow& row, const terminology::Set& set, const Item& item, const terminology::LocalItem& local, std::span<const PartnerAgreement> agreements,
          const Date& on) {
  const auto* single = local.item.empty() ? set.local_item_of(item.code, on) : &local;
  if (!covered(item, agreements, on)) say(row, Verdict::fail, "coverage.no_agreement", item.code);
  const auto days = set.window_days(item, on);
  if (!days) say(row, Verdict::advise, "coverage.no_window", item.code);
  else if (*days <= 0) say(row, Verdict::fail, "coverage.never", item.code);
  const auto* form = single && !single->unit.empty() ? set.unit_form(item, single->unit) : nullptr;
  if (item.numeric && single && !single->unit.empty() && !form) say(row, Verdict::advise, "coverage.unit", single->unit);
  const bool told = single && (!single->method_group.empty() || (form && !form->method_group.empty()));
  if (item.method_dependent && !told) say(row, Verdict::advise, "coverage.no_method", item.code);
}

}  // namespace

Coverage coverage(const terminology::Set& set, std::span<const terminology::LocalFacts> catalogue, std::span<const PartnerAgreement> agreements, const Date& on) {
  Coverage out;
  const terminology::Suggester suggester(set, on);
  for (const auto& facts : catalogue) {
    CoverageRow row{facts.code, facts.name, "", "", Verdict::pass, {}, {}};
    const auto* local = set.local_item(facts.code, on);
    if (!local) {
      say(row, Verdict::fail, "coverage.unmapped", facts.code);
      row.suggestions = suggester.suggest(facts, 3);
    } else if (!local->item.empty()) {
      row.item = local->item;
      if (const auto* item = set.item(local->item, on)) look(row, set, *item, *local, agreements, on);
      else say(row, Verdict::fail, "coverage.item_ended", local->item);
    } else {
      row.panel = local->panel;
      const auto* panel = set.panel(local->panel, on);
      if (!panel) say(row, Verdict::fail, "coverage.item_ended", local->panel);
      for (const auto& member : panel ? panel->members : std::vector<terminology::PanelMember>{})
        if (const auto* item = member.required && terminology::holds(member.period, on) ? set.item(member.item, on) : nullptr)
          look(row, set, *item, *local, agreements, on);
    }
    ++(row.verdict == Verdict::pass ? out.recognisable : row.verdict == Verdict::advise ? out.advisory : out.never);
    out.rows.push_back(std::move(row));
  }
  return out;
}

std::string to_csv(const Coverage& coverage, Language language) {
  std::string out = "code,name,item,panel,verdict,reasons,suggestions\n";
  for (const auto& row : coverage.rows) {
    std::string reasons, suggestions;
    for (const auto& r : row.reasons) reasons += (reasons.empty() ? "" : "; ") + text(Error{r.name, "", {r.value}}, language);
    for (const auto& s : row.suggestions) suggestions += (suggestions.empty() ? "" : "; ") + (s.item.empty() ? s.panel : s.item) + " " + std::to_string(s.score);
    for (const auto& field : {row.code, row.name, row.item, row.panel, std::string(word(row.verdict)), reasons, suggestions})
      out += to_csv_field(field) + ",";
    out.back() = '\n';
  }
  return out;
}

}  // namespace huren::recognition
