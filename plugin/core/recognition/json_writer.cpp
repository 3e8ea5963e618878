#include "core/recognition/json_writer.hpp"

#include <array>

namespace huren::recognition {
namespace {

constexpr auto kEscaped = [] {
  std::array<bool, 256> table{};
  for (std::size_t c = 0; c < 0x20; ++c) table[c] = true;
  table['"'] = table['\\'] = true;
  return table;
}();

}  // namespace

void JsonWriter::quote(std::string_view s) {
  out_ += '"';
  std::size_t from = 0;
  for (std::size_t i = 0; i < s.size(); ++i) {
    const auto c = static_cast<unsigned char>(s[i]);
    if (!kEscaped[c]) continue;
    out_.append(s, from, i - from);
    from = i + 1;
    out_ += '\\';
    switch (c) {
      case '\b': out_ += 'b'; break;
      case '\f': out_ += 'f'; break;
      case '\n': out_ += 'n'; break;
      case '\r': out_ += 'r'; break;
      case '\t': out_ += 't'; break;
      case '"':
      case '\\': out_ += s[i]; break;
      default:
        out_ += "u00";
        out_ += "0123456789abcdef"[c >> 4];
        out_ += "0123456789abcdef"[c & 15U];
    }
  }
  out_.append(s, from);
  out_ += '"';
}

}  // namespace huren::recognition
