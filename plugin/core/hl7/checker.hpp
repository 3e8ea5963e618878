// One run of check(): walks a message beside the dictionary and a profile's rules and collects findings.
#pragma once
#include <array>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/hl7/dictionary.hpp"
#include "core/hl7/profile.hpp"

namespace huren::hl7 {

class Checker {
 public:
  Checker(const Message& message, const Profile& profile);
  Findings run();

 private:
  struct Place { Segment segment; int field = 0, repetition = 0, component = 0, subcomponent = 0; };
  enum class Demand { nothing, value, presence, absence };  // what a rule asks of a place
  struct OfField {
    std::string_view clean;           // what was last found without fault there
    std::optional<bool> extra_parts;  // whether a component too many is a finding, once there was one
  };
  struct OfName {  // what a check knows of segments of one name
    std::string_view name;
    const std::vector<FieldRule>* rules = nullptr;  // what the dictionary says of it
    std::vector<const Profile::Rule*> agreed;       // and what the profile changes of that,
    std::uint64_t overridden = 0;                   // of which fields, as bits modulo 64
    int last_required = 0;                          // the last field that may not be missing
    std::vector<OfField> fields;                    // by number
  };
  struct Run { std::string_view name; std::size_t begin, end; };  // segments of one name that follow each other
  void header();
  void is_of(std::string structure);
  void structure();
  void segment(const Segment& s, int occurrence);
  void turn_to(std::string_view name);
  void field(const Segment& s, int n, const Field& f, const FieldRule& rule);
  [[nodiscard]] bool undivided(std::string_view raw) const;  // no delimiter and no escape in it: one value, and short
  const ComponentRule& rule_of_type(std::string_view type);
  void single(const Place& at, std::string_view raw, const ComponentRule& rule);  // an undivided field of a composite type
  void repetition(const Place& at, Repetition r, const ComponentRule& rule);
  void component(const Place& at, Component c, const ComponentRule& rule, const ComponentRule& coded_by);
  void leaf(const Place& at, std::string_view raw, const ComponentRule& rule, const ComponentRule& coded_by);
  void profile_rules();
  void profile_rule(const Profile::Rule& rule);
  void place_rule(const Profile::Rule& rule, Demand demand, const Segment& s);
  void judge(const Profile::Rule& rule, Demand demand, const Place& at, const Element& element);
  bool has_extra_parts(const Place& at, std::string_view raw, int known);  // more components than are known, and a finding
  void add(Severity severity, std::string_view id, const Place& at, std::vector<std::string> args = {});
  void add_by(const Profile::Rule* agreed, std::string_view id, const Place& at, std::vector<std::string> args);
  void add_agreed(Severity severity, std::string_view id, std::string where, std::vector<std::string> args);  // stands as it is
  // What a finding of this id weighs at this place; nothing: it is none.
  [[nodiscard]] std::optional<Severity> weight(Severity severity, std::string_view id, std::string_view segment, int field, int component) const;
  [[nodiscard]] std::string where(const Place& at) const;
  [[nodiscard]] const Profile::Rule* override_of(std::string_view rule, int field) const;  // of the segment in hand
  [[nodiscard]] bool overridden(int field) const { return (now_->overridden >> (static_cast<unsigned>(field) & 63) & 1) != 0; }  // perhaps

  const Message& m_;
  const Profile& profile_;
  const Profile::Plan* plan_;
  const std::array<bool, 256> special_;
  const Dictionary& d_ = dictionary();
  std::vector<std::string_view> names_;  // of the segments
  std::vector<Run> runs_;
  std::vector<int> occurrences_;
  std::string structure_;
  bool other_version_ = false;  // not 2.5 or 2.5.1: what only 2.5.1 says is at most a warning
  std::vector<OfName> known_;                           // names that the dictionary has: there are not many
  OfName unknown_;                                      // or the one in hand that it has not
  OfName* now_ = nullptr;                               // the name that is turned to
  ComponentRule changed_;                               // the field in hand with another table, by the profile
  std::map<std::string, ComponentRule, std::less<>> by_type_;  // of OBX-5, by OBX-2
  std::string_view value_type_;                         // OBX-2 as last met,
  const ComponentRule* value_rule_ = nullptr;           // and what OBX-5 is by it
  Findings findings_;
  std::string scratch_;
};

}  // namespace huren::hl7
