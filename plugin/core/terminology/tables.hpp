// The tables of the set: their columns, and how one table's text becomes checked rows.
// Promises: every bad row of a table is told, each with line and column. Refuses: unknown tables and columns.
#pragma once
#include <map>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "core/base/result.hpp"

namespace huren::terminology {

enum class Kind { code, text, list, number, whole, yes_no, date, choice };

struct Column {
  std::string_view name;
  Kind kind = Kind::text;
  bool required = false;
  bool key = false;            // together the key columns name a row
  std::string_view choices{};  // for Kind::choice: "advise|never|window"
};

struct TableSpec {
  std::string_view name;  // "items.csv"
  std::vector<Column> columns;
  bool may_overlap = false;  // periods of one identity may overlap: the worst row decides
  [[nodiscard]] int place(std::string_view column) const;  // -1: no such column
};

std::span<const TableSpec> specs();
const TableSpec* spec_of(std::string_view table_name);

struct ReadRow {
  std::string key;                  // key columns joined
  std::string identity;             // the key without valid_from
  std::vector<std::string> fields;  // in the order of the spec, dates and yes/no in their one form
  int line = 0;
};

struct ReadTable { std::vector<ReadRow> rows; Findings findings; };
ReadTable read_table(const TableSpec& spec, std::string_view text);

std::vector<std::string> list_of(std::string_view field);  // "a|b|c"

}  // namespace huren::terminology
