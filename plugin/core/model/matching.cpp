#include "core/model/matching.hpp"

#include <algorithm>
#include <nlohmann/json.hpp>
#include <unordered_map>

#include "core/base/embedded.hpp"
#include "core/base/text.hpp"

namespace huren::embedded {
std::span<const File> name_variants();
}

namespace huren::model {
namespace {

const std::unordered_map<std::string_view, std::string_view>& variants() {
  static const auto table = [] {
    std::unordered_map<std::string_view, std::string_view> out;
    for (const auto& file : embedded::name_variants()) {
      auto rest = file.text;
      while (!rest.empty()) {
        const auto line = rest.substr(0, rest.find('\n'));
        rest.remove_prefix(std::min(rest.size(), line.size() + 1));
        if (const auto comma = line.find(','); comma != line.npos && static_cast<unsigned char>(line[0]) >= 0x80) out.emplace(line.substr(0, comma), line.substr(comma + 1));
      }
    }
    return out;
  }();
  return table;
}

std::string_view take_character(std::string_view& s) {
  const auto b = static_cast<unsigned char>(s[0]);
  const auto c = s.substr(0, b < 0x80 ? 1 : b < 0xE0 ? 2 : b < 0xF0 ? 3 : 4);
  s.remove_prefix(c.size());
  return c;
}

std::vector<std::string_view> characters(std::string_view s) {
  std::vector<std::string_view> out;
  while (!s.empty()) out.push_back(take_character(s));
  return out;
}

// What a system writes for a character that it cannot: a mark, a mask, or a private-use code point of its own (GB18030 rarities).
bool stands_for_another(std::string_view c) {
  static constexpr std::string_view marks[] = {"?", "？", "*", "＊", "□", "■", "〓", "○", "〇", "×", "�", "#"};
  if (std::find(std::begin(marks), std::end(marks), c) != std::end(marks)) return true;
  if (c.size() == 3) {  // U+E000..U+F8FF
    const auto high = static_cast<unsigned char>(c[0]), middle = static_cast<unsigned char>(c[1]);
    return high == 0xEE || (high == 0xEF && middle < 0xA4);
  }
  return false;
}

// The same length, and every character that both could write is the same.
bool alike(std::string_view a, std::string_view b) {
  const auto x = characters(a), y = characters(b);
  if (x.size() != y.size() || x.size() < 2) return false;
  bool known = false;
  for (std::size_t i = 0; i < x.size(); ++i) {
    if (stands_for_another(x[i]) || stands_for_another(y[i])) continue;
    if (x[i] != y[i]) return false;
    known = true;
  }
  return known;
}

bool whole(const Date& d) { return d.year && d.month && d.day; }
bool known(Sex s) { return s == Sex::male || s == Sex::female; }

Evidence identifiers(const Patient& a, const Patient& b) {
  const auto same = same_person(a, b);  // names and dates apart, what it says about identifiers
  if (same.reason == "identity.id_differs") return {"id", Grade::differs, -60, "identity.id_differs"};
  if (same.reason == "identity.no_common_id") return {"id", Grade::unknown, 0, "identity.no_common_id"};
  if (same.reason == "identity.ids_conflict") return {"id", Grade::differs, -10, "identity.ids_conflict"};
  if (same.reason == "identity.id_against_birth_date" || same.reason == "identity.id_against_sex")
    return {"id", Grade::similar, 30, same.reason == "identity.id_against_sex" ? "identity.id_against_sex" : "identity.id_against_birth_date"};
  return {"id", Grade::agrees, 60, "identity.id_same"};
}

Evidence names(const Patient& a, const Patient& b) {
  const auto x = comparable_name(a.name), y = comparable_name(b.name);
  if (x.empty() || y.empty()) return {"name", Grade::unknown, 0, "identity.name_missing"};
  if (x == y) return {"name", Grade::agrees, 20, "identity.name_same"};
  if (alike(x, y)) return {"name", Grade::similar, 12, "identity.name_similar"};
  return {"name", Grade::differs, -20, "identity.name_other"};
}

Evidence births(const Patient& a, const Patient& b) {
  const auto& x = a.birth_date;
  const auto& y = b.birth_date;
  if (!whole(x) || !whole(y)) return {"birth_date", Grade::unknown, 0, "identity.birth_date_missing"};
  if (x == y) return {"birth_date", Grade::agrees, 15, "identity.birth_date_same"};
  const bool swapped = x.year == y.year && x.month == y.day && x.day == y.month;
  const int differ = (x.year != y.year) + (x.month != y.month) + (x.day != y.day);
  if (swapped || differ == 1) return {"birth_date", Grade::similar, 5, "identity.birth_date_similar"};
  return {"birth_date", Grade::differs, -25, "identity.birth_date_other"};
}

Evidence sexes(const Patient& a, const Patient& b) {
  if (!known(a.sex) || !known(b.sex)) return {"sex", Grade::unknown, 0, "identity.sex_unknown"};
  if (a.sex == b.sex) return {"sex", Grade::agrees, 3, "identity.sex_same"};
  return {"sex", Grade::differs, -15, "identity.sex_other"};
}

std::string digits_of(std::string_view phone) {
  std::string out;
  for (const char c : phone)
    if (c >= '0' && c <= '9') out += c;
  return out.size() > 11 ? out.substr(out.size() - 11) : out;
}

Evidence phones(const Patient& a, const Patient& b) {
  const auto x = digits_of(a.phone), y = digits_of(b.phone);
  if (x.size() < 7 || y.size() < 7) return {"phone", Grade::unknown, 0, "identity.phone_missing"};
  if (x == y) return {"phone", Grade::agrees, 7, "identity.phone_same"};
  return {"phone", Grade::differs, 0, "identity.phone_other"};
}

}  // namespace

const char* word(Grade grade) {
  static constexpr const char* words[] = {"agrees", "similar", "unknown", "differs"};
  return words[static_cast<std::size_t>(grade)];
}

std::string comparable_name(std::string_view name) {
  static constexpr std::string_view dots[] = {"•", "‧", "・", "．", ".", "·"};
  std::string out;
  out.reserve(name.size());
  while (!name.empty()) {
    const auto c = take_character(name);
    if (c == " " || c == "\t" || c == "　") continue;
    if (std::find(std::begin(dots), std::end(dots), c) != std::end(dots)) {
      out += "·";
    } else if (const auto it = variants().find(c); it != variants().end()) {
      out += it->second;
    } else if (c.size() == 3 && c >= "！" && c <= "～") {  // full-width ASCII, U+FF01..U+FF5E
      const unsigned code = (static_cast<unsigned>(static_cast<unsigned char>(c[1]) & 0x3F) << 6) | (static_cast<unsigned char>(c[2]) & 0x3F);
      out += static_cast<char>(0xF000 + code - 0xFEE0);
    } else {
      out += c;
    }
  }
  return upper_ascii(out);
}

std::string_view stays_local(const Patient& p, const Timestamp& at) {
  const auto name = comparable_name(p.name);
  static constexpr std::string_view nobody[] = {"无名", "无名氏", "未知", "不详", "佚名", "某男", "某女", "UNKNOWN", "JOHNDOE", "JANEDOE"};
  if (name.empty() || std::find(std::begin(nobody), std::end(nobody), name) != std::end(nobody) || name.starts_with("无名氏")) return "identity.unknown_person";
  const bool papers = std::any_of(p.identifiers.begin(), p.identifiers.end(), [](const auto& id) { return id.type == "birth_certificate"; });
  if (papers) return {};
  // A newborn often comes under the mother's number: name and age tell.
  for (const auto end : {"之子", "之女", "之婴", "新生儿", "婴儿"})
    if (name.ends_with(end)) return "identity.newborn";
  if (!whole(p.birth_date) || !at.present()) return {};
  constexpr std::int64_t kYearMs = 31'556'952'000;
  if (p.birth_date.year + 2 < 1970 + at.epoch_ms / kYearMs) return {};  // born a year ago at least, in whatever zone
  const auto born = parse_iso_time(to_iso_date(p.birth_date), at.offset_minutes);
  const bool own_number = std::any_of(p.identifiers.begin(), p.identifiers.end(), [&](const auto& id) {
    return id.type == "resident_id" && resident_id_birth_date(normal_resident_id(id.value)) == p.birth_date;
  });
  if (born && !own_number && at.epoch_ms - born->epoch_ms < 28LL * 86'400'000) return "identity.newborn";
  return {};
}

namespace {
std::string_view one_stays_local(const Patient& theirs, const Patient& ours, const Timestamp& at) {
  const auto why = stays_local(theirs, at);
  return why.empty() ? stays_local(ours, at) : why;
}
}  // namespace

bool proven_same(const Patient& theirs, const Patient& ours, const Timestamp& at) {
  return same_person(theirs, ours).match == Match::same && one_stays_local(theirs, ours, at).empty();
}

Matching match_persons(const Patient& theirs, const Patient& ours, const Timestamp& at) {
  Matching m;
  m.verdict = same_person(theirs, ours);
  m.evidence = {identifiers(theirs, ours), names(theirs, ours), births(theirs, ours), sexes(theirs, ours), phones(theirs, ours)};
  for (const auto& e : m.evidence) m.score += e.points;
  m.score = std::clamp(m.score, 0, 100);
  const auto local = one_stays_local(theirs, ours, at);
  if (!local.empty()) {
    m.verdict = {Match::unsure, std::string(local)};
    return m;
  }
  m.doubtful = m.verdict.match != Match::same && m.score >= kDoubtfulFrom;
  return m;
}

std::vector<std::string> hints_of(const Patient& p) {
  std::vector<std::string> out;
  const auto name = comparable_name(p.name), phone = digits_of(p.phone);
  if (!name.empty() && whole(p.birth_date)) out.push_back("name:" + name + ":" + to_iso_date(p.birth_date));
  if (phone.size() >= 7 && whole(p.birth_date)) out.push_back("phone:" + phone + ":" + to_iso_date(p.birth_date));
  return out;
}

std::string to_json(const Matching& m) {
  auto out = nlohmann::ordered_json::array();
  for (const auto& e : m.evidence)
    out.push_back({{"aspect", e.aspect}, {"grade", word(e.grade)}, {"points", e.points}, {"id", e.reason}, {"zh", text({e.reason, "", {}}, Language::zh)},
                   {"en", text({e.reason, "", {}}, Language::en)}});
  return out.dump();
}

}  // namespace huren::model
