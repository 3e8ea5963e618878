// How candidates are weighed and panels composed; the checks themselves are shown case by case in tests/cases/recognition.
#include <catch2/catch.hpp>

#include "core/recognition/shapes.hpp"
#include "tests/support/recognition.hpp"

using namespace huren;
using namespace huren::recognition;
using test::Scene;

namespace {

std::string said(const Check& check, Language language) {
  std::string out;
  say(check, catalogue_entry(check.reason), language, [&](std::string_view piece) { out += piece; });
  return out;
}

}  // namespace

TEST_CASE("a fresh result of an allied hospital is recognised, every check explained in both languages") {
  Scene s;
  s.order("L001").result("GLU", "6.1", "mmol/L");
  const auto order = s.first();
  CHECK(order.outcome == Outcome::recognised);
  REQUIRE(order.analytes.size() == 1);
  CHECK(order.analytes[0].checks().size() == 12);
  for (const auto& c : order.analytes[0].checks()) {
    INFO(c.reason);
    CHECK(c.verdict == Verdict::pass);
    CHECK(catalogue_entry(c.reason));
    CHECK_FALSE(said(c, Language::zh).empty());
    CHECK(said(c, Language::zh) != said(c, Language::en));
  }
  CHECK(s.decide().terminology_version == s.input.terminology->version());
}

TEST_CASE("I12: our own number names a person without papers in our own report alone, not in a partner's that uses the same words") {
  Scene s;
  s.input.patient.identifiers.clear();
  auto& ours = s.report("2026-11-19T08:00:00+08:00");
  auto& theirs = s.report("2026-11-20T08:00:00+08:00");
  ours.patient = theirs.patient = s.input.patient;
  s.order("L001").result(ours, "GLU", "6.1", "mmol/L").source = "";
  s.result(theirs, "GLU", "6.2", "mmol/L");
  const auto considered = s.first().analytes.at(0).considered;
  REQUIRE(considered.size() == 2);  // the partner's is newer, is not theirs to be shown, and so the next one is looked at
  CHECK(considered[0].checks.at(0).verdict == Verdict::fail);
  CHECK(considered[0].checks.at(0).reason == "identity.no_common_id");
  CHECK(considered[1].checks.at(0).reason == "identity.own_number");
}

TEST_CASE("an order that is not mapped is left alone") {
  Scene s;
  s.order("L999").result("GLU", "6.1", "mmol/L");
  CHECK(s.first().outcome == Outcome::none);
  CHECK(s.first().reason == "order.unmapped");
}

TEST_CASE("a panel with all, some and none of its analytes") {
  Scene s;
  s.order("L002");
  auto& report = s.report();
  for (const char* item : {"TC", "TG", "HDLC", "LDLC"}) s.result(report, item, "1.5", "mmol/L");
  CHECK(s.first().outcome == Outcome::recognised);
  report.observations[3].status = model::Status::preliminary;
  CHECK(s.first().outcome == Outcome::partial);
  CHECK(s.first().missing == std::vector<std::string>{"LDLC"});
  for (auto& o : report.observations) o.status = model::Status::preliminary;
  CHECK(s.first().outcome == Outcome::none);
  CHECK(s.first().reason == "order.none_usable");
}

TEST_CASE("a panel of which nothing passes but something advises is advisory") {
  Scene s;
  s.order("L002");
  auto& report = s.report();
  for (const char* item : {"TC", "TG", "HDLC", "LDLC"}) s.result(report, item, "1.5", "mmol/L");
  s.input.situation = {"emergency"};
  CHECK(s.first().outcome == Outcome::advisory);
  CHECK(s.first().missing.size() == 4);
}

TEST_CASE("the newest of two results that pass is chosen, whatever the order of the input") {
  Scene s;
  s.order("L001");
  s.result(s.report("2026-11-19T08:00:00+08:00"), "GLU", "5.0", "mmol/L");
  s.result(s.report("2026-11-21T08:00:00+08:00"), "GLU", "6.0", "mmol/L");
  const auto chosen = [&] {
    const auto a = s.first().analytes.at(0);
    return s.input.candidates[a.considered[*a.chosen].candidate].result_id;
  };
  CHECK(chosen() == "res-R2-1");
  std::swap(s.input.candidates[0], s.input.candidates[1]);
  CHECK(chosen() == "res-R2-1");
}

TEST_CASE("an older result that passes wins over a newer one that fails") {
  Scene s;
  s.order("L001");
  s.result(s.report("2026-11-19T08:00:00+08:00"), "GLU", "5.0", "mmol/L");
  s.result(s.report("2026-11-21T08:00:00+08:00"), "GLU", "6.0", "mmol/L");
  s.observation(1).status = model::Status::preliminary;
  const auto order = s.first();
  CHECK(order.outcome == Outcome::recognised);
  CHECK(order.analytes[0].considered.size() == 2);
}

TEST_CASE("a newer critical result is shown first and an older normal one is not suggested") {
  Scene s;
  s.order("L005");
  s.result(s.report("2026-11-19T08:00:00+08:00"), "K", "4.0", "mmol/L");
  s.result(s.report("2026-11-21T08:00:00+08:00"), "K", "6.9", "mmol/L");
  auto order = s.first();
  CHECK(order.outcome == Outcome::advisory);
  CHECK(order.critical);
  CHECK(order.analytes[0].considered[*order.analytes[0].chosen].candidate == 1);
  s.observation(1).status = model::Status::withdrawn;  // haemolysed, say: all the more reason to look
  order = s.first();
  CHECK(order.outcome == Outcome::advisory);
  CHECK(order.analytes[0].considered[*order.analytes[0].chosen].candidate == 0);
}

TEST_CASE("another person's critical result tells nothing") {
  Scene s;
  s.order("L005");
  s.result(s.report("2026-11-19T08:00:00+08:00"), "K", "4.0", "mmol/L");
  s.result(s.report("2026-11-21T08:00:00+08:00"), "K", "6.9", "mmol/L");
  s.reports[1].patient.identifiers = {{"resident_id", "440524198001010013", ""}};
  CHECK(s.first().outcome == Outcome::recognised);
}

TEST_CASE("an older critical result does not spoil a newer normal one") {
  Scene s;
  s.order("L005");
  s.result(s.report("2026-11-19T08:00:00+08:00"), "K", "6.9", "mmol/L");
  s.result(s.report("2026-11-21T08:00:00+08:00"), "K", "4.0", "mmol/L");
  CHECK(s.first().outcome == Outcome::recognised);
}

TEST_CASE("of two agreements with one partner the better one decides") {
  Scene s;
  s.order("L001").result("GLU", "6.1", "mmol/L");
  auto narrow = s.input.agreements[0];
  narrow.agreement.id = "A0";
  narrow.agreement.items = {"K"};
  s.input.agreements.insert(s.input.agreements.begin(), narrow);
  const auto order = s.first();
  CHECK(order.outcome == Outcome::recognised);
  CHECK(order.analytes[0].considered[0].agreement == "A1");
}

TEST_CASE("the value is shown in this hospital's unit and the original stands in the report") {
  Scene s;
  s.order("L001").result("GLU", "110", "mg/dL");
  const auto order = s.first();
  REQUIRE(order.analytes[0].display);
  CHECK(order.analytes[0].display->value == Approx(6.105));
  CHECK(order.analytes[0].display->unit == "mmol/L");
  CHECK(s.observation().value == "110");
}

TEST_CASE("urea nitrogen answers an order for urea, in mmol/L") {
  Scene s;
  s.order("L006").result("BUN", "14", "mg/dL");
  const auto order = s.first();
  CHECK(order.outcome == Outcome::recognised);
  CHECK(order.analytes[0].display->value == Approx(14 * 0.357));
}

TEST_CASE("a result without an alliance code is found by its LOINC, never against its code") {
  Scene s;
  s.order("L001").result("", "6.1", "mmol/L");
  s.observation().loinc = "14749-6";
  CHECK(s.first().outcome == Outcome::recognised);
  s.observation().standard.code = "K";
  CHECK(s.first().reason == "order.no_result");
  s.observation().standard.code = "GLU";
  s.observation().loinc = "2823-3";
  CHECK(s.check(Aspect::item).reason == "item.conflict");
  CHECK(s.first().outcome == Outcome::none);
}

TEST_CASE("what to ask the store for: the orders' items, their other names, the widest window") {
  Scene s;
  s.order("L006").order("L005", "O2");
  const auto w = wanted(s.input);
  CHECK(w.items == std::vector<std::string>{"BUN", "K", "UREA"});
  CHECK(s.input.at.epoch_ms - w.since_ms == 30LL * 86'400'000);
  s.input.agreements[0].agreement.window_days["class:chemistry"] = 90;
  CHECK(s.input.at.epoch_ms - wanted(s.input).since_ms == 90LL * 86'400'000);
}

TEST_CASE("our own earlier result needs neither agreement nor mark") {
  Scene s;
  s.order("L001").result("GLU", "6.1", "mmol/L").source = "";
  s.reports[0].patient.local_id = "P1";
  s.input.agreements.clear();
  CHECK(s.first().outcome == Outcome::recognised);
  CHECK(s.check(Aspect::agreement).reason == "agreement.own");
}

TEST_CASE("critical in an analyte that the panel can do without keeps the panel from being suggested whole") {
  Scene s;
  s.order("L013");
  auto& report = s.report();
  s.result(report, "K", "4.0", "mmol/L");
  s.result(report, "NA", "140", "mmol/L");
  s.result(report, "CL", "100", "mmol/L");
  CHECK(s.first().outcome == Outcome::recognised);
  s.result(report, "CA", "1.4", "mmol/L");
  const auto order = s.first();
  CHECK(order.outcome == Outcome::partial);
  CHECK(order.critical);
  CHECK(order.missing == std::vector<std::string>{"CA"});
}

TEST_CASE("a rule of a department holds whatever the HIS calls it, and for no other one") {
  Scene s;
  s.order("L001").result("GLU", "6.1", "mmol/L");
  s.set_terminology({{"departments.csv", "department,zh,aliases\nENDO,内分泌科,0213\n"}, {"rules.csv", "rule,department,scope,action,zh,en\nendo,ENDO,GLU,never,须重测,Test again\n"}});
  for (const auto* said : {"内分泌科", "0213", "ENDO"}) {
    s.input.department = said;
    CHECK(s.first().outcome == Outcome::none);
  }
  s.input.department = "肾内科";
  CHECK(s.first().outcome == Outcome::recognised);
}
