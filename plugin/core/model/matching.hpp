// Whether a partner's patient is one of ours: the evidence piece by piece, a score, and what follows from it.
// Promises: never "same" by a name, or by anything but a verified identifier that name and birth date bear out
//   (same_person); what speaks for one person without proving it is doubtful and waits for a human being.
// Refuses: matching a newborn without papers of its own, or a person nobody knows by name, between hospitals: they stay local.
#pragma once
#include <string>
#include <string_view>
#include <vector>

#include "core/model/patient.hpp"

namespace huren::model {

enum class Grade { agrees, similar, unknown, differs };
const char* word(Grade grade);
struct Evidence {
  std::string aspect;       // "id" | "name" | "birth_date" | "sex" | "phone"
  Grade grade = Grade::unknown;
  int points = 0;
  std::string_view reason;  // catalogue id "identity.*": what was seen, no patient data
};
struct Matching {
  MatchVerdict verdict;     // of same_person, but unsure for those who stay local
  std::vector<Evidence> evidence;
  int score = 0;            // 0..100, for the order of the work list; it decides nothing
  bool doubtful = false;    // a person should look
};
inline constexpr int kDoubtfulFrom = 35;

// Whether match_persons says "same", without all the evidence.
bool proven_same(const Patient& theirs, const Patient& ours, const Timestamp& at);
Matching match_persons(const Patient& theirs, const Patient& ours, const Timestamp& at);
// "" or why this person is matched at no other hospital: identity.newborn, identity.unknown_person.
std::string_view stays_local(const Patient& patient, const Timestamp& at);
// Under which the same person may be found again without a verified identifier; the store keeps their digests.
std::vector<std::string> hints_of(const Patient& patient);
std::string to_json(const Matching& matching);  // evidence with words in both languages

// A name for comparing: blanks gone, middle dots and capitals in one form, traditional characters as their simplified ones.
std::string comparable_name(std::string_view name);

}  // namespace huren::model
