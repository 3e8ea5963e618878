#include "core/hl7/scan.hpp"

#include <algorithm>
#include <array>
#include <bit>
#include <cstring>

#if defined(__x86_64__)
#include <immintrin.h>
#endif

namespace huren::hl7 {
namespace {

enum : unsigned char { kOther = 0, kField = 1, kLine = 2, kHigh = 4 };

}  // namespace

void scan_scalar(const char* text, std::size_t from, std::size_t to, char field, ScanBlock& out) {
  thread_local std::array<unsigned char, 256> classes{};
  thread_local char classes_for = '\0';
  if (classes_for != field) {
    classes.fill(kOther);
    for (std::size_t c = 0x80; c < 0x100; ++c) classes[c] = kHigh;
    classes['\r'] = classes['\n'] = kLine;
    classes[static_cast<unsigned char>(field)] = kField;
    classes_for = field;
  }
  const auto& kinds = classes;
  std::size_t n = 0, lines = 0;
  std::size_t i = from;
  unsigned char seen = 0;
  const auto step = [&](std::size_t at, unsigned char kind) {
    if (kind == kOther || kind == kHigh) return;
    if (kind == kLine) out.lines[lines++] = static_cast<std::uint32_t>(n);
    out.ends[n++] = static_cast<std::uint32_t>(at);
  };
  for (; i + 4 <= to; i += 4) {  // most groups of four hold none
    const auto a = kinds[static_cast<unsigned char>(text[i])];
    const auto b = kinds[static_cast<unsigned char>(text[i + 1])];
    const auto c = kinds[static_cast<unsigned char>(text[i + 2])];
    const auto d = kinds[static_cast<unsigned char>(text[i + 3])];
    const auto all = static_cast<unsigned char>(a | b | c | d);
    if (all == kOther) continue;
    seen |= all;
    step(i, a);
    step(i + 1, b);
    step(i + 2, c);
    step(i + 3, d);
  }
  for (; i < to; ++i) {
    const auto kind = kinds[static_cast<unsigned char>(text[i])];
    seen |= kind;
    step(i, kind);
  }
  out.end_count = n;
  out.line_count = lines;
  out.ascii = !(seen & kHigh);
}

#if defined(__x86_64__)
namespace {

__attribute__((target("avx2,bmi,popcnt"))) void scan_with_avx2(const char* text, std::size_t from, std::size_t to, char field,
                                                        ScanBlock& out) {
  const __m256i fields = _mm256_set1_epi8(field), crs = _mm256_set1_epi8('\r'), lfs = _mm256_set1_epi8('\n');
  std::uint32_t* ends = out.ends;
  std::size_t n = 0, lines = 0;
  const auto emit = [&](std::size_t at, std::uint64_t field_mask, std::uint64_t line_mask) __attribute__((target("avx2,bmi,popcnt"))) {
    std::uint64_t all = field_mask | line_mask;
    for (std::uint64_t left = line_mask; left; left &= left - 1) {
      const std::uint64_t below = (left & (~left + 1)) - 1;
      out.lines[lines++] = static_cast<std::uint32_t>(n) + static_cast<std::uint32_t>(std::popcount(all & below));
    }
    const auto count = static_cast<std::size_t>(std::popcount(all));
    const auto base = static_cast<std::uint32_t>(at);
    // Eight, then four at a time are written whatever the count, so that few branches are left to guess; ends has room.
    const auto write = [&](std::size_t at_entry) __attribute__((target("avx2,bmi,popcnt"))) {
      ends[n + at_entry] = base + static_cast<std::uint32_t>(std::countr_zero(all));
      all &= all - 1;
    };
    for (std::size_t k = 0; k < 8; ++k) write(k);
    for (std::size_t done = 8; done < count; done += 4) {
      write(done);
      write(done + 1);
      write(done + 2);
      write(done + 3);
    }
    n += count;
  };
  std::size_t i = from;
  __m256i seen = _mm256_setzero_si256();
  char rest = 0;
  for (; i + 64 <= to; i += 64) {
    const __m256i a = _mm256_loadu_si256(reinterpret_cast<const __m256i*>(text + i));
    const __m256i b = _mm256_loadu_si256(reinterpret_cast<const __m256i*>(text + i + 32));
    seen = _mm256_or_si256(seen, _mm256_or_si256(a, b));
    const auto mask = [](__m256i low, __m256i high) __attribute__((target("avx2,bmi,popcnt"))) {
      return static_cast<std::uint64_t>(static_cast<std::uint32_t>(_mm256_movemask_epi8(low))) |
             static_cast<std::uint64_t>(static_cast<std::uint32_t>(_mm256_movemask_epi8(high))) << 32;
    };
    const std::uint64_t field_mask = mask(_mm256_cmpeq_epi8(a, fields), _mm256_cmpeq_epi8(b, fields));
    const std::uint64_t line_mask = mask(_mm256_or_si256(_mm256_cmpeq_epi8(a, crs), _mm256_cmpeq_epi8(a, lfs)),
                                         _mm256_or_si256(_mm256_cmpeq_epi8(b, crs), _mm256_cmpeq_epi8(b, lfs)));
    if (field_mask | line_mask) emit(i, field_mask, line_mask);
  }
  if (i < to) {
    std::uint64_t field_mask = 0, line_mask = 0;
    for (std::size_t k = 0; i + k < to; ++k) {
      const char c = text[i + k];
      rest = static_cast<char>(rest | c);
      field_mask |= static_cast<std::uint64_t>(c == field) << k;
      line_mask |= static_cast<std::uint64_t>(c == '\r' || c == '\n') << k;
    }
    if (field_mask | line_mask) emit(i, field_mask, line_mask);
  }
  out.end_count = n;
  out.line_count = lines;
  out.ascii = _mm256_movemask_epi8(seen) == 0 && static_cast<unsigned char>(rest) < 0x80;
}

}  // namespace

ScanFunction scan_avx2() { return __builtin_cpu_supports("avx2") && __builtin_cpu_supports("bmi") ? scan_with_avx2 : nullptr; }
#else
ScanFunction scan_avx2() { return nullptr; }
#endif

ScanFunction best_scan() {
  static const ScanFunction best = scan_avx2() ? scan_avx2() : scan_scalar;
  return best;
}

bool is_ascii(std::string_view bytes) {
  constexpr std::uint64_t kHigh = 0x8080808080808080U;
  std::size_t i = 0;
  std::uint64_t seen = 0;
  for (; i + 32 <= bytes.size(); i += 32) {
    std::uint64_t words[4];
    std::memcpy(words, bytes.data() + i, 32);
    seen |= words[0] | words[1] | words[2] | words[3];
    if (seen & kHigh) return false;
  }
  unsigned char rest = 0;
  for (; i < bytes.size(); ++i) rest = static_cast<unsigned char>(rest | static_cast<unsigned char>(bytes[i]));
  return rest < 0x80;
}

std::size_t find_either(std::string_view text, char a, char b) {
  // Window by window, so that an absent b does not cost a scan of all that is left each time an a is found.
  constexpr std::size_t kWindow = 4096;
  for (std::size_t from = 0; from < text.size(); from += kWindow) {
    auto window = text.substr(from, kWindow);
    const auto first = window.find(a);
    window = window.substr(0, first);
    const auto at = std::min(first, window.find(b));
    if (at != std::string_view::npos) return from + at;
  }
  return std::string_view::npos;
}

}  // namespace huren::hl7
