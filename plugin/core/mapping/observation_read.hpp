// One OBX with its notes into an observation. Inside core/mapping.
#pragma once
#include <optional>
#include <string>

#include "core/mapping/groups.hpp"
#include "core/mapping/members.hpp"
#include "core/mapping/oru.hpp"

namespace huren::mapping {

// What every reader of a message shares: options, findings, and whether a huren wrote it.
struct ReadContext {
  const OruOptions& options;
  Findings& findings;
  bool ours = false;

  void error(std::string_view id, std::string where, std::vector<std::string> args = {}) const;
  void warn(std::string_view id, std::string where, std::vector<std::string> args = {}) const;
  void remark(std::string_view id, std::string where, std::vector<std::string> args = {}) const;
  // Their word through the map's table for this member; as it is where there is none.
  [[nodiscard]] std::string translated(std::string_view member, const std::string& value) const;
  // Translates and assigns; empty values are left alone; complaint is warned of when the value is none.
  void member(std::string_view name, const Member& into, const std::string& value, const std::string& where, std::string_view complaint) const;
  void assign_mapped(std::string_view name, const Member& into, const std::string& value, const std::string& where) const;
};

std::string note_text(const hl7::Segment& nte);  // all repetitions of NTE-3, line by line
std::string value_at(const hl7::Segment& segment, const hl7::Path& place);  // "" when not there

// nullopt when there is no item (a line of text among the results); the finding is in the context.
std::optional<model::Observation> read_observation(const ObservationGroup& group, model::Status of_report, const ReadContext& context);

}  // namespace huren::mapping
