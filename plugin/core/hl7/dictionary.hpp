// What schemas/hl7v2 says about HL7 v2.5.1: structures, segments, data types, tables. Read once from the compiled-in files.
#pragma once
#include <map>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "core/hl7/structure.hpp"

namespace huren::hl7 {

enum class Grammar { text, nm, si, tm, dt, dtm };  // which base types can be wrong
Grammar grammar_of(std::string_view type);

struct ComponentRule;
using Codes = std::set<std::string, std::less<>>;

struct ComponentRule {
  std::string type;
  bool required = false;
  std::string table;
  Grammar grammar = Grammar::text;
  const std::vector<ComponentRule>* parts = nullptr;  // of a composite type
  const Codes* codes = nullptr;                       // of a known table
};

struct FieldRule : ComponentRule {
  int repeat = 1;  // 0: any number
  int length = 0;  // 0: no limit
};

template <class T>
using ByName = std::map<std::string, T, std::less<>>;

struct Dictionary {
  ByName<std::string> events;                       // "ADT^A40" -> "ADT_A39"
  ByName<Structure> structures;                     // "ORU_R01"
  ByName<std::vector<FieldRule>> segments;          // [0] is field 1
  ByName<std::vector<ComponentRule>> types;         // composite types only
  ByName<Codes> tables;

  [[nodiscard]] const std::vector<FieldRule>* segment(std::string_view name) const;
  [[nodiscard]] const std::vector<ComponentRule>* type(std::string_view name) const;
  [[nodiscard]] const Structure* structure(std::string_view name) const;
  [[nodiscard]] const Codes* table(std::string_view name) const;
};

const Dictionary& dictionary();
std::string_view embedded_file(std::string_view name);  // of schemas/hl7v2; empty: none of that name

}  // namespace huren::hl7
