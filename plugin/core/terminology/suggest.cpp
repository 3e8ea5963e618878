#include "core/terminology/suggest.hpp"

#include <algorithm>
#include <array>
#include <cstdint>
#include <unordered_map>

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

// Neighbouring pairs of characters, sorted; a character by its UTF-8 bytes.
std::vector<std::uint64_t> pairs_of(std::string_view s) {
  std::vector<std::uint32_t> characters;
  for (const char c : s) {
    if ((static_cast<unsigned char>(c) & 0xC0U) != 0x80U) characters.push_back(0);
    if (!characters.empty()) characters.back() = characters.back() << 8U | static_cast<unsigned char>(c);
  }
  std::vector<std::uint64_t> out;
  for (std::size_t i = 0; i + 1 < characters.size(); ++i) out.push_back(std::uint64_t{characters[i]} << 32U | characters[i + 1]);
  std::sort(out.begin(), out.end());
  return out;
}

// A name as it is written, as it is compared, and its pairs.
struct Name { std::string written, plain; std::vector<std::uint64_t> pairs; };
Name name_of(std::string_view written) {
  Name out{std::string(written), plain(written), {}};
  out.pairs = pairs_of(out.plain);
  return out;
}

// Share of common neighbouring pairs (Dice), 0..100.
int likeness(const std::vector<std::uint64_t>& x, const std::vector<std::uint64_t>& y) {
  if (x.empty() || y.empty()) return 0;
  std::size_t common = 0;
  for (auto a = x.begin(), b = y.begin(); a != x.end() && b != y.end();) {
    if (*a == *b) ++common;
    const bool left = *a <= *b, right = *b <= *a;
    a += left;
    b += right;
  }
  return static_cast<int>(200 * common / (x.size() + y.size()));
}

void name_evidence(Suggestion& s, const Name& mine, const std::vector<Name>& names) {
  if (mine.plain.empty()) return;
  int best = 0;
  const std::string* like = nullptr;
  for (const auto& theirs : names) {
    if (theirs.plain.empty()) continue;
    int points = mine.plain == theirs.plain ? 55 : 0;
    const bool holds_other = mine.plain.find(theirs.plain) != std::string::npos || theirs.plain.find(mine.plain) != std::string::npos;
    const std::size_t shorter = std::min(mine.plain.size(), theirs.plain.size()), longer = std::max(mine.plain.size(), theirs.plain.size());
    // The more of the longer name is said, the more it tells.
    if (!points && holds_other && shorter > 3) points = 25 + static_cast<int>(20 * shorter / longer);
    if (!points) points = likeness(mine.pairs, theirs.pairs) * 40 / 100;
    if (points > best) {
      best = points;
      like = &theirs.written;
    }
  }
  if (best >= 15) s.evidence.push_back({best == 55 ? "suggest.same_name" : "suggest.like_name", {*like}, best});
}

void pinyin_evidence(Suggestion& s, const std::string& mine, const std::string& pinyin) {
  if (mine.size() < 2 || pinyin.size() < 2) return;
  if (mine == pinyin) s.evidence.push_back({"suggest.same_pinyin", {pinyin}, 20});
  else if (mine.starts_with(pinyin) || pinyin.starts_with(mine)) s.evidence.push_back({"suggest.like_pinyin", {pinyin}, 10});
}

// What is made of the hospital's item once, for all comparisons.
struct Mine { const LocalFacts& facts; Name name; std::string pinyin; };

Suggestion for_item(const Set& set, const Mine& mine, const Item& item, const std::vector<Name>& names, const Date& on) {
  const auto& local = mine.facts;
  Suggestion s{item.code, "", item.zh, item.en, 0, {}};
  if (!local.loinc.empty()) {
    const auto* by_loinc = set.item_by_loinc(local.loinc, on);
    if (by_loinc && by_loinc->code == item.code) s.evidence.push_back({"suggest.loinc", {local.loinc}, 70});
    else if (by_loinc) s.evidence.push_back({"suggest.other_loinc", {local.loinc, by_loinc->code}, -60});
  }
  name_evidence(s, mine.name, names);
  pinyin_evidence(s, mine.pinyin, item.pinyin);
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

struct Suggester::Ready {
  const Set& set;
  Date on;
  std::vector<std::pair<const Item*, std::vector<Name>>> items;
  std::vector<std::pair<const Panel*, std::vector<Name>>> panels;
  std::unordered_map<std::uint64_t, std::vector<std::uint32_t>> by_pair;  // which items have a name with this pair
  std::vector<std::uint32_t> short_named;                                 // items with a name of one character
};

Suggester::Suggester(const Set& set, const Date& on) : ready_(std::make_unique<Ready>(Ready{set, on, {}, {}, {}, {}})) {
  for (const auto& item : set.items()) {
    if (!holds(item.period, on)) continue;
    std::vector<Name> names{name_of(item.zh), name_of(item.en), name_of(item.code)};
    for (const auto& alias : item.aliases) names.push_back(name_of(alias));
    const auto place = static_cast<std::uint32_t>(ready_->items.size());
    for (const auto& name : names) {
      if (name.pairs.empty() && !name.plain.empty()) ready_->short_named.push_back(place);
      for (const auto pair : name.pairs)
        if (auto& places = ready_->by_pair[pair]; places.empty() || places.back() != place) places.push_back(place);
    }
    ready_->items.emplace_back(&item, std::move(names));
  }
  for (const auto& panel : set.panels()) ready_->panels.emplace_back(&panel, std::vector<Name>{name_of(panel.zh), name_of(panel.en), name_of(panel.code)});
}

Suggester::~Suggester() = default;

std::vector<Suggestion> suggest(const Set& set, const LocalFacts& local, const Date& on, std::size_t limit) { return Suggester(set, on).suggest(local, limit); }

std::vector<Suggestion> Suggester::suggest(const LocalFacts& local, std::size_t limit) const {
  const Mine mine{local, name_of(local.name), local.pinyin.empty() ? pinyin_initials(local.name) : upper_ascii(local.pinyin)};
  std::vector<Suggestion> out;
  const auto keep = [&](Suggestion s) {
    if (!s.evidence.empty()) out.push_back(std::move(s));
  };
  // Without a common pair of characters neither name holds the other and they are not alike: such items need no comparing,
  // unless pinyin or LOINC speaks for them. A name of one character has no pair and is compared with all.
  std::vector<bool> near(ready_->items.size(), mine.name.pairs.empty());
  for (const auto pair : mine.name.pairs)
    if (const auto found = ready_->by_pair.find(pair); found != ready_->by_pair.end())
      for (const auto place : found->second) near[place] = true;
  for (const auto place : ready_->short_named) near[place] = true;
  for (std::size_t i = 0; i < ready_->items.size(); ++i) {
    const auto& [item, names] = ready_->items[i];
    const bool sounds_near = mine.pinyin.size() > 1 && item->pinyin.size() > 1 && (mine.pinyin.starts_with(item->pinyin) || item->pinyin.starts_with(mine.pinyin));
    if (near[i] || sounds_near || !local.loinc.empty()) keep(for_item(ready_->set, mine, *item, names, ready_->on));
  }
  for (const auto& [panel, names] : ready_->panels) {
    if (!local.unit.empty() || !local.loinc.empty()) break;  // a panel has neither
    Suggestion s{"", panel->code, panel->zh, panel->en, 0, {}};
    name_evidence(s, mine.name, names);
    pinyin_evidence(s, mine.pinyin, panel->pinyin);
    keep(std::move(s));
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
