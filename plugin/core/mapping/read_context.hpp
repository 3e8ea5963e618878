// What every reader of a message shares: the map, the zone, the findings. Inside core/mapping.
#pragma once
#include <string>
#include <string_view>
#include <vector>

#include "core/mapping/members.hpp"
#include "core/mapping/oru.hpp"

namespace huren::mapping {

// Where a value was found: written out only when there is something to say of it, which is seldom.
class Found {
 public:
  Found(const hl7::Segment& segment, int field) : segment_(segment), field_(field) {}
  Found(std::string_view place) : place_(place) {}
  [[nodiscard]] std::string text() const { return segment_.exists() ? segment_.where(field_) : std::string(place_); }

 private:
  hl7::Segment segment_;
  int field_ = 0;
  std::string_view place_;
};

// ours: a huren wrote it (MSH-21).
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
  void member(std::string_view name, const Member& into, const std::string& value, const Found& where, std::string_view complaint) const;
  void assign_mapped(std::string_view name, const Member& into, const std::string& value, const std::string& where) const;
};

}  // namespace huren::mapping
