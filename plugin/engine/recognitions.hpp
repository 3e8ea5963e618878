// The log of what became of recognised results here: accepted, revoked, and later corrected, withdrawn, reassigned or
// disqualified at their source. Adapters that copy recognised results into the HIS's own tables read it from where they stood.
// Promises: an entry commits with what it tells of; entries are numbered from 1 without a gap; asking again gives the same.
// Refuses: values of a report whose copy was taken away.
#pragma once
#include <string>
#include <string_view>

#include "engine/context.hpp"

namespace huren::engine {

struct RecognitionNote {
  std::string kind;            // "accepted" | "revoked", or a retraction's
  std::string decision_id;
  std::string encounter_id{};  // where the doctor said it
  std::string origin{}, number{};  // the report that changed; "": all that the decision rests on
  std::string reason{};
  std::int64_t decided_ms = 0;     // when the doctor decided to use them; 0: as the decision stands
};
Result<void> note_recognition(store::Unit& unit, const Context& context, const RecognitionNote& note);

// recognitions.since/1 {"after": 0, "limit": 100} → {"next", "recognitions": [...]}; for adapters of the HIS alone.
Result<std::string> recognitions_since(const Context& context, std::string_view json);

}  // namespace huren::engine
