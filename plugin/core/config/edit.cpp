#include "core/config/edit.hpp"

#include <algorithm>
#include <vector>

#include "core/base/text.hpp"
#include "core/base/time.hpp"
#include "core/base/toml.hpp"
#include "core/config/config.hpp"

namespace huren::config {
namespace {

using Lines = std::vector<std::string>;

Lines lines_of(std::string_view text) {
  Lines out;
  while (!text.empty()) {
    const auto end = text.find('\n');
    auto line = text.substr(0, end);
    if (line.ends_with('\r')) line.remove_suffix(1);
    out.emplace_back(line);
    text.remove_prefix(end == text.npos ? text.size() : end + 1);
  }
  return out;
}

std::string joined(const Lines& lines) {
  std::string out;
  for (const auto& line : lines) out += line + "\n";
  return out;
}

// "[ partner.city ]  # words" → "partner.city"; empty: the line opens no table.
std::string header_of(std::string_view line) {
  line = trim(line);
  if (!line.starts_with('[') || line.starts_with("[[")) return {};
  const auto close = line.find(']');
  if (close == line.npos) return {};
  std::string out;
  for (const char c : line.substr(1, close - 1))
    if (c != ' ' && c != '\t' && c != '"' && c != '\'') out += c;
  return out;
}

bool belongs(std::string_view header, std::string_view path) {
  return header == path || (header.starts_with(path) && header.size() > path.size() && header[path.size()] == '.');
}

struct Stretch { std::size_t begin = 0, end = 0; };  // lines

// Lines that stand inside a value of several lines open no table, whatever they look like.
std::vector<bool> inside_values(std::string_view toml, std::size_t count) {
  std::vector<bool> inside(count, false);
  const auto parsed = toml::parse(toml);
  if (!parsed) return inside;
  const auto mark = [&](const auto& self, const toml::table& table) -> void {
    for (const auto& [key, node] : table) {
      const auto& at = node.source();
      if (!node.is_table() || node.as_table()->is_inline())
        for (std::size_t line = at.begin.line; line < at.end.line && line < count; ++line) inside[line] = true;  // lines count from 1: the one behind the first
      else
        self(self, *node.as_table());
    }
  };
  mark(mark, parsed.table());
  return inside;
}

std::vector<Stretch> stretches(const Lines& lines, const std::vector<bool>& inside, std::string_view path) {
  std::vector<Stretch> out;
  bool open = false;
  for (std::size_t i = 0; i < lines.size(); ++i) {
    const auto header = inside[i] ? std::string() : header_of(lines[i]);
    if (header.empty()) continue;
    if (open) out.back().end = i;
    open = belongs(header, path);
    if (open) out.push_back({i, lines.size()});
  }
  // Blank lines and comments right before the next table belong to that one.
  for (auto& s : out)
    while (s.end > s.begin + 1 && (trim(lines[s.end - 1]).empty() || (s.end < lines.size() && trim(lines[s.end - 1]).starts_with('#')))) --s.end;
  return out;
}

std::string quoted(std::string_view text) {
  std::string out = "\"";
  for (const char c : text) {
    if (c == '"' || c == '\\') out += '\\';
    out += c;
  }
  return out + "\"";
}

bool days(std::string_view text) {  // "GLU=30,class:lipid=14"
  for (const auto part : split(text, ','))
    if (!part.empty() && (part.find('=') == part.npos || part.ends_with('=') || part.substr(part.find('=') + 1).find_first_not_of("0123456789") != part.npos)) return false;
  return true;
}

// A value that is not of its type is written as a text: the parser then says what it must be, with the option's name.
std::string literal(std::string_view type, std::string_view text) {
  const auto kind = type.substr(0, type.find(':'));
  if (kind == "integer" && !text.empty() && text.size() < 19 && text.substr(text.starts_with('-') ? 1 : 0).find_first_not_of("0123456789") == text.npos && text != "-") return std::string(text);
  if (kind == "boolean" && (text == "true" || text == "false")) return std::string(text);
  if (kind == "date" && text.size() == 10)
    if (const auto date = parse_date(text); date && date->day) return std::string(text);
  if (kind == "list") {
    std::string out;
    for (const auto part : split(text, ','))
      if (!trim(part).empty()) out += (out.empty() ? "" : ", ") + quoted(trim(part));
    return "[" + out + "]";
  }
  if (kind == "days" && days(text)) {
    std::string out;
    for (const auto part : split(text, ',')) {
      const auto equals = part.find('=');
      if (equals != part.npos) out += (out.empty() ? " " : ", ") + quoted(trim(part.substr(0, equals))) + " = " + std::string(part.substr(equals + 1));
    }
    return "{" + out + (out.empty() ? "}" : " }");
  }
  return quoted(text);
}

const OptionRow* option(std::string_view path, std::string_view key) {
  const std::string table(path.substr(0, path.find('.')));
  for (const auto& row : declared())
    if (row.key == table + ".*." + std::string(key) || row.key == table + "." + std::string(key)) return &row;
  return nullptr;
}

std::string comment_of(std::string_view line) {  // behind the value, with the blanks before it
  char quote = 0;
  for (std::size_t i = 0; i < line.size(); ++i) {
    const char c = line[i];
    if (quote) {
      if (c == '\\' && quote == '"') ++i;
      else if (c == quote) quote = 0;
    } else if (c == '"' || c == '\'') {
      quote = c;
    } else if (c == '#') {
      auto begin = i;
      while (begin > 0 && (line[begin - 1] == ' ' || line[begin - 1] == '\t')) --begin;
      return std::string(line.substr(begin));
    }
  }
  return {};
}

// Keeps one value from becoming two lines.
bool one_line(std::string_view text) {
  return std::none_of(text.begin(), text.end(), [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7F; });
}

}  // namespace

std::string table_text(std::string_view toml, std::string_view path) {
  const auto lines = lines_of(toml);
  std::string out;
  for (const auto& s : stretches(lines, inside_values(toml, lines.size()), path))
    for (auto i = s.begin; i < s.end; ++i) out += lines[i] + "\n";
  return out;
}

Result<std::string> edit_table(std::string_view toml, std::string_view path, const std::map<std::string, std::optional<std::string>>& values) {
  auto lines = lines_of(toml);
  const auto parsed = toml::parse(toml);
  if (!parsed) return Error{"config.edit_by_hand", std::string(path), {std::string(path)}};
  const auto* table = parsed.table().at_path(path).as_table();
  auto own = stretches(lines, inside_values(toml, lines.size()), path);
  const bool written = !own.empty() && header_of(lines[own.front().begin]) == path;
  if (table && !written) return Error{"config.edit_by_hand", std::string(path), {std::string(path)}};
  std::vector<std::string> fresh;
  std::vector<std::pair<Stretch, std::string>> replaced;  // in lines; empty text: taken out
  for (const auto& [key, value] : values) {
    const auto* row = option(path, key);
    if (!row) return Error{"config.unknown_key", std::string(path), {std::string(path) + "." + key}};
    if (value && !one_line(*value)) return Error{"config.edit_value", std::string(path) + "." + key, {std::string(path) + "." + key}};
    const auto* node = table ? table->get(key) : nullptr;
    const std::string text = value ? key + " = " + literal(row->type, *value) : "";
    if (!node) {
      if (value) fresh.push_back(text);
      continue;
    }
    const auto* sub = node->as_table();
    if (sub && !sub->is_inline()) {  // [agreement.city.window_days]
      for (const auto& s : own)
        if (header_of(lines[s.begin]) == std::string(path) + "." + key) replaced.push_back({s, ""});
      if (value) fresh.push_back(text);
      continue;
    }
    const auto begin = static_cast<std::size_t>(node->source().begin.line) - 1, end = static_cast<std::size_t>(node->source().end.line);
    const auto comment = end == begin + 1 ? comment_of(lines[begin]) : std::string();
    replaced.push_back({{begin, std::max(end, begin + 1)}, text.empty() ? "" : text + comment});
  }
  // From the end, so that places stay true.
  if (written && !fresh.empty()) {
    auto at = own.front().end;
    while (at > own.front().begin + 1 && trim(lines[at - 1]).empty()) --at;
    std::string block;
    for (const auto& line : fresh) block += (block.empty() ? "" : "\n") + line;
    replaced.push_back({{at, at}, block});
  }
  std::stable_sort(replaced.begin(), replaced.end(), [](const auto& a, const auto& b) { return a.first.begin > b.first.begin; });
  for (const auto& [s, text] : replaced) {
    lines.erase(lines.begin() + static_cast<std::ptrdiff_t>(s.begin), lines.begin() + static_cast<std::ptrdiff_t>(s.end));
    if (!text.empty()) lines.insert(lines.begin() + static_cast<std::ptrdiff_t>(s.begin), text);
  }
  if (!written) {
    if (!lines.empty() && !trim(lines.back()).empty()) lines.emplace_back();
    lines.push_back("[" + std::string(path) + "]");
    lines.insert(lines.end(), fresh.begin(), fresh.end());
  }
  return joined(lines);
}

Result<std::string> remove_table(std::string_view toml, std::string_view path) {
  auto lines = lines_of(toml);
  auto own = stretches(lines, inside_values(toml, lines.size()), path);
  if (own.empty()) return Error{"config.edit_by_hand", std::string(path), {std::string(path)}};
  std::reverse(own.begin(), own.end());
  for (const auto& s : own) {
    lines.erase(lines.begin() + static_cast<std::ptrdiff_t>(s.begin), lines.begin() + static_cast<std::ptrdiff_t>(s.end));
    if (s.begin > 0 && s.begin < lines.size() && trim(lines[s.begin]).empty() && trim(lines[s.begin - 1]).empty()) lines.erase(lines.begin() + static_cast<std::ptrdiff_t>(s.begin));
  }
  return joined(lines);
}

}  // namespace huren::config
