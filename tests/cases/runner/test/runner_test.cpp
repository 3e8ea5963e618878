#include "tests/cases/runner/runner.hpp"

#include <catch2/catch.hpp>

using namespace huren::cases;

namespace {

std::string fault_of(std::string_view text) {
  std::string fault;
  (void)parse_cases(text, "x.case", fault);
  return fault;
}

}  // namespace

TEST_CASE("a case file gives names, verbs, options and sections") {
  std::string fault;
  const auto all = parse_cases("# remark\n## first\nread\nend: <0A>\nempty:\n--- in\na\n\nb\n--- out\nc\n\n## second\nread\n--- in\n", "x.case", fault);
  CHECK(fault.empty());
  REQUIRE(all.size() == 2);
  CHECK(all[0].name == "first");
  CHECK(all[0].verb == "read");
  CHECK(all[0].line == 2);
  CHECK(all[0].option("end") == "<0A>");
  CHECK(all[0].option("empty", "x").empty());
  CHECK(all[0].option("absent", "x") == "x");
  CHECK(all[0].section("in") == "a\n\nb");
  CHECK(all[0].section("out") == "c");
  CHECK(all[1].section("in").empty());
}

TEST_CASE("a case file that does not parse names its line") {
  CHECK(fault_of("text\n## a\n") == "x.case:1: text before the first case");
  CHECK(fault_of("## a\nread\nneither\n") == "x.case:3: neither an option nor a section");
  CHECK(fault_of("## a\nread\n--- in\n--- in\n") == "x.case:4: section twice: in");
}

TEST_CASE("bytes in angle brackets go both ways") {
  CHECK(bytes("a<0D><AB>|<1C><x0><0d>") == "a\r\xAB|\x1C<x0><0d>");
  CHECK(shown("a\r\xAB|\x1C\n珅", false) == "a<0D><AB>|<1C><0A>珅");
  CHECK(shown("a\nb") == "a\nb");
}
