// What must hold for any input: a fact against a result never makes an outcome better; converting there and back is nothing.
#include <algorithm>
#include <catch2/catch.hpp>
#include <cmath>
#include <rapidcheck.h>

#include "core/recognition/judge.hpp"
#include "tests/support/recognition.hpp"

using namespace huren;
using namespace huren::recognition;
using test::Scene;

namespace {

template <class Property>
void holds(const std::string& what, Property property) {
  INFO(what);
  CHECK(rc::check(what, std::move(property)));
}

const std::vector<std::string> kItems{"GLU", "K", "TC", "TG", "HDLC", "LDLC", "CA199", "HBA1C", "CREA", "UREA", "BUN", "NA", "CL", "DDIM"};
const std::vector<std::string> kOrders{"L001", "L002", "L003", "L004", "L005", "L006", "L009", "L011", "L013"};

// A scene of a few results of any quality, from this and the allied hospital.
Scene any_scene() {
  using namespace rc;
  Scene s;
  s.order(*gen::elementOf(kOrders));
  const auto count = *gen::inRange(0, 7);
  for (int i = 0; i < count; ++i) {
    auto& report = s.report(*gen::elementOf(std::vector<std::string>{"2026-11-22T09:00:00+08:00", "2026-11-21T08:00:00+08:00", "2026-11-15T10:00:00+08:00",
                                                                     "2026-11-15T09:59:59+08:00", "2026-10-30T08:00:00+08:00", "2026-09-01T08:00:00+08:00"}));
    const auto item = *gen::elementOf(kItems);
    auto& c = s.result(report, item, *gen::elementOf(std::vector<std::string>{"4.1", "6.9", "1.2", "100"}),
                       *gen::elementOf(std::vector<std::string>{"mmol/L", "mg/dL", "umol/L", "U/mL", "%", "mg/L FEU"}));
    auto& o = report.observations.back();
    if (*gen::inRange(0, 5) == 0) o.status = *gen::elementOf(std::vector<model::Status>{model::Status::preliminary, model::Status::corrected, model::Status::unknown});
    if (*gen::inRange(0, 3) == 0) o.method_group = *gen::elementOf(std::vector<std::string>{"roche_eclia", "abbott_cmia"});
    if (*gen::inRange(0, 4) == 0) o.flags = {*gen::elementOf(std::vector<std::string>{"H", "HH", "N"})};
    if (*gen::inRange(0, 3) == 0) o.marks = {*gen::elementOf(std::vector<std::string>{"全国HR", "鄂HR", "湘HR", "★"})};
    if (*gen::inRange(0, 6) == 0) c.source = "";
    if (*gen::inRange(0, 9) == 0) c.index_only = true;
  }
  s.input.agreements[0].agreement.all_items = *gen::arbitrary<bool>();
  if (*gen::inRange(0, 4) == 0) s.input.situation = {"emergency"};
  return s;
}

// One fact more against one result, or against all. Identity is left out: what is another person's is no result of this one.
void spoil(Scene& s) {
  using namespace rc;
  if (s.input.candidates.empty() || *gen::inRange(0, 3) == 0) {
    auto& a = s.input.agreements[0];
    switch (*gen::inRange(0, 9)) {
      case 0: s.input.situation.push_back("pre_operative"); break;
      case 1: s.input.situation.push_back("never_heard_of"); break;
      case 2: a.agreement.to = {2026, 11, 21}; break;
      case 3: a.agreement.receive = false; break;
      case 4: a.agreement.basis.clear(); break;
      case 5: a.agreement.items = {"ALB"}; break;
      case 6: a.agreement.min_level = 3; a.partner.level = 2; break;
      case 7: a.agreement.all_items = false; break;
      default: a.agreement.window_days = {{"class:chemistry", 1}, {"class:lipid", 1}, {"class:electrolyte", 1}}; break;
    }
    return;
  }
  const auto at = static_cast<std::size_t>(*gen::inRange(0, static_cast<int>(s.input.candidates.size())));
  auto& c = s.input.candidates[at];
  auto& report = s.reports[at];
  auto& o = report.observations[c.position];
  switch (*gen::inRange(0, 12)) {
    case 0: o.status = model::Status::preliminary; break;
    case 1: o.status = model::Status::withdrawn; break;
    case 2: c.current = false; break;
    case 3: report.specimen.type = {"csf", "", ""}; break;
    case 4: {  // not told any more; a wrong specimen that is forgotten would be a fact less
      const auto& fits = s.input.terminology->item(o.standard.code, {2026, 11, 22})->specimens;
      if (std::find(fits.begin(), fits.end(), report.specimen.type.code) != fits.end()) report.specimen.type = {};
      break;
    }
    case 5: c.barred = true; break;
    case 6: c.index_only = true; break;
    case 7: o.flags.push_back("HH"); break;
    case 8: o.marks.clear(); break;
    case 9: report.status = model::Status::withdrawn; break;
    case 10: o.loinc = "883-9"; break;
    default: report.origin.code = "THIRD"; break;
  }
}

}  // namespace

TEST_CASE("adding a disqualifying fact never makes an outcome better") {
  holds("worse or the same", [] {
    Scene s = any_scene();
    const auto before = s.first();
    // Copying a scene would leave candidates pointing into the old one: the same scene is spoilt in place.
    spoil(s);
    const auto after = s.first();
    RC_ASSERT(static_cast<int>(after.outcome) >= static_cast<int>(before.outcome));
    RC_ASSERT(after.missing.size() >= before.missing.size() || after.analytes.size() != before.analytes.size());
  });
}

TEST_CASE("adding a result never takes away what stood against the others, and an unrelated one changes nothing") {
  holds("an unrelated result changes nothing", [] {
    Scene s = any_scene();
    const auto before = to_cards(s.input, s.decide());
    s.result("ALB", "41", "g/L");
    RC_ASSERT(to_cards(s.input, s.decide()) == before);
  });
}

TEST_CASE("what is suggested passed every check") {
  holds("suggested means passed", [] {
    Scene s = any_scene();
    for (const auto& order : s.decide().orders) {
      if (order.outcome == Outcome::recognised) RC_ASSERT(order.missing.empty() && !order.critical);
      for (const auto& a : order.analytes) RC_ASSERT(a.verdict == worst(a.checks()));
    }
  });
}

TEST_CASE("a later time of order never brings a result back into its window") {
  holds("ageing", [] {
    Scene s = any_scene();
    const auto verdicts = [&] {
      std::vector<Verdict> out;
      for (const auto& a : s.first().analytes)
        for (const auto& check : a.checks())
          if (check.aspect == Aspect::window) out.push_back(check.verdict);
      return out;
    };
    const auto before = s.first().outcome;
    s.input.at.epoch_ms += *rc::gen::inRange(std::int64_t{0}, std::int64_t{90} * 86'400'000);
    RC_ASSERT(static_cast<int>(s.first().outcome) >= static_cast<int>(before));
    RC_ASSERT(verdicts().size() <= 20U);
  });
}

TEST_CASE("converting there and back is the identity within rounding, for every pair of units of every item") {
  const auto& set = *terminology::packaged();
  const Date day{2026, 11, 22};
  for (const auto& item : set.items())
    for (const auto& from : item.units)
      for (const auto& to : item.units) {
        if (!item.numeric) continue;
        INFO(item.code << " " << from.unit << " " << to.unit);
        const auto there = set.convert(item, 7.3, from.unit, to.unit);
        if (!there) {
          CHECK(there.error().id == "terminology.unit_other_calibration");
          continue;
        }
        const auto back = set.convert(item, *there, to.unit, from.unit);
        REQUIRE(back);
        CHECK(*back == Approx(7.3).epsilon(1e-12));
      }
  holds("any value", [&] {
    const auto* item = set.item(*rc::gen::elementOf(kItems), day);
    const auto& from = *rc::gen::elementOf(item->units);
    const double value = static_cast<double>(*rc::gen::inRange(0, 1'000'000)) / 1000.0;
    const auto there = set.convert(*item, value, from.unit, item->unit);
    RC_PRE(static_cast<bool>(there));
    const auto back = set.convert(*item, *there, item->unit, from.unit);
    RC_ASSERT(std::fabs(*back - value) <= 1e-9 * std::max(1.0, value));
  });
}
