// The events that a product's tables or XML may tell, and the members that a map may fill for each. Inside core/mapping.
// Reports and patients have the members of members.hpp; the others are flat and written straight into the event's JSON.
#pragma once
#include <optional>
#include <span>
#include <string_view>
#include <vector>

namespace huren::mapping {

enum class FlatKind { text, time, number, list };
struct FlatMember {
  std::string_view name;     // as maps write it: "doctor.id"; also its place in the JSON: /doctor/id
  FlatKind kind = FlatKind::text;
};

const std::vector<std::string_view>& mapped_types();           // "lab.report.released/1", ...
bool is_report_type(std::string_view type);                    // has observations
bool is_patient_type(std::string_view type);
std::span<const FlatMember> flat_members(std::string_view type);  // empty: a report or a patient
std::vector<std::string_view> member_names(std::string_view type);

}  // namespace huren::mapping
