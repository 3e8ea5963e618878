// Addresses inside a message: OBX[3]-5[1].1.2 = third OBX, field 5, first repetition, component 1, subcomponent 2.
// Promises: parse and print are inverse. Refuses: zero or negative numbers, numbers above 999,999.
#pragma once
#include <string>
#include <string_view>

#include "core/base/result.hpp"

namespace huren::hl7 {

struct Path {  // 0: not given (segment_index 0 and repetition 0 mean the first one when reading)
  std::string segment;
  int segment_index = 0;
  int field = 0;
  int repetition = 0;
  int component = 0;
  int subcomponent = 0;
  friend bool operator==(const Path&, const Path&) = default;
};

Result<Path> parse_path(std::string_view text);  // Error hl7.path
std::string to_string(const Path& path);

}  // namespace huren::hl7
