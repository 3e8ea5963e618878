// Everyone who saw or used what is no longer so is told, whatever the cause (I10), until somebody acknowledges it.
#include "tests/support/hospital.hpp"

using namespace huren::test;

namespace {

Json accepted(const Json& result_id, const char* id = "D-1", const char* doctor = "D1") {
  return {{"decision_id", id}, {"order_id", "O1"}, {"order_item", "GLU01"}, {"outcome", "accepted"}, {"patient_id", "P1"}, {"encounter_id", "E1"}, {"department", "内分泌科"},
          {"doctor", Hospital::doctor(doctor)}, {"result_ids", Json::array({result_id})}, {"at", "2026-11-22T10:00:00+08:00"}};
}
Json merge(const char* stays, const char* goes) { return {{"patient_id", stays}, {"prior_id", goes}, {"at", "2026-11-22T10:10:00+08:00"}}; }
void open(Hospital& b) {
  b.open();
  b.registers();
  b.encounter();
  b.receive(Hospital::huren_oru("R1", "M1", "5.42", 1));
}

}  // namespace

TEST_CASE("I10: a notice names the decisions that rest on the corrected result, and their department") {
  Hospital b;
  open(b);
  b.submit("recognition.decided/1", accepted(b.list().at(0)["result_id"]));
  b.receive(Hospital::huren_oru("R1", "M2", "9.1", 2));
  const auto told = b.notice_of("result.retracted/1");
  REQUIRE_FALSE(told.is_null());
  CHECK(told["body"]["use"] == "recognised");
  CHECK(told["body"]["decision_ids"] == Json::array({"D-1"}));
  CHECK(told["body"]["department"] == "内分泌科");
}

TEST_CASE("what is copied into the HIS keeps the time of the doctor's decision when the report is corrected and when it is revoked") {
  Hospital b;
  open(b);
  b.submit("recognition.decided/1", accepted(b.list().at(0)["result_id"]));
  b.receive(Hospital::huren_oru("R1", "M2", "9.1", 2));
  b.submit("recognition.revoked/1", {{"decision_id", "D-1"}, {"patient_id", "P1"}, {"doctor", Hospital::doctor("D1")}, {"at", "2026-11-22T11:30:00+08:00"}});
  b.settle();
  const auto copied = b.must_ask("recognitions.since/1", Json::object())["recognitions"];
  REQUIRE(copied.size() == 3);
  const char* kinds[] = {"accepted", "corrected", "revoked"};
  for (std::size_t i = 0; i < 3; ++i) {
    CHECK(copied[i]["kind"] == kinds[i]);
    CHECK(copied[i]["at"] == "2026-11-22T10:00:00.000+08:00");
  }
}

TEST_CASE("I10: one line deleted (OBX-11 D) in a report that stands reaches who saw it, with nothing in its place") {
  Hospital b;
  b.open();
  b.registers();
  b.encounter();
  b.receive(Hospital::oru("R1", "M1"));
  REQUIRE(b.list().size() == 1);
  auto deleted = Hospital::oru("R1", "M2", "5.42", "C");
  const auto obx = deleted.find("OBX|1");
  deleted.replace(deleted.find("|||C|||", obx), 7, "|||D|||");
  b.receive(deleted);
  const auto told = b.notice_of("result.retracted/1");
  REQUIRE_FALSE(told.is_null());
  REQUIRE(told["body"]["changes"].size() == 1);
  CHECK(told["body"]["changes"][0]["old_value"] == "5.42");
  CHECK(told["body"]["changes"][0].value("new_value", std::string()).empty());
  CHECK(b.list().at(0)["banner"] == "retracted");
  CHECK(b.list().at(0)["value"] == "");
}

TEST_CASE("an acknowledgement that does not come is asked for again, once, of those above, and either notice will do") {
  Hospital b;
  b.config.escalate_after_minutes = 60;
  b.config.quality_manager = "QM1";
  open(b);
  b.list();
  b.receive(Hospital::huren_oru("R1", "M2", "9.1", 2));
  const auto first = b.notice_of("result.retracted/1");
  REQUIRE_FALSE(first.is_null());
  b.clock->advance(std::chrono::minutes(59));
  b.settle();
  CHECK(b.health()["retractions_escalated"] == 0);
  b.clock->advance(std::chrono::minutes(2));
  const auto again = b.notice_of("result.retracted/1");
  REQUIRE_FALSE(again.is_null());
  CHECK(again["body"]["escalated"] == true);
  CHECK(again["body"]["first_notice_id"] == first["notice_id"]);
  CHECK(again["body"]["escalated_to"]["id"] == "QM1");
  CHECK(again["body"]["doctor"]["id"] == "D1");
  CHECK(b.health()["retractions_escalated"] == 1);
  b.clock->advance(std::chrono::hours(3));
  b.settle();
  CHECK(b.notice(200).is_null());
  const auto by = [&](const char* who, const Json& which) {
    b.submit("result.retraction_acknowledged/1", {{"notice_id", which}, {"doctor", Hospital::doctor(who)}, {"at", "2026-11-22T12:00:00+08:00"}});
    b.settle();
  };
  by("D9", again["notice_id"]);  // not asked
  CHECK(b.health()["retractions_open"] == 1);
  by("QM1", again["notice_id"]);
  CHECK(b.health()["retractions_open"] == 0);
}

TEST_CASE("merged records are read as one person's under either number, and apart again after an unmerge") {
  Hospital b;
  open(b);
  b.registers("P2", "1980-01-01", "34052419800101001X");
  b.encounter("P2", "E2");
  CHECK(b.list("P2", "E2").empty());
  b.submit("patient.merged/1", merge("P2", "P1"), "m1");
  b.submit("patient.merged/1", merge("P2", "P1"), "m1-again");
  CHECK(b.list("P2", "E2").size() == 1);
  CHECK(b.list("P1", "E1").size() == 1);
  const auto cards = b.must_ask("order.check/1", {{"patient_id", "P2"}, {"encounter_id", "E2"}, {"doctor", Hospital::doctor("D2")}, {"at", "2026-11-22T10:00:00+08:00"},
                                                  {"orders", Json::array({{{"order_id", "O1"}, {"item", {{"code", "GLU01"}}}}})}})["cards"];
  REQUIRE(cards.size() == 1);
  CHECK(cards[0].dump().find("identity.merged") != std::string::npos);
  b.submit("patient.unmerged/1", merge("P2", "P1"), "u1");
  CHECK(b.list("P2", "E2").empty());
  CHECK(b.list("P1", "E1").size() == 1);
  // D1 (the list) and D2 (the card) saw it under P2: it was not that patient's. D1 also saw it under P1, where it belongs.
  std::map<std::string, std::string> told;
  for (auto n = b.notice(500); !n.is_null(); n = b.notice(500))
    if (n["topic"] == "result.retracted/1") {
      told[n["body"]["doctor"]["id"]] = n["body"]["patient_id"];
      CHECK(n["body"]["kind"] == "reassigned");
    }
  CHECK(told == std::map<std::string, std::string>{{"D1", "P2"}, {"D2", "P2"}});
}

TEST_CASE("a merge that makes no sense is refused with words") {
  Hospital b;
  open(b);
  b.registers("P2", "1980-01-01", "34052419800101001X");
  const auto why = [&](const char* type, const Json& event) {
    b.submit(type, event);
    const auto told = b.notice_of("event.rejected/1");
    return told.is_null() ? std::string() : told["body"]["findings"][0]["id"].get<std::string>();
  };
  CHECK(why("patient.unmerged/1", merge("P2", "P1")) == "event.not_merged");
  CHECK(why("patient.merged/1", merge("P2", "P2")) == "model.merge_with_itself");
  CHECK(why("patient.merged/1", merge("P2", "nobody")) == "event.unknown_patient");
  b.submit("patient.merged/1", merge("P2", "P1"));
  CHECK(why("patient.merged/1", merge("P1", "P2")) == "event.merged_already");
}

TEST_CASE("a report that fitted two records of one person is matched when the HIS merges them") {
  Hospital b;
  b.open();
  b.registers("P1");
  b.registers("P1B");
  b.encounter("P1");
  b.settle();  // events and messages come by two ways: their order is not told
  b.receive(Hospital::oru("R1", "M1"));
  b.settle();
  CHECK(b.health()["unmatched_reports"] == 1);
  b.submit("patient.merged/1", merge("P1", "P1B"));
  CHECK(b.list().size() == 1);
  CHECK(b.health()["unmatched_reports"] == 0);
}

TEST_CASE("laboratories learn of merged and unmerged patients: ADT^A40, ADT^A37") {
  Hospital b;
  b.config.partners[0].orders = true;
  open(b);
  b.registers("P2", "1980-01-01", "34052419800101001X");
  b.submit("patient.merged/1", merge("P2", "P1"));
  b.submit("patient.unmerged/1", merge("P2", "P1"));
  REQUIRE(b.eventually([&] { return b.wire().sent().size() == 2; }));
  CHECK(b.wire().sent()[0].body.find("ADT^A40^ADT_A39") != std::string::npos);
  CHECK(b.wire().sent()[0].body.find("MRG|P1^") != std::string::npos);
  CHECK(b.wire().sent()[1].body.find("ADT^A37^ADT_A37") != std::string::npos);
}

TEST_CASE("I10: an EQA pass withdrawn afterwards reaches everyone who recognised a result that no longer would qualify") {
  Hospital b;
  b.config.agreements[0].all_items = true;
  const std::string head = "lab,item,method_group,verdict,valid_from,valid_to,source\n";
  std::filesystem::create_directories(b.folder() + "/codes");
  b.write("codes/eqa.csv", head + "HB-COUNTY-01,GLU,,passed,2026-01-01,2026-12-31,test\n");
  open(b);
  const auto id = b.list().at(0)["result_id"];
  b.submit("recognition.decided/1", accepted(id));
  b.settle();
  b.close();
  b.open();  // nothing changed
  b.settle();
  CHECK(b.health()["retractions_open"] == 0);
  b.close();
  b.write("codes/eqa.csv", head + "HB-COUNTY-01,GLU,,passed,2026-01-01,2026-06-30,test\nHB-COUNTY-01,GLU,,withdrawn,2026-07-01,2026-12-31,test\n");
  b.open();
  const auto told = b.notice_of("result.retracted/1");
  REQUIRE_FALSE(told.is_null());
  CHECK(told["body"]["kind"] == "disqualified");
  CHECK(told["body"]["use"] == "recognised");
  CHECK(told["body"]["decision_ids"] == Json::array({"D-1"}));
  b.settle();
  CHECK(b.health()["retractions_open"] == 1);
  b.close();
  b.open();  // and once only
  b.settle();
  CHECK(b.health()["retractions_open"] == 1);
}

TEST_CASE("I10: a recognition mark that loses its scope reaches everyone who recognised a result by it") {
  Hospital b;
  b.config.agreements[0].all_items = false;
  b.config.agreements[0].items = {"GLU"};
  std::filesystem::create_directories(b.folder() + "/codes");
  const std::string head = "scope,zh,en,parent,marks,regions,source,valid_from,valid_to\n";
  b.open();
  b.registers();
  b.encounter();
  auto bytes = Hospital::huren_oru("R1", "M1", "5.42", 1);
  const auto at = bytes.find("\rSPM|");
  REQUIRE(at != std::string::npos);
  b.receive(bytes.insert(at, "\rNTE|1||鄂HR|HR^互认标识^HUREN"));
  const auto shown = b.list().at(0);
  REQUIRE(shown["marks"] == Json::array({"鄂HR"}));
  b.submit("recognition.decided/1", accepted(shown["result_id"]));
  b.settle();
  b.close();
  b.write("codes/hr_scopes.csv", head + "42,湖北,Hubei,CN,鄂HR|湖北HR,42,test,2022-03-01,2026-10-31\n");
  b.open();
  const auto told = b.notice_of("result.retracted/1");
  REQUIRE_FALSE(told.is_null());
  CHECK(told["body"]["kind"] == "disqualified");
  CHECK(told["body"]["decision_ids"] == Json::array({"D-1"}));
}

TEST_CASE("the hospital's own ADT feed registers, merges (A40) and unmerges (A37) patients - a partner's ADT is not taken") {
  Hospital b;
  open(b);
  const auto adt = [](const std::string& trigger, const std::string& structure, const std::string& id, const std::string& rest) {
    return "MSH|^~\\&|HIS|HB-CITY-01|HUREN|HB-CITY-01|20261122090000+0800||ADT^" + trigger + "^" + structure + "|A" + trigger + rest.substr(0, 3) +
           "|P|2.5.1|||||CHN|UNICODE UTF-8\rEVN||20261122090000+0800\rPID|1||" + id + "^^^HB-CITY-01^PI||李四||19800101|M\r" + rest;
  };
  CHECK(b.from_own_lab(adt("A28", "ADT_A05", "P2", "PV1|1|U\r")).stored);
  b.settle();  // events and messages come by two ways: their order is not told
  b.encounter("P2", "E2");
  CHECK(b.list("P2", "E2").empty());
  CHECK(b.from_own_lab(adt("A40", "ADT_A39", "P2", "MRG|P1^^^HB-CITY-01^PI\r")).stored);
  CHECK(b.list("P2", "E2").size() == 1);
  CHECK(b.from_own_lab(adt("A37", "ADT_A37", "P2", "PID|2||P1^^^HB-CITY-01^PI||陈东珅||19491231|F\r")).stored);
  CHECK(b.list("P2", "E2").empty());
  auto foreign = adt("A40", "ADT_A39", "P2", "MRG|P1^^^HB-CITY-01^PI\r");
  foreign.replace(foreign.find("HIS|HB-CITY-01"), 14, "HIS|HB-COUNTY-01");
  CHECK(b.receive(foreign).body.find("MSA|AR") != std::string::npos);
}
