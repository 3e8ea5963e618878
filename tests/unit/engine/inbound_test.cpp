#include "tests/support/hospital.hpp"

using namespace huren::test;

TEST_CASE("a partner's report is answered AA after it is stored, matched and shown with its origin") {
  Hospital b;
  b.open();
  b.registers();
  b.encounter();
  const auto reply = b.receive(Hospital::oru("R1", "M1"));
  CHECK(reply.stored);
  CHECK(reply.body.find("MSA|AA|M1") != std::string::npos);
  const auto rows = b.list();
  REQUIRE(rows.size() == 1);
  CHECK(rows[0]["origin"]["code"] == "HB-COUNTY-01");
  CHECK(rows[0]["value"] == "5.42");
  CHECK(rows[0]["item"]["code"] == "GLU");
  CHECK(b.notice_of("result.received/1")["body"]["report_number"] == "R1");
}

TEST_CASE("I9: the same message again gets the same answer and no second effect") {
  Hospital b;
  b.open();
  b.registers();
  b.encounter();
  const auto first = b.receive(Hospital::oru("R1", "M1"));
  const auto second = b.receive(Hospital::oru("R1", "M1"));
  CHECK(first.body == second.body);
  CHECK(b.list().size() == 1);
  int received = 0;
  for (auto n = b.notice(200); !n.is_null(); n = b.notice(0)) received += n["topic"] == "result.received/1";
  CHECK(received == 1);
}

TEST_CASE("a control id used again with other content is a new message") {
  Hospital b;
  b.open();
  b.registers();
  b.encounter();
  b.receive(Hospital::oru("R1", "M1"));
  CHECK(b.receive(Hospital::oru("R2", "M1")).body.find("MSA|AA|M1") != std::string::npos);
  CHECK(b.list().size() == 2);
}

TEST_CASE("I9: what was stored but not applied when the engine died takes effect at the next start, once") {
  Hospital b;
  b.open();
  b.registers();
  b.encounter();
  b.settle();
  const auto reply = b.receive(Hospital::oru("R1", "M1"));
  CHECK(reply.stored);
  b.close();  // perhaps before the applier came to it
  b.open();
  CHECK(b.list().size() == 1);
}

TEST_CASE("bad messages are refused at their place, in words, and nothing of them is shown") {
  Hospital b;
  b.open();
  b.registers();
  b.encounter();
  auto without_pid = Hospital::oru("R1", "M1");
  without_pid.erase(without_pid.find("PID|"), without_pid.find("ORC|") - without_pid.find("PID|"));
  const auto no_pid = b.receive(without_pid).body;
  CHECK(no_pid.find("MSA|AE|M1") != std::string::npos);
  CHECK(no_pid.find("ERR||PID") != std::string::npos);

  CHECK(b.receive(Hospital::oru("R2", "M2", "5.0", "F", "19491231", "HB-ELSEWHERE")).body.find("inbound.sender_mismatch") != std::string::npos);
  CHECK(b.receive("rubbish").body.find("MSA|AE") != std::string::npos);
  CHECK(b.receive("MSH|^~\\&|A|HB-COUNTY-01|B|C|20261122||ADT^A01^ADT_A01|M3|P|2.5.1\r").body.find("MSA|AR|M3") != std::string::npos);
  CHECK(b.receive("MSH|^~\\&|A|HB-COUNTY-01|B|C|20261122||ACK^R01^ACK|M4|P|2.5.1\rMSA|AA|X\r").body.empty());  // never acknowledge an ACK
  CHECK(b.list().empty());
  CHECK(b.health()["inbox_waiting"] == 0);
}

TEST_CASE("I12: a result is invisible until a patient with the same verified identity registers") {
  Hospital b;
  b.open();
  b.receive(Hospital::oru("R1", "M1"));
  b.settle();
  CHECK(b.health()["unmatched_reports"] == 1);
  b.registers("P1", "1950-01-01");  // same number, other birth date
  b.encounter();
  CHECK(b.list().empty());
  b.submit("patient.updated/1", {{"patient", Hospital::patient("P1")}});
  CHECK(b.list().size() == 1);
  CHECK(b.health()["unmatched_reports"] == 0);
}

TEST_CASE("I12: a result leaves the record when the patient turns out to be somebody else") {
  Hospital b;
  b.open();
  b.registers();
  b.encounter();
  b.receive(Hospital::oru("R1", "M1"));
  CHECK(b.list().size() == 1);
  b.submit("patient.updated/1", {{"patient", Hospital::patient("P1", "1980-01-01", "34052419800101001X")}});
  CHECK(b.list().empty());
}

TEST_CASE("I12: two of our records with the same identity match nobody by themselves") {
  Hospital b;
  b.open();
  b.registers("P1");
  b.registers("P2");
  b.encounter("P1");
  b.receive(Hospital::oru("R1", "M1"));
  CHECK(b.list().empty());
  CHECK(b.health()["unmatched_reports"] == 1);
}

TEST_CASE("an older version that arrives late changes nothing") {
  Hospital b;
  b.open();
  b.registers();
  b.encounter();
  b.receive(Hospital::huren_oru("R1", "M2", "9.99", 2));
  CHECK(b.receive(Hospital::huren_oru("R1", "M1", "5.42", 1)).body.find("MSA|AA|M1") != std::string::npos);
  const auto rows = b.list();
  REQUIRE(rows.size() == 1);
  CHECK(rows[0]["value"] == "9.99");
  CHECK(rows[0]["version"] == 2);
}

TEST_CASE("a sender that is no huren corrects its report by sending it again, and repeats it without harm") {
  Hospital b;
  b.open();
  b.registers();
  b.encounter();
  b.receive(Hospital::oru("R1", "M1", "5.42"));
  REQUIRE(b.list().at(0)["value"] == "5.42");
  b.receive(Hospital::oru("R1", "M2", "7.70", "C"));
  const auto rows = b.list();
  REQUIRE(rows.size() == 1);
  CHECK(rows[0]["value"] == "7.70");
  CHECK(rows[0]["version"] == 2);
  b.receive(Hospital::oru("R1", "M3", "7.70", "C"));
  CHECK(b.list().at(0)["version"] == 2);
  CHECK_FALSE(b.notice_of("result.retracted/1").is_null());
}

TEST_CASE("our own laboratory's message becomes our report - sent again it amends it") {
  Hospital a("HB-COUNTY-01", "HB-CITY-01");
  a.open();
  a.registers("A-1");
  a.encounter("A-1");
  CHECK(a.from_own_lab(Hospital::oru("R1", "L1")).body.find("MSA|AA|L1") != std::string::npos);
  CHECK(a.list("A-1").at(0)["value"] == "5.42");
  a.from_own_lab(Hospital::oru("R1", "L2", "7.7", "C"));
  const auto rows = a.list("A-1");
  REQUIRE(rows.size() == 1);
  CHECK(rows[0]["value"] == "7.7");
  CHECK(rows[0]["version"] == 2);
  CHECK(rows[0]["source"] == "own");
  a.from_own_lab(Hospital::oru("R1", "L3", "7.7", "C"));  // a LIS sends the same again: no new version
  CHECK(a.list("A-1").at(0)["version"] == 2);
}

TEST_CASE("a message refused once is taken when what was wrong here has been mended") {
  Hospital b;
  b.config.partners[0].hospital.code = "HB-WRONG";
  b.open();
  CHECK(b.receive(Hospital::oru("R1", "M1")).body.find("MSA|AE|M1") != std::string::npos);
  b.close();
  b.config.partners[0].hospital.code = "HB-COUNTY-01";
  b.open();
  b.registers();
  b.encounter();
  CHECK(b.receive(Hospital::oru("R1", "M1")).body.find("MSA|AA|M1") != std::string::npos);
  CHECK(b.list().size() == 1);
}

TEST_CASE("I10: the same version with other content is set aside and shown as waiting for a person, never dropped in silence") {
  Hospital b;
  b.open();
  b.registers();
  b.encounter();
  b.receive(Hospital::huren_oru("R1", "M1", "5.42", 1));
  b.receive(Hospital::huren_oru("R1", "M2", "7.77", 1));
  CHECK(b.list().at(0)["value"] == "5.42");
  std::ifstream in(b.folder() + "/data/log/huren.log");
  const std::string log{std::istreambuf_iterator<char>(in), {}};
  CHECK(log.find("report.same_version_differs") != std::string::npos);
}

TEST_CASE("I10: a doctor whose patient loses a report is told, and the notice names that patient") {
  Hospital b;
  b.open();
  b.registers();
  b.encounter();
  b.receive(Hospital::huren_oru("R1", "M1", "5.42", 1));
  REQUIRE(b.list().size() == 1);
  b.submit("patient.updated/1", {{"patient", Hospital::patient("P1", "1980-01-01", "34052419800101001X")}});
  const auto told = b.notice_of("result.retracted/1");
  REQUIRE_FALSE(told.is_null());
  CHECK(told["body"]["kind"] == "reassigned");
  CHECK(told["body"]["patient_id"] == "P1");
}

TEST_CASE("I12: a held report is not given to one of two candidates because that one was updated") {
  Hospital b;
  b.open();
  b.registers("P1");
  b.registers("P2");
  b.encounter("P1");
  b.receive(Hospital::oru("R1", "M1"));
  b.submit("patient.updated/1", {{"patient", Hospital::patient("P1")}});
  CHECK(b.list().empty());
}
