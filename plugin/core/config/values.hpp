// The TOML text as checked values: every key is declared, every value has its type's text form, defaults are filled in.
// Promises: only declared tables and keys come out; every fault is a finding with its line.
// Refuses: meaning (which partner, which dates): config.cpp reads that.
#pragma once
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "core/base/result.hpp"

namespace huren::config {

// Text forms: integer "17", boolean "true", date "2026-01-31", list "K,Na", days "K=7,class:chemistry=30".
struct Value {
  std::string text;
  int line = 0;  // 0: a default
};

struct Section {
  std::string table;  // "partner"
  std::string name;   // "city_hospital"; empty for a table that exists once
  int line = 0;       // 0: not written in the file
  std::map<std::string, Value> values;
};

struct Sections {
  std::vector<Section> rows;
  Findings findings;
  [[nodiscard]] const Section& one(std::string_view table) const;  // a table that exists once
};

Sections read_sections(std::string_view toml, std::string_view file_name);
std::string at(std::string_view file_name, int line);  // "local.toml:17"

}  // namespace huren::config
