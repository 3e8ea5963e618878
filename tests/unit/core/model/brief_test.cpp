#include "core/model/brief.hpp"

#include <catch2/catch.hpp>

#include <rapidcheck.h>

#include <bit>
#include <cmath>

#include "tests/support/any_report.hpp"

using namespace huren;
using namespace huren::model;

namespace {

// What a brief leaves out, taken away.
LabReport head_alone(const LabReport& r) {
  LabReport out;
  out.origin = r.origin;
  out.number = r.number;
  out.version = r.version;
  out.status = r.status;
  out.patient = r.patient;
  out.patient.phone.clear();
  out.specimen = r.specimen;
  out.reported_at = r.reported_at;
  return out;
}

}  // namespace

TEST_CASE("a brief reads back to the same head and the same observations") {
  CHECK(rc::check([] {
    const auto report = *tests::any_report();
    LabReport head;
    RC_ASSERT(read_brief(brief_of(report), head));
    RC_ASSERT(head == head_alone(report));
    for (auto o : report.observations) {
      Observation back;
      RC_ASSERT(read_brief(brief_of(o), back));
      o.notes.clear();
      o.set_id.clear();
      RC_ASSERT(back == o);
    }
  }));
}

namespace {

std::vector<std::string> briefs_of(const LabReport& report) {
  std::vector<std::string> out;
  for (const auto& o : report.observations) out.push_back(brief_of(o));
  return out;
}

std::optional<LabReport> there_and_back(const LabReport& report) { return whole_report(brief_of(report), rest_of(report), briefs_of(report)); }

}  // namespace

TEST_CASE("a report's records together are the whole report again") {
  CHECK(rc::check([] {
    auto report = *tests::any_report();
    for (auto& o : report.observations) {
      if (*rc::gen::inRange(0, 4) == 0) o.set_id = *tests::any_code();
      if (*rc::gen::inRange(0, 4) == 0) o.standard = {o.local.code, o.local.name, *rc::gen::elementOf(std::vector<std::string>{"HUREN", "L", "", "mmol/L"})};
    }
    RC_ASSERT(there_and_back(report) == report);
  }));
  LabReport report;  // every member that is not the head's
  report.panel = {"P", "组合", "L"};
  report.category = "生化";
  report.order_number = "O1";
  report.patient.phone = "13800000000";
  report.patient_class = "inpatient";
  report.encounter_id = "E1";
  report.department = "内科";
  report.diagnosis = {"E11", "糖尿病", "I10"};
  report.requester = {"D1", "甲"};
  report.author = {"D2", "乙"};
  report.verifier = {"D3", "丙"};
  report.conclusion = "结论\n第二行";
  report.notes = {"一", ""};
  report.amendment_reason = "更正";
  report.observations.resize(3);
  report.observations[0].set_id = "1";
  report.observations[1].notes = {"注", "另一注"};
  report.observations[2].set_id = "3";
  report.observations[2].unit = "fL";
  CHECK(there_and_back(report) == report);
}

TEST_CASE("a report of which an observation is missing, or one too many, is not given as whole") {
  LabReport report;
  report.observations.resize(2);
  report.observations[1].notes = {"n"};
  auto briefs = briefs_of(report);
  REQUIRE(whole_report(brief_of(report), rest_of(report), briefs));
  briefs.push_back(briefs.front());
  CHECK_FALSE(whole_report(brief_of(report), rest_of(report), briefs));
  briefs.resize(1);
  CHECK_FALSE(whole_report(brief_of(report), rest_of(report), briefs));
  CHECK_FALSE(whole_report("", "", {}));  // what is left of a report whose content was taken away
  const auto rest = rest_of(report);
  briefs.push_back(briefs.front());
  for (std::size_t n = 0; n < rest.size(); ++n) CHECK_FALSE(whole_report(brief_of(report), rest.substr(0, n), briefs));
  CHECK_FALSE(whole_report(brief_of(report), rest + '\0', briefs));
  CHECK_FALSE(whole_report(brief_of(report), std::string("\x02\x04\x01\x08\x00\x00", 6) + std::string(21, '\0'), briefs));  // notes of an observation that is not there
}

TEST_CASE("a bound keeps every bit, however it is written, and most take three bytes") {
  const auto kept = [](double value) {
    Observation o, back;
    o.range.high = value;
    REQUIRE(read_brief(brief_of(o), back));
    return back.range.high && std::bit_cast<std::uint64_t>(*back.range.high) == std::bit_cast<std::uint64_t>(value);
  };
  for (const double v : {0.0, -0.0, 3.9, 6.1, 0.85, 205.0, 1e-7, 1.0 / 3, 1e300, -1e300, 8999999999999999.0, 9007199254740993.0, 0.1 + 0.2, -12.125, 1234567.891234})
    CHECK(kept(v));
  CHECK(rc::check([&] { RC_ASSERT(kept(std::bit_cast<double>(*rc::gen::arbitrary<std::uint64_t>()))); }));
  CHECK(rc::check([&] { RC_ASSERT(kept(*rc::gen::inRange(-10'000'000, 10'000'000) / std::pow(10, *rc::gen::inRange(0, 9)))); }));
  Observation none, some;
  some.range.high = 6.1;
  CHECK(brief_of(some).size() == brief_of(none).size() + 1);
}

TEST_CASE("times keep whether they told their zone, and values below zero stay below zero") {
  LabReport report;
  report.specimen.collected_at = {.epoch_ms = -1'234'567, .precision = Precision::day, .offset_minutes = -210, .has_offset = false};
  LabReport back;
  REQUIRE(read_brief(brief_of(report), back));
  CHECK(back.specimen.collected_at == report.specimen.collected_at);
  Observation o, read;
  o.range.low = -0.5;
  REQUIRE(read_brief(brief_of(o), read));
  CHECK(read.range.low == -0.5);
  CHECK_FALSE(read.range.high);
}

TEST_CASE("a brief that is cut anywhere, lengthened or of another form is refused") {
  CHECK(rc::check([] {
    const auto report = *tests::any_report();
    const auto whole = brief_of(report);
    LabReport head;
    for (std::size_t n = 0; n < whole.size(); ++n) RC_ASSERT_FALSE(read_brief(std::string_view(whole).substr(0, n), head));
    RC_ASSERT_FALSE(read_brief(whole + '\0', head));
    auto other = whole;
    other[0] = 1;
    RC_ASSERT_FALSE(read_brief(other, head));
  }));
  LabReport head;
  CHECK_FALSE(read_brief("\x02\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF\x01", head));
}
