// A person as the hospitals of an alliance know him or her.
#pragma once
#include <string>
#include <string_view>
#include <vector>

#include "core/base/time.hpp"

namespace huren::model {

// GB/T 2261.1: 0 unknown, 1 male, 2 female, 9 not stated. HL7 0001: U M F, O and A read as 9.
enum class Sex { unknown = 0, male = 1, female = 2, not_stated = 9 };
const char* sex_word(Sex sex);  // "unknown" "male" "female" "not_stated"
Sex sex_from_word(std::string_view word);

struct Code {
  std::string code;
  std::string name;    // as shown to people, UTF-8
  std::string system;  // "LN", "L" (the sender's own), an OID, ...
  friend bool operator==(const Code&, const Code&) = default;
};

// type: "resident_id" (GB 11643), "passport", "birth_certificate", "officer_id", "hk_mo_permit", "tw_permit", "foreign_permanent",
//       "health_card", "local" (the HIS's own patient number), "outpatient_no", "inpatient_no", "other"
struct Identifier {
  std::string type;
  std::string value;
  std::string assigner;  // organisation code; empty for national identifiers
  friend bool operator==(const Identifier&, const Identifier&) = default;
};

// No formatter, no operator<<: patient data never reaches a log by accident.
struct Patient {
  std::string local_id;  // the HIS's own number
  std::vector<Identifier> identifiers;
  std::string name;
  Sex sex = Sex::unknown;
  Date birth_date;
  std::string phone;
  friend bool operator==(const Patient&, const Patient&) = default;
};

// GB 11643: check digit right (18), or a 15-digit form that lengthens to a right one. Returns the 18 characters, upper case, or empty.
std::string normal_resident_id(std::string_view id);
Date resident_id_birth_date(std::string_view id18);
Sex resident_id_sex(std::string_view id18);

enum class Match { same, different, unsure };
struct MatchVerdict {
  Match match = Match::unsure;
  std::string reason;  // catalogue id "identity.*" that explains it, no patient data
};
// domain.md §5 identity: verified id (type + number, consistent with birth date and sex) and name and birth date agree;
// never by name alone; unknown sex is no mismatch. health_card counts as a verified id, local ids do not.
MatchVerdict same_person(const Patient& a, const Patient& b);

}  // namespace huren::model
