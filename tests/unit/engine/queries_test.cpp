#include "tests/support/hospital.hpp"

using namespace huren::test;

static Json check(const char* patient = "P1", const char* encounter = "E1") {
  return {{"patient_id", patient}, {"encounter_id", encounter}, {"doctor", Hospital::doctor()}, {"at", "2026-11-22T10:00:00+08:00"},
          {"orders", Json::array({{{"order_id", "O1"}, {"item", {{"code", "GLU01"}, {"name", "葡萄糖"}}}}})}};
}

TEST_CASE("reading needs an encounter that is open for this patient") {
  Hospital b;
  b.open();
  b.registers();
  b.receive(Hospital::oru("R1", "M1"));
  const Json request{{"patient_id", "P1"}, {"encounter_id", "E1"}, {"doctor", Hospital::doctor()}};
  CHECK(b.ask("results.list/1", request).status == HUREN_E_DENIED);
  CHECK(b.ask("order.check/1", check()).status == HUREN_E_DENIED);
  b.encounter();
  CHECK(b.ask("results.list/1", request).status == HUREN_OK);
  b.submit("encounter.ended/1", {{"patient_id", "P1"}, {"encounter_id", "E1"}, {"at", "2026-11-22T09:00:00+08:00"}});
  CHECK(b.ask("results.list/1", request).status == HUREN_E_DENIED);
  CHECK(b.ask("results.list/1", {{"patient_id", "nobody"}, {"encounter_id", "E1"}, {"doctor", Hospital::doctor()}}).status == HUREN_E_DENIED);
}

TEST_CASE("another patient's result cannot be opened, and the answer does not tell that it exists") {
  Hospital b;
  b.open();
  b.registers();
  b.encounter();
  b.registers("P2", "1980-01-01", "34052419800101001X");
  b.encounter("P2", "E2");
  b.receive(Hospital::oru("R1", "M1"));
  const auto id = b.list().at(0)["report_id"];
  const auto theirs = b.ask("result.open/1", {{"report_id", id}, {"patient_id", "P2"}, {"encounter_id", "E2"}, {"doctor", Hospital::doctor()}});
  const auto none = b.ask("result.open/1", {{"report_id", "nothing"}, {"patient_id", "P2"}, {"encounter_id", "E2"}, {"doctor", Hospital::doctor()}});
  CHECK(theirs.status < 0);
  CHECK(line(theirs.error) == line(none.error));
  const auto own = b.must_ask("result.open/1", {{"report_id", id}, {"patient_id", "P1"}, {"encounter_id", "E1"}, {"doctor", Hospital::doctor()},
                                               {"want", Json::array({"data", "page"})}});
  CHECK(own["report"]["number"] == "R1");
  CHECK(own["page"]["html"].get<std::string>().find("<script") == std::string::npos);
}

TEST_CASE("I11: asking suggests and changes nothing: no decision, no message, the order untouched") {
  Hospital b;
  b.open();
  b.registers();
  b.encounter();
  b.receive(Hospital::oru("R1", "M1"));
  const auto answer = b.must_ask("order.check/1", check());
  REQUIRE(answer["cards"].size() == 1);
  CHECK(answer["cards"][0]["extension"]["huren"]["outcome"] == "recognised");
  CHECK_FALSE(answer.dump().find("\"actions\":[{\"type\":\"delete\"") != std::string::npos);
  CHECK(b.must_ask("order.check/1", check())["cards"] == answer["cards"]);
  CHECK(b.wire().sent().empty());
}

TEST_CASE("I10: a doctor who only saw the card is told of the correction, with what changed") {
  Hospital b;
  b.open();
  b.registers();
  b.encounter();
  b.receive(Hospital::huren_oru("R1", "M1", "5.42", 1));
  REQUIRE(b.must_ask("order.check/1", check())["cards"].size() == 1);
  b.receive(Hospital::huren_oru("R1", "M2", "9.1", 2));
  const auto told = b.notice_of("result.retracted/1");
  REQUIRE_FALSE(told.is_null());
  CHECK(told["body"]["doctor"]["id"] == "D1");
  CHECK(told["body"]["changes"][0]["old_value"] == "5.42");
  CHECK(told["body"]["changes"][0]["new_value"] == "9.1");
  CHECK(b.health()["retractions_open"] == 1);
  b.submit("result.retraction_acknowledged/1", {{"notice_id", told["notice_id"]}, {"doctor", Hospital::doctor()}, {"at", "2026-11-22T10:30:00+08:00"}});
  CHECK(b.eventually([&] { return b.health()["retractions_open"] == 0; }));
  REQUIRE(b.eventually([&] { return b.wire().sent().size() == 1; }));  // the source hospital learns of it
  CHECK(b.wire().sent()[0].body.find("ZRD^Z04") != std::string::npos);
}

TEST_CASE("I10: nobody who never saw a result is troubled by its correction") {
  Hospital b;
  b.open();
  b.registers();
  b.encounter();
  b.receive(Hospital::huren_oru("R1", "M1", "5.42", 1));
  b.receive(Hospital::huren_oru("R1", "M2", "9.1", 2));
  b.settle();
  CHECK(b.health()["retractions_open"] == 0);
  CHECK(b.list().at(0)["banner"] == "corrected");
}

TEST_CASE("a new version has not been viewed because the one before it was") {
  Hospital b;
  b.open();
  b.registers();
  b.encounter();
  b.receive(Hospital::huren_oru("R1", "M1", "5.42", 1));
  const auto view = [&](const Json& row) {
    b.submit("result.viewed/1", {{"patient_id", "P1"}, {"encounter_id", "E1"}, {"doctor", Hospital::doctor()}, {"result_ids", {row["result_id"]}}, {"at", "2026-11-22T10:00:00+08:00"}});
  };
  CHECK(b.list().at(0)["viewed"] == false);
  view(b.list().at(0));
  CHECK(b.list().at(0)["viewed"] == true);
  b.receive(Hospital::huren_oru("R1", "M2", "9.1", 2));
  CHECK(b.list().at(0)["value"] == "9.1");
  CHECK(b.list().at(0)["viewed"] == false);
  view(b.list().at(0));
  CHECK(b.list().at(0)["viewed"] == true);
}

TEST_CASE("a request with faults is refused with its place") {
  Hospital b;
  b.open();
  const auto a = b.ask("order.check/1", {{"patient_id", "P1"}, {"orders", 7}});
  CHECK(a.status < 0);
  CHECK(a.error.where.starts_with("/"));
  CHECK(b.ask("nonsense/1", Json::object()).status == HUREN_E_TYPE);
}

TEST_CASE("the page of a partner's result names its hospital and points from this hospital's own earlier value") {
  Hospital b;
  b.open();
  b.registers();
  b.encounter();
  const auto own = [&](const char* number, const char* value, const char* day) {
    auto body = Hospital::report(number, value);
    body["report"]["specimen"]["collected_at"] = std::string(day) + "T07:00:00+08:00";
    b.submit("lab.report.released/1", body);
  };
  own("OWN1", "9.90", "2026-11-10");
  own("OWN2", "4.10", "2026-11-15");
  own("OWN3", "7.77", "2026-11-23");  // later than what is shown
  b.receive(Hospital::oru("R1", "M1"));
  std::string report_id;
  for (const auto& row : b.list())
    if (row["report_number"] == "R1") report_id = row["report_id"];
  const auto page = b.must_ask("result.open/1", {{"report_id", report_id}, {"patient_id", "P1"}, {"encounter_id", "E1"}, {"doctor", Hospital::doctor()}, {"want", Json::array({"page"})}})
                        ["page"]["html"].get<std::string>();
  CHECK(page.find("↗ 4.1") != std::string::npos);
  CHECK(page.find("2026-11-15") != std::string::npos);
  CHECK(page.find("外院文书：县医院") != std::string::npos);
}
