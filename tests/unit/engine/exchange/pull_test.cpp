// Pull: partners are asked when an encounter starts, in the background; what they answer is stored like what they send.
#include "core/mapping/question_message.hpp"
#include "pair.hpp"

using namespace huren;
using namespace huren::test;

namespace {

mapping::Question about(const char* birth = "1949-12-31", const char* rid = Hospital::kRid) {
  mapping::Question q;
  q.tag = "T1";
  q.patient = *model::patient_from_json(Hospital::patient("", birth, rid).dump());
  q.patient.local_id.clear();
  return q;
}
std::string bytes_of(const mapping::Question& q, const std::string& id, const std::string& sender = "HB-CITY-01") {
  auto bytes = mapping::write_question(q, {.control_id = id, .sender = sender, .receiver = "HB-COUNTY-01", .at = *parse_hl7_time("20261122100000+0800", 480)});
  REQUIRE(bytes);
  return *bytes;
}
mapping::QuestionAnswer answer_of(const std::string& bytes) {
  auto answer = mapping::read_answer(bytes);
  if (!answer) FAIL(line(answer.error()) + "\n" + bytes);
  return *answer;
}

}  // namespace

TEST_CASE("pull: an encounter asks the partner, its report is shown with when it came, and a correction follows by itself (I10)") {
  Pair p("pull");
  p.open().known();
  p.a.submit("lab.report.released/1", Hospital::report("R1"));
  p.a.settle();
  CHECK(p.a.wire().sent().empty());  // nothing is pushed
  p.b.encounter();
  REQUIRE(p.a.eventually([&] { return p.b.list().size() == 1; }));
  const auto row = p.b.list().at(0);
  CHECK(row["value"] == "5.42");
  CHECK(row["source"] == "other");
  CHECK(row.contains("received_at"));
  CHECK(row.contains("age_hours"));
  CHECK(p.b.must_ask("order.check/1", Pair::order())["cards"][0]["extension"]["huren"]["outcome"] == "recognised");

  p.a.submit("lab.report.amended/1", Hospital::report("R1", "7.90", 2));
  REQUIRE(p.a.eventually([&] { return p.b.list().at(0)["version"] == 2; }));
  CHECK(p.b.list().at(0)["value"] == "7.90");
  CHECK_FALSE(p.b.notice_of("result.retracted/1").is_null());
}

TEST_CASE("I5: whatever the order in which answers and pushes come, the newest version stands") {
  Pair p("pull");
  p.open().known();
  p.a.submit("lab.report.released/1", Hospital::report("R1"));
  p.a.settle();
  const auto early = answer_of(p.a.receive(bytes_of(about(), "Q1")).body);
  REQUIRE(early.messages.size() == 1);
  p.a.submit("lab.report.amended/1", Hospital::report("R1", "7.90", 2));
  REQUIRE(p.all_delivered());  // version 2 is at B by push, before the answer of version 1 is taken in
  p.b.encounter();
  CHECK(p.b.receive(early.messages[0]).body.find("MSA|AA") != std::string::npos);
  REQUIRE(p.a.eventually([&] { return p.b.health()["inbox_waiting"] == 0 && p.b.list().size() == 1; }));
  CHECK(p.b.list().at(0)["version"] == 2);
  CHECK(p.b.list().at(0)["value"] == "7.90");
}

TEST_CASE("pull: asking twice stores nothing twice") {
  Pair p("pull");
  p.open().known();
  p.a.submit("lab.report.released/1", Hospital::report("R1"));
  p.a.settle();
  p.b.encounter("P1", "E1");
  REQUIRE(p.a.eventually([&] { return p.b.list().size() == 1; }));
  p.b.encounter("P1", "E2");
  REQUIRE(p.a.eventually([&] { return Pair::count(p.b, "SELECT count(*) FROM fetch") == 0; }));
  CHECK(Pair::count(p.b, "SELECT count(*) FROM inbox") == 1);
  CHECK(p.b.list().size() == 1);
}

TEST_CASE("pull: one partner that is down costs nothing: the others' answers are used and order.check answers at once") {
  Pair p("pull");
  auto dead = p.b.config.partners[0];
  dead.code = "dead";
  dead.hospital.code = "HB-DEAD-01";
  dead.options = {{"channel", "dead-" + p.b.folder()}};
  p.b.config.partners.push_back(dead);
  auto agreement = p.b.config.agreements[0];
  agreement.id = "d";
  agreement.partner = "dead";
  p.b.config.agreements.push_back(agreement);
  loopback::channel("dead-" + p.b.folder()).connect([](std::string_view) { return Reply{}; });
  p.open().known();
  p.a.submit("lab.report.released/1", Hospital::report("R1"));
  p.a.settle();
  p.b.encounter();
  CHECK(p.b.ask("order.check/1", Pair::order()).status == HUREN_OK);  // whoever has answered by now
  REQUIRE(p.a.eventually([&] { return p.b.list().size() == 1; }));
  CHECK(Pair::count(p.b, "SELECT count(*) FROM fetch WHERE partner='dead'") == 1);  // asked again later
  loopback::channel("dead-" + p.b.folder()).connect({});
}

TEST_CASE("pull: what waits to be asked survives the engine, and ends when nobody waits any more") {
  Pair p("pull");
  p.open().known();
  p.cut = true;
  p.b.encounter();
  REQUIRE(p.a.eventually([&] { return Pair::log_of(p.b).find("exchange.asked_in_vain") != std::string::npos; }));
  p.b.wire().connect({});
  p.a.wire().connect({});
  p.b.close();
  p.a.submit("lab.report.released/1", Hospital::report("R1"));
  p.a.settle();
  p.cut = false;
  p.b.clock->advance(std::chrono::minutes(2));
  p.b.open();
  p.connect();
  CHECK(p.a.eventually([&] { return p.b.list().size() == 1; }));

  p.cut = true;
  p.b.encounter("P1", "E2");
  p.b.settle();
  p.b.clock->advance(std::chrono::hours(3));
  CHECK(p.a.eventually([&] { return Pair::count(p.b, "SELECT count(*) FROM fetch") == 0; }));
  CHECK(Pair::log_of(p.b).find("exchange.too_late") != std::string::npos);
}

TEST_CASE("I12: who asks learns nothing without consent, and cannot tell that from an unknown person") {
  Pair p("pull");
  p.open();
  p.a.registers();
  p.a.submit("lab.report.released/1", Hospital::report("R1"));
  p.a.settle();
  const auto strip = [](std::string reply) {  // what differs by time and id alone
    std::string out;
    for (const auto part : split(reply, '\r'))
      if (!part.starts_with("MSH")) out += std::string(part) + "\n";
    return out;
  };
  const auto no_consent = p.a.receive(bytes_of(about(), "Q1")).body;
  const auto nobody = p.a.receive(bytes_of(about("1980-01-01", "34052419800101001X"), "Q1")).body;
  CHECK(answer_of(no_consent).messages.empty());
  CHECK(strip(no_consent) == strip(nobody));
  p.consent(true);
  CHECK(answer_of(p.a.receive(bytes_of(about(), "Q2")).body).messages.size() == 1);
  CHECK(answer_of(p.a.receive(bytes_of(about("1949-12-30"), "Q3")).body).messages.empty());  // another birth date
  auto other_name = about();
  other_name.patient.name = "王小明";
  CHECK(answer_of(p.a.receive(bytes_of(other_name, "Q4")).body).messages.empty());
  p.consent(false);
  CHECK(answer_of(p.a.receive(bytes_of(about(), "Q5")).body).messages.empty());
}

TEST_CASE("an answer holds the agreement's items in their current versions, and who got them is on record before it leaves") {
  Pair p("pull");
  p.a.config.agreements[0].items = {"K"};
  p.open().known();
  p.a.submit("lab.report.released/1", Hospital::report("R1"));  // glucose: not agreed
  auto potassium = Hospital::report("R2", "4.10");
  potassium["report"]["observations"][0]["local"] = {{"code", "K01"}, {"name", "钾"}};
  p.a.submit("lab.report.released/1", potassium);
  auto amended = potassium;
  amended["report"]["version"] = 2;
  amended["report"]["status"] = "corrected";
  amended["report"]["amendment_reason"] = "复核";
  amended["report"]["observations"][0]["value"] = "4.60";
  amended["report"]["observations"][0]["status"] = "corrected";
  p.a.submit("lab.report.amended/1", amended);
  auto gone = Hospital::report("R3", "5.0");
  gone["report"]["observations"][0]["local"] = {{"code", "K01"}, {"name", "钾"}};
  p.a.submit("lab.report.released/1", gone);
  p.a.submit("lab.report.withdrawn/1", {{"number", "R3"}, {"reason", "标本错误"}, {"at", "2026-11-22T09:00:00+08:00"}});
  p.a.settle();
  const auto answer = answer_of(p.a.receive(bytes_of(about(), "Q1")).body);
  REQUIRE(answer.messages.size() == 1);
  CHECK(answer.messages[0].find("R2") != std::string::npos);
  CHECK(answer.messages[0].find("|4.60|") != std::string::npos);
  CHECK(Pair::count(p.a, "SELECT count(*) FROM disclosure WHERE how='pull' AND subject='HB-COUNTY-01/R2'") == 1);
  CHECK(Pair::count(p.a, "SELECT count(*) FROM disclosure") == 1);
  CHECK(Pair::log_of(p.a).find("exchange.answered") != std::string::npos);
}

TEST_CASE("hostile questions are refused, each with its reason, and nothing is told") {
  Pair p("pull");
  p.a.config.exchange.questions_per_minute = 9;
  p.open().known();
  p.a.submit("lab.report.released/1", Hospital::report("R1"));
  p.a.settle();
  const auto refused = [&](const std::string& bytes, const char* code, const char* why) {
    const auto reply = p.a.receive(bytes);
    INFO(reply.body);
    CHECK(reply.body.find(std::string("MSA|") + code) != std::string::npos);
    CHECK(reply.body.find(why) != std::string::npos);
    CHECK(reply.body.find("5.42") == std::string::npos);
  };
  const auto good = bytes_of(about(), "Q1");
  const auto changed = [&](const std::string& from, const std::string& to) {
    auto bytes = good;
    bytes.replace(bytes.find(from), from.size(), to);
    return bytes;
  };
  refused(bytes_of(about(), "Q1", "HB-ELSEWHERE"), "AE", "inbound.sender_mismatch");
  refused(changed("ZHQ01^", "ZHQ99^"), "AE", "exchange.question_unknown");
  refused(changed("NAME^", "SELECT^"), "AE", "exchange.question_parameter");
  refused(changed("|BIRTH^19491231", ""), "AE", "exchange.question_incomplete");
  refused(changed("BIRTH^19491231", "BIRTH^1949"), "AE", "exchange.question_parameter");
  auto many = about();
  for (int i = 0; i < 600; ++i) many.items.push_back("I" + std::to_string(i));
  refused(bytes_of(many, "Q2"), "AE", "exchange.question_parameter");
  refused("MSH|^~\\&|HUREN|HB-CITY-01|HUREN|HB-COUNTY-01|20261122||QBP^Q11^QBP_Q11|Q3|P|2.5.1\r", "AE", "exchange.question_incomplete");
  CHECK(answer_of(p.a.receive(good).body).messages.size() == 1);  // the eighth that is counted: still a question like any other
  int too_many = 0;
  for (int i = 0; i < 12; ++i) too_many += p.a.receive(bytes_of(about(), "Z" + std::to_string(i))).body.find("exchange.too_many_questions") != std::string::npos;
  CHECK(too_many >= 10);
  p.a.clock->advance(std::chrono::minutes(1));
  CHECK(answer_of(p.a.receive(good).body).messages.size() == 1);
}

TEST_CASE("without an agreement that says pull or index a partner may not ask at all") {
  Pair p("push");
  p.open().known();
  CHECK(p.a.receive(bytes_of(about(), "Q1")).body.find("exchange.no_agreement") != std::string::npos);
  Pair ended("pull");
  ended.a.config.agreements[0].to = {2026, 1, 31};
  ended.open().known();
  CHECK(ended.a.receive(bytes_of(about(), "Q1")).body.find("exchange.no_agreement") != std::string::npos);
}
