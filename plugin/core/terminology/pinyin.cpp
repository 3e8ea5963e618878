// GB 2312 orders its first 3,755 characters by their reading, so the place of a character gives its initial.
#include <array>
#include <cstdint>

#include "core/base/text.hpp"
#include "core/terminology/suggest.hpp"

namespace huren::terminology {
namespace {

struct First { std::uint16_t code; char initial; };
constexpr std::array<First, 23> kFirst{{{0xB0A1, 'A'}, {0xB0C5, 'B'}, {0xB2C1, 'C'}, {0xB4EE, 'D'}, {0xB6EA, 'E'}, {0xB7A2, 'F'}, {0xB8C1, 'G'}, {0xB9FE, 'H'},
                                        {0xBBF7, 'J'}, {0xBFA6, 'K'}, {0xC0AC, 'L'}, {0xC2E8, 'M'}, {0xC4C3, 'N'}, {0xC5B6, 'O'}, {0xC5BE, 'P'}, {0xC6DA, 'Q'},
                                        {0xC8BB, 'R'}, {0xC8F6, 'S'}, {0xCBFA, 'T'}, {0xCDDA, 'W'}, {0xCEF4, 'X'}, {0xD1B9, 'Y'}, {0xD4D1, 'Z'}}};
constexpr std::uint16_t kLast = 0xD7F9;

// Characters of laboratory names outside the ordered part, by GB 18030 code.
struct Other { std::string_view character; char initial; };
constexpr std::array<Other, 14> kOther{{{"酐", 'G'}, {"肽", 'T'}, {"胱", 'G'}, {"苷", 'G'}, {"嘌", 'P'}, {"呤", 'L'}, {"睾", 'G'}, {"癌", 'A'}, {"髓", 'S'}, {"酮", 'T'},
                                        {"羟", 'Q'}, {"糜", 'M'}, {"缬", 'X'}, {"铵", 'A'}}};

char initial_of(std::uint16_t code) {
  char out = 0;
  if (code < kFirst.front().code || code > kLast) return out;
  for (const auto& first : kFirst)
    if (code >= first.code) out = first.initial;
  return out;
}

}  // namespace

std::string pinyin_initials(std::string_view utf8) {
  std::string out;
  for (std::size_t i = 0; i < utf8.size();) {
    const auto byte = static_cast<unsigned char>(utf8[i]);
    if (byte < 0x80) {
      const char upper = byte >= 'a' && byte <= 'z' ? static_cast<char>(byte - 'a' + 'A') : utf8[i];
      if ((upper >= 'A' && upper <= 'Z') || (upper >= '0' && upper <= '9')) out += upper;
      ++i;
      continue;
    }
    const std::size_t length = byte >= 0xF0 ? 4 : byte >= 0xE0 ? 3 : 2;
    const auto character = utf8.substr(i, length);
    i += length;
    const Other* other = nullptr;
    for (const auto& o : kOther)
      if (o.character == character) other = &o;
    if (other) {
      out += other->initial;
      continue;
    }
    const auto gb = from_utf8(character, Charset::gb18030);
    if (!gb || gb->size() != 2) continue;
    const auto code = static_cast<std::uint16_t>((static_cast<unsigned char>((*gb)[0]) << 8) | static_cast<unsigned char>((*gb)[1]));
    if ((code & 0xFFU) < 0xA1) continue;
    if (const char initial = initial_of(code)) out += initial;
  }
  return out;
}

}  // namespace huren::terminology
