#include <nlohmann/json.hpp>
#include <catch2/catch.hpp>

#include <rapidcheck.h>

#include "core/base/text.hpp"
#include "core/model/event.hpp"
#include "tests/support/any_report.hpp"

using namespace huren;
using namespace huren::model;

TEST_CASE("a report written as JSON reads back to the same report") {
  CHECK(rc::check([] {
    const auto report = *tests::any_report();
    const auto back = lab_report_from_json(to_json(report), 480);
    RC_ASSERT(back.report.has_value());
    RC_ASSERT(*back.report == report);
    RC_ASSERT(to_json(*back.report) == to_json(report));
  }));
}

TEST_CASE("a report is written as nlohmann would dump the same members") {
  CHECK(rc::check([] {
    auto report = *tests::any_report();
    report.conclusion = "\"a\\b\"\n\t\x01";
    report.observations.front().range.low = *rc::gen::element(0.0, 1.0, -0.5, 3.9, 1e5, 123456789.0, 1e-5, 1e22, 0.1 + 0.2);
    const auto text = to_json(report);
    RC_ASSERT(nlohmann::ordered_json::parse(text).dump() == text);
  }));
}

TEST_CASE("a patient written as JSON reads back to the same patient") {
  CHECK(rc::check([] {
    const auto patient = *tests::any_patient();
    const auto back = patient_from_json(to_json(patient));
    RC_ASSERT(back.has_value());
    RC_ASSERT(*back == patient);
  }));
}

TEST_CASE("a stored report is read whatever it lacks, but never when it is not JSON") {
  CHECK(lab_report_from_json("{}", 480).report);
  CHECK(lab_report_from_json(R"({"later_member":1,"observations":[{}]})", 480).report->observations.size() == 1);
  CHECK_FALSE(lab_report_from_json("", 480).report);
  CHECK_FALSE(lab_report_from_json(R"({"observations":{}})", 480).report);
  CHECK_FALSE(patient_from_json("[]"));
}

TEST_CASE("status letters and words") {
  for (const auto s : {Status::final_result, Status::corrected, Status::preliminary, Status::cannot_obtain, Status::withdrawn, Status::unknown}) {
    CHECK(status_from_word(status_word(s)) == s);
    CHECK(status_from_hl7(hl7_status(s)) == s);
  }
  CHECK(status_from_hl7("D") == Status::withdrawn);
  CHECK(status_from_hl7("R") == Status::preliminary);
  CHECK(status_from_hl7("S") == Status::preliminary);
  for (const char* nothing_to_trust : {"", "U", "I", "O", "N", "A", "1", "0", "FF"}) {
    CAPTURE(nothing_to_trust);
    CHECK(status_from_hl7(nothing_to_trust) == Status::unknown);
  }
}
