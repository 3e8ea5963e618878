// Checks a message against the structures, fields, types, tables and lengths of schemas/hl7v2, which are data.
// Promises: all findings with location and severity, none twice; unknown message types and versions are checked as far as
//   their segments are known. Refuses: nothing; a message that reads can be checked.
#pragma once
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "core/base/result.hpp"
#include "core/hl7/message.hpp"

namespace huren::hl7 {

// Tightens or loosens what the standard says, for one partner. CSV: path,rule,value,severity (schemas/hl7v2/profiles):
//   *,base,standard,             first the rules of another profile
//   PID-3,usage,R,error          R required, O optional, X not to be used; PID,usage,R: a segment; PID-3.5: a component;
//   ORU_R01:PID,usage,R,error    only in messages of that structure
//   PID-5,repeat,1,  PID-5,length,48,  OBX-8,table,none,  MSH-11,value,P,error
//   MSH-10,unique,,              the sender declares its control ids unique: one used again for other content is refused (the engine does it)
//   *,severity,hl7.too_long,off  off, info, warning, error: of every finding of that id (OBX,severity,...: of one segment's)
// Refuses by line and word: no head line, a row without four columns, a segment, structure, table or finding that does not exist.
class Profile {
 public:
  static Result<Profile> parse(std::string_view csv, std::string name);
  static const Profile& standard();  // 2.5.1 as it stands, written for reading what hospitals send
  static const Profile* named(std::string_view name);  // a built-in one: "standard", "strict", "alliance", "feed"
  struct Rule {
    std::string structure;  // empty: any
    Path path;              // segment empty: "*"
    std::string rule, value, severity;
  };
  [[nodiscard]] bool unique_control_ids() const;
  [[nodiscard]] const std::string& name() const { return name_; }
  [[nodiscard]] const std::vector<Rule>& rules() const { return rules_; }
  struct Plan {  // the rules that hold for one structure, by what they do, as indexes into rules()
    std::vector<std::size_t> fields;      // usage, repeat, length and table of whole fields: they change how a field is checked
    std::vector<std::size_t> places;      // usage and value that are to be looked at; of those about one place the last
    std::vector<std::size_t> severities;
  };
  [[nodiscard]] const Plan& plan(std::string_view structure) const;

 private:
  void lay_plans();
  [[nodiscard]] Plan plan_of(std::string_view structure) const;
  std::string name_;
  std::vector<Rule> rules_;
  std::map<std::string, Plan, std::less<>> plans_;  // by the structures that rules name; "" for all others
};

// Findings of the profile only; those of reading are in message.findings().
Findings check(const Message& message, const Profile& profile = Profile::standard());

}  // namespace huren::hl7
