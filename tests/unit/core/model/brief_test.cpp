#include "core/model/brief.hpp"

#include <catch2/catch.hpp>

#include <rapidcheck.h>

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
    other[0] = 2;
    RC_ASSERT_FALSE(read_brief(other, head));
  }));
  LabReport head;
  CHECK_FALSE(read_brief("\x01\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF\x01", head));
}
