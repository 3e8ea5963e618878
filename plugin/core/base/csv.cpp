#include "core/base/csv.hpp"

namespace huren {

Result<std::vector<std::vector<std::string>>> parse_csv(std::string_view text) {
  auto rows = parse_csv_rows(text);
  if (!rows) return rows.error();
  std::vector<std::vector<std::string>> out;
  out.reserve(rows->size());
  for (auto& row : *rows) out.push_back(std::move(row.fields));
  return out;
}

Result<std::vector<CsvRow>> parse_csv_rows(std::string_view text) {
  if (text.starts_with("\xEF\xBB\xBF")) text.remove_prefix(3);
  std::vector<CsvRow> rows;
  std::vector<std::string> row;
  std::string field;
  bool quoted = false, was_quoted = false;
  int line_number = 1, row_line = 1;
  const auto end_field = [&] {
    row.push_back(std::move(field));
    field.clear();
    was_quoted = false;
  };
  const auto end_row = [&] {
    if (row.empty() && field.empty() && !was_quoted) return;
    end_field();
    rows.push_back({row_line, std::move(row)});
    row.clear();
  };
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    if (row.empty() && field.empty() && !was_quoted) row_line = line_number;
    if (c == '\n') ++line_number;
    if (quoted) {
      if (c != '"') {
        field += c;
      } else if (i + 1 < text.size() && text[i + 1] == '"') {
        field += '"';
        ++i;
      } else {
        quoted = false;
      }
    } else if (c == '"') {
      if (!field.empty() || was_quoted) return Error{"csv.quote", "line " + std::to_string(line_number), {}};
      quoted = was_quoted = true;
    } else if (c == ',') {
      end_field();
    } else if (c == '\n') {
      end_row();
    } else if (c != '\r') {
      field += c;
    }
  }
  if (quoted) return Error{"csv.quote", "line " + std::to_string(line_number), {}};
  end_row();
  return rows;
}

std::string to_csv_field(std::string_view field) {
  if (field.find_first_of(",\"\r\n") == std::string_view::npos) return std::string(field);
  std::string out = "\"";
  for (const char c : field) {
    if (c == '"') out += '"';
    out += c;
  }
  return out + '"';
}

}  // namespace huren
