// The patient moves: referrals between two real engines.
#include <set>

#include "tests/support/alliance.hpp"
#include "tests/unit/core/cda/xsd.hpp"

using namespace huren::test;
using nlohmann::json;

namespace {

json package_line(const json& view, const std::string& kind, const std::string& number = "") {
  if (view.contains("package"))
    for (const auto& l : view["package"]["lines"])
      if (l["kind"] == kind && (number.empty() || l.value("number", "") == number)) return l;
  return json::object();
}
std::string remarks(const json& view) {
  std::string out;
  if (view.contains("remarks"))
    for (const auto& r : view["remarks"]) out += r["id"].get<std::string>() + " ";
  return out;
}
json step(const std::string& id, json more = json::object()) {
  more["referral_id"] = id;
  if (!more.contains("at")) more["at"] = Alliance::now_iso();
  return more;
}

}  // namespace

TEST_CASE("a referral goes up, is accepted, arrives, is completed, and the record comes back") {
  Alliance x;
  x.open().registered();
  x.b.encounter("B-7", "E-B");
  x.a.submit("lab.report.released/1", Hospital::report("R1"));
  x.a.submit("referral.requested/1", Alliance::request("ZZ-1", "urgent"));
  const auto came = Alliance::told(x.b, "referral.requested/1");
  CHECK(came["body"]["direction"] == "up");
  CHECK(came["body"]["priority"] == "urgent");
  CHECK(came["body"]["from"]["name"] == "县医院");
  CHECK(came["body"]["patient_id"] == "B-7");
  REQUIRE(x.eventually([&] { return Alliance::view(x.b, "ZZ-1")["package"].value("state", "") == "complete"; }));
  CHECK(x.b.list("B-7", "E-B").at(0)["report_number"] == "R1");  // before anybody arrived
  REQUIRE(x.eventually([&] { return Alliance::view(x.a, "ZZ-1").contains("received"); }));  // A's people see that B has all of it

  x.b.submit("referral.answered/1", step("ZZ-1", {{"outcome", "accepted"}, {"their_id", "SZ-9"}, {"wish", {{"department", "肝胆外科"}, {"bed", "12-03"}}}}));
  const auto answered = Alliance::told(x.a, "referral.answered/1");
  CHECK(answered["body"]["answer"]["wish"]["bed"] == "12-03");
  CHECK(answered["body"]["answer"]["their_id"] == "SZ-9");
  x.b.submit("referral.arrived/1", step("ZZ-1", {{"patient_id", "B-7"}}));
  REQUIRE(x.both("ZZ-1", "arrived"));

  auto own = Hospital::report("C1", "6.1");
  own["report"]["patient"] = Hospital::patient("B-7");
  x.b.submit("lab.report.released/1", own);
  x.b.submit("referral.completed/1", step("ZZ-1", {{"summary", Alliance::discharge()}}));
  REQUIRE(x.both("ZZ-1", "completed"));
  REQUIRE(x.eventually([&] { return Alliance::view(x.a, "ZZ-1")["package"].value("state", "") == "complete"; }));
  const auto back = Alliance::view(x.a, "ZZ-1");
  CHECK(package_line(back, "report", "C1")["presence"] == "here");
  CHECK(package_line(back, "C0053")["presence"] == "here");
  x.a.encounter("P1", "E-A");
  CHECK(x.a.list("P1", "E-A").size() == 2);
  std::string record;
  for (const auto& d : back["documents"])
    if (d["kind"] == "C0053") record = d["record_id"];
  const auto opened = x.a.must_ask("record.open/1", {{"record_id", record}, {"patient_id", "P1"}, {"encounter_id", "E-A"}, {"doctor", Hospital::doctor()}, {"want", {"data", "page", "document"}}});
  CHECK(opened["record"]["items"].dump().find("人工肝支持") != std::string::npos);
  CHECK(opened["page"]["html"].get<std::string>().find("人工肝支持") != std::string::npos);
}

TEST_CASE("every document of a referral, a reading and a consultation is valid against HL7's schema and the project's own") {
  Alliance x;
  x.a.config.partners[0].cda_mode = x.b.config.partners[0].cda_mode = "strict";
  x.open().registered();
  x.a.encounter("P1", "E-A");
  x.a.submit("lab.report.released/1", Hospital::report("R1"));
  x.a.submit("referral.requested/1", Alliance::request("ZZ-1"));
  x.a.submit("exam.requested/1", {{"exam_id", "E-1"}, {"patient_id", "P1"}, {"to_partner", "other"}, {"category", "ecg"}, {"service", {{"code", "EKG12"}, {"name", "心电图"}}}, {"at", Alliance::now_iso()}});
  x.a.submit("consult.requested/1", {{"consult_id", "H-1"}, {"patient_id", "P1"}, {"to_partner", "other"}, {"summary", Alliance::request("")["summary"]}, {"at", Alliance::now_iso()}});
  REQUIRE(x.eventually([&] { return Alliance::list(x.b).size() == 3; }));
  x.b.submit("referral.arrived/1", step("ZZ-1", {{"patient_id", "B-7"}}));
  x.b.submit("referral.completed/1", step("ZZ-1", {{"summary", Alliance::discharge()}}));
  x.b.submit("exam.report.released/1", {{"exam_id", "E-1"}, {"record", {{"items", Alliance::items({{"diagnosis", "胸痛"}, {"exam_item", "心电图"}, {"exam_finding", "窦性心律"}, {"exam_impression", "大致正常"}})}}}, {"at", Alliance::now_iso()}});
  x.b.submit("consult.answered/1", {{"consult_id", "H-1"}, {"outcome", "answered"}, {"record", {{"items", Alliance::items({{"record_digest", "肝衰竭"}, {"consult_reason", "是否移植"}, {"consult_opinion", "尽快转诊"}, {"diagnosis", "急性肝衰竭"}})}}}, {"at", Alliance::now_iso()}});
  REQUIRE(x.eventually([&] {
    const auto all = Alliance::list(x.a);
    return std::count_if(all.begin(), all.end(), [](const json& r) { return r["state"] == "completed"; }) == 3;
  }));
  std::vector<std::string> documents;
  std::set<std::string> kinds;
  for (const auto& r : Alliance::list(x.a))
    for (const auto& d : r["documents"]) {
      const auto opened = x.a.must_ask("record.open/1", {{"record_id", d["record_id"]}, {"patient_id", "P1"}, {"encounter_id", "E-A"}, {"doctor", Hospital::doctor()}, {"want", {"document"}}});
      documents.push_back(*huren::base64_decode(opened["document"]["base64"].get<std::string>()));
      kinds.insert(d["kind"]);
    }
  CHECK(kinds == std::set<std::string>{"TRANSFER", "C0001", "C0053", "C0006", "C0045"});
  CHECK(huren::cda::test::invalid(documents, HUREN_SOURCE_DIR "/schemas/cda/huren-cda.xsd") == "");
  if (std::filesystem::exists(huren::cda::test::official_schema())) CHECK(huren::cda::test::invalid(documents, huren::cda::test::official_schema()) == "");
}

TEST_CASE("declined and redirected referrals say why and where to, and the tie ends") {
  Alliance x;
  x.open().registered();
  x.a.submit("referral.requested/1", Alliance::request("ZZ-1"));
  REQUIRE(x.both("ZZ-1", "requested"));
  x.b.submit("referral.answered/1", step("ZZ-1", {{"outcome", "declined"}, {"reason", "暂无床位"}}));
  REQUIRE(x.both("ZZ-1", "declined"));
  CHECK(Alliance::view(x.a, "ZZ-1")["answer"]["reason"] == "暂无床位");
  x.a.submit("lab.report.released/1", Hospital::report("R9"));
  x.a.settle();
  const auto sent = x.a.wire().sent();
  CHECK(std::none_of(sent.begin(), sent.end(), [](const auto& m) { return m.type == "ORU^R01"; }));
  x.a.submit("referral.requested/1", Alliance::request("ZZ-2"));
  REQUIRE(x.both("ZZ-2", "requested"));
  x.b.submit("referral.answered/1", step("ZZ-2", {{"outcome", "redirected"}, {"redirect_to", "省人民医院肝移植中心"}}));
  REQUIRE(x.both("ZZ-2", "redirected"));
  CHECK(Alliance::view(x.a, "ZZ-2")["answer"]["redirect_to"] == "省人民医院肝移植中心");
}

TEST_CASE("either side cancels at any step - a cancellation that crossed with the arrival changes nothing, and both sides read why") {
  Alliance x;
  x.open().registered();
  for (const auto* id : {"ZZ-1", "ZZ-2", "ZZ-3"}) x.a.submit("referral.requested/1", Alliance::request(id));
  REQUIRE(x.both("ZZ-3", "requested"));
  x.a.submit("referral.cancelled/1", step("ZZ-1", {{"reason", "家属放弃"}}));
  x.b.submit("referral.cancelled/1", step("ZZ-2", {{"reason", "设备故障"}}));
  REQUIRE(x.both("ZZ-1", "cancelled"));
  REQUIRE(x.both("ZZ-2", "cancelled"));
  CHECK(Alliance::view(x.a, "ZZ-2")["cancellation"]["by"] == "HB-CITY-01");

  // The line is down while both speak.
  x.a.wire().connect([](std::string_view) { return huren::Reply{}; });
  x.b.wire().connect([](std::string_view) { return huren::Reply{}; });
  x.a.submit("referral.cancelled/1", step("ZZ-3", {{"reason", "家属改变主意"}}));
  x.b.submit("referral.arrived/1", step("ZZ-3", {{"patient_id", "B-7"}}));
  x.a.settle();
  x.b.settle();
  CHECK(Alliance::view(x.a, "ZZ-3")["state"] == "cancelled");
  CHECK(Alliance::view(x.b, "ZZ-3")["state"] == "arrived");
  x.connect();
  REQUIRE(x.both("ZZ-3", "arrived"));
  CHECK(x.eventually([&] { return remarks(Alliance::view(x.a, "ZZ-3")).find("referral.cancel_crossed") != std::string::npos; }));
  CHECK(x.eventually([&] { return remarks(Alliance::view(x.b, "ZZ-3")).find("referral.cancel_crossed") != std::string::npos; }));
  x.a.submit("referral.cancelled/1", step("ZZ-3", {{"reason", "患者自行离院"}}));  // now it is known
  REQUIRE(x.both("ZZ-3", "cancelled"));
}

TEST_CASE("bad input: an answer to an unknown referral is told on both sides and lost on neither") {
  Alliance x;
  x.open().registered();
  x.b.submit("referral.answered/1", step("NONE", {{"outcome", "accepted"}}), "odd");
  const auto rejected = Alliance::told(x.b, "event.rejected/1");
  CHECK(rejected["body"]["findings"][0]["id"] == "referral.unknown");
  CHECK(rejected["body"]["findings"][0]["where"] == "/referral_id");
  // A partner's answer to something that this hospital never asked.
  x.a.submit("referral.requested/1", Alliance::request("ZZ-1"));
  REQUIRE(x.both("ZZ-1", "requested"));
  x.b.submit("referral.answered/1", step("ZZ-1", {{"outcome", "accepted"}}));
  REQUIRE(x.both("ZZ-1", "accepted"));
  std::string bytes;
  for (const auto& m : x.b.wire().sent())
    if (m.type == "RRI^I12") bytes = m.body;
  for (auto at = bytes.find("ZZ-1"); at != bytes.npos; at = bytes.find("ZZ-1")) bytes.replace(at, 4, "QQ-7");
  CHECK(x.a.receive(bytes).body.find("MSA|AA") != std::string::npos);
  CHECK(Alliance::told(x.a, "referral.answered/1")["body"]["state"] == "accepted");
  const auto told = Alliance::told(x.a, "referral.answered/1");
  CHECK(told["body"]["state"] == "unknown");
  const auto problem = Alliance::told(x.b, "referral.problem/1");
  CHECK(problem["body"].dump().find("QQ-7") != std::string::npos);
  // Kept: when the request is made after all, the answer counts.
  x.a.submit("referral.requested/1", Alliance::request("QQ-7"));
  CHECK(x.a.eventually([&] { return Alliance::view(x.a, "QQ-7").value("state", "") == "accepted"; }));
}

TEST_CASE("bad input: two answers, an arrival before the answer") {
  Alliance x;
  x.open().registered();
  x.a.submit("referral.requested/1", Alliance::request("ZZ-1"));
  x.a.submit("referral.requested/1", Alliance::request("ZZ-2"));
  REQUIRE(x.both("ZZ-2", "requested"));
  x.b.submit("referral.answered/1", step("ZZ-1", {{"outcome", "accepted"}, {"at", Alliance::now_iso(1)}}));
  x.b.submit("referral.answered/1", step("ZZ-1", {{"outcome", "declined"}, {"reason", "床位被占"}, {"at", Alliance::now_iso(2)}}));
  REQUIRE(x.both("ZZ-1", "declined"));
  CHECK(remarks(Alliance::view(x.a, "ZZ-1")).find("referral.two_answers") != std::string::npos);
  x.b.submit("referral.arrived/1", step("ZZ-2", {{"patient_id", "B-7"}}));
  REQUIRE(x.both("ZZ-2", "arrived"));
  CHECK(remarks(Alliance::view(x.a, "ZZ-2")).find("referral.arrived_unanswered") != std::string::npos);
  x.b.submit("referral.answered/1", step("ZZ-2", {{"outcome", "accepted"}}));
  CHECK(Alliance::told(x.b, "event.rejected/1")["body"]["findings"][0]["id"] == "referral.already_arrived");
}

TEST_CASE("bad input: a report of the package was withdrawn on the way - one that never comes leaves the package visibly incomplete") {
  Alliance x;
  x.open().registered();
  std::vector<std::string> held;
  x.a.wire().connect([&](std::string_view body) {
    if (body.find("|ORU^R01") != body.npos) return huren::Reply{};  // the reports do not get through yet
    return x.b.receive(std::string(body));
  });
  x.a.submit("lab.report.released/1", Hospital::report("R1"));
  x.a.submit("lab.report.released/1", Hospital::report("R2"));
  x.a.submit("referral.requested/1", Alliance::request("ZZ-1"));
  REQUIRE(x.eventually([&] { return Alliance::view(x.b, "ZZ-1").value("state", "") == "requested"; }));
  const auto waiting = Alliance::view(x.b, "ZZ-1");
  CHECK(waiting["package"]["state"] == "incomplete");
  CHECK(waiting["package"]["missing"] == 2);
  CHECK(package_line(waiting, "report", "R1")["presence"] == "missing");
  CHECK(package_line(waiting, "TRANSFER")["presence"] == "here");
  x.a.submit("lab.report.withdrawn/1", {{"number", "R1"}, {"reason", "标本错误"}, {"at", Alliance::now_iso()}});
  x.a.settle();
  x.connect();
  REQUIRE(x.eventually([&] { return Alliance::view(x.b, "ZZ-1")["package"].value("state", "") == "complete"; }));
  REQUIRE(x.eventually([&] { return package_line(Alliance::view(x.b, "ZZ-1"), "report", "R1")["presence"] == "withdrawn"; }));  // it may come last
  Alliance::told(x.b, "referral.package/1");
}

TEST_CASE("bad input: a document of another patient is refused by content, not shown, and both sides read it") {
  Alliance x;
  x.open().registered();
  x.a.submit("referral.requested/1", Alliance::request("ZZ-1"));
  REQUIRE(x.both("ZZ-1", "requested"));
  std::string bytes;
  for (const auto& m : x.a.wire().sent())
    if (m.type == "REF^I12") bytes = m.body;
  // The same message with a transfer document about somebody else, as a mixed-up sender would make it.
  const auto from = bytes.find("^Base64^") + 8, to = bytes.find('|', from);
  auto document = *huren::base64_decode(bytes.substr(from, to - from));
  for (const auto& [a, b] : {std::pair<std::string, std::string>{"陈东珅", "李四"}, {Hospital::kRid, "440524198001010013"}, {"19491231", "19800101"}})
    for (auto at = document.find(a); at != document.npos; at = document.find(a, at + b.size())) document.replace(at, a.size(), b);
  bytes.replace(from, to - from, huren::base64_encode(document));
  for (const auto& [a, b] : {std::pair<std::string, std::string>{"ZZ-1", "ZZ-8"}})
    for (auto at = bytes.find(a); at != bytes.npos; at = bytes.find(a, at + b.size())) bytes.replace(at, a.size(), b);
  x.b.receive(bytes);
  REQUIRE(x.b.eventually([&] { return Alliance::view(x.b, "ZZ-8").contains("documents"); }));
  const auto view = Alliance::view(x.b, "ZZ-8");
  CHECK(package_line(view, "TRANSFER")["presence"] == "other_patient");
  CHECK(view["package"]["state"] == "incomplete");
  x.b.encounter("B-7", "E-B");
  std::string wrong;
  for (const auto& d : view["documents"])
    if (d["status"] == "other_patient") wrong = d["record_id"];
  CHECK(x.b.ask("record.open/1", {{"record_id", wrong}, {"patient_id", "B-7"}, {"encounter_id", "E-B"}, {"doctor", Hospital::doctor()}}).error.id == "query.unknown_record");
  Alliance::told(x.a, "referral.problem/1");
}

TEST_CASE("the desk cannot receive a referred patient as somebody who is provably another, and a doubtful one waits for a person") {
  Alliance x;
  x.open();
  x.a.registers("P1");
  x.b.submit("patient.registered/1", {{"patient", {{"local_id", "B-8"}, {"name", "陈东珅"}, {"sex", "female"}, {"birth_date", "1980-01-01"}, {"identifiers", json::array({{{"type", "resident_id"}, {"value", "440524198001010013"}}})}}}});
  x.b.submit("patient.registered/1", {{"patient", {{"local_id", "B-9"}, {"name", "陈东珅"}, {"sex", "female"}, {"birth_date", "1949-12-31"}}}});
  x.a.submit("referral.requested/1", Alliance::request("ZZ-1"));
  REQUIRE(x.both("ZZ-1", "requested"));
  x.b.submit("referral.arrived/1", step("ZZ-1", {{"patient_id", "B-8"}}), "wrong");
  const auto rejected = Alliance::told(x.b, "event.rejected/1");
  INFO(rejected.dump());
  CHECK(rejected["body"]["findings"][0]["where"] != "");
  x.b.submit("referral.arrived/1", step("ZZ-1", {{"patient_id", "B-9"}}));
  REQUIRE(x.both("ZZ-1", "arrived"));
  CHECK(Alliance::view(x.b, "ZZ-1").value("patient_id", "") == "");
  CHECK_FALSE(Alliance::view(x.b, "ZZ-1").value("doubt_id", "").empty());
}

TEST_CASE("a critical referral that nobody answers escalates at both hospitals - an unused one expires") {
  Alliance x;
  x.open().registered();
  x.a.submit("referral.requested/1", Alliance::request("ZZ-1", "critical"));
  REQUIRE(x.both("ZZ-1", "requested"));
  x.a.clock->advance(std::chrono::minutes(11));
  x.b.clock->advance(std::chrono::minutes(11));
  for (auto* h : {&x.a, &x.b}) {
    const auto overdue = Alliance::told(*h, "referral.overdue/1");
      CHECK(overdue["body"]["priority"] == "critical");
    CHECK(overdue["body"]["state"] == "requested");
  }
  x.b.submit("referral.answered/1", step("ZZ-1", {{"outcome", "accepted"}}));
  REQUIRE(x.both("ZZ-1", "accepted"));
  x.a.clock->advance(std::chrono::hours(31 * 24));
  x.b.clock->advance(std::chrono::hours(31 * 24));
  for (auto* h : {&x.a, &x.b}) CHECK(Alliance::told(*h, "referral.expired/1")["body"]["state"] == "expired");
}

TEST_CASE("a critical request takes the critical lane with its reports") {
  Alliance x;
  x.open().registered();
  x.a.wire().connect([](std::string_view) { return huren::Reply{}; });
  x.a.submit("lab.report.released/1", Hospital::report("R1"));
  x.a.submit("referral.requested/1", Alliance::request("ZZ-1", "critical"));
  x.a.settle();
  auto store = huren::store::sqlite::SqliteStore::open(x.a.folder() + "/data", {});
  REQUIRE(store);
  auto read = (*store)->read([&](huren::store::Reader& reader) -> huren::Result<void> {
    auto rows = reader.outbox("other", std::nullopt, 10);
    if (!rows) return rows.error();
    CHECK(rows->size() == 2);
    for (const auto& r : *rows) CHECK(r.lane == 0);
    return {};
  });
  CHECK(read);
}

TEST_CASE("without an agreement in force no referral leaves, and the HIS is told") {
  Alliance x;
  x.a.config.agreements[0].to = {2026, 1, 31};
  x.open().registered();
  x.a.submit("referral.requested/1", Alliance::request("ZZ-1"));
  CHECK(Alliance::told(x.a, "event.rejected/1")["body"]["findings"][0]["id"] == "event.no_agreement");
  CHECK(x.a.wire().sent().empty());
}

TEST_CASE("a changed request goes as the next version, and the other side sees what changed") {
  Alliance x;
  x.open().registered();
  x.a.submit("referral.requested/1", Alliance::request("ZZ-1"));
  auto changed = Alliance::request("ZZ-1", "critical");
  changed["version"] = 2;
  x.a.submit("referral.requested/1", changed);
  REQUIRE(x.eventually([&] { return Alliance::view(x.b, "ZZ-1").value("priority", "") == "critical"; }));
  CHECK(Alliance::view(x.b, "ZZ-1")["version"] == 2);
  x.a.submit("referral.requested/1", Alliance::request("ZZ-1"), "old");
  CHECK(Alliance::told(x.a, "event.rejected/1")["body"]["findings"][0]["id"] == "report.old_version");
}
