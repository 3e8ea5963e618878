// JSON of the parts that card and explanation share.
#pragma once
#include <nlohmann/json.hpp>

#include "core/recognition/order_check.hpp"

namespace huren::recognition {

using Json = nlohmann::ordered_json;

Json check_json(const Check& check);
// The result that was chosen for an analyte as people need to see it: value, origin, laboratory, method, range, marks, age.
Json result_json(const Input& input, const Candidate& candidate, const AnalyteDecision& analyte);
std::string shown_number(double value);  // at most four significant digits more than nothing is claimed
std::string item_name(const Input& input, const std::string& item, Language language);
std::string uuid_of(std::string_view content);  // RFC 9562 version 8, from the content alone

}  // namespace huren::recognition
