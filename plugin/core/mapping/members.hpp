// The members of a report that a feed map may speak of, by name. Inside core/mapping.
#pragma once
#include <span>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "core/model/lab_report.hpp"

namespace huren::mapping {

using Member = std::variant<std::monostate, std::string*, Timestamp*, Date*, model::Sex*, model::Status*, model::ReferenceRange*,
                            std::vector<std::string>*>;

Member report_member(model::LabReport& report, std::string_view name);            // "patient.local_id"
Member observation_member(model::Observation& observation, std::string_view name); // "observation.unit"
const std::vector<std::string_view>& member_names();      // all of both
const std::vector<std::string_view>& translated_names();  // those that a table may translate

// From the form that a map or a default writes; false: not a word, time or date of that member.
// form: an ISO or HL7 time or one of dates ("yyyy/M/d HH:mm").
bool assign(const Member& member, const std::string& value, int offset_minutes, std::span<const std::string> dates);
bool holds_something(const Member& member);
std::string member_text(const Member& member);  // as huren writes it: ISO times, our own words

std::optional<Timestamp> read_time(std::string_view text, int offset_minutes, std::span<const std::string> dates);
bool date_form_is_good(std::string_view form);

}  // namespace huren::mapping
