#include "core/base/json_writer.hpp"

#include <array>

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

JsonWriter& JsonWriter::value(std::string_view text) {
  char* at = comma(out_.room(6 * text.size() + 3));  // every byte may become \u00XX
  *at++ = '"';
  if (plain(text)) at = put(at, text);
  else
    for (const char c : text) {
      if (escaped(c)) at = escape(at, c);
      else *at++ = c;
    }
  *at++ = '"';
  out_.used(at);
  return *this;
}

}  // namespace huren
