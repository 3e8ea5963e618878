// Numbers as laboratories write them, "5.42": a few digits and a point, read and written without the general algorithms,
// which take ten times as long. A report has a hundred of them.
// Promises: the very double that std::from_chars reads and the very digits that std::to_chars writes (fixed, shortest).
// Refuses: whatever is longer or written otherwise; the caller then asks those.
#pragma once
#include <array>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <string_view>

namespace huren {

namespace decimal {
inline constexpr std::array<double, 16> kPowers{1e0, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15};
inline constexpr std::size_t kMostDigits = 15;  // so many a double holds exactly, and their quotient by a power of ten is rounded once
inline constexpr int kMostPlaces = 6;
inline constexpr double kBelow = 1e9;           // with kMostPlaces places behind the point still kMostDigits
}  // namespace decimal

inline constexpr std::size_t kDecimalRoom = 24;

// How much of the text's front is such a number; 0: none, or one for std::from_chars.
inline std::size_t read_decimal(std::string_view text, double& into) {
  std::size_t at = 0, digits = 0, places = 0;
  const auto digit = [&] { return at < text.size() && text[at] >= '0' && text[at] <= '9'; };
  const bool negative = text.starts_with('-');
  if (negative) ++at;
  std::int64_t all = 0;
  for (; digit() && digits <= decimal::kMostDigits; ++at, ++digits) all = all * 10 + (text[at] - '0');
  if (digits == 0) return 0;
  if (at < text.size() && text[at] == '.') {
    for (++at; digit() && digits <= decimal::kMostDigits; ++at, ++digits, ++places) all = all * 10 + (text[at] - '0');
    if (places == 0) return 0;
  }
  if (digits > decimal::kMostDigits || (at < text.size() && (text[at] == 'e' || text[at] == 'E'))) return 0;
  const double value = static_cast<double>(all) / decimal::kPowers[places];
  into = negative ? -value : value;
  return at;
}

// Behind what was written, at most kDecimalRoom characters; nullptr: a number for std::to_chars.
inline char* put_decimal(char* at, double value) {
  const double size = std::fabs(value);
  if (!(size < decimal::kBelow) || (size == 0 && std::signbit(value))) return nullptr;
  for (int places = 0; places <= decimal::kMostPlaces; ++places) {
    const double power = decimal::kPowers[static_cast<std::size_t>(places)];
    auto rest = static_cast<std::int64_t>(size * power + 0.5);
    if (static_cast<double>(rest) / power != size) continue;
    if (value < 0) *at++ = '-';
    std::array<char, kDecimalRoom> reversed;
    std::size_t n = 0;
    for (int left = places; left > 0 || rest || n == 0 || reversed[n - 1] == '.'; rest /= 10) {
      reversed[n++] = static_cast<char>('0' + rest % 10);
      if (left > 0 && --left == 0) reversed[n++] = '.';
    }
    while (n > 0) *at++ = reversed[--n];
    return at;
  }
  return nullptr;
}

}  // namespace huren
