#include "core/terminology/suggest.hpp"

#include <algorithm>
#include <array>
#include <set>

#include "core/base/text.hpp"

namespace huren::terminology {
namespace {

constexpr int kEnough = 25;  // fewer points are noise

// A name as it is compared: lower case, without blanks, brackets, dashes and the words that every laboratory adds.
std::string plain(std::string_view name) {
  static constexpr std::array<std::string_view, 20> noise{"测定", "检测", "检查", "定量", "血清", "血浆", "全血", "急诊", "（", "）", "(", ")", "-", " ", "－", "_", "*", "★", "浓度", "·"};
  std::string out;
  for (std::size_t i = 0; i < name.size();) {
    const auto skip = std::find_if(noise.begin(), noise.end(), [&](std::string_view w) { return name.substr(i).starts_with(w); });
    if (skip != noise.end()) {
      i += skip->size();
      continue;
    }
    const char c = name[i++];
    out += c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
  }
  return out;
}

std::vector<std::string> characters(std::string_view s) {
  std::vector<std::string> out;
  for (const char c : s) {
    if ((static_cast<unsigned char>(c) & 0xC0U) != 0x80U) out.emplace_back();
    if (!out.empty()) out.back() += c;
  }
  return out;
}

// Share of common neighbouring pairs (Dice), 0..100.
int likeness(const std::string& a, const std::string& b) {
  const auto pairs = [](const std::string& s) {
    const auto cs = characters(s);
    std::multiset<std::string> out;
    for (std::size_t i = 0; i + 1 < cs.size(); ++i) out.insert(cs[i] + cs[i + 1]);
    return out;
  };
  const auto x = pairs(a), y = pairs(b);
  if (x.empty() || y.empty()) return 0;
  std::vector<std::string> common;
  std::set_intersection(x.begin(), x.end(), y.begin(), y.end(), std::back_inserter(common));
  return static_cast<int>(200 * common.size() / (x.size() + y.size()));
}

void name_evidence(Suggestion& s, const LocalFacts& local, const std::vector<std::string>& names) {
  const std::string mine = plain(local.name);
  if (mine.empty()) return;
  int best = 0;
  std::string like;
  for (const auto& name : names) {
    const std::string theirs = plain(name);
    if (theirs.empty()) continue;
    int points = mine == theirs ? 55 : 0;
    const bool holds_other = mine.find(theirs) != std::string::npos || theirs.find(mine) != std::string::npos;
    const std::size_t shorter = std::min(mine.size(), theirs.size()), longer = std::max(mine.size(), theirs.size());
    // The more of the longer name is said, the more it tells.
    if (!points && holds_other && shorter > 3) points = 25 + static_cast<int>(20 * shorter / longer);
    if (!points) points = likeness(mine, theirs) * 40 / 100;
    if (points > best) {
      best = points;
      like = name;
    }
  }
  if (best >= 15) s.evidence.push_back({best == 55 ? "suggest.same_name" : "suggest.like_name", {like}, best});
}

void pinyin_evidence(Suggestion& s, const LocalFacts& local, const std::string& pinyin) {
  const std::string mine = local.pinyin.empty() ? pinyin_initials(local.name) : upper_ascii(local.pinyin);
  if (mine.size() < 2 || pinyin.size() < 2) return;
  if (mine == pinyin) s.evidence.push_back({"suggest.same_pinyin", {pinyin}, 20});
  else if (mine.starts_with(pinyin) || pinyin.starts_with(mine)) s.evidence.push_back({"suggest.like_pinyin", {pinyin}, 10});
}

Suggestion for_item(const Set& set, const LocalFacts& local, const Item& item, const Date& on) {
  Suggestion s{item.code, "", item.zh, item.en, 0, {}};
  if (!local.loinc.empty()) {
    const auto* by_loinc = set.item_by_loinc(local.loinc, on);
    if (by_loinc && by_loinc->code == item.code) s.evidence.push_back({"suggest.loinc", {local.loinc}, 70});
    else if (by_loinc) s.evidence.push_back({"suggest.other_loinc", {local.loinc, by_loinc->code}, -60});
  }
  std::vector<std::string> names{item.zh, item.en, item.code};
  names.insert(names.end(), item.aliases.begin(), item.aliases.end());
  name_evidence(s, local, names);
  pinyin_evidence(s, local, item.pinyin);
  if (s.evidence.empty()) return s;  // unit and specimen alone point at nothing
  if (!local.unit.empty() && item.numeric) {
    if (set.unit_form(item, local.unit)) s.evidence.push_back({"suggest.unit", {local.unit}, 15});
    else s.evidence.push_back({"suggest.other_unit", {local.unit}, -40});
  } else if (!local.unit.empty()) {
    s.evidence.push_back({"suggest.words_have_no_unit", {local.unit}, -20});
  }
  if (const auto* specimen = local.specimen.empty() ? nullptr : set.specimen(local.specimen)) {
    const bool fits = std::find(item.specimens.begin(), item.specimens.end(), specimen->code) != item.specimens.end();
    s.evidence.push_back({fits ? "suggest.specimen" : "suggest.other_specimen", {local.specimen}, fits ? 10 : -40});
  }
  return s;
}

}  // namespace

std::vector<Suggestion> suggest(const Set& set, const LocalFacts& local, const Date& on, std::size_t limit) {
  std::vector<Suggestion> out;
  for (const auto& item : set.items())
    if (holds(item.period, on)) out.push_back(for_item(set, local, item, on));
  for (const auto& panel : set.panels()) {
    if (!local.unit.empty() || !local.loinc.empty()) break;  // a panel has neither
    Suggestion s{"", panel.code, panel.zh, panel.en, 0, {}};
    name_evidence(s, local, {panel.zh, panel.en, panel.code});
    pinyin_evidence(s, local, panel.pinyin);
    out.push_back(std::move(s));
  }
  for (auto& s : out) {
    for (const auto& e : s.evidence) s.score += e.points;
    s.score = std::clamp(s.score, 0, 100);
  }
  std::erase_if(out, [](const Suggestion& s) { return s.score < kEnough; });
  std::sort(out.begin(), out.end(), [](const Suggestion& a, const Suggestion& b) {
    return a.score != b.score ? a.score > b.score : std::pair{a.item, a.panel} < std::pair{b.item, b.panel};
  });
  if (out.size() > limit) out.resize(limit);
  return out;
}

std::string text(const Evidence& evidence, Language language) { return huren::text(Error{evidence.id, "", evidence.args}, language); }

}  // namespace huren::terminology
