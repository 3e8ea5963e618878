#include "core/config/values.hpp"

#include <algorithm>
#include <charconv>
#include <cstdio>
#include <optional>

#include "core/base/toml.hpp"
#include "core/base/text.hpp"
#include "core/base/time.hpp"
#include "core/config/config.hpp"

namespace huren::config {
namespace {

constexpr std::size_t kMaxFile = 1024 * 1024;
constexpr std::size_t kMaxText = 1024;

bool identifier(std::string_view s) {
  return !s.empty() && s.size() <= 128 && printable_ascii(s) && s.find_first_of(" ,=\"'\\") == s.npos;
}

bool table_name(std::string_view s) {
  return !s.empty() && s.size() <= 64 &&
         std::all_of(s.begin(), s.end(), [](char c) { return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_'; });
}

bool plain_text(std::string_view s) {
  return s.size() <= kMaxText &&
         std::none_of(s.begin(), s.end(), [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7F; });
}

bool all_digits(std::string_view s) {
  return std::all_of(s.begin(), s.end(), [](char c) { return c >= '0' && c <= '9'; });
}

bool address(std::string_view s) {
  const auto colon = s.rfind(':');
  if (colon == s.npos || colon == 0 || s.size() > 260 || !printable_ascii(s) || s.find(' ') != s.npos) return false;
  const auto port = s.substr(colon + 1);
  const auto host = s.substr(0, colon);
  if (host.find(':') != host.npos && !(host.front() == '[' && host.back() == ']')) return false;
  unsigned value = 0;
  const auto [end, fault] = std::from_chars(port.data(), port.data() + port.size(), value);
  return fault == std::errc() && end == port.data() + port.size() && value <= 65535;
}

bool offset(std::string_view s) {
  if (s.size() != 6 || (s[0] != '+' && s[0] != '-') || s[3] != ':' || !all_digits(s.substr(1, 2)) || !all_digits(s.substr(4)))
    return false;
  return s.substr(1, 2) <= "14" && s.substr(4) <= "59";
}

std::optional<std::string> sha256(std::string_view s) {
  std::string out;
  for (const char c : s) {
    if (c == ':') continue;
    const char lower = c >= 'A' && c <= 'F' ? static_cast<char>(c - 'A' + 'a') : c;
    if (!((lower >= '0' && lower <= '9') || (lower >= 'a' && lower <= 'f'))) return std::nullopt;
    out += lower;
  }
  if (out.size() != 64) return std::nullopt;
  return out;
}

int line_of(const toml::node& node) { return static_cast<int>(node.source().begin.line); }
int line_of(const toml::key& key) { return static_cast<int>(key.source().begin.line); }

// "integer:0:3" → {"integer", "0", "3"}
std::vector<std::string_view> type_parts(std::string_view type) { return split(type, ':'); }

// The value in its type's text form, or the fault (without a place).
Result<std::string> checked(const OptionRow& row, const toml::node& node) {
  const auto parts = type_parts(row.type);
  const auto kind = parts[0];
  const auto* text = node.as_string();
  const std::string_view s = text ? std::string_view(text->get()) : std::string_view();
  const auto refuse = [&](std::string_view id, std::vector<std::string> more = {}) {
    std::vector<std::string> args{row.key};
    for (auto& m : more) args.push_back(std::move(m));
    return Error{id, "", std::move(args)};
  };
  if (kind == "integer") {
    const auto* number = node.as_integer();
    const std::string low(parts[1]), high(parts[2]);
    if (!number || number->get() < std::stoll(low) || number->get() > std::stoll(high))
      return refuse("config.not_integer", {low, high});
    return std::to_string(number->get());
  }
  if (kind == "boolean") {
    const auto* flag = node.as_boolean();
    if (!flag) return refuse("config.not_boolean");
    return std::string(flag->get() ? "true" : "false");
  }
  if (kind == "date") {
    std::string written(s);
    if (const auto* date = node.as_date()) {
      char buffer[16];
      const auto d = date->get();
      std::snprintf(buffer, sizeof buffer, "%04d-%02d-%02d", d.year, d.month, d.day);
      written = buffer;
    }
    const auto date = written.size() == 10 ? parse_date(written) : std::nullopt;
    if (!date || date->day == 0) return refuse("config.not_date");
    return written;
  }
  if (kind == "list") {
    const auto* array = node.as_array();
    if (!array) return refuse("config.not_list");
    std::string out;
    for (const auto& element : *array) {
      const auto* code = element.as_string();
      if (!code || !identifier(code->get())) return refuse("config.not_list");
      out += (out.empty() ? "" : ",") + code->get();
    }
    return out;
  }
  if (kind == "days") {
    const auto* table = node.as_table();
    if (!table) return refuse("config.not_days");
    std::string out;
    for (const auto& [item, days] : *table) {
      const auto* number = days.as_integer();
      if (!identifier(item.str()) || !number || number->get() < 0 || number->get() > 3650) return refuse("config.not_days");
      out += (out.empty() ? "" : ",") + std::string(item.str()) + "=" + std::to_string(number->get());
    }
    return out;
  }
  if (kind == "choice") {
    const auto choices = split(parts[1], '|');
    if (!text || std::find(choices.begin(), choices.end(), s) == choices.end()) {
      std::string shown;
      for (const auto c : choices) shown += (shown.empty() ? "\"" : ", \"") + std::string(c) + "\"";
      return refuse("config.not_choice", {shown});
    }
    return std::string(s);
  }
  if (kind == "identifier") return text && identifier(s) ? Result<std::string>(std::string(s)) : refuse("config.not_identifier");
  if (kind == "digits")
    return text && s.size() >= 2 && s.size() <= 12 && all_digits(s) ? Result<std::string>(std::string(s)) : refuse("config.not_digits");
  if (kind == "address") return text && address(s) ? Result<std::string>(std::string(s)) : refuse("config.not_address");
  if (kind == "offset") return text && offset(s) ? Result<std::string>(std::string(s)) : refuse("config.not_offset");
  if (kind == "sha256") {
    const auto digest = text ? sha256(s) : std::nullopt;
    return digest ? Result<std::string>(*digest) : refuse("config.not_sha256");
  }
  return text && !s.empty() && plain_text(s) ? Result<std::string>(std::string(s)) : refuse("config.not_text");  // text, path
}

// A declared table: "hospital" exists once, "partner" (keys "partner.*.x") has a name.
struct Table {
  std::string_view name;
  bool named = false;
  std::vector<std::pair<std::string_view, const OptionRow*>> keys;
};

std::vector<Table> declared_tables() {
  std::vector<Table> out;
  for (const auto& row : declared()) {
    const auto parts = split(row.key, '.');
    const bool named = parts.size() == 3;
    auto table = std::find_if(out.begin(), out.end(), [&](const Table& known) { return known.name == parts[0]; });
    if (table == out.end()) table = out.insert(out.end(), {parts[0], named, {}});
    table->keys.emplace_back(parts.back(), &row);
  }
  return out;
}

class Reader {
 public:
  Reader(std::string_view file_name, Sections& out) : file_name_(file_name), out_(out) {}

  void root(const toml::table& root) {
    const auto tables = declared_tables();
    std::vector<std::string_view> names;
    for (const auto& t : tables) names.push_back(t.name);
    for (const auto& [key, node] : root) {
      const auto known = std::find_if(tables.begin(), tables.end(), [&](const Table& t) { return t.name == key.str(); });
      if (known == tables.end()) {
        unknown("config.unknown_table", "config.unknown_table_near", line_of(key), std::string(key.str()), "", names);
      } else if (const auto* table = node.as_table(); !table) {
        add(line_of(key), "config.not_table", {std::string(key.str())});
      } else if (known->named) {
        named_tables(*known, *table);
      } else {
        section(*known, "", *table);
      }
    }
    for (const auto& t : tables)
      if (!t.named && !root.contains(t.name)) section(t, "", toml::table{});
  }

 private:
  void named_tables(const Table& declared, const toml::table& parent) {
    for (const auto& [key, node] : parent) {
      const auto path = std::string(declared.name) + "." + std::string(key.str());
      if (!table_name(key.str())) {
        add(line_of(key), "config.bad_name", {path});
      } else if (const auto* table = node.as_table(); !table) {
        add(line_of(key), "config.not_table", {path});
      } else {
        section(declared, std::string(key.str()), *table);
      }
    }
  }

  void section(const Table& declared, const std::string& name, const toml::table& table) {
    Section s{std::string(declared.name), name, line_of(table), {}};
    const auto prefix = s.table + "." + (name.empty() ? "" : name + ".");
    std::vector<std::string_view> keys;
    for (const auto& k : declared.keys) keys.push_back(k.first);
    for (const auto& [key, node] : table) {
      const auto known = std::find_if(declared.keys.begin(), declared.keys.end(), [&](const auto& k) { return k.first == key.str(); });
      if (known == declared.keys.end()) {
        unknown("config.unknown_key", "config.unknown_key_near", line_of(key), std::string(key.str()), prefix, keys);
        continue;
      }
      auto row = *known->second;
      row.key = prefix + std::string(key.str());
      auto value = checked(row, node);
      if (!value) {
        auto fault = value.error();
        add(line_of(key), fault.id, std::move(fault.args));
      }
      s.values[std::string(key.str())] = {value ? *value : row.fallback, line_of(key)};
    }
    for (const auto& [key, row] : declared.keys)
      if (!row->fallback.empty()) s.values.try_emplace(std::string(key), Value{row->fallback, 0});
    for (const auto& [key, row] : declared.keys) {
      const auto adapter = s.values.find("adapter");
      const bool needed = row->required == "yes" ||
                          (!row->required.empty() && adapter != s.values.end() && adapter->second.text == row->required);
      if (needed && !s.values.contains(std::string(key)))
        add(s.line, "config.missing_key", {prefix + std::string(key), row->help_zh, row->help_en});
    }
    out_.rows.push_back(std::move(s));
  }

  void unknown(std::string_view plain, std::string_view near, int line, const std::string& word, const std::string& prefix,
               const std::vector<std::string_view>& candidates) {
    const auto shown = shorten(word);
    if (const auto close = closest(word, candidates); !close.empty())
      add(line, near, {prefix + shown, prefix + std::string(close)});
    else
      add(line, plain, {prefix + shown});
  }

  static std::string shorten(const std::string& word) { return word.size() <= 64 && plain_text(word) ? word : "?"; }

  void add(int line, std::string_view id, std::vector<std::string> args) {
    out_.findings.push_back({Severity::error, {id, at(file_name_, line), std::move(args)}});
  }

  std::string_view file_name_;
  Sections& out_;
};

}  // namespace

std::string at(std::string_view file_name, int line) {
  return std::string(file_name) + (line > 0 ? ":" + std::to_string(line) : "");
}

const Section& Sections::one(std::string_view table) const {
  static const Section none;
  const auto found = std::find_if(rows.begin(), rows.end(), [&](const Section& s) { return s.table == table && s.name.empty(); });
  return found == rows.end() ? none : *found;
}

Sections read_sections(std::string_view text, std::string_view file_name) {
  Sections out;
  if (text.starts_with("\xEF\xBB\xBF")) text.remove_prefix(3);
  if (text.size() > kMaxFile) {
    out.findings.push_back({Severity::error, {"config.too_large", std::string(file_name), {std::to_string(kMaxFile)}}});
    return out;
  }
  if (const auto bad = invalid_utf8(text)) {
    const auto line = std::count(text.begin(), text.begin() + static_cast<std::ptrdiff_t>(*bad), '\n') + 1;
    return {{}, {{Severity::error, {"config.not_utf8", at(file_name, static_cast<int>(line)), {}}}}};
  }
  const auto parsed = toml::parse(text);
  if (!parsed) {
    const auto& fault = parsed.error();
    out.findings.push_back({Severity::error,
                            {"config.syntax", at(file_name, static_cast<int>(fault.source().begin.line)), {std::string(fault.description())}}});
    return out;
  }
  Reader(file_name, out).root(parsed.table());
  return out;
}

}  // namespace huren::config
