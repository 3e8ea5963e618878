#include "core/recognition/figures.hpp"

#include <catch2/catch.hpp>

#include <rapidcheck.h>

#include <algorithm>

#include "core/base/csv.hpp"

using namespace huren;
using namespace huren::recognition;

namespace {

std::int64_t at(const char* text) { return parse_iso_time(text, 480)->epoch_ms; }

DecisionFact decided(const std::string& id, const std::string& outcome, const char* when, const char* reason = "") {
  return {.id = id, .there = false, .partner = "city", .outcome = outcome, .reason = reason, .department = "内科", .item = "GLU", .suggestion = "s" + id, .at_ms = at(when), .saved_cents = 600};
}

Tally november(std::initializer_list<DecisionFact> facts, int offset = 480) {
  Figures figures(*month_of("2026-11", offset), terminology::packaged().get());
  for (const auto& f : facts) figures.add(f);
  return figures.total(false);
}

}  // namespace

TEST_CASE("a month is the hospital's own: from its first instant to its last, in its zone") {
  CHECK(november({decided("1", "accepted", "2026-11-01T00:00:00+08:00")}).accepted == 1);
  CHECK(november({decided("1", "accepted", "2026-10-31T23:59:59.999+08:00")}).accepted == 0);
  CHECK(november({decided("1", "accepted", "2026-11-30T23:59:59.999+08:00")}).accepted == 1);
  CHECK(november({decided("1", "accepted", "2026-12-01T00:00:00+08:00")}).accepted == 0);
  CHECK(november({decided("1", "accepted", "2026-12-01T00:00:00+08:00")}, 0).accepted == 1);  // still November in Greenwich
  CHECK(november({decided("1", "accepted", "2026-11-01T05:00:00+08:00")}, 0).accepted == 0);
}

TEST_CASE("months have the days they have: leap years, a year's end") {
  const auto days = [](const char* month) {
    const auto m = *month_of(month, 480);
    return (m.to_ms - m.from_ms) / 86'400'000;
  };
  CHECK(days("2028-02") == 29);
  CHECK(days("2026-02") == 28);
  CHECK(days("2100-02") == 28);
  CHECK(days("2000-02") == 29);
  CHECK(days("2026-12") == 31);
  CHECK(month_of("2026-12", 480)->to_ms == month_of("2027-01", 480)->from_ms);
  CHECK(month_of(at("2028-02-29T23:59:59+08:00"), 480).name == "2028-02");
  for (const char* wrong : {"", "2026", "2026-13", "2026-00", "2026-11-01", "2026-1", "x026-11", "2026/11"}) CHECK_FALSE(month_of(wrong, 480));
}

TEST_CASE("the rate is accepted over accepted and declined - revoked ones and reasons that do not count stay outside") {
  const terminology::Table own{"reasons.csv", "reason,zh,en,counts_as_decline,requires_note,valid_from,valid_to,source\nserial,连续监测,Serial monitoring,no,no,2022-03-01,,local\n"};
  const auto codes = terminology::extend(*terminology::packaged(), {&own, 1}).set;
  REQUIRE(codes);
  Figures figures(*month_of("2026-11", 480), codes.get());
  figures.add(decided("1", "accepted", "2026-11-02T10:00:00+08:00"));
  figures.add(decided("2", "declined", "2026-11-02T10:00:00+08:00", "rapid_course"));
  figures.add(decided("3", "declined", "2026-11-02T10:00:00+08:00", "serial"));
  figures.add(decided("4", "declined", "2026-11-02T10:00:00+08:00", "no_such_reason"));
  figures.add(decided("5", "accepted", "2026-11-02T10:00:00+08:00"));
  figures.add(decided("5", "revoked", "2026-11-03T10:00:00+08:00"));
  const auto t = figures.total(false);
  CHECK(t.accepted == 1);
  CHECK(t.declined == 2);
  CHECK(t.not_counted == 1);
  CHECK(t.revoked == 1);
  CHECK(t.denominator() == 3);
  CHECK(t.saved_cents == 600);
  const auto reasons = figures.rows(By::reason);
  REQUIRE(reasons.size() == 3);
  CHECK(reasons[2].key == "serial");
  const auto csv = figures.to_csv(std::nullopt);
  CHECK(csv.find("# rate.denominator: ") != std::string::npos);
  CHECK(csv.find("2026-11,total,,here,1,2,1,1,1,3,0.3333,1,6.00,") != std::string::npos);
  CHECK(figures.to_json("H").find(R"("rate":{"numerator":1,"denominator":3,"value":0.333)") != std::string::npos);
}

TEST_CASE("without a decision there is no rate, neither 0 nor 100 percent") {
  Figures figures(*month_of("2026-11", 480), nullptr);
  CHECK(figures.to_json("H").find(R"("rate":{"numerator":0,"denominator":0,"value":null})") != std::string::npos);
  CHECK(figures.to_csv(std::nullopt).find("total,,here,0,0,0,0,0,0,,0,0.00") != std::string::npos);
}

TEST_CASE("days and ISO weeks of what was shown, and what became of it") {
  Figures figures(*month_of("2026-12", 480), nullptr);
  const auto shown = [&](const char* id, const char* accepting, const char* when) {
    figures.add(ShownFact{.id = id, .accepting = accepting, .outcome = "recognised", .department = "内科", .item = "GLU", .partner = "city", .at_ms = at(when)});
  };
  shown("c1", "s1", "2026-12-31T23:59:59+08:00");
  shown("c1", "s1", "2026-12-27T00:00:00+08:00");  // the first showing counts
  shown("c2", "s2", "2026-12-28T00:00:00+08:00");
  shown("c3", "s3", "2026-12-28T08:00:00+08:00");
  shown("c4", "", "2026-12-28T08:00:00+08:00");
  shown("c5", "s5", "2027-01-01T00:00:00+08:00");
  figures.add(decided("1", "accepted", "2027-01-05T10:00:00+08:00"));  // answered after the month: still its suggestion's answer
  figures.add(decided("2", "ignored", "2026-12-28T10:00:00+08:00"));
  const auto t = figures.total(false);
  CHECK(t.shown == 3);
  CHECK(t.taken == 1);
  CHECK(t.ignored == 1);
  CHECK(t.unanswered == 1);
  CHECK(t.informed == 1);
  CHECK(t.accepted == 0);
  const auto weeks = figures.rows(By::week);
  REQUIRE(weeks.size() == 2);
  CHECK(weeks[0].key == "2026-W52");
  CHECK(weeks[1].key == "2026-W53");
  CHECK(weeks[1].tally.shown == 2);
  CHECK(figures.rows(By::day)[0].key == "2026-12-27");
}

TEST_CASE("figures do not depend on the order in which facts come, and sections add up to the whole") {
  CHECK(rc::check([] {
    std::vector<DecisionFact> facts;
    const auto n = *rc::gen::inRange(0, 20);
    for (int i = 0; i < n; ++i) {
      DecisionFact f;
      f.id = std::to_string(*rc::gen::inRange(0, 8));
      f.there = *rc::gen::inRange(0, 4) == 0;
      if (f.there) f.id += "t";
      f.outcome = *rc::gen::element<std::string>("accepted", "declined", "revoked", "ignored");
      f.department = *rc::gen::element<std::string>("a", "b");
      f.item = *rc::gen::element<std::string>("GLU", "K");
      f.at_ms = at("2026-11-15T00:00:00+08:00") + i;  // one after the other, as clocks have it
      f.saved_cents = *rc::gen::inRange(0, 1000);
      facts.push_back(f);
    }
    Figures forth(*month_of("2026-11", 480), nullptr), back(*month_of("2026-11", 480), nullptr);
    for (const auto& f : facts) forth.add(f);
    std::reverse(facts.begin(), facts.end());
    for (const auto& f : facts) back.add(f);
    RC_ASSERT(forth.to_json("H") == back.to_json("H"));
    for (const auto by : {By::item, By::department, By::partner, By::day, By::week}) {
      Tally sum;
      for (const auto& row : forth.rows(by)) {
        sum.accepted += row.tally.accepted;
        sum.declined += row.tally.declined;
        sum.saved_cents += row.tally.saved_cents;
      }
      const auto here = forth.total(false), there = forth.total(true);
      RC_ASSERT(sum.accepted == here.accepted + there.accepted);
      RC_ASSERT(sum.declined == here.declined + there.declined);
      RC_ASSERT(sum.saved_cents == here.saved_cents + there.saved_cents);
    }
  }));
}

TEST_CASE("a department with a comma and a quote stays one field of the CSV") {
  Figures figures(*month_of("2026-11", 480), nullptr);
  auto f = decided("1", "accepted", "2026-11-02T10:00:00+08:00");
  f.department = "内科, \"三\"";
  figures.add(f);
  const auto rows = parse_csv(figures.to_csv(By::department));
  REQUIRE(rows);
  CHECK(rows->back()[2] == f.department);
}

TEST_CASE("what the systems call one department counts as one") {
  const terminology::Table own{"departments.csv", "department,zh,en,aliases\nGIM,内科,Internal medicine,0201|内科门诊\n"};
  const auto codes = terminology::extend(*terminology::packaged(), {&own, 1}).set;
  REQUIRE(codes);
  Figures figures(*month_of("2026-11", 480), codes.get());
  for (const auto* said : {"内科", "0201", "内科门诊", "外科"}) {
    auto f = decided(said, "accepted", "2026-11-02T10:00:00+08:00");
    f.department = said;
    figures.add(f);
  }
  const auto rows = figures.rows(By::department);
  REQUIRE(rows.size() == 2);
  CHECK(rows[0].key == "GIM");
  CHECK(rows[0].tally.accepted == 3);
  CHECK(rows[1].key == "外科");
}
