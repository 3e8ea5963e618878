// The coverage report and the harmonised series.
#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>

#include "core/recognition/coverage.hpp"
#include "core/recognition/trend.hpp"
#include "tests/support/recognition.hpp"

using namespace huren;
using namespace huren::recognition;
using test::Scene;

namespace {
std::vector<std::string> reasons(const Coverage& c, std::size_t row) {
  std::vector<std::string> out;
  for (const auto& r : c.rows[row].reasons) out.emplace_back(r.name);
  return out;
}
using Reasons = std::vector<std::string>;
}  // namespace

TEST_CASE("the coverage report says which items cannot be recognised and why") {
  Scene s;
  s.set_terminology({{"local_items.csv", "code,name,item,panel,unit\nL020,甲胎蛋白,AFP,,ng/mL\nL021,白蛋白,ALB,,盎司\n"}});
  s.input.agreements[0].agreement.items = {"class:chemistry", "class:lipid", "AFP", "ALB"};
  const std::vector<terminology::LocalFacts> catalogue{{.code = "L001", .name = "葡萄糖"}, {.code = "X1", .name = "总胆固醇", .unit = "mmol/L"},
                                                       {.code = "L020", .name = "甲胎蛋白"}, {.code = "L005", .name = "血钾"},
                                                       {.code = "L002", .name = "血脂四项"}, {.code = "L021", .name = "白蛋白"}};
  const auto c = coverage(*s.input.terminology, catalogue, s.input.agreements, {2026, 11, 22});
  CHECK(c.rows[0].verdict == Verdict::pass);
  CHECK(reasons(c, 1) == Reasons{"coverage.unmapped"});
  REQUIRE_FALSE(c.rows[1].suggestions.empty());
  CHECK(c.rows[1].suggestions[0].item == "TC");
  CHECK(reasons(c, 2) == Reasons{"coverage.no_method"});
  CHECK(reasons(c, 3) == Reasons{"coverage.no_agreement"});
  CHECK(c.rows[4].verdict == Verdict::pass);
  CHECK(reasons(c, 5) == Reasons{"coverage.unit"});
  CHECK(c.recognisable == 2);
  CHECK(c.advisory == 2);
  CHECK(c.never == 2);
  const auto csv = to_csv(c, Language::zh);
  CHECK(csv.find("X1,总胆固醇,,,fail,") != std::string::npos);
  CHECK(csv.find("\nL001,葡萄糖,GLU,,pass,,\n") != std::string::npos);
}

TEST_CASE("a series is harmonised: one unit, the original kept, oldest first") {
  Scene s;
  s.result(s.report("2026-11-20T08:00:00+08:00"), "GLU", "110", "mg/dL");
  s.result(s.report("2026-11-10T08:00:00+08:00"), "GLU", "5.5", "mmol/L").source = "";
  s.result(s.report("2026-11-21T08:00:00+08:00"), "GLU", "26.1", "mmol/L");
  const auto t = trend(s.input, "GLU");
  REQUIRE(t.points.size() == 3);
  CHECK(t.unit == "mmol/L");
  CHECK(t.lines == 1);
  CHECK(*t.points[0].value == Approx(5.5));
  CHECK(t.points[0].source == "own");
  CHECK(*t.points[1].value == Approx(6.105));
  CHECK(t.points[1].original == "110");
  CHECK(t.points[2].critical);
  const auto json = nlohmann::json::parse(to_json(t));
  CHECK(json["points"].size() == 3);
  CHECK(json["points"][1]["original"]["unit"] == "mg/dL");
}

TEST_CASE("a change of method breaks the line, an unknown method stands alone") {
  Scene s;
  const auto add = [&](const char* at, const char* group) {
    s.result(s.report(at), "CA199", "18", "U/mL");
    s.reports.back().observations[0].method_group = group;
  };
  add("2026-11-01T08:00:00+08:00", "roche_eclia");
  add("2026-11-05T08:00:00+08:00", "abbott_cmia");
  add("2026-11-09T08:00:00+08:00", "roche_eclia");
  add("2026-11-12T08:00:00+08:00", "");
  const auto t = trend(s.input, "CA199");
  REQUIRE(t.points.size() == 4);
  CHECK(t.points[0].line == t.points[2].line);
  CHECK(t.points[0].line != t.points[1].line);
  CHECK(t.points[1].break_before);
  CHECK(t.points[3].line != t.points[2].line);
  CHECK(t.lines == 3);
}

TEST_CASE("values of another calibration are never drawn in our unit") {
  Scene s;
  s.result(s.report("2026-11-01T08:00:00+08:00"), "DDIM", "0.3", "mg/L FEU");
  s.result(s.report("2026-11-02T08:00:00+08:00"), "DDIM", "0.2", "mg/L DDU");
  const auto t = trend(s.input, "DDIM");
  REQUIRE(t.points.size() == 2);
  CHECK(t.points[0].value);
  CHECK_FALSE(t.points[1].value);
  CHECK(t.points[0].line != t.points[1].line);
}

TEST_CASE("withdrawn, preliminary, replaced and other people's results are in no series") {
  Scene s;
  for (int i = 0; i < 4; ++i) s.result(s.report("2026-11-20T08:00:00+08:00"), "GLU", "5.5", "mmol/L");
  s.observation(0).status = model::Status::withdrawn;
  s.observation(1).status = model::Status::preliminary;
  s.input.candidates[2].current = false;
  s.reports[3].patient.identifiers.clear();
  CHECK(trend(s.input, "GLU").points.empty());
  CHECK(trend(s.input, "NOPE").points.empty());
}
