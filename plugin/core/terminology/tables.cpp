#include "core/terminology/tables.hpp"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <set>

#include "core/base/csv.hpp"
#include "core/base/text.hpp"
#include "core/base/time.hpp"

namespace huren::terminology {
namespace {

constexpr std::size_t kMaxTableBytes = 64U * 1024 * 1024;
constexpr std::size_t kMaxField = 2000;
constexpr std::size_t kMaxCode = 64;

constexpr Column kFrom{"valid_from", Kind::date, false, true};
constexpr Column kTo{"valid_to", Kind::date};
constexpr Column kSource{"source"};

std::vector<TableSpec> make_specs() {
  using K = Kind;
  return {
      {"release.csv", {{"release", K::code, true, true}}},
      {"items.csv",
       {{"code", K::code, true, true}, {"equals", K::code}, {"zh", K::text, true}, {"en", K::text, true}, {"pinyin", K::text},
        {"aliases", K::list}, {"class", K::code, true}, {"numeric", K::yes_no, true}, {"unit", K::text},
        {"specimens", K::list, true}, {"method_dependent", K::yes_no, true}, {"plausible_low", K::number},
        {"plausible_high", K::number}, {"critical_low", K::number}, {"critical_high", K::number}, kFrom, kTo, kSource}},
      {"units.csv",
       {{"item", K::code, true, true}, {"unit", K::text, false, true}, {"loinc", K::code}, {"scale", K::number, true},
        {"offset", K::number, true}, {"method_group", K::code}, kSource}},
      {"unit_aliases.csv", {{"printed", K::text, true, true}, {"item", K::code, false, true}, {"ucum", K::text, true}, kSource}},
      {"panels.csv",
       {{"panel", K::code, true, true}, {"zh", K::text, true}, {"en", K::text, true}, {"pinyin", K::text},
        {"item", K::code, true, true}, {"required", K::yes_no, true}, kFrom, kTo, kSource}},
      {"specimens.csv", {{"specimen", K::code, true, true}, {"zh", K::text, true}, {"en", K::text, true}, {"aliases", K::list}, kSource}},
      {"windows.csv", {{"scope", K::code, true, true}, {"days", K::whole, true}, kFrom, kTo, kSource}},
      {"hr_scopes.csv",
       {{"scope", K::code, true, true}, {"zh", K::text, true}, {"en", K::text, true}, {"parent", K::code}, {"marks", K::list, true},
        {"regions", K::list}, kFrom, kTo, kSource}},
      {"hr_marks.csv",
       {{"lab", K::code, true, true}, {"item", K::code, true, true}, {"scope", K::code, true, true}, kFrom, kTo, kSource}, true},
      {"eqa.csv",
       {{"lab", K::code, true, true}, {"item", K::code, true, true}, {"method_group", K::code, false, true},
        {"verdict", K::choice, true, true, "passed|failed|withdrawn"}, kFrom, kTo, kSource}, true},
      {"reasons.csv",
       {{"reason", K::code, true, true}, {"zh", K::text, true}, {"en", K::text, true}, {"counts_as_decline", K::yes_no, true},
        {"requires_note", K::yes_no, true}, kFrom, kTo, kSource}},
      {"method_groups.csv",
       {{"method_group", K::code, true, true}, {"zh", K::text, true}, {"en", K::text, true}, {"methods", K::list}, kSource}},
      {"rules.csv",
       {{"rule", K::code, true, true}, {"agreement", K::code}, {"scope", K::code}, {"department", K::text}, {"situation", K::code},
        {"age_from", K::whole}, {"age_to", K::whole}, {"action", K::choice, true, false, "advise|never|window"},
        {"window_days", K::whole}, {"zh", K::text, true}, {"en", K::text, true}, kFrom, kTo, kSource}},
      {"local_items.csv",
       {{"code", K::code, true, true}, {"name", K::text, true}, {"item", K::code}, {"panel", K::code}, {"unit", K::text},
        {"specimen", K::code}, {"method_group", K::code}, kFrom, kTo, kSource}},
      {"departments.csv", {{"department", K::code, true, true}, {"zh", K::text, true}, {"en", K::text}, {"aliases", K::list}, kSource}},
      {"prices.csv", {{"code", K::code, true, true}, {"price", K::number, true}, kFrom, kTo, kSource}},
  };
}

std::optional<std::string> yes_no(std::string_view s) {
  for (const std::string_view yes : {"yes", "y", "true", "1", "是"})
    if (equal_ascii_nocase(s, yes)) return "yes";
  for (const std::string_view no : {"no", "n", "false", "0", "否"})
    if (equal_ascii_nocase(s, no)) return "no";
  return std::nullopt;
}

bool code_like(std::string_view s) {
  return s.size() <= kMaxCode && std::none_of(s.begin(), s.end(), [](char c) {
           const auto u = static_cast<unsigned char>(c);
           return u < 0x21 || u == 0x7F || c == '|' || c == ',' || c == '"';
         });
}

// The field in its one form, or the id of what is wrong with it.
struct Checked { std::string value; std::string_view fault; };
Checked check(const Column& column, std::string_view raw) {
  const std::string_view s = trim(raw);
  if (s.empty()) return {"", column.required ? "terminology.required" : ""};
  if (s.size() > kMaxField) return {"", "terminology.too_long"};
  switch (column.kind) {
    case Kind::code: return {std::string(s), code_like(s) ? "" : "terminology.not_code"};
    case Kind::text: {
      const bool clean = std::none_of(s.begin(), s.end(), [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7F; });
      return {std::string(s), clean ? "" : "terminology.control_character"};
    }
    case Kind::list: {
      std::string joined;
      for (const auto& part : list_of(s)) joined += (joined.empty() ? "" : "|") + part;
      return {joined, ""};
    }
    case Kind::number: {
      double value = 0;
      const auto [end, error] = std::from_chars(s.data(), s.data() + s.size(), value);
      const bool good = error == std::errc() && end == s.data() + s.size() && std::isfinite(value);
      return {std::string(s), good ? "" : "terminology.not_number"};
    }
    case Kind::whole: {
      int value = 0;
      const auto [end, error] = std::from_chars(s.data(), s.data() + s.size(), value);
      const bool good = error == std::errc() && end == s.data() + s.size() && value >= 0 && value <= 36500;
      return {std::string(s), good ? "" : "terminology.not_whole"};
    }
    case Kind::yes_no: {
      auto value = yes_no(s);
      return value ? Checked{std::move(*value), ""} : Checked{"", "terminology.not_yes_no"};
    }
    case Kind::date: {
      const auto date = parse_date(s);
      if (!date || date->month == 0 || date->day == 0) return {"", "terminology.not_date"};
      return {to_iso_date(*date), ""};
    }
    case Kind::choice: {
      const auto choices = split(column.choices, '|');
      const bool known = std::find(choices.begin(), choices.end(), s) != choices.end();
      return {std::string(s), known ? "" : "terminology.not_choice"};
    }
  }
  return {std::string(s), ""};
}

// Place in the file of each column of the spec; -1: left out. Faults of the heading stop the table.
std::vector<int> read_heading(const TableSpec& spec, const CsvRow& heading, Findings& findings) {
  std::vector<int> places(spec.columns.size(), -1);
  const std::string where = std::string(spec.name) + ":" + std::to_string(heading.line);
  for (std::size_t i = 0; i < heading.fields.size(); ++i) {
    const std::string name(trim(heading.fields[i]));
    const int place = spec.place(name);
    if (place < 0) {
      std::vector<std::string_view> names;
      for (const auto& c : spec.columns) names.push_back(c.name);
      const auto near = closest(name, names);
      std::string all;
      for (const auto n : names) all += (all.empty() ? "" : ", ") + std::string(n);
      if (near.empty()) findings.push_back({Severity::error, {"terminology.column_not_here", where, {name, all}}});
      else findings.push_back({Severity::error, {"terminology.column_unknown", where, {name, std::string(near)}}});
    } else if (places[static_cast<std::size_t>(place)] >= 0) {
      findings.push_back({Severity::error, {"terminology.column_twice", where, {name}}});
    } else {
      places[static_cast<std::size_t>(place)] = static_cast<int>(i);
    }
  }
  for (std::size_t i = 0; i < spec.columns.size(); ++i)
    if (spec.columns[i].required && places[i] < 0)
      findings.push_back({Severity::error, {"terminology.column_missing", where, {std::string(spec.columns[i].name)}}});
  return places;
}

}  // namespace

int TableSpec::place(std::string_view column) const {
  for (std::size_t i = 0; i < columns.size(); ++i)
    if (columns[i].name == column) return static_cast<int>(i);
  return -1;
}

std::span<const TableSpec> specs() {
  static const std::vector<TableSpec> all = make_specs();
  return all;
}

const TableSpec* spec_of(std::string_view table_name) {
  const auto slash = table_name.find_last_of("/\\");
  if (slash != std::string_view::npos) table_name.remove_prefix(slash + 1);
  for (const auto& spec : specs())
    if (spec.name == table_name) return &spec;
  return nullptr;
}

std::vector<std::string> list_of(std::string_view field) {
  std::vector<std::string> out;
  for (const auto part : split(field, '|'))
    if (const auto s = trim(part); !s.empty()) out.emplace_back(s);
  return out;
}

ReadTable read_table(const TableSpec& spec, std::string_view text) {
  ReadTable out;
  const auto fault = [&](std::string_view id, std::string where, std::vector<std::string> args) {
    out.findings.push_back({Severity::error, {id, std::move(where), std::move(args)}});
  };
  const std::string name(spec.name);
  if (text.size() > kMaxTableBytes) {
    fault("terminology.table_too_large", name, {std::to_string(kMaxTableBytes)});
    return out;
  }
  if (const auto bad = invalid_utf8(text)) {
    fault("terminology.not_utf8", name + ":byte " + std::to_string(*bad), {});
    return out;
  }
  const auto rows = parse_csv_rows(text);
  if (!rows) {
    fault(rows.error().id, name + ":" + rows.error().where, rows.error().args);
    return out;
  }
  if (rows->empty()) {
    fault("terminology.table_empty", name, {});
    return out;
  }
  const auto places = read_heading(spec, rows->front(), out.findings);
  if (has_error(out.findings)) return out;
  std::map<std::string, int> lines;
  for (std::size_t r = 1; r < rows->size(); ++r) {
    const CsvRow& in = (*rows)[r];
    const std::string where = name + ":" + std::to_string(in.line);
    if (in.fields.size() != rows->front().fields.size()) {
      fault("terminology.fields_count", where, {std::to_string(in.fields.size()), std::to_string(rows->front().fields.size())});
      continue;
    }
    ReadRow row{.key = "", .identity = "", .fields = {}, .line = in.line};
    bool good = true;
    for (std::size_t c = 0; c < spec.columns.size(); ++c) {
      const Column& column = spec.columns[c];
      auto [value, id] = check(column, places[c] < 0 ? std::string_view{} : std::string_view(in.fields[static_cast<std::size_t>(places[c])]));
      if (!id.empty()) {
        good = false;
        fault(id, where + ":" + std::string(column.name), {std::string(column.name), std::string(column.choices)});
      }
      if (column.key) {
        row.key += value + '\x1f';
        if (column.name != "valid_from") row.identity += value + '\x1f';
      }
      row.fields.push_back(std::move(value));
    }
    if (!good) continue;
    if (const auto [it, fresh] = lines.emplace(row.key, in.line); !fresh) {
      fault("terminology.duplicate", where, {std::to_string(it->second)});
      continue;
    }
    out.rows.push_back(std::move(row));
  }
  return out;
}

}  // namespace huren::terminology
