// One OBX with its notes into an observation. Inside core/mapping.
#pragma once
#include <string>

#include "core/mapping/groups.hpp"
#include "core/mapping/read_context.hpp"

namespace huren::mapping {

std::string note_text(const hl7::Segment& nte);  // all repetitions of NTE-3, line by line
// "5.6" or "<0.5" into value, comparator and value type; false: it is neither.
bool read_as_number(const std::string& text, model::Observation& o);
std::string value_at(const hl7::Segment& segment, const hl7::Path& place);  // "" when not there

// Into an observation that holds nothing yet. false: there is no item (a line of text among the results); the finding is in the context.
bool read_observation(const ObservationGroup& group, model::Status of_report, const ReadContext& context, model::Observation& into);

}  // namespace huren::mapping
