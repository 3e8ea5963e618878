// One run of check(): walks a message beside the dictionary and a profile's rules and collects findings.
#pragma once
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
  void header();
  void structure();
  void segment(const Segment& s, int occurrence);
  void field(const Segment& s, int n, const FieldRule* rule);
  void repetition(const Place& at, const Repetition& r, const ComponentRule& rule);
  void component(const Place& at, const Component& c, const ComponentRule& rule, const ComponentRule& coded_by);
  void leaf(const Place& at, std::string_view raw, const ComponentRule& rule, const ComponentRule& coded_by);
  void profile_rules();
  void profile_rule(const Profile::Rule& rule);
  void usage_rule(const Profile::Rule& rule, const Place& at, const Element& element);
  void add(Severity severity, std::string_view id, const Place& at, std::vector<std::string> args = {});
  void add_by(const Profile::Rule* agreed, std::string_view id, const Place& at, std::vector<std::string> args);
  void add_agreed(Severity severity, std::string_view id, std::string where, std::vector<std::string> args);  // stands as it is
  void add(Severity severity, std::string_view id, std::string where, const Path& at, std::vector<std::string> args);
  [[nodiscard]] std::string where(const Place& at) const;
  [[nodiscard]] const Profile::Rule* override_of(std::string_view rule, int field) const;  // of the segment in hand
  [[nodiscard]] bool applies(const Profile::Rule& rule) const { return rule.structure.empty() || rule.structure == structure_; }

  const Message& m_;
  const Profile& profile_;
  const Dictionary& d_ = dictionary();
  std::vector<const Profile::Rule*> overrides_;  // those that change how a field is checked
  std::string_view overridden_;                  // the segment that these of them speak of
  std::vector<const Profile::Rule*> here_;
  std::string structure_;
  bool other_version_ = false;  // not 2.5 or 2.5.1: what only 2.5.1 says is at most a warning
  std::vector<int> occurrences_;
  Findings findings_;
  std::string scratch_;
};

}  // namespace huren::hl7
