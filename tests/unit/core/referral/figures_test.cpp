#include "core/referral/figures.hpp"

#include <catch2/catch.hpp>

using namespace huren;
using namespace huren::referral;

namespace {

Step step(const std::string& id, const std::string& what, const std::string& by, const char* at, const std::string& outcome = "") {
  Step s;
  s.step = what;
  s.id = id;
  s.from = "A";
  s.to = "B";
  s.by = by;
  s.outcome = outcome;
  s.at = *parse_iso_time(at, 480);
  s.fact_id = id + "." + what;
  if (what == "requested") {
    s.priority = "routine";
    s.direction = "up";
    s.diagnoses = {{"K72.0", "急性肝衰竭, 重型", "ICD-10"}};
  }
  return s;
}
Counted counted(std::vector<Step> steps) { return {resolve(std::move(steps), {}, parse_iso_time("2026-12-31", 480)->epoch_ms), true, 480}; }

}  // namespace

TEST_CASE("referrals are counted by month, direction, hospital and disease, and every row names what it counts") {
  const auto rows = referral_figures({
      counted({step("1", "requested", "A", "2026-11-01T10:00:00+08:00"), step("1", "answered", "B", "2026-11-01T10:20:00+08:00", "accepted"), step("1", "arrived", "B", "2026-11-01T14:00:00+08:00")}),
      counted({step("2", "requested", "A", "2026-11-30T23:50:00+08:00"), step("2", "answered", "B", "2026-12-01T00:30:00+08:00", "declined")}),
      counted({step("3", "requested", "A", "2026-11-05T10:00:00+08:00"), step("3", "no_show", "B", "2026-11-06T10:00:00+08:00")}),
      counted({step("4", "requested", "A", "2026-12-01T00:00:00+08:00")}),
  });
  REQUIRE(rows.size() == 2);  // November, December: by the month in which it was asked, in the hospital's own zone
  const auto& november = rows[0];
  CHECK(november.by.at("month") == "2026-11");
  CHECK(november.by.at("direction") == "up");
  CHECK(november.by.at("hospital") == "B");
  CHECK(november.counts.at("requested") == 3);
  CHECK(november.counts.at("accepted") == 1);
  CHECK(november.counts.at("declined") == 1);
  CHECK(november.counts.at("no_show") == 1);
  CHECK(november.median_minutes() == 30.0);
  CHECK(november.requests == std::vector<std::string>{"A/1", "A/2", "A/3"});
  CHECK(november.steps.size() == 7);
}

TEST_CASE("figures as CSV quote what needs it and as JSON say null where there is no median") {
  const auto rows = referral_figures({counted({step("1", "requested", "A", "2026-11-01T10:00:00+08:00")})});
  const auto csv = to_csv(rows);
  CHECK(csv.find("\"K72.0 急性肝衰竭, 重型\"") != std::string::npos);
  CHECK(csv.find("median_minutes,requests,steps\r\n") != std::string::npos);
  CHECK(to_json(rows).find("\"median_minutes\": null") != std::string::npos);
}

TEST_CASE("outflow counts what left upwards or sideways, by where it went - a redirected patient by where he or she was sent") {
  auto redirected = step("1", "answered", "B", "2026-11-01T11:00:00+08:00", "redirected");
  redirected.redirect_to = "省人民医院";
  auto down = step("2", "requested", "A", "2026-11-01T10:00:00+08:00");
  down.direction = "down";
  const auto rows = outflow_figures({counted({step("1", "requested", "A", "2026-11-01T10:00:00+08:00"), redirected}), counted({down})});
  REQUIRE(rows.size() == 1);
  CHECK(rows[0].by.at("destination") == "省人民医院");
}
