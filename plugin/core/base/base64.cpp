#include <array>
#include <cstdint>
#include <cstring>

#include "core/base/text.hpp"

#if defined(__x86_64__)
#include <immintrin.h>
#endif

namespace huren {
namespace {

constexpr std::string_view kBase64 = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

// Both say how much of `in` they have done, and leave `to` behind what they wrote; the rest goes the scalar way.
#if defined(__x86_64__)
// Sixteen characters a step (W. Muła, D. Lemire: Faster Base64 Encoding and Decoding Using AVX2 Instructions, 2018, §3).
__attribute__((target("ssse3"))) std::size_t encode_with_ssse3(std::string_view in, char*& to) {
  const __m128i spread = _mm_setr_epi8(1, 0, 2, 1, 4, 3, 5, 4, 7, 6, 8, 7, 10, 9, 11, 10);
  // What a value of each kind is away from its character: a to z, the ten digits, + and /, A to Z.
  const __m128i away = _mm_setr_epi8('a' - 26, '0' - 52, '0' - 52, '0' - 52, '0' - 52, '0' - 52, '0' - 52, '0' - 52, '0' - 52, '0' - 52, '0' - 52, '+' - 62, '/' - 63, 'A', 0, 0);
  std::size_t i = 0;
  for (; i + 16 <= in.size(); i += 12, to += 16) {
    const __m128i twelve = _mm_shuffle_epi8(_mm_loadu_si128(reinterpret_cast<const __m128i*>(in.data() + i)), spread);
    const __m128i even = _mm_mulhi_epu16(_mm_and_si128(twelve, _mm_set1_epi32(0x0fc0fc00)), _mm_set1_epi32(0x04000040));
    const __m128i odd = _mm_mullo_epi16(_mm_and_si128(twelve, _mm_set1_epi32(0x003f03f0)), _mm_set1_epi32(0x01000010));
    const __m128i values = _mm_or_si128(even, odd);
    const __m128i upper = _mm_and_si128(_mm_cmpgt_epi8(_mm_set1_epi8(26), values), _mm_set1_epi8(13));
    const __m128i kind = _mm_or_si128(_mm_subs_epu8(values, _mm_set1_epi8(51)), upper);
    _mm_storeu_si128(reinterpret_cast<__m128i*>(to), _mm_add_epi8(values, _mm_shuffle_epi8(away, kind)));
  }
  return i;
}

// Stops before sixteen that are not all of the alphabet. Behind `to` there is room for four bytes more than what is decoded.
__attribute__((target("ssse3"))) std::size_t decode_with_ssse3(std::string_view in, char*& to) {
  // By the halves of a character: bits that meet say that it is not of the alphabet.
  const __m128i by_low = _mm_setr_epi8(0x15, 0x11, 0x11, 0x11, 0x11, 0x11, 0x11, 0x11, 0x11, 0x11, 0x13, 0x1A, 0x1B, 0x1B, 0x1B, 0x1A);
  const __m128i by_high = _mm_setr_epi8(0x10, 0x10, 0x01, 0x02, 0x04, 0x08, 0x04, 0x08, 0x10, 0x10, 0x10, 0x10, 0x10, 0x10, 0x10, 0x10);
  const __m128i away = _mm_setr_epi8(0, 16, 19, 4, -65, -65, -71, -71, 0, 0, 0, 0, 0, 0, 0, 0);
  const __m128i together = _mm_setr_epi8(2, 1, 0, 6, 5, 4, 10, 9, 8, 14, 13, 12, -1, -1, -1, -1);
  const __m128i slash = _mm_set1_epi8(0x2F);
  std::size_t i = 0;
  for (; i + 16 <= in.size(); i += 16, to += 12) {
    const __m128i characters = _mm_loadu_si128(reinterpret_cast<const __m128i*>(in.data() + i));
    const __m128i high = _mm_and_si128(_mm_srli_epi32(characters, 4), slash);
    const __m128i met = _mm_and_si128(_mm_shuffle_epi8(by_low, _mm_and_si128(characters, slash)), _mm_shuffle_epi8(by_high, high));
    if (_mm_movemask_epi8(_mm_cmpgt_epi8(met, _mm_setzero_si128()))) break;
    const __m128i values = _mm_add_epi8(characters, _mm_shuffle_epi8(away, _mm_add_epi8(_mm_cmpeq_epi8(characters, slash), high)));
    const __m128i pairs = _mm_maddubs_epi16(values, _mm_set1_epi32(0x01400140));
    const __m128i groups = _mm_madd_epi16(pairs, _mm_set1_epi32(0x00011000));
    _mm_storeu_si128(reinterpret_cast<__m128i*>(to), _mm_shuffle_epi8(groups, together));
  }
  return i;
}

std::size_t encode_quickly(std::string_view in, char*& to) { return __builtin_cpu_supports("ssse3") ? encode_with_ssse3(in, to) : 0; }
std::size_t decode_quickly(std::string_view in, char*& to) { return __builtin_cpu_supports("ssse3") ? decode_with_ssse3(in, to) : 0; }
#else
std::size_t encode_quickly(std::string_view, char*&) { return 0; }
std::size_t decode_quickly(std::string_view, char*&) { return 0; }
#endif

}  // namespace

std::string base64_encode(std::string_view bytes) {
  static constexpr auto kPairs = [] {  // two characters for every twelve bits
    std::array<std::array<char, 2>, 4096> pairs{};
    for (std::size_t i = 0; i < pairs.size(); ++i) pairs[i] = {kBase64[i >> 6], kBase64[i & 63]};
    return pairs;
  }();
  std::string out((bytes.size() + 2) / 3 * 4, '=');
  const auto* in = reinterpret_cast<const unsigned char*>(bytes.data());
  char* to = out.data();
  auto i = encode_quickly(bytes, to);
  for (; i + 3 <= bytes.size(); i += 3, to += 4) {
    const auto group = std::uint32_t{in[i]} << 16 | std::uint32_t{in[i + 1]} << 8 | in[i + 2];
    std::memcpy(to, kPairs[group >> 12].data(), 2);
    std::memcpy(to + 2, kPairs[group & 4095U].data(), 2);
  }
  if (i == bytes.size()) return out;
  const bool two = bytes.size() - i == 2;
  const auto group = std::uint32_t{in[i]} << 16 | (two ? std::uint32_t{in[i + 1]} << 8 : 0U);
  std::memcpy(to, kPairs[group >> 12].data(), 2);
  if (two) to[2] = kBase64[group >> 6 & 63U];
  return out;
}

std::optional<std::string> base64_decode(std::string_view text) {
  using Values = std::array<std::int32_t, 256>;
  static constexpr auto kPlaces = [] {  // a character's value at each of the four places of a group; -1: not of the alphabet
    std::array<Values, 4> places{};
    for (std::size_t place = 0; place < 4; ++place) {
      places[place].fill(-1);
      for (std::size_t i = 0; i < kBase64.size(); ++i)
        places[place][static_cast<unsigned char>(kBase64[i])] = static_cast<std::int32_t>(i << (18 - 6 * place));
    }
    return places;
  }();
  std::string out(text.size() / 4 * 3 + 4, '\0');
  char* to = out.data();
  const auto value_at = [&](std::size_t place, std::size_t i) { return kPlaces[place][static_cast<unsigned char>(text[i])]; };
  const auto put_three = [&](std::int32_t bits) {
    *to++ = static_cast<char>(bits >> 16 & 0xFF);
    *to++ = static_cast<char>(bits >> 8 & 0xFF);
    *to++ = static_cast<char>(bits & 0xFF);
  };
  std::size_t i = 0;
  std::int32_t group = 0;
  int have = 0, padding = 0;
  while (i < text.size()) {
    // Sixteen or four good ones at a time; whatever is not, one by one.
    if (have == 0 && padding == 0) {
      i += decode_quickly(text.substr(i), to);
      for (; i + 4 <= text.size(); i += 4) {
        const auto four = value_at(0, i) | value_at(1, i + 1) | value_at(2, i + 2) | value_at(3, i + 3);
        if (four < 0) break;
        put_three(four);
      }
    }
    if (i == text.size()) break;
    const char c = text[i++];
    if (c == ' ' || c == '\t' || c == '\r' || c == '\n') continue;
    if (c == '=') {
      if (++padding > 2) return std::nullopt;
      continue;
    }
    const auto value = value_at(3, i - 1);
    if (value < 0 || padding) return std::nullopt;
    group = group << 6 | value;
    if (++have == 4) {
      put_three(group);
      group = 0;
      have = 0;
    }
  }
  if (have == 0 && padding) return std::nullopt;
  if (have != 0) {
    if (have == 1 || have + padding != 4) return std::nullopt;
    *to++ = static_cast<char>(have == 2 ? group >> 4 : group >> 10 & 0xFF);
    if (have == 3) *to++ = static_cast<char>(group >> 2 & 0xFF);
  }
  out.resize(static_cast<std::size_t>(to - out.data()));
  return out;
}

}  // namespace huren
