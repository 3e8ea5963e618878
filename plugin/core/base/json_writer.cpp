#include "core/base/json_writer.hpp"

#include <algorithm>
#include <array>
#include <charconv>

namespace huren {
namespace {

constexpr auto kEscaped = [] {  // control characters, quote, backslash
  std::array<bool, 256> out{};
  for (std::size_t c = 0; c < 0x20; ++c) out[c] = true;
  out['"'] = out['\\'] = true;
  return out;
}();

bool escaped(char c) { return kEscaped[static_cast<unsigned char>(c)]; }

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

// Eight bytes together while there is nothing to escape among them, else one by one.
char* JsonWriter::put_escaped(char* at, std::string_view text) {
  const char* from = text.data();
  const char* const end = from + text.size();
  for (;;) {
    for (; end - from >= 8 && !(special(Eight(from)) & Eight::kHighs); from += 8, at += 8) std::memcpy(at, from, 8);
    if (from == end) return at;
    for (const char* const stop = from + std::min<std::ptrdiff_t>(8, end - from); from != stop; ++from) {
      if (escaped(*from)) at = escape(at, *from);
      else *at++ = *from;
    }
  }
}

JsonWriter& JsonWriter::value(std::string_view text) {
  char* at = comma(out_.room(kEscape * text.size() + 3));
  *at++ = '"';
  at = put_escaped(at, text);
  *at++ = '"';
  out_.used(at);
  return *this;
}

JsonWriter& JsonWriter::piece(std::string_view part) {
  out_.used(put_escaped(out_.room(kEscape * part.size()), part));
  return *this;
}

JsonWriter& JsonWriter::value(std::int64_t number) {
  constexpr std::ptrdiff_t kLongest = 20;  // a sign and nineteen digits
  char* at = comma(out_.room(kLongest + 1));
  out_.used(std::to_chars(at, at + kLongest, number).ptr);
  return *this;
}

}  // namespace huren
