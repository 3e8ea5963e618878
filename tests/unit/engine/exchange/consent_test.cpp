// Consent that ends: nothing more goes out, unused copies go, used ones stay and are barred; and back again.
#include "pair.hpp"

using namespace huren;
using namespace huren::test;

static void recognise(Hospital& h, const std::string& result_id) {
  h.submit("recognition.decided/1", {{"decision_id", "D-" + result_id}, {"suggestion_id", ""}, {"order_id", "O1"}, {"order_item", "GLU01"}, {"outcome", "accepted"},
                                     {"patient_id", "P1"}, {"encounter_id", "E1"}, {"department", "内科"}, {"doctor", Hospital::doctor()},
                                     {"result_ids", Json::array({result_id})}, {"at", "2026-11-22T10:00:00+08:00"}});
  h.settle();
}

TEST_CASE("consent withdrawn: what nobody recognised is gone at the partner, to the last byte - what was recognised stays, barred") {
  Pair p;
  p.open().known();
  p.b.encounter();
  p.a.submit("lab.report.released/1", Hospital::report("R1", "5.42"));
  p.a.submit("lab.report.released/1", Hospital::report("R2", "6.66"));
  REQUIRE(p.a.eventually([&] { return p.b.list().size() == 2; }));
  const auto used = p.b.list()[0]["report_number"] == "R1" ? p.b.list()[0] : p.b.list()[1];
  recognise(p.b, used["result_id"]);
  p.consent(false);
  REQUIRE(p.a.eventually([&] { return p.b.list().size() == 1; }));
  const auto left = p.b.list().at(0);
  CHECK(left["report_number"] == "R1");
  CHECK(left["barred"] == true);
  CHECK(p.b.must_ask("order.check/1", Pair::order())["cards"].empty());  // barred from new use
  CHECK(Pair::count(p.b, "SELECT count(*) FROM report WHERE number='R2' AND (length(rest)>0 OR length(brief)>0)") == 0);
  CHECK(Pair::count(p.b, "SELECT count(*) FROM report_text t JOIN report r USING(seq) WHERE number='R2' AND length(hl7)+length(document)>0") == 0);
  CHECK(Pair::count(p.b, "SELECT count(*) FROM inbox_body WHERE instr(body, CAST('6.66' AS BLOB))>0") == 0);
  CHECK(Pair::count(p.b, "SELECT count(*) FROM inbox_body WHERE instr(body, CAST('5.42' AS BLOB))>0") == 1);
}

TEST_CASE("consent withdrawn: what waits and never left is cancelled - nothing new goes out") {
  Pair p;
  p.a.config.retry_first_ms = p.a.config.retry_ceiling_ms = 60'000;
  p.open().known();
  p.a.wire().script({{{.outcome = Outcome::not_sent, .code = "", .remark = {"transport.connect_refused", "partner.other", {}}}, false}});
  p.a.submit("lab.report.released/1", Hospital::report("R1"));
  REQUIRE(p.a.eventually([&] { return Pair::count(p.a, "SELECT count(*) FROM outbox WHERE state=0 AND next_ms>0") == 1; }));  // tried in vain, pauses
  p.consent(false);
  p.a.submit("lab.report.released/1", Hospital::report("R2"));
  p.a.settle();
  CHECK(Pair::count(p.a, "SELECT count(*) FROM outbox WHERE state=7") == 1);
  p.a.clock->advance(std::chrono::minutes(2));
  REQUIRE(p.all_delivered());
  for (const auto& bytes : p.said_by_a()) CHECK(bytes.find("ORU^R01") == std::string::npos);
}

TEST_CASE("I10: a correction after the consent ended still reaches the doctor who saw the copy, and leaves none behind") {
  Pair p;
  p.open().known();
  p.b.encounter();
  p.a.submit("lab.report.released/1", Hospital::report("R1"));
  REQUIRE(p.a.eventually([&] { return p.b.list().size() == 1; }));  // shown to D1
  p.consent(false);
  REQUIRE(p.a.eventually([&] { return p.b.list().empty(); }));
  p.a.submit("lab.report.amended/1", Hospital::report("R1", "7.90", 2));
  const auto told = p.b.notice_of("result.retracted/1");
  REQUIRE_FALSE(told.is_null());
  CHECK(told["body"]["doctor"]["id"] == "D1");
  CHECK(p.b.list().empty());
  CHECK(Pair::count(p.b, "SELECT count(*) FROM result WHERE length(results) > 3") == 0);  // form, none, no status: nothing else is left
}

TEST_CASE("consent withdrawn while another tie covers the report changes nothing - consent given again brings it back") {
  Pair p;
  auto referral = p.a.config.agreements[0];
  referral.id = "r";
  referral.basis = "referral";
  p.a.config.agreements.push_back(referral);
  p.open().known();
  p.b.encounter();
  p.a.submit("lab.report.released/1", Hospital::report("R1"));
  REQUIRE(p.a.eventually([&] { return p.b.list().size() == 1; }));
  SECTION("a referral is open") {
    p.a.submit("referral.requested/1", {{"referral_id", "Z1"}, {"patient_id", "P1"}, {"to_partner", "other"}, {"at", "2026-11-22T08:00:00+08:00"}});
    p.consent(false);
    REQUIRE(p.all_delivered());
    CHECK(p.b.list().size() == 1);
  }
  SECTION("given again") {
    p.consent(false);
    REQUIRE(p.a.eventually([&] { return p.b.list().empty(); }));
    p.a.clock->advance(std::chrono::seconds(2));
    p.consent(true);
    REQUIRE(p.a.eventually([&] { return p.b.list().size() == 1; }));
    CHECK(p.b.list()[0]["value"] == "5.42");
    CHECK_FALSE(p.b.list()[0].contains("barred"));
    CHECK(p.b.must_ask("order.check/1", Pair::order())["cards"].size() == 1);
  }
}

TEST_CASE("consent withdrawn: an index entry goes too, and the report is not answered any more") {
  Pair p("index");
  p.open().known();
  p.b.encounter();
  p.a.submit("lab.report.released/1", Hospital::report("R1"));
  REQUIRE(p.a.eventually([&] { return !Pair::listed(p.b)["elsewhere"].empty(); }));
  p.consent(false);
  CHECK(p.a.eventually([&] { return !Pair::listed(p.b).contains("elsewhere"); }));
}

TEST_CASE("a partner can end the consent of its own reports only") {
  Pair p;
  p.open().known();
  p.b.encounter();
  p.a.submit("lab.report.released/1", Hospital::report("R1"));
  REQUIRE(p.a.eventually([&] { return p.b.list().size() == 1; }));
  const std::string foreign = "MSH|^~\\&|HUREN|HB-COUNTY-01|HUREN|HB-CITY-01|20261122100000+0800||ZCN^Z12^ZCN_Z12|X1|P|2.5.1\r"
                              "ZCN|X1|withdrawn|20261122100000+0800\rZRR|1|R1^HB-CITY-01|1\r";
  p.b.receive(foreign);
  p.b.settle();
  CHECK(Pair::count(p.b, "SELECT count(*) FROM inbox WHERE state='parked'") == 1);
  CHECK(Pair::count(p.b, "SELECT count(*) FROM bar") == 0);
  CHECK(p.b.list().size() == 1);
}
