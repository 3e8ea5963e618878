// What a map says, applied to a report or an observation, whatever it is read from: HL7 v2, rows or XML. Inside core/mapping.
#pragma once
#include <functional>
#include <string>
#include <vector>

#include "core/mapping/feed_map.hpp"
#include "core/mapping/read_context.hpp"

namespace huren::mapping {

using ValueOf = std::function<std::string(const Place&)>;  // "" : nothing there

bool holds(const Condition& condition, const std::string& value);
bool holds(const When& when, const ValueOf& value_of);
bool skips(const std::vector<When>& all, const ValueOf& value_of);

// Places first, then what conditions add, then constants where nothing is.
void take_report(const std::vector<Take>& from, const std::vector<When>& when, const Words& defaults, model::LabReport& report, const ValueOf& value_of,
                 const ReadContext& context);
// at: names the observation in findings.
void take_observation(const std::vector<Take>& from, const std::vector<When>& when, const Words& defaults, model::Observation& observation,
                      const ValueOf& value_of, const std::string& at, const ReadContext& context);

}  // namespace huren::mapping
