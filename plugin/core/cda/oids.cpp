#include "core/cda/oids.hpp"

#include <array>

namespace huren::cda {
namespace {

struct Pair {
  std::string_view word, oid;
};

constexpr std::array kSystems{
    Pair{"LN", kLoinc},
    Pair{"I10", kIcd10},
    Pair{"ICD-10", kIcd10},
    Pair{"L", kArcLocalCodes},
    Pair{"SCT", "2.16.840.1.113883.6.96"},
    Pair{"", kArcUncoded},
};

// ICD-10 as met in Chinese documents: WS 218 / GB/T 14396 arcs, HL7's registrations, the clinical modification.
constexpr std::array<std::string_view, 8> kIcd10Oids{
    kIcd10, "2.16.156.10011.2.3.3.11.1", "2.16.156.10011.2.3.3.11.2", "2.16.156.10011.2.3.3.11.3",
    "2.16.156.10011.2.3.3.11.5", "2.16.840.1.113883.6.3", "2.16.840.1.113883.6.90", "2.16.840.1.113883.6.4"};

constexpr std::array kIdentifiers{
    Pair{"resident_id", kResidentIdRoot},
    Pair{"outpatient_no", "2.16.156.10011.1.11"},
    Pair{"inpatient_no", "2.16.156.10011.1.12"},
    Pair{"health_card", "2.16.156.10011.1.19"},
    Pair{"passport", HUREN_CDA_ARC ".1.1"},
    Pair{"birth_certificate", HUREN_CDA_ARC ".1.2"},
    Pair{"officer_id", HUREN_CDA_ARC ".1.3"},
    Pair{"hk_mo_permit", HUREN_CDA_ARC ".1.4"},
    Pair{"tw_permit", HUREN_CDA_ARC ".1.5"},
    Pair{"foreign_permanent", HUREN_CDA_ARC ".1.6"},
    Pair{"local", HUREN_CDA_ARC ".1.7"},
    Pair{"other", HUREN_CDA_ARC ".1.8"},
};

}  // namespace

bool is_oid(std::string_view text) {
  if (text.size() < 3 || text[0] < '0' || text[0] > '2' || text[1] != '.') return false;
  bool start = true;  // of an arc
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    if (c == '.') {
      if (start) return false;
      start = true;
    } else if (c < '0' || c > '9') {
      return false;
    } else {
      if (start && c == '0' && i + 1 < text.size() && text[i + 1] != '.') return false;  // leading zero
      start = false;
    }
  }
  return !start;
}

bool is_icd10(std::string_view oid) {
  for (const auto known : kIcd10Oids)
    if (known == oid) return true;
  return false;
}

std::string_view oid_of_system(std::string_view word) {
  for (const auto& s : kSystems)
    if (s.word == word) return s.oid;
  return is_oid(word) ? word : std::string_view{};
}

std::string system_of_oid(std::string_view oid, std::string_view name) {
  if (is_icd10(oid)) return name == "I10" ? "I10" : "ICD-10";
  if (oid == kArcNamedCodes || oid.empty()) return std::string(name);
  for (const auto& s : kSystems)
    if (s.oid == oid) return std::string(s.word);
  return std::string(oid);
}

std::string_view root_of_identifier(std::string_view type) {
  for (const auto& i : kIdentifiers)
    if (i.word == type) return i.oid;
  return {};
}

std::string_view identifier_of_root(std::string_view root) {
  for (const auto& i : kIdentifiers)
    if (i.oid == root) return i.word;
  return {};
}

}  // namespace huren::cda
