#include <catch2/catch.hpp>

#include "core/model/reference_range.hpp"

using namespace huren::model;

namespace {
std::string bounds(std::string_view printed) {
  const auto r = read_range(printed);
  return (r.low ? print_number(*r.low) : "") + ".." + (r.high ? print_number(*r.high) : "");
}
}  // namespace

TEST_CASE("printed ranges give their bounds") {
  CHECK(bounds("3.9-6.1") == "3.9..6.1");
  CHECK(bounds(" 3.9 - 6.1 ") == "3.9..6.1");
  CHECK(bounds("205.0000-285.0000") == "205..285");
  CHECK(bounds("0.4--8") == "0.4..8");
  CHECK(bounds("3.9～6.1") == "3.9..6.1");
  CHECK(bounds("3.9~6.1") == "3.9..6.1");
  CHECK(bounds("3.9—6.1") == "3.9..6.1");
  CHECK(bounds("-3-3") == "-3..3");
  CHECK(bounds("-3--3") == "-3..3");
  CHECK(bounds("-5--2") == "-5..-2");
  CHECK(bounds("-3 - +3") == "-3..3");
  CHECK(bounds("<5.0") == "..5");
  CHECK(bounds("≤5.0") == "..5");
  CHECK(bounds("＜5") == "..5");
  CHECK(bounds(">=60") == "60..");
  CHECK(bounds("≥ 60") == "60..");
}

TEST_CASE("what is not a plain range keeps its text and has no bounds") {
  for (const char* text : {"", "阴性", "见说明", "男:120-160 女:110-150", "6.1-3.9", "3.9-", "-", "1:80", "<阴性", "5", "1-2-3", "nan-inf"}) {
    CAPTURE(text);
    CHECK(bounds(text) == "..");
    CHECK(read_range(text).text == text);
  }
}

TEST_CASE("numbers are numbers and nothing else") {
  CHECK(*read_number("5.60") == 5.6);
  CHECK(*read_number("+3") == 3);
  CHECK(*read_number(" -1000.5 ") == -1000.5);
  for (const char* text : {"", "5,6", "5.6 mmol", "<5", "0x10", "inf", "+-5", "1.2.3", "e5", "1e3", "."}) {
    CAPTURE(text);
    CHECK_FALSE(read_number(text));
  }
}

TEST_CASE("a range gets its missing half") {
  ReferenceRange r{"", 3.9, 6.1};
  complete_range(r);
  CHECK(r.text == "3.9-6.1");
  r = {"", std::nullopt, 5.0};
  complete_range(r);
  CHECK(r.text == "<=5");
  r = {"男 120-160", 120.0, 160.0};
  complete_range(r);
  CHECK(r.text == "男 120-160");
}
