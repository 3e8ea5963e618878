#include "core/hl7/ack.hpp"
#include "tests/support/hospital.hpp"

using namespace huren;
using namespace huren::test;

static Hospital& sender(Hospital& a) {
  a.config.agreements[0].basis = "consent";  // a tie that sends nothing itself
  a.open();
  a.registers();
  a.submit("consent.given/1", {{"patient_id", "P1"}, {"partner", "other"}, {"at", "2026-11-22T08:00:00+08:00"}});
  a.settle();
  return a;
}
static loopback::Channel::Step step(Outcome outcome, const char* code = "") {
  return {.receipt = {.outcome = outcome, .code = code}, .hand_on = false};
}

TEST_CASE("not sent and unknown are sent again with the same bytes to a peer that de-duplicates") {
  Hospital a;
  sender(a);
  auto lost_answer = step(Outcome::unknown);
  lost_answer.hand_on = true;  // the peer has it, its answer is lost
  a.wire().script({step(Outcome::not_sent), lost_answer});
  a.submit("lab.report.released/1", Hospital::report("R1"));
  REQUIRE(a.eventually([&] { return a.wire().sent().size() == 2 && a.health()["outbox_waiting"] == 0; }));
  const auto sent = a.wire().sent();
  CHECK(sent[0].id == sent[1].id);
  CHECK(sent[0].body == sent[1].body);
}

TEST_CASE("I4: unknown is never sent again to a peer that does not de-duplicate - a person is told") {
  Hospital a;
  a.config.partners[0].deduplicates = false;
  sender(a);
  a.wire().script({step(Outcome::unknown), step(Outcome::delivered, "AA")});
  a.submit("lab.report.released/1", Hospital::report("R1"));
  const auto told = a.notice_of("delivery.parked/1");
  REQUIRE_FALSE(told.is_null());
  CHECK(told["body"]["partner"] == "other");
  std::this_thread::sleep_for(std::chrono::milliseconds(300));
  CHECK(a.wire().sent().size() <= 1);
  CHECK(a.health()["outbox_parked"] == 1);
}

TEST_CASE("refused waits for a person and holds nobody else up") {
  Hospital a;
  sender(a);
  a.wire().script({step(Outcome::refused, "AE"), step(Outcome::delivered, "AA")});
  a.submit("lab.report.released/1", Hospital::report("R1"));
  a.submit("lab.report.released/1", Hospital::report("R2"));
  CHECK_FALSE(a.notice_of("delivery.parked/1").is_null());
  CHECK(a.eventually([&] { return a.health()["outbox_waiting"] == 0; }));
  CHECK(a.health()["outbox_parked"] == 1);
}

TEST_CASE("I5: reports of one patient arrive in the order of their release, though the first fails at first") {
  Hospital a;
  sender(a);
  a.wire().script({step(Outcome::not_sent), step(Outcome::not_sent)});
  for (int i = 0; i < 8; ++i) a.submit("lab.report.released/1", Hospital::report("R" + std::to_string(i)));
  REQUIRE(a.eventually([&] { return a.wire().sent().size() == 8 && a.health()["outbox_waiting"] == 0; }));
  std::string order;
  for (const auto& s : a.wire().sent()) {
    const auto at = s.body.find("OBR|");
    const auto number = s.body.substr(s.body.find("R", at + 4), 2);
    if (!order.ends_with(number)) order += number;
  }
  CHECK(order.ends_with("R0R1R2R3R4R5R6R7"));
}

TEST_CASE("I7: no name, number or value of a patient in log, health or remarks") {
  Hospital a;
  sender(a);
  a.encounter();
  a.wire().script({step(Outcome::refused, "AE")});
  a.submit("lab.report.released/1", Hospital::report("R1", "5.4242"));
  a.submit("lab.report.released/1", {{"report", {{"number", "R9"}, {"patient", Hospital::patient("P1")}, {"陈东珅", 1}}}});
  a.receive(Hospital::oru("R2", "M1", "6.6161") + "PID|again\r");
  a.receive("MSH|^~\\&|x|陈东珅|||||ORU^R01|11010519491231002X|P|2.5.1\rPID|1||11010519491231002X||陈东珅\r");
  a.settle();
  CHECK_FALSE(a.notice_of("delivery.parked/1").is_null());
  std::ifstream in(a.folder() + "/data/log/huren.log");
  const std::string log{std::istreambuf_iterator<char>(in), {}};
  REQUIRE(log.find("event.rejected") != std::string::npos);
  for (const char* secret : {"陈东珅", "11010519491231002X", "5.4242", "6.6161"}) {
    CAPTURE(secret);
    CHECK(log.find(secret) == std::string::npos);
    CHECK(a.health().dump().find(secret) == std::string::npos);
  }
}

TEST_CASE("a message whose time to live is over waits for a person instead of going out late") {
  Hospital a;
  a.config.partners[0].time_to_live_hours["ORU"] = 2;
  sender(a);
  a.wire().script(std::vector<loopback::Channel::Step>(200, step(Outcome::not_sent)));
  a.clock->advance(std::chrono::hours(-3));  // released three hours before the partner is back
  a.submit("lab.report.released/1", Hospital::report("R1"));
  REQUIRE(a.eventually([&] { return a.health()["outbox_waiting"] == 1; }));
  a.clock->advance(std::chrono::hours(3));
  const auto told = a.notice_of("delivery.parked/1");
  REQUIRE_FALSE(told.is_null());
  CHECK(a.wire().sent().empty());
}

TEST_CASE("a critical report overtakes routine ones of other patients, never its own patient's") {
  Hospital a;
  a.config.partners[0].concurrency = 1;
  sender(a);
  std::atomic<bool> hold{true};
  a.wire().connect([&](std::string_view body) {
    while (hold) std::this_thread::sleep_for(std::chrono::milliseconds(5));
    return Reply{.body = "MSH|^~\\&|b|B|a|A|20261122||ACK|x|P|2.5.1\rMSA|AA|" + hl7::peek_header(body).control_id + "\r", .stored = true};
  });
  const auto release = [&](const std::string& number, const std::string& patient, bool critical) {
    auto report = Hospital::report(number);
    report["report"]["patient"] = Hospital::patient(patient, "1949-12-31", patient == "P1" ? Hospital::kRid : "110105194912310038");
    if (critical) report["report"]["observations"][0]["flags"] = {"HH"};
    a.submit("lab.report.released/1", report);
  };
  a.registers("P2", "1949-12-31", "110105194912310038");
  a.submit("consent.given/1", {{"patient_id", "P2"}, {"partner", "other"}, {"at", "2026-11-22T08:00:00+08:00"}});
  for (int i = 0; i < 6; ++i) release("R" + std::to_string(i), "P1", false);
  release("Q0", "P2", false);
  release("Q1", "P2", true);
  a.settle();
  hold = false;
  REQUIRE(a.eventually([&] { return a.health()["outbox_waiting"] == 0; }));
  std::vector<std::string> order;
  for (const auto& s : a.reports_sent()) order.push_back(s.body.substr(s.body.find('|', s.body.find("OBR|1||") + 6) + 1, 2));
  const auto place = [&](const char* number) { return std::find(order.begin(), order.end(), number) - order.begin(); };
  CHECK(place("Q0") < place("Q1"));
  CHECK(place("Q1") < place("R4"));
  CHECK(place("R0") < place("R1"));
  a.wire().connect({});
}
