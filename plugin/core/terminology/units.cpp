#include "core/terminology/units.hpp"

#include <cstdint>

namespace huren::terminology {
namespace {

// The next UTF-8 code point; what is not well formed comes back byte by byte.
std::uint32_t next(std::string_view& s) {
  const auto byte = [&](std::size_t i) { return static_cast<std::uint32_t>(static_cast<unsigned char>(s[i])); };
  const std::uint32_t b = byte(0);
  if (b >= 0xC2 && b < 0xE0 && s.size() > 1) {
    const std::uint32_t c = ((b & 0x1FU) << 6) | (byte(1) & 0x3FU);
    s.remove_prefix(2);
    return c;
  }
  if (b >= 0xE0 && b < 0xF0 && s.size() > 2) {
    const std::uint32_t c = ((b & 0x0FU) << 12) | ((byte(1) & 0x3FU) << 6) | (byte(2) & 0x3FU);
    s.remove_prefix(3);
    return c;
  }
  s.remove_prefix(1);
  return b;
}

// 0..9 for a superscript digit, -1 otherwise.
int superscript(std::uint32_t c) {
  if (c == 0xB9) return 1;
  if (c == 0xB2) return 2;
  if (c == 0xB3) return 3;
  if (c == 0x2070 || (c >= 0x2074 && c <= 0x2079)) return static_cast<int>(c - 0x2070);
  return -1;
}

}  // namespace

void UnitText::add(char c) {
  if (size_ + 1 >= text_.size()) {
    over_ = true;
    return;
  }
  text_[size_++] = c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
}

UnitText::UnitText(std::string_view printed) {
  bool in_superscript = false;
  const std::string_view whole = printed;
  while (!printed.empty() && !over_) {
    std::uint32_t c = next(printed);
    const int digit = superscript(c);
    if (digit >= 0) {
      if (!in_superscript) add('*');
      add(static_cast<char>('0' + digit));
    } else if (c == 0xB5 || c == 0x3BC) {
      add('u');
    } else if (c == 0xD7 || c == 0x2715) {
      add('x');
    } else if (c == ' ' || c == '\t' || c == 0xA0 || c == 0x3000) {
      continue;
    } else if (c >= 0xFF01 && c <= 0xFF5E) {
      add(static_cast<char>(c - 0xFF01 + 0x21));
    } else if (c < 0x80) {
      add(static_cast<char>(c));
    } else {  // a letter of another script stays, byte for byte
      const char* end = printed.data();
      const std::size_t length = c < 0x800 ? 2 : 3;
      if (static_cast<std::size_t>(end - whole.data()) < length) {
        over_ = true;
      } else {
        for (const char* p = end - length; p < end; ++p) add(*p);
      }
    }
    in_superscript = digit >= 0;
  }
  if (over_) {
    size_ = 0;
    return;
  }
  // "x10^9/l", "*10^9/l", "10e9/l", "10^9/l" → "10*9/l"
  std::string_view s = view();
  const std::size_t skip = s.starts_with("x10") || s.starts_with("*10") ? 1 : 0;
  s.remove_prefix(skip);
  if (s.size() > 3 && s.starts_with("10") && (s[2] == '^' || s[2] == 'e' || s[2] == '*')) {
    for (std::size_t i = 0; i + skip < size_; ++i) text_[i] = text_[i + skip];
    size_ -= skip;
    text_[2] = '*';
  }
}

}  // namespace huren::terminology
