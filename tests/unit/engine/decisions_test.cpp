// What a decision brings about, and what may not follow it: transitions, record text, ignored suggestions, orders.
#include "core/hl7/message.hpp"
#include "core/hl7/profile.hpp"
#include "tests/support/hospital.hpp"

using namespace huren::test;

namespace {

Json check(const char* patient = "P1", const char* encounter = "E1") {
  return {{"patient_id", patient}, {"encounter_id", encounter}, {"doctor", Hospital::doctor()}, {"at", "2026-11-22T10:00:00+08:00"},
          {"orders", Json::array({{{"order_id", "O1"}, {"item", {{"code", "GLU01"}, {"name", "葡萄糖"}}}}})}};
}

// A card on the table: patient, encounter, a partner's glucose.
struct Table {
  Hospital b;
  Json card;
  explicit Table(const std::function<void(Hospital&)>& prepare = [](Hospital&) {}) {
    prepare(b);
    b.open();
    b.registers();
    b.encounter();
    b.receive(Hospital::oru("R1", "M1"));
    card = b.must_ask("order.check/1", check())["cards"].at(0);
  }
  Json decision(const std::string& id, const std::string& outcome) const {
    Json d{{"decision_id", id}, {"suggestion_id", card["suggestions"][0]["uuid"]}, {"order_id", "O1"}, {"order_item", "GLU01"}, {"outcome", outcome},
           {"patient_id", "P1"}, {"encounter_id", "E1"}, {"department", "内分泌科"}, {"doctor", Hospital::doctor()},
           {"result_ids", card["extension"]["huren"]["result_ids"]}, {"at", "2026-11-22T10:01:00+08:00"}};
    if (outcome == "declined") d["reason"] = "condition_changed";
    return d;
  }
  std::string why(const Json& event, const std::string& type = "recognition.decided/1") {
    b.submit(type, event);
    const auto told = b.notice_of("event.rejected/1");
    return told.is_null() ? "" : told["body"]["findings"][0]["id"].get<std::string>();
  }
  std::size_t sent(const std::string& word) const {
    const auto all = b.wire().sent();
    return static_cast<std::size_t>(std::count_if(all.begin(), all.end(), [&](const auto& m) { return m.body.find(word) != std::string::npos; }));
  }
};

}  // namespace

TEST_CASE("an accepted result comes back as a sentence for the patient's record, in both languages") {
  Table t;
  t.b.submit("recognition.decided/1", t.decision("D-1", "accepted"));
  const auto told = t.b.notice_of("recognition.recorded/1");
  REQUIRE_FALSE(told.is_null());
  const auto zh = told["body"]["record"]["zh"].get<std::string>(), en = told["body"]["record"]["en"].get<std::string>();
  for (const auto* part : {"县医院", "R1", "2026-11-22 07:00", "葡萄糖 5.42 mmol/L", "3.9-6.1", "赵敏", "2026-11-22 10:01", "未重复检测"}) CHECK(zh.find(part) != std::string::npos);
  CHECK(en.find("not tested again") != std::string::npos);
  CHECK(told["body"]["decision_id"] == "D-1");
  CHECK(t.b.list().at(0)["recognition"] == "accepted");
}

TEST_CASE("the sentence for the record has the hospital's own time, whatever zone the source and the doctor's screen wrote") {
  Table t([](Hospital& b) { b.config.hospital.offset_minutes = 360; });
  auto d = t.decision("D-1", "accepted");
  d["at"] = "2026-11-22T02:01:00Z";
  t.b.submit("recognition.decided/1", d);
  const auto zh = t.b.notice_of("recognition.recorded/1")["body"]["record"]["zh"].get<std::string>();
  INFO(zh);
  CHECK(zh.find("2026-11-22 05:00") != std::string::npos);  // collected at 07:00+08:00
  CHECK(zh.find("2026-11-22 08:01") != std::string::npos);
}

TEST_CASE("a declined one says why, with the reason's own words and the note") {
  Table t;
  auto d = t.decision("D-1", "declined");
  d["note"] = "血糖波动大";
  t.b.submit("recognition.decided/1", d);
  const auto zh = t.b.notice_of("recognition.recorded/1")["body"]["record"]["zh"].get<std::string>();
  CHECK(zh.find("病情变化") != std::string::npos);
  CHECK(zh.find("血糖波动大") != std::string::npos);
  CHECK(zh.find("未重复检测") == std::string::npos);
}

TEST_CASE("a reason that asks for a note is refused without one, blanks are none") {
  Table t;
  auto d = t.decision("D-1", "declined");
  d["reason"] = "other";
  CHECK(t.why(d) == "event.note_required");
  d["note"] = " \n ";
  CHECK(t.why(d) == "event.note_required");
  d["reason"] = "nonsense";
  CHECK(t.why(d) == "event.unknown_reason");
  CHECK(t.sent("ZRD^Z01") == 0);
}

TEST_CASE("a decision told twice is one decision: one message, one count") {
  Table t;
  const auto d = t.decision("D-1", "accepted");
  t.b.submit("recognition.decided/1", d, "first");
  t.b.submit("recognition.decided/1", d, "second");
  t.b.settle();
  REQUIRE(t.b.eventually([&] { return t.sent("ZRD^Z01") == 1; }));
  t.b.submit("recognition.revoked/1", {{"decision_id", "D-1"}, {"patient_id", "P1"}, {"doctor", Hospital::doctor()}, {"at", "2026-11-22T10:05:00+08:00"}}, "third");
  t.b.submit("recognition.revoked/1", {{"decision_id", "D-1"}, {"patient_id", "P1"}, {"doctor", Hospital::doctor()}, {"at", "2026-11-22T10:06:00+08:00"}}, "fourth");
  REQUIRE(t.b.eventually([&] { return t.sent("ZRD^Z02") == 1; }));
  t.b.settle();
  CHECK(t.sent("ZRD^Z01") == 1);
  CHECK(t.sent("ZRD^Z02") == 1);
  CHECK(t.b.list().at(0)["recognition"] == "revoked");
}

TEST_CASE("what may not follow a decision is refused with words, and changes nothing") {
  Table t;
  t.b.submit("recognition.decided/1", t.decision("D-1", "accepted"));
  CHECK(t.why(t.decision("D-1", "declined")) == "event.decision_stands");
  CHECK(t.why(t.decision("D-2", "declined")) == "event.suggestion_decided");
  const Json revoked{{"decision_id", "D-1"}, {"patient_id", "P1"}, {"doctor", Hospital::doctor()}, {"at", "2026-11-22T10:05:00+08:00"}};
  auto wrong = revoked;
  wrong["decision_id"] = "D-9";
  CHECK(t.why(wrong, "recognition.revoked/1") == "event.unknown_decision");
  wrong = revoked;
  wrong["at"] = "2026-11-22T09:00:00+08:00";
  CHECK(t.why(wrong, "recognition.revoked/1") == "event.revoked_before_decided");
  t.b.registers("P2", "1980-01-01", "34052419800101001X");
  wrong = revoked;
  wrong["patient_id"] = "P2";
  CHECK(t.why(wrong, "recognition.revoked/1") == "event.decision_of_other_patient");
  auto other = t.decision("D-3", "accepted");
  other["patient_id"] = "P2";
  CHECK(t.why(other) == "event.result_of_other_patient");
  CHECK(t.b.list().at(0)["recognition"] == "accepted");
  t.b.submit("recognition.revoked/1", revoked);
  CHECK(t.why(t.decision("D-1", "accepted")) == "event.decision_revoked");
  auto again = t.decision("D-4", "declined");
  again["at"] = "2026-11-22T10:06:00+08:00";
  t.b.submit("recognition.decided/1", again);  // a new decision on the same card is free again
  t.b.settle();
  CHECK(t.b.list().at(0)["recognition"] == "declined");
}

TEST_CASE("I11: a suggestion that nobody answers becomes ignored by itself, and nobody is told that a doctor decided") {
  Table t([](Hospital& b) { b.config.ignored_after_minutes = 30; });
  const auto state = [&] {
    return Json::parse(t.b.services().query("suggestion.open/1", Json{{"id", t.card["uuid"]}}.dump(), 1000).json).value("state", std::string());
  };
  CHECK(state() == "open");
  t.b.clock->advance(std::chrono::minutes(29));
  t.b.settle();
  CHECK(state() == "open");
  t.b.clock->advance(std::chrono::minutes(2));
  REQUIRE(t.b.eventually([&] { return state() == "ignored"; }));
  CHECK(t.b.wire().sent().empty());
  CHECK(t.b.list().at(0).value("recognition", std::string()).empty());
  t.b.submit("recognition.decided/1", t.decision("D-1", "accepted"));  // late, but a doctor's word
  t.b.settle();
  CHECK(state() == "accepted");
}

TEST_CASE("an order that goes on carries the earlier result and the reason in OML^O21 - partners that take no orders get none") {
  Table t([](Hospital& b) { b.config.partners[0].orders = true; });
  t.b.submit("recognition.decided/1", t.decision("D-1", "declined"));
  Json order{{"order_id", "O1"}, {"patient_id", "P1"}, {"encounter_id", "E1"}, {"department", "内分泌科"}, {"priority", "stat"}, {"doctor", Hospital::doctor()},
             {"items", Json::array({{{"code", "K01"}, {"name", "钾"}}, {{"code", "GLU01"}, {"name", "葡萄糖"}}})}, {"specimen", {{"code", "serum"}, {"name", "血清"}}},
             {"at", "2026-11-22T10:02:00+08:00"}};
  t.b.submit("lab.order.placed/1", order, "o1");
  REQUIRE(t.b.eventually([&] { return t.sent("OML^O21") == 1; }));
  std::string bytes;
  for (const auto& m : t.b.wire().sent())
    if (m.body.find("OML^O21") != std::string::npos) bytes = m.body;
  auto message = huren::hl7::Message::read(bytes, {});
  REQUIRE(message);
  for (const auto* profile : {"standard", "strict"})
    for (const auto& f : huren::hl7::check(*message, *huren::hl7::Profile::named(profile))) {
      INFO(line(f.error));
      CHECK(f.severity != huren::Severity::error);
    }
  // The earlier result stands with glucose, not with potassium: PID of the prior group comes after the second OBR.
  CHECK(message->count("PID") == 2);
  CHECK(bytes.find("condition_changed") != std::string::npos);
  CHECK(bytes.find("|5.42|") > bytes.find("OBR|2|"));
  CHECK(message->segment("OBR", 2).value(48) == "condition_changed");

  t.b.submit("lab.order.placed/1", order, "o1-again");  // told twice
  order["items"].erase(0);
  CHECK(t.why(order, "lab.order.placed/1") == "event.order_exists");
  const Json cancel{{"order_id", "O1"}, {"patient_id", "P1"}, {"reason", "患者改期"}, {"doctor", Hospital::doctor()}, {"at", "2026-11-22T10:03:00+08:00"}};
  t.b.submit("lab.order.cancelled/1", cancel, "c1");
  REQUIRE(t.b.eventually([&] { return t.sent("OML^O21") == 2; }));
  CHECK(t.sent("ORC|CA|") == 1);
  CHECK(t.sent("患者改期") == 1);
  CHECK(t.why(order, "lab.order.placed/1") == "event.order_cancelled");
  auto unknown = cancel;
  unknown["order_id"] = "O9";
  CHECK(t.why(unknown, "lab.order.cancelled/1") == "event.unknown_order");
}

TEST_CASE("an order that is cancelled because its results were taken says so in ORC-16") {
  Table t([](Hospital& b) { b.config.partners[0].orders = true; });
  t.b.submit("lab.order.placed/1", {{"order_id", "O1"}, {"patient_id", "P1"}, {"doctor", Hospital::doctor()}, {"items", Json::array({{{"code", "GLU01"}}})}, {"at", "2026-11-22T09:59:00+08:00"}});
  t.b.submit("recognition.decided/1", t.decision("D-1", "accepted"));
  t.b.submit("lab.order.cancelled/1", {{"order_id", "O1"}, {"patient_id", "P1"}, {"doctor", Hospital::doctor()}, {"at", "2026-11-22T10:03:00+08:00"}});
  REQUIRE(t.b.eventually([&] { return t.sent("RECOGNISED") == 1; }));
}

TEST_CASE("without a laboratory that takes orders nothing leaves") {
  Table t;
  t.b.submit("lab.order.placed/1", {{"order_id", "O1"}, {"patient_id", "P1"}, {"doctor", Hospital::doctor()}, {"items", Json::array({{{"code", "GLU01"}}})}, {"at", "2026-11-22T09:59:00+08:00"}});
  t.b.settle();
  std::this_thread::sleep_for(std::chrono::milliseconds(100));
  CHECK(t.b.wire().sent().empty());
}

TEST_CASE("a trend joins own and partner results, converted, with the originals, and notes who saw them") {
  Hospital b;
  b.open();
  b.registers();
  b.encounter();
  b.receive(Hospital::huren_oru("R1", "M1", "5.42", 1));
  auto own = Hospital::report("L1", "120");
  own["report"]["observations"][0]["unit"] = "mg/dL";
  own["report"]["specimen"]["collected_at"] = "2026-10-01T07:00:00+08:00";
  b.submit("lab.report.released/1", own);
  const auto trend = b.must_ask("results.trend/1", {{"patient_id", "P1"}, {"encounter_id", "E1"}, {"doctor", Hospital::doctor("D7")}, {"item", "GLU"}});
  REQUIRE(trend["points"].size() == 2);
  CHECK(trend["unit"] == "mmol/L");
  CHECK(trend["points"][0]["value"].get<double>() == Approx(6.66).epsilon(0.01));
  CHECK(trend["points"][0]["original"]["value"] == "120");
  CHECK(trend["points"][0]["source"] == "own");
  CHECK(trend["points"][1]["source"] == "other");
  CHECK(trend["lines"] == 1);
  CHECK(b.ask("results.trend/1", {{"patient_id", "P1"}, {"encounter_id", "E9"}, {"doctor", Hospital::doctor()}, {"item", "GLU"}}).status == HUREN_E_DENIED);
  CHECK(b.ask("results.trend/1", {{"patient_id", "P1"}, {"encounter_id", "E1"}, {"doctor", Hospital::doctor()}, {"item", "NONE"}}).error.where == "/item");
  b.receive(Hospital::huren_oru("R1", "M2", "9.1", 2));  // whoever saw the curve is told
  CHECK(b.notice_of("result.retracted/1")["body"]["doctor"]["id"] == "D7");
}
