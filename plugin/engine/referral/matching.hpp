// Patients across hospitals: who is one of ours, who may be, and what a person decided about that.
// Promises: only a verified identifier or a person's word makes a match; a doubt stands in the work list until somebody decides;
//   a decision can be taken back, and what it had moved goes back with it.
#pragma once
#include "engine/context.hpp"

namespace huren::engine {

// A partner's own number of the person, or where it gives none, a digest of who he or she is.
std::string their_number(const model::Patient& theirs);
// Under this type a stored report is found by the partner's own number: "organisation/number".
inline constexpr const char* kLinkType = "link";

struct Matched { std::string patient_id, local_id; };  // one of ours; empty: nobody fits, or more than one
Result<Matched> match_person(store::Unit& unit, const Context& context, const model::Patient& theirs, const std::string& organisation);
// Whether a person said that theirs is ours, and nothing since proves the contrary.
Result<bool> confirmed(store::Reader& reader, const model::Patient& theirs, const std::string& organisation, const std::string& patient_id);
Result<void> remember_hints(store::Unit& unit, const std::string& patient_id, const model::Patient& patient);
// What huren-ctl noted in the work list takes effect. true: something did.
Result<bool> apply_decisions(store::Unit& unit, const Context& context);

}  // namespace huren::engine
