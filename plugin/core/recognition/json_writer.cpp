#include "core/recognition/json_writer.hpp"

namespace huren::recognition {
namespace {

bool escaped(char c) { return static_cast<unsigned char>(c) < 0x20 || c == '"' || c == '\\'; }

// Whether one of eight bytes must be escaped: a control character, a quote or a backslash.
bool any_escaped(const char* at) {
  constexpr std::uint64_t kOnes = 0x0101010101010101, kHighs = 0x8080808080808080;
  std::uint64_t x = 0;
  std::memcpy(&x, at, sizeof x);
  const auto zero = [](std::uint64_t v) { return (v - kOnes) & ~v; };
  return (((x - kOnes * 0x20) & ~x) | zero(x ^ kOnes * '"') | zero(x ^ kOnes * '\\')) & kHighs;
}

char* escape(char* at, char c) {
  *at++ = '\\';
  switch (c) {
    case '\b': *at++ = 'b'; break;
    case '\f': *at++ = 'f'; break;
    case '\n': *at++ = 'n'; break;
    case '\r': *at++ = 'r'; break;
    case '\t': *at++ = 't'; break;
    case '"':
    case '\\': *at++ = c; break;
    default:
      for (const char d : {'u', '0', '0', "0123456789abcdef"[static_cast<unsigned char>(c) >> 4], "0123456789abcdef"[c & 15]}) *at++ = d;
  }
  return at;
}

}  // namespace

JsonWriter& JsonWriter::value(std::string_view text) {
  char* at = comma(room(6 * text.size() + 3));  // every byte may become \u00XX
  *at++ = '"';
  std::size_t i = 0;
  while (i < text.size()) {
    if (i + 8 <= text.size() && !any_escaped(text.data() + i)) {
      std::memcpy(at, text.data() + i, 8);
      at += 8;
      i += 8;
      continue;
    }
    const char c = text[i++];
    if (escaped(c)) at = escape(at, c);
    else *at++ = c;
  }
  *at++ = '"';
  used(at);
  return *this;
}

}  // namespace huren::recognition
