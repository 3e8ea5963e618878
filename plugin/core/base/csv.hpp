// RFC 4180 text to rows of fields: quotes, doubled quotes, LF or CRLF, a BOM. Blank lines are skipped.
// Refuses: a quote inside a bare field, an unclosed quote (Error csv.quote at "line N").
#pragma once
#include <string>
#include <string_view>
#include <vector>

#include "core/base/result.hpp"

namespace huren {
Result<std::vector<std::vector<std::string>>> parse_csv(std::string_view text);
// The same rows, each with the line that it starts on, counted from 1: for tables whose faults a person has to find.
struct CsvRow {
  int line = 0;
  std::vector<std::string> fields;
};
Result<std::vector<CsvRow>> parse_csv_rows(std::string_view text);
std::string to_csv_field(std::string_view field);  // quoted only where it must be
}  // namespace huren
