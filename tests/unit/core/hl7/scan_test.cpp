#include "core/hl7/scan.hpp"

#include <catch2/catch.hpp>
#include <memory>
#include <random>
#include <string>

using namespace huren::hl7;

TEST_CASE("the AVX2 scan gives what the scalar scan gives, at any length and density") {
  const auto fast = scan_avx2();
  if (!fast) {
    SUCCEED("this CPU has no AVX2: the scalar path is the only one");
    return;
  }
  std::mt19937 random(7);
  const auto a = std::make_unique<ScanBlock>(), b = std::make_unique<ScanBlock>();
  for (int round = 0; round < 3000; ++round) {
    std::string text(random() % (round % 10 == 0 ? ScanBlock::kBytes : 300), 'x');
    const auto density = 1 + random() % 12;
    for (char& c : text)
      if (random() % density == 0) c = "|\r\n^~&\x7C\x8D"[random() % 8];
    const std::size_t from = text.empty() ? 0 : random() % text.size();
    const char field = round % 3 ? '|' : '^';
    scan_scalar(text.data(), from, text.size(), field, *a);
    fast(text.data(), from, text.size(), field, *b);
    REQUIRE(a->end_count == b->end_count);
    REQUIRE(a->line_count == b->line_count);
    REQUIRE(std::equal(a->ends, a->ends + a->end_count, b->ends));
    REQUIRE(std::equal(a->lines, a->lines + a->line_count, b->lines));
  }
}

TEST_CASE("ASCII is told from the rest at every position") {
  for (std::size_t n = 0; n < 100; ++n) {
    std::string s(n, 'a');
    CHECK(is_ascii(s));
    for (std::size_t i = 0; i < n; ++i) {
      s[i] = '\x80';
      CHECK_FALSE(is_ascii(s));
      s[i] = 'a';
    }
  }
}

TEST_CASE("the first of two bytes is found, whichever it is and however far") {
  std::mt19937 random(11);
  for (int round = 0; round < 2000; ++round) {
    std::string text(random() % 10'000, 'x');
    for (auto n = random() % 3; n > 0 && !text.empty(); --n) text[random() % text.size()] = random() % 2 ? '\r' : '\n';
    REQUIRE(find_either(text, '\r', '\n') == text.find_first_of("\r\n"));
  }
  CHECK(find_either("", 'a', 'b') == std::string_view::npos);
}
