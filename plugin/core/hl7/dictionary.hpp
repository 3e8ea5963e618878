// What schemas/hl7v2 says about HL7 v2.5.1: structures, segments, data types, tables. Read once from the compiled-in files.
#pragma once
#include <map>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "core/hl7/structure.hpp"

namespace huren::hl7 {

struct FieldRule {
  std::string type;
  bool required = false;
  int repeat = 1;  // 0: any number
  int length = 0;  // 0: no limit
  std::string table;
};

struct ComponentRule {
  std::string type;
  bool required = false;
  std::string table;
};

template <class T>
using ByName = std::map<std::string, T, std::less<>>;

struct Dictionary {
  ByName<std::string> events;                       // "ADT^A40" -> "ADT_A39"
  ByName<Structure> structures;                     // "ORU_R01"
  ByName<std::vector<FieldRule>> segments;          // [0] is field 1
  ByName<std::vector<ComponentRule>> types;         // composite types only
  ByName<std::set<std::string, std::less<>>> tables;

  [[nodiscard]] const std::vector<FieldRule>* segment(std::string_view name) const;
  [[nodiscard]] const std::vector<ComponentRule>* type(std::string_view name) const;
  [[nodiscard]] const Structure* structure(std::string_view name) const;
  // False only when the table is known and lacks the code.
  [[nodiscard]] bool allows(std::string_view table, std::string_view code) const;
};

const Dictionary& dictionary();
std::string_view embedded_file(std::string_view name);  // of schemas/hl7v2; empty: none of that name

}  // namespace huren::hl7
