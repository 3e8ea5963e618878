#include "core/hl7/escape.hpp"

#include <array>

#include "core/base/text.hpp"

namespace huren::hl7 {
namespace {

constexpr std::array<bool, 256> special_for(const Delimiters& d) {
  std::array<bool, 256> special{};
  for (std::size_t c = 0; c < 0x20; ++c) special[c] = true;
  special[0x7F] = true;
  for (const char c : {d.field, d.component, d.repetition, d.escape, d.subcomponent, d.truncation})
    if (c != '\0') special[static_cast<unsigned char>(c)] = true;
  return special;
}
constexpr std::array<bool, 256> kUsual = special_for(Delimiters{});

int hex_value(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  return -1;
}

bool is_hex(std::string_view s) {
  for (const char c : s)
    if (hex_value(c) < 0) return false;
  return !s.empty() && s.size() % 2 == 0;
}

char lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; }

// The number after .sp .sk and friends ("+3", "3", ""); -1: not a number.
int command_number(std::string_view s) {
  if (!s.empty() && (s[0] == '+' || s[0] == '-')) s.remove_prefix(1);
  int n = 0;
  if (s.size() > 3) return -1;
  for (const char c : s) {
    if (c < '0' || c > '9') return -1;
    n = n * 10 + (c - '0');
  }
  return s.empty() ? 1 : n;
}

// \.br\ \.sp+3\ \.in-2\ ...: two letters and a number (v2.5.1 §2.7.6). Gives the text a screen shows.
bool formatting_command(std::string_view body, std::string* shown) {
  if (body.size() < 3 || body[0] != '.') return false;
  const char a = lower(body[1]), b = lower(body[2]);
  const auto is = [&](const char* name) { return a == name[0] && b == name[1]; };
  const int n = command_number(body.substr(3));
  if (n < 0) return false;
  std::string text;
  if (is("br") || is("ce")) text = "\n";
  else if (is("sp")) text = std::string(static_cast<std::size_t>(n), '\n');
  else if (is("sk")) text = std::string(static_cast<std::size_t>(n), ' ');
  else if (!is("fi") && !is("nf") && !is("in") && !is("ti")) return false;
  if (shown) *shown += text;
  return true;
}

bool is_word(std::string_view s) {
  for (const char c : s)
    if (!((c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z'))) return false;
  return true;
}

enum class Kind { letter, hex, highlight, command, foreign, unknown, malformed };

Kind classify(std::string_view body) {
  if (body.empty()) return Kind::malformed;
  if (body.size() == 1) {
    switch (body[0]) {
      case 'F': case 'S': case 'T': case 'R': case 'E': case 'P': return Kind::letter;
      case 'H': case 'N': return Kind::highlight;
      case 'X': case 'C': case 'M': return Kind::malformed;
      default: break;
    }
  }
  if (body[0] == 'X') return is_hex(body.substr(1)) ? Kind::hex : Kind::malformed;
  if (body[0] == 'C' || body[0] == 'M') return is_hex(body.substr(1)) ? Kind::foreign : Kind::malformed;
  if (body[0] == '.') return formatting_command(body, nullptr) ? Kind::command : Kind::malformed;
  if (!is_word(body)) return Kind::malformed;
  return body[0] == 'Z' ? Kind::foreign : Kind::unknown;
}

char letter_value(char letter, const Delimiters& d) {
  switch (letter) {
    case 'F': return d.field;
    case 'S': return d.component;
    case 'T': return d.subcomponent;
    case 'R': return d.repetition;
    case 'P': return d.truncation ? d.truncation : '#';
    default: return d.escape;
  }
}

void append_hex(std::string& out, char c) {
  constexpr std::string_view digits = "0123456789ABCDEF";
  const auto b = static_cast<unsigned char>(c);
  out += digits[b >> 4];
  out += digits[b & 15];
}

// Neighbouring hex escapes are one run of bytes: a character may be spread over several (\XE6\\X9F\\X90\).
// Gives the offset after the run; bytes stay empty when they are not UTF-8.
std::size_t hex_run(std::string_view raw, std::size_t at, char escape, std::string& bytes) {
  while (at < raw.size() && raw[at] == escape) {
    const auto end = raw.find(escape, at + 1);
    if (end == std::string_view::npos) break;
    const auto body = raw.substr(at + 1, end - at - 1);
    if (classify(body) != Kind::hex) break;
    for (std::size_t i = 1; i < body.size(); i += 2)
      bytes += static_cast<char>(hex_value(body[i]) * 16 + hex_value(body[i + 1]));
    at = end + 1;
  }
  if (invalid_utf8(bytes)) bytes.clear();
  return at;
}

// Offset of the first special byte at or after from; text.size() when there is none.
std::size_t next_special(std::string_view text, std::size_t from, const std::array<bool, 256>& special) {
  const auto is = [&](std::size_t i) { return static_cast<int>(special[static_cast<unsigned char>(text[i])]); };
  for (; from + 4 <= text.size(); from += 4)
    if (is(from) | is(from + 1) | is(from + 2) | is(from + 3)) break;
  while (from < text.size() && !is(from)) ++from;
  return from;
}

void append_escape(std::string& out, char c, const Delimiters& d) {
  out += d.escape;
  if (c == d.field) out += 'F';
  else if (c == d.component) out += 'S';
  else if (c == d.subcomponent) out += 'T';
  else if (c == d.repetition) out += 'R';
  else if (c == d.escape) out += 'E';
  else if (c == d.truncation && c != '\0') out += 'P';
  else {
    out += 'X';
    append_hex(out, c);
  }
  out += d.escape;
}

void append_escaped_by(std::string& out, std::string_view text, const Delimiters& d, const std::array<bool, 256>& special,
                       bool formatted) {
  std::size_t start = 0;
  std::size_t i = next_special(text, 0, special);
  while (i < text.size()) {
    const char c = text[i];
    if (formatted && c == d.escape) {
      const auto end = text.find(d.escape, i + 1);
      if (end != std::string_view::npos) {
        const auto kind = classify(text.substr(i + 1, end - i - 1));
        if (kind == Kind::highlight || kind == Kind::command || kind == Kind::foreign) {
          i = next_special(text, end + 1, special);
          continue;
        }
      }
    }
    out.append(text.substr(start, i - start));
    if (d.escape == '\0') out += c;  // nothing can be escaped: MSH-2 has no such character
    else append_escape(out, c, d);
    start = i + 1;
    i = next_special(text, start, special);
  }
  out.append(text.substr(start));
}

}  // namespace

int append_unescaped(std::string& out, std::string_view raw, const Delimiters& d, Formatting formatting) {
  std::size_t at = d.escape == '\0' ? std::string_view::npos : raw.find(d.escape);
  if (at == std::string_view::npos) {
    out.append(raw);
    return 0;
  }
  int malformed = 0;
  std::size_t start = 0;
  while (at != std::string_view::npos) {
    out.append(raw.substr(start, at - start));
    start = at;
    const auto end = raw.find(d.escape, at + 1);
    if (end == std::string_view::npos) {
      ++malformed;
      break;
    }
    const auto body = raw.substr(at + 1, end - at - 1);
    const auto kind = classify(body);
    std::size_t next = end + 1;
    switch (kind) {
      case Kind::letter: {
        const char c = letter_value(body[0], d);
        if (c == '\0') out.append(raw.substr(at, next - at));  // a delimiter that this message does not have
        else out += c;
        break;
      }
      case Kind::hex: {
        std::string bytes;
        next = hex_run(raw, at, d.escape, bytes);
        if (bytes.empty()) {
          out.append(raw.substr(at, next - at));
          ++malformed;
        } else {
          out += bytes;
        }
        break;
      }
      case Kind::highlight:
        if (formatting == Formatting::keep) out.append(raw.substr(at, next - at));
        break;
      case Kind::command:
        if (formatting == Formatting::keep) out.append(raw.substr(at, next - at));
        else formatting_command(body, &out);
        break;
      case Kind::foreign:
      case Kind::unknown:
        out.append(raw.substr(at, next - at));
        break;
      case Kind::malformed:
        ++malformed;
        // "\\" and a word meant as an escape (\Xwp\) stay as one unit; else the escape character is a lone one, and what
        // follows it is looked at afresh.
        if (!body.empty() && !is_word(body)) next = at + 1;
        out.append(raw.substr(at, next - at));
        break;
    }
    start = next;
    at = raw.find(d.escape, next);
  }
  out.append(raw.substr(start));
  return malformed;
}

std::string unescape(std::string_view raw, const Delimiters& d, Formatting formatting) {
  std::string out;
  append_unescaped(out, raw, d, formatting);
  return out;
}

void append_escaped(std::string& out, std::string_view text, const Delimiters& d) {
  if (d == Delimiters{}) append_escaped_by(out, text, d, kUsual, false);
  else append_escaped_by(out, text, d, special_for(d), false);
}

std::string escape(std::string_view text, const Delimiters& d) {
  std::string out;
  append_escaped(out, text, d);
  return out;
}

void append_escaped_formatted(std::string& out, std::string_view text, const Delimiters& d) {
  append_escaped_by(out, text, d, special_for(d), true);
}

std::array<bool, 256> special_characters(const Delimiters& d) { return special_for(d); }

std::string escape_formatted(std::string_view text, const Delimiters& d) {
  std::string out;
  append_escaped_formatted(out, text, d);
  return out;
}

}  // namespace huren::hl7
