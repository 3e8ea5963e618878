#include <catch2/catch.hpp>

#include <fstream>
#include <rapidcheck.h>

#include "core/hl7/profile.hpp"
#include "core/mapping/decision_message.hpp"
#include "tests/support/any_report.hpp"

using namespace huren;
using namespace huren::mapping;

namespace {

Envelope envelope() { return {.control_id = "C1", .sender = "HB", .receiver = "HA", .at = *parse_hl7_time("20261122093000+0800", 480)}; }

DecisionMessage accepted() {
  return {.kind = DecisionKind::decided, .id = "D1", .hospital = "HB", .outcome = "accepted", .reason = "", .doctor_id = "D1027",
          .department = "内分泌科", .order_item = "GLU01", .saved_cents = 1205, .at = *parse_hl7_time("20261122101500+0800", 480),
          .results = {{"HA", "R1", 2, "GLU", "GLU01"}, {"HA", "R1", 2, "TC", ""}}};
}

std::vector<std::string> told(const Findings& findings) {
  std::vector<std::string> out;
  for (const auto& f : findings) out.push_back(std::string(f.error.id) + " @ " + f.error.where);
  return out;
}

DecisionRead read(const std::string& bytes) {
  auto message = hl7::Message::read(bytes);
  REQUIRE(message);
  return read_decision(*message, 480);
}

std::string replaced(std::string text, const std::string& from, const std::string& to) {
  const auto at = text.find(from);
  REQUIRE(at != std::string::npos);
  return text.replace(at, from.size(), to);
}

}  // namespace

TEST_CASE("a decision written reads back to the same decision") {
  CHECK(rc::check([] {
    DecisionMessage d = accepted();
    const auto kind = *rc::gen::inRange(0, 5);
    d.kind = kind < 2 ? DecisionKind::decided : kind == 2 ? DecisionKind::revoked : kind == 3 ? DecisionKind::viewed : DecisionKind::retraction_acknowledged;
    constexpr const char* outcomes[] = {"accepted", "declined", "revoked", "viewed", "acknowledged"};
    d.outcome = outcomes[kind];
    d.id = *tests::any_code();
    d.reason = *tests::maybe(tests::any_code());
    d.doctor_id = *tests::maybe(tests::any_code());
    d.department = *tests::maybe(tests::any_line());
    d.order_item = *tests::maybe(tests::any_code());
    d.saved_cents = *rc::gen::inRange<std::int64_t>(0, 9'999'999'999);
    d.results = {{*tests::any_code(), *tests::any_code(), *rc::gen::inRange(1, 9999), *tests::maybe(tests::any_code()), *tests::maybe(tests::any_code())}};
    auto bytes = write_decision(d, envelope());
    RC_ASSERT(static_cast<bool>(bytes));
    auto message = hl7::Message::read(*bytes);
    RC_ASSERT(static_cast<bool>(message));
    RC_ASSERT(is_decision(message->header()));
    const auto back = read_decision(*message, 480);
    RC_ASSERT(back.decision.has_value());
    RC_ASSERT(*back.decision == d);
  }));
}

TEST_CASE("a decision message passes the profile check and holds no more than it should") {
  auto bytes = write_decision(accepted(), envelope());
  REQUIRE(bytes);
  auto message = hl7::Message::read(*bytes);
  REQUIRE(message);
  CHECK_FALSE(has_error(hl7::check(*message)));
  CHECK(*bytes ==
        "MSH|^~\\&|HUREN|HB|HUREN|HA|20261122093000+0800||ZRD^Z01^ZRD_Z01|C1|P|2.5.1||||||UNICODE UTF-8|||HUREN-1\r"
        "ZRD|D1^HB|accepted||D1027|内分泌科|20261122101500+0800|GLU01|12.05^CNY\r"
        "ZRR|1|R1^HA|2|GLU|GLU01\r"
        "ZRR|2|R1^HA|2|TC\r");
}

TEST_CASE("a decision without id, time, result or a fitting outcome is not written") {
  auto d = accepted();
  d.id.clear();
  CHECK(write_decision(d, envelope()).error().where == "ZRD-1");
  d = accepted();
  d.at = {};
  CHECK(write_decision(d, envelope()).error().where == "ZRD-6");
  d = accepted();
  d.results.clear();
  CHECK(write_decision(d, envelope()).error().where == "ZRR");
  d = accepted();
  d.outcome = "viewed";
  CHECK(write_decision(d, envelope()).error().id == "mapping.decision_outcome");
}

TEST_CASE("what a partner sends is checked, each fault at its place") {
  const auto bytes = *write_decision(accepted(), envelope());
  CHECK(told(read(replaced(bytes, "Z01^ZRD", "Z09^ZRD")).findings) == std::vector<std::string>{"mapping.decision_trigger @ MSH-9.2"});
  CHECK(told(read(replaced(bytes, "accepted", "viewed")).findings) == std::vector<std::string>{"mapping.decision_outcome @ ZRD-2"});
  CHECK(told(read(replaced(bytes, "D1^HB", "^HB")).findings) == std::vector<std::string>{"mapping.decision_missing @ ZRD-1.1"});
  CHECK(told(read(replaced(bytes, "20261122101500+0800", "today")).findings) == std::vector<std::string>{"mapping.decision_missing @ ZRD-6"});
  CHECK(told(read(replaced(bytes, "R1^HA|2|TC", "|0|TC")).findings) ==
        std::vector<std::string>{"mapping.bad_version @ ZRR[2]-3", "mapping.decision_missing @ ZRR[2]-2.1", "mapping.decision_missing @ ZRR[2]-2.2"});
  CHECK(told(read(replaced(bytes, "12.05^CNY", "-1")).findings) == std::vector<std::string>{"mapping.decision_amount @ ZRD-8"});
  const auto cut = bytes.substr(0, bytes.find("ZRR"));
  CHECK(told(read(cut).findings) == std::vector<std::string>{"mapping.decision_missing @ ZRR"});
  CHECK(told(read(bytes.substr(0, bytes.find("ZRD|"))).findings) == std::vector<std::string>{"mapping.decision_missing @ ZRD"});
}

TEST_CASE("the example of the alliance protocol is a decision message") {
  std::ifstream in(HUREN_SOURCE_DIR "/packaging/doc/PR-alliance-protocol.md");
  std::string line, text;
  while (std::getline(in, line))
    for (const char* name : {"    MSH|", "    ZRD|", "    ZRR|"})
      if (line.starts_with(name)) text += line.substr(4) + '\r';
  const auto r = read(text);
  REQUIRE(r.decision);
  CHECK(r.decision->outcome == "accepted");
  CHECK(r.decision->saved_cents == 1205);
  CHECK(r.decision->results == std::vector<ResultRef>{{"HA", "R1", 2, "GLU", "GLU01"}});
}
