// What ends, and what only seems to.
#include <catch2/catch.hpp>

#include "console/calendar.hpp"

using namespace huren;

TEST_CASE("the calendar tells what ends, earliest first, and is silent about what is renewed without a gap") {
  const terminology::Table tables[] = {
      {"eqa.csv", "lab,item,verdict,valid_from,valid_to\nH1,GLU,passed,2026-01-01,2026-12-31\nH1,GLU,passed,2027-01-01,2027-12-31\n"
                  "H1,TC,passed,2026-01-01,2026-12-31\nH1,TC,passed,2027-02-01,2027-12-31\nH1,TG,passed,2026-01-01,2026-06-30\nH1,K,passed,2026-01-01,\n"},
      {"hr_marks.csv", "lab,item,scope,valid_from,valid_to\nH1,*,42,2026-01-01,2026-11-30\n"}};
  const auto codes = terminology::extend(*terminology::packaged(), tables).set;
  REQUIRE(codes);
  config::Config config;
  config.hospital.offset_minutes = 480;
  model::Agreement agreement;
  agreement.id = "city_2026";
  agreement.to = {2026, 11, 23};
  config.agreements = {agreement};
  const auto rows = console::calendar(config, "/nowhere", *codes, parse_iso_time("2026-11-22T10:00:00+08:00", 480)->epoch_ms)["rows"];
  std::vector<std::string> told;
  for (const auto& r : rows) told.push_back(r["until"].get<std::string>() + " " + r["name"].get<std::string>() + (r["over"].get<bool>() ? " over" : ""));
  CHECK(told == std::vector<std::string>{"2026-06-30 H1 TG over", "2026-11-23 city_2026", "2026-11-30 H1 * 42", "2026-12-31 H1 TC", "2027-12-31 H1 GLU", "2027-12-31 H1 TC"});
}
