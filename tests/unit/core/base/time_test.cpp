#include <catch2/catch.hpp>

#include "core/base/time.hpp"

using namespace huren;

TEST_CASE("an HL7 time keeps its precision and zone, and is written back as it came") {
  for (const char* text : {"2026", "202611", "20261122", "2026112209", "202611220930", "20261122093015", "20261122093015.250",
                           "20261122093015+0800", "202611220930-0330", "20240229235959.999+0545"}) {
    CAPTURE(text);
    const auto t = parse_hl7_time(text, 480);
    REQUIRE(t);
    CHECK(to_hl7_time(*t) == text);
  }
}

TEST_CASE("a coarse time counts from its earliest instant in the assumed zone") {
  CHECK(parse_hl7_time("20261122", 480)->epoch_ms == parse_iso_time("2026-11-21T16:00:00Z", 0)->epoch_ms);
  CHECK(parse_hl7_time("1970", 0)->epoch_ms == 0);
}

TEST_CASE("impossible times are refused") {
  for (const char* text : {"", "202", "20261", "20261301", "20260230", "20250229", "2026112224", "202611220960", "20261122093060",
                           "20261122093015.", "20261122+08", "20261122093015Z", "20261122 0930", "00000101", "20261122093015+1500"}) {
    CAPTURE(text);
    CHECK_FALSE(parse_hl7_time(text, 480));
  }
}

TEST_CASE("ISO times are read with or without an offset and written with one") {
  CHECK(to_iso_time(*parse_iso_time("2026-11-22T09:30:00+08:00", 0)) == "2026-11-22T09:30:00+08:00");
  CHECK(to_iso_time(*parse_iso_time("2026-11-22T09:30", 480)) == "2026-11-22T09:30+08:00");
  CHECK(to_iso_time(*parse_iso_time("2026-11-22", 480)) == "2026-11-22");
  CHECK(parse_iso_time("2026-11-22T01:30:00Z", 480)->epoch_ms == parse_iso_time("2026-11-22T09:30:00+08:00", 0)->epoch_ms);
  for (const char* text : {"2026-13-01", "2026-11-22T", "2026-11-22T25:00", "22/11/2026", "2026-11-22T09:30:00 08:00"}) {
    CAPTURE(text);
    CHECK_FALSE(parse_iso_time(text, 480));
  }
}

TEST_CASE("a year beyond four digits is written whole") {
  CHECK(to_iso_time(from_epoch_ms(253'402'300'800'000, 0)) == "10000-01-01T00:00:00.000+00:00");
  CHECK(to_hl7_date({412, 3, 9}) == "04120309");
}

TEST_CASE("age counts completed years, and the leap day's birthday falls on 1 March") {
  const auto at = [](const char* t) { return *parse_iso_time(t, 480); };
  CHECK(age_years({2000, 2, 29}, at("2026-02-28T12:00")) == 25);
  CHECK(age_years({2000, 2, 29}, at("2026-03-01T00:00")) == 26);
  CHECK(age_years({1949, 12, 31}, at("2026-11-22T00:00")) == 76);
  CHECK(age_years({}, at("2026-11-22T00:00")) == -1);
}

TEST_CASE("dates are read in both forms and whole or cut") {
  CHECK(*parse_date("19491231") == Date{1949, 12, 31});
  CHECK(*parse_date("1949-12-31") == Date{1949, 12, 31});
  CHECK(*parse_date("194912") == Date{1949, 12, 0});
  for (const char* text : {"", "1949-", "19491232", "1949-1231", "19490229", "1949123"}) {
    CAPTURE(text);
    CHECK_FALSE(parse_date(text));
  }
}
