#include <algorithm>

#include "engine/mark.hpp"
#include "tests/support/hospital.hpp"

using namespace huren::test;

static Hospital& sender(Hospital& a) {
  a.config.hospital.code = "HB-COUNTY-01";
  a.config.partners[0].hospital.code = "HB-CITY-01";
  return a.open();
}
static void refer(Hospital& a) {
  a.submit("referral.requested/1", {{"referral_id", "Z1"}, {"patient_id", "P1"}, {"to_partner", "other"}, {"at", "2026-11-22T08:00:00+08:00"}});
}

TEST_CASE("a report leaves for the partner that agreement and referral name, and for nobody else") {
  Hospital a;
  sender(a);
  a.registers();
  a.submit("lab.report.released/1", Hospital::report("R0"));
  a.settle();
  CHECK(a.reports_sent().empty());  // no tie yet
  refer(a);                        // now: what was there goes, and what comes
  a.submit("lab.report.released/1", Hospital::report("R1"));
  REQUIRE(a.eventually([&] { return a.reports_sent().size() == 2; }));
  CHECK(a.reports_sent()[0].body.find("R0") != std::string::npos);
  CHECK(a.reports_sent()[1].type == "ORU^R01");
}

TEST_CASE("without an agreement in force nothing leaves") {
  Hospital a;
  a.config.agreements[0].to = {2026, 1, 31};
  sender(a);
  a.registers();
  refer(a);
  a.submit("lab.report.released/1", Hospital::report("R1"));
  a.settle();
  std::this_thread::sleep_for(std::chrono::milliseconds(200));
  CHECK(a.wire().sent().empty());
}

TEST_CASE("I10: a correction follows the earlier version although consent has ended since") {
  Hospital a;
  a.config.agreements[0].basis = "consent";
  sender(a);
  a.registers();
  a.submit("consent.given/1", {{"patient_id", "P1"}, {"partner", "other"}, {"at", "2026-11-22T08:00:00+08:00"}});
  a.submit("lab.report.released/1", Hospital::report("R1"));
  REQUIRE(a.eventually([&] { return a.wire().sent().size() == 1; }));
  a.submit("consent.withdrawn/1", {{"patient_id", "P1"}, {"partner", "other"}, {"at", "2026-11-22T09:00:00+08:00"}});
  a.submit("lab.report.released/1", Hospital::report("R2"));
  a.submit("lab.report.amended/1", Hospital::report("R1", "7.9", 2));
  const auto reports = [&] {  // the partner is told of the consent's end, too
    auto all = a.wire().sent();
    all.erase(std::remove_if(all.begin(), all.end(), [](const auto& m) { return m.type != "ORU^R01"; }), all.end());
    return all;
  };
  REQUIRE(a.eventually([&] { return reports().size() == 2; }));
  CHECK(reports()[1].body.find("|R1^") != std::string::npos);
  CHECK(reports()[1].body.find("|7.9|") != std::string::npos);
}

TEST_CASE("faults of content come back as a notice with their place, and the next event goes on") {
  Hospital a;
  sender(a);
  a.submit("lab.report.released/1", {{"report", {{"number", "R1"}, {"numbr", 1}}}}, "bad-1");
  const auto shape = a.notice_of("event.rejected/1");
  REQUIRE_FALSE(shape.is_null());
  CHECK(shape["body"]["key"] == "bad-1");
  CHECK(shape["body"]["findings"].dump().find("/report/numbr") != std::string::npos);

  a.submit("referral.requested/1", {{"referral_id", "Z1"}, {"patient_id", "nobody"}, {"to_partner", "other"}, {"at", "2026-11-22T08:00:00+08:00"}});
  CHECK(a.notice_of("event.rejected/1")["body"]["findings"][0]["id"] == "event.unknown_patient");
  a.registers();
  a.submit("referral.requested/1", {{"referral_id", "Z1"}, {"patient_id", "P1"}, {"to_partner", "moon"}, {"at", "2026-11-22T08:00:00+08:00"}});
  const auto partner = a.notice_of("event.rejected/1");
  CHECK(partner["body"]["findings"][0]["where"] == "/to_partner");
  CHECK(partner["body"]["findings"][0]["zh"].get<std::string>().find("moon") != std::string::npos);
  a.submit("lab.report.released/1", Hospital::report("R1"));
  a.encounter();
  CHECK(a.list().size() == 1);
}

TEST_CASE("a version that is not newer is refused with both versions named") {
  Hospital a;
  sender(a);
  a.registers();
  a.submit("lab.report.released/1", Hospital::report("R1"));
  a.submit("lab.report.amended/1", Hospital::report("R1", "7.9", 2));
  a.submit("lab.report.amended/1", Hospital::report("R1", "8.8", 2), "again");
  CHECK(a.notice_of("event.rejected/1")["body"]["key"] == "again");
  a.encounter();
  CHECK(a.list().at(0)["value"] == "7.9");
}

TEST_CASE("an HL7 v2 body is taken as it is, in GB18030 too") {
  Hospital a;
  sender(a);
  a.registers("A-1");
  a.encounter("A-1");
  a.submit("lab.report.released/1", Hospital::oru("R1", "H1"), "h1", "application/hl7-v2; charset=utf-8");
  CHECK(a.list("A-1").size() == 1);
  a.submit("lab.report.released/1", std::string("MSH|^~\\&|LIS|"), "h2", "application/hl7-v2; charset=utf-8");
  CHECK(a.notice_of("event.rejected/1")["body"]["key"] == "h2");
}

TEST_CASE("a withdrawn report shows no value, tells who saw it, and recognises nothing") {
  Hospital a;
  sender(a);
  a.registers();
  a.encounter();
  a.submit("lab.report.released/1", Hospital::report("R1"));
  REQUIRE(a.list().size() == 1);  // D1 has seen it
  a.submit("lab.report.withdrawn/1", {{"number", "R1"}, {"reason", "标本错误"}, {"at", "2026-11-22T09:00:00+08:00"}});
  const auto told = a.notice_of("result.retracted/1");
  REQUIRE_FALSE(told.is_null());
  CHECK(told["body"]["kind"] == "withdrawn");
  CHECK(told["body"]["doctor"]["id"] == "D1");
  const auto rows = a.list();
  REQUIRE(rows.size() == 1);
  CHECK(rows[0]["banner"] == "retracted");
  CHECK(rows[0].value("value", "") == "");
  const auto cards = a.must_ask("order.check/1", {{"patient_id", "P1"}, {"encounter_id", "E1"}, {"doctor", Hospital::doctor()}, {"at", "2026-11-22T10:00:00+08:00"},
                                                  {"orders", Json::array({{{"order_id", "O1"}, {"item", {{"code", "GLU01"}, {"name", "葡萄糖"}}}}})}});
  CHECK(cards["cards"].empty());
}

TEST_CASE("I8: an event that killed the engine again and again is set aside, and the next one goes on") {
  const std::string file = GENERATE("in-hand", "in-hand-ahead");  // while it was applied, while it was read
  Hospital a;
  a.config.max_attempts = 3;
  a.config.hospital.code = "HB-COUNTY-01";
  a.config.partners[0].hospital.code = "HB-CITY-01";
  a.open();
  a.registers();
  a.settle();
  a.close();
  a.spool_only("lab.report.released/1", Hospital::report("R1"), "deadly");
  a.spool_only("lab.report.released/1", Hospital::report("R2"), "good");
  using huren::engine::Mark;
  const auto deadly = a.sequence_of("deadly");
  for (int i = 0; i < 3; ++i) Mark(a.folder() + "/data/" + file).begin(Mark::Kind::event, deadly);  // three engines died with it in hand
  CHECK(Mark(a.folder() + "/data/" + file).deaths(Mark::Kind::event, deadly) == 3);
  a.open();
  const auto told = a.notice_of("event.rejected/1");
  REQUIRE_FALSE(told.is_null());
  CHECK(told["body"]["key"] == "deadly");
  a.encounter();
  const auto rows = a.list();
  REQUIRE(rows.size() == 1);
  CHECK(rows[0]["report_number"] == "R2");
}

TEST_CASE("a new tie sends what its agreement covers and nothing else") {
  Hospital a;
  a.config.agreements[0].items = {"K"};
  sender(a);
  a.registers();
  a.submit("lab.report.released/1", Hospital::report("R1"));  // glucose
  refer(a);
  a.settle();
  std::this_thread::sleep_for(std::chrono::milliseconds(200));
  CHECK(a.reports_sent().empty());
}

TEST_CASE("I10: a doctor who accepts a result that was corrected meanwhile is told at once") {
  Hospital a;
  sender(a);
  a.registers();
  a.encounter();
  a.submit("lab.report.released/1", Hospital::report("R1"));
  const auto id = a.list().at(0)["result_id"];
  a.submit("lab.report.amended/1", Hospital::report("R1", "7.9", 2));
  CHECK_FALSE(a.notice_of("result.retracted/1").is_null());  // D1 had seen the list
  a.submit("recognition.decided/1", {{"decision_id", "H1"}, {"order_id", "O1"}, {"order_item", "GLU01"}, {"outcome", "accepted"}, {"patient_id", "P1"},
                                     {"encounter_id", "E1"}, {"doctor", Hospital::doctor("D2")}, {"result_ids", Json::array({id})}, {"at", "2026-11-22T10:00:00+08:00"}});
  const auto told = a.notice_of("result.retracted/1");
  REQUIRE_FALSE(told.is_null());
  CHECK(told["body"]["doctor"]["id"] == "D2");
  CHECK(told["body"]["use"] == "recognised");
}

TEST_CASE("I12: an own report without the hospital's patient number is set aside, not filed under nobody") {
  Hospital a;
  sender(a);
  auto bytes = Hospital::oru("R1", "L1");
  bytes.replace(bytes.find("A-1^^^HB-COUNTY-01^PI~"), 22, "");
  a.from_own_lab(bytes);
  a.settle();
  std::ifstream in(a.folder() + "/data/log/huren.log");
  const std::string log{std::istreambuf_iterator<char>(in), {}};
  CHECK(log.find("event.no_local_id") != std::string::npos);
}
