#include "core/model/patient.hpp"

#include <algorithm>
#include <array>

#include "core/base/text.hpp"
#include "core/model/matching.hpp"

namespace huren::model {
namespace {

bool digits(std::string_view s) {
  return std::all_of(s.begin(), s.end(), [](char c) { return c >= '0' && c <= '9'; });
}

// GB 11643 §4.2.4: weights of the first 17 places, check characters by Σ mod 11.
char check_character(std::string_view first17) {
  constexpr std::array<int, 17> weights{7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2};
  int sum = 0;
  for (std::size_t i = 0; i < weights.size(); ++i) sum += weights[i] * (first17[i] - '0');
  return "10X98765432"[sum % 11];
}

// The number as it is compared; empty for types that prove nothing and for resident ids that cannot be right.
std::string verified_value(const Identifier& id) {
  static constexpr std::array<std::string_view, 7> national{"passport",     "birth_certificate", "officer_id", "hk_mo_permit",
                                                            "tw_permit",    "foreign_permanent", "health_card"};
  if (id.type == "resident_id") return normal_resident_id(id.value);
  if (std::find(national.begin(), national.end(), id.type) == national.end()) return {};
  return upper_ascii(trim(id.value));
}

struct Ids {
  bool shared = false;             // one verified identifier agrees
  bool resident_ids_differ = false;
  std::string resident_id;         // of either side
};

Ids compare_ids(const Patient& a, const Patient& b) {
  Ids out;
  std::string a_resident, b_resident;
  for (const auto& x : a.identifiers) {
    const auto value = verified_value(x);
    if (value.empty()) continue;
    if (x.type == "resident_id") a_resident = value;
    for (const auto& y : b.identifiers)
      // A health card is unique only within its issuer, where both sides name one.
      out.shared |= x.type == y.type && value == verified_value(y) && (x.assigner.empty() || y.assigner.empty() || x.assigner == y.assigner);
  }
  for (const auto& y : b.identifiers)
    if (y.type == "resident_id") b_resident = normal_resident_id(y.value);
  out.resident_ids_differ = !a_resident.empty() && !b_resident.empty() && a_resident != b_resident;
  out.resident_id = a_resident.empty() ? b_resident : a_resident;
  return out;
}

bool known(Sex sex) { return sex == Sex::male || sex == Sex::female; }
bool whole(const Date& date) { return date.year != 0 && date.month != 0 && date.day != 0; }

// Known parts contradict each other.
bool clash(const Date& a, const Date& b) {
  return (a.year && b.year && a.year != b.year) || (a.month && b.month && a.month != b.month) || (a.day && b.day && a.day != b.day);
}

}  // namespace

const char* sex_word(Sex sex) {
  switch (sex) {
    case Sex::male: return "male";
    case Sex::female: return "female";
    case Sex::not_stated: return "not_stated";
    case Sex::unknown: break;
  }
  return "unknown";
}

Sex sex_from_word(std::string_view word) {
  for (const auto sex : {Sex::male, Sex::female, Sex::not_stated})
    if (word == sex_word(sex)) return sex;
  return Sex::unknown;
}

std::string normal_resident_id(std::string_view id) {
  std::string full = upper_ascii(trim(id));
  if (full.size() == 15 && digits(full)) {
    full.insert(6, "19");
    full += check_character(full);
  }
  if (full.size() != 18 || !digits(std::string_view(full).substr(0, 17)) || full[17] != check_character(full)) return {};
  return resident_id_birth_date(full).present() ? full : std::string{};
}

Date resident_id_birth_date(std::string_view id18) {
  if (id18.size() != 18) return {};
  return parse_date(id18.substr(6, 8)).value_or(Date{});
}

Sex resident_id_sex(std::string_view id18) {
  if (id18.size() != 18 || !digits(id18.substr(0, 17))) return Sex::unknown;
  return (id18[16] - '0') % 2 == 1 ? Sex::male : Sex::female;
}

MatchVerdict same_person(const Patient& a, const Patient& b) {
  const auto ids = compare_ids(a, b);
  if (!ids.shared) {
    if (ids.resident_ids_differ) return {Match::different, "identity.id_differs"};
    return {Match::unsure, "identity.no_common_id"};
  }
  if (ids.resident_ids_differ) return {Match::unsure, "identity.ids_conflict"};

  const auto id_birth = resident_id_birth_date(ids.resident_id);
  const auto id_sex = resident_id_sex(ids.resident_id);
  for (const auto* p : {&a, &b}) {
    if (clash(id_birth, p->birth_date)) return {Match::unsure, "identity.id_against_birth_date"};
    if (known(id_sex) && known(p->sex) && id_sex != p->sex) return {Match::unsure, "identity.id_against_sex"};
  }

  const auto a_name = comparable_name(a.name), b_name = a.name == b.name ? a_name : comparable_name(b.name);
  if (a_name.empty() || b_name.empty()) return {Match::unsure, "identity.name_missing"};
  const bool births_clash = clash(a.birth_date, b.birth_date);
  if (a_name != b_name) return {births_clash ? Match::different : Match::unsure, "identity.name_differs"};
  if (births_clash) return {Match::unsure, "identity.birth_date_differs"};
  if (!whole(id_birth) && !(whole(a.birth_date) && whole(b.birth_date))) return {Match::unsure, "identity.birth_date_missing"};
  if (known(a.sex) && known(b.sex) && a.sex != b.sex) return {Match::unsure, "identity.sex_differs"};
  return {Match::same, "identity.same"};
}

}  // namespace huren::model
