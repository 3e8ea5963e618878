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
  const auto one_by_one = [&at](std::string_view piece) {
    for (const char c : piece) {
      if (escaped(c)) at = escape(at, c);
      else *at++ = c;
    }
  };
  for (; text.size() >= 8; text.remove_prefix(8)) {
    const Eight x(text.data());
    if ((x.control() | x.has('"') | x.has('\\')) & Eight::kHighs) one_by_one(text.substr(0, 8));
    else at = put(at, text.substr(0, 8));
  }
  one_by_one(text);
  *at++ = '"';
  out_.used(at);
  return *this;
}

}  // namespace huren
