#include "core/base/decimal.hpp"

#include <catch2/catch.hpp>
#include <charconv>
#include <cstring>
#include <limits>
#include <random>
#include <string>

using huren::kDecimalRoom;
using huren::put_decimal;
using huren::read_decimal;

namespace {

std::string usual(double value) {
  char digits[400];
  return {digits, std::to_chars(digits, digits + sizeof digits, value, std::chars_format::fixed).ptr};
}

std::string quick(double value) {
  char digits[kDecimalRoom];
  char* const end = put_decimal(digits, value);
  return end ? std::string(digits, end) : "";
}

bool same_bits(double a, double b) { return std::memcmp(&a, &b, sizeof a) == 0; }

}  // namespace

TEST_CASE("what is written quickly is what to_chars writes") {
  for (const double value : {0.0, 1.0, 5.42, 0.05, 10.0, 5000.0, 4.35, 0.1, 0.3, 1.15, 999999.5, 0.000001, 123456.789012, -3.5, -0.25, 999999999.0}) {
    INFO(usual(value));
    CHECK(quick(value) == usual(value));
  }
  std::mt19937_64 random(7);
  for (int i = 0; i < 100'000; ++i) {
    const double power[] = {1, 10, 100, 1000, 1e4, 1e5, 1e6, 1e7};
    const double value = static_cast<double>(random() % 10'000'000'000U) / power[random() % 8];
    if (const auto text = quick(value); !text.empty() && text != usual(value)) FAIL(usual(value) + " was written " + text);
  }
}

TEST_CASE("numbers that are long, large or no decimals are left to to_chars") {
  for (const double value : {1e9, 1e300, 1.0 / 3, 1e-7, 0.1 + 0.2, -0.0, std::numeric_limits<double>::infinity(), std::numeric_limits<double>::quiet_NaN(), 5e-324})
    CHECK(quick(value).empty());
}

TEST_CASE("what is read quickly is what from_chars reads, to the last bit and the last character") {
  std::mt19937_64 random(11);
  int read = 0;
  for (int i = 0; i < 200'000; ++i) {
    std::string text;
    for (auto n = random() % 20; n > 0; --n) text += "0123456789.-e+ "[random() % (random() % 4 ? 11 : 15)];
    double ours = 0, theirs = 0;
    const auto size = read_decimal(text, ours);
    if (!size) continue;
    ++read;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), theirs);
    if (error != std::errc() || end != text.data() + size || !same_bits(ours, theirs)) FAIL(text);
  }
  CHECK(read > 50'000);
}

TEST_CASE("exponents, words, lone points and more digits than a double holds are left to from_chars") {
  double value = 0;
  for (const auto* text : {"", "-", ".", ".5", "5.", "1e5", "1.5E3", "inf", "nan", "+1", " 1", "1234567890123456", "0.1234567890123456", "阴性"})
    CHECK(read_decimal(text, value) == 0);
  CHECK(read_decimal("9-50", value) == 1);
  CHECK(value == 9);
}
