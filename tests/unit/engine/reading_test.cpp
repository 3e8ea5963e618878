// Remote reading, consultation, shared summary, doubtful patients: between two real engines.
#include "tests/support/alliance.hpp"

using namespace huren::test;
using nlohmann::json;

namespace {

json exam(const std::string& id, json more = json::object()) {
  json body{{"exam_id", id}, {"patient_id", "P1"}, {"to_partner", "other"}, {"priority", "urgent"}, {"category", "ecg"}, {"service", {{"code", "EKG12"}, {"name", "十二导联心电图"}}},
            {"question", "胸痛两小时"}, {"at", Alliance::now_iso()}};
  body.update(more);
  return body;
}
json reading(const std::string& id, const std::string& finding, json more = json::object()) {
  json body{{"exam_id", id}, {"at", Alliance::now_iso()}, {"doctor", Hospital::doctor("D9")},
            {"record", {{"items", Alliance::items({{"diagnosis", "胸痛"}, {"exam_item", "十二导联心电图"}, {"exam_finding", finding}, {"exam_impression", "急性前壁心肌梗死可能"}})}}}};
  body.update(more);
  return body;
}
void decide(Hospital& h, const std::string& doubt, const std::string& word) {  // as huren-ctl does it
  auto store = huren::store::sqlite::SqliteStore::open(h.folder() + "/data", {});
  REQUIRE(store);
  auto done = (*store)->transact([&](huren::store::Unit& unit) -> huren::Result<void> {
    auto rows = unit.doubts("", 100);
    if (!rows) return rows.error();
    for (auto& d : *rows)
      if (d.id == doubt) {
        d.state = word;
        d.decided_by = "病案室 王";
        return unit.put_doubt(d);
      }
    return huren::Error{"patient.unknown_doubt", "", {doubt}};
  });
  REQUIRE(done);
}

}  // namespace

TEST_CASE("a township's ECG is read by the city hospital - the report is corrected and taken back") {
  Alliance x;
  x.open().registered();
  x.a.submit("exam.requested/1", exam("E-1", {{"attachments", json::array({{{"kind", "pdf"}, {"title", "心电图"}, {"content", "JVBERi0xLjQK"}}, {{"kind", "dicom"}, {"reference", "1.2.840.1"}}})}}));
  const auto came = Alliance::told(x.b, "exam.requested/1");
  CHECK(came["body"]["question"] == "胸痛两小时");
  CHECK(came["body"]["attachments"][1]["reference"] == "1.2.840.1");
  x.b.encounter("B-7", "E-B");
  std::string pdf;
  const auto at_b = Alliance::view(x.b, "E-1");
  for (const auto& d : at_b["documents"])
    if (d["kind"] == "pdf") pdf = d["record_id"];
  const auto opened = x.b.must_ask("record.open/1", {{"record_id", pdf}, {"patient_id", "B-7"}, {"encounter_id", "E-B"}, {"doctor", Hospital::doctor()}, {"want", {"document"}}});
  CHECK(opened["document"]["base64"] == "JVBERi0xLjQK");

  x.b.submit("exam.answered/1", {{"exam_id", "E-1"}, {"outcome", "accepted"}, {"their_id", "ECG-77"}, {"at", Alliance::now_iso()}});
  REQUIRE(x.both("E-1", "accepted"));
  x.b.submit("exam.report.released/1", reading("E-1", "V2-V4 ST 段抬高"));
  const auto report = Alliance::told(x.a, "exam.report.received/1");
  CHECK(report["body"]["state"] == "completed");
  x.a.encounter("P1", "E-A");
  const auto look = [&] { return x.a.must_ask("results.list/1", {{"patient_id", "P1"}, {"encounter_id", "E-A"}, {"doctor", Hospital::doctor()}}); };
  auto seen = look();
  REQUIRE(seen["examinations"].size() == 1);
  CHECK(seen["examinations"][0]["findings"] == "V2-V4 ST 段抬高");
  CHECK(seen.dump().find("心肌梗死可能") == std::string::npos);  // the diagnosis text is not recognised

  x.b.submit("exam.report.released/1", reading("E-1", "V1-V4 ST 段抬高", {{"outcome", "corrected"}, {"version", 2}, {"reason", "漏看 V1"}}));
  REQUIRE(x.eventually([&] { return look()["examinations"][0].value("banner", "") == "corrected"; }));
  CHECK(look()["examinations"].size() == 1);
  x.b.submit("exam.report.released/1", {{"exam_id", "E-1"}, {"outcome", "withdrawn"}, {"version", 3}, {"reason", "发错患者"}, {"at", Alliance::now_iso()}});
  REQUIRE(x.both("E-1", "withdrawn"));
  REQUIRE(x.eventually([&] { return look()["examinations"][0].value("banner", "") == "retracted"; }));
  CHECK(look()["examinations"][0].value("findings", "") == "");
  // A second opinion is a request of its own that names the first.
  x.a.submit("exam.requested/1", exam("E-2", {{"follows", "E-1"}}));
  REQUIRE(x.eventually([&] { return Alliance::view(x.b, "E-2").value("follows", "") == "E-1"; }));
}

TEST_CASE("a reading that is late is reminded of at both hospitals until it is there") {
  Alliance x;
  x.open().registered();
  x.a.submit("exam.requested/1", exam("E-1", {{"priority", "critical"}}));
  REQUIRE(x.both("E-1", "requested"));
  x.b.submit("exam.answered/1", {{"exam_id", "E-1"}, {"outcome", "accepted"}, {"at", Alliance::now_iso()}});
  REQUIRE(x.both("E-1", "accepted"));
  x.a.clock->advance(std::chrono::minutes(31));
  x.b.clock->advance(std::chrono::minutes(31));
  for (auto* h : {&x.a, &x.b}) CHECK(Alliance::told(*h, "exam.overdue/1")["body"]["id"] == "E-1");
  x.a.clock->advance(std::chrono::minutes(31));
  Alliance::told(x.a, "exam.overdue/1");
}

TEST_CASE("bad input: files over the agreement's limit are refused at the desk, and from a partner kept out and told") {
  Alliance x;
  x.a.config.agreements[0].attachment_max_bytes = 100;
  x.b.config.agreements[0].attachment_max_bytes = 8;
  x.open().registered();
  x.a.submit("exam.requested/1", exam("E-1", {{"attachments", json::array({{{"kind", "pdf"}, {"content", huren::base64_encode("%PDF-" + std::string(200, 'x'))}}})}}), "big");
  CHECK(Alliance::told(x.a, "event.rejected/1")["body"]["findings"][0]["id"] == "referral.attachment_too_large");
  x.a.submit("exam.requested/1", exam("E-2", {{"attachments", json::array({{{"kind", "pdf"}, {"content", huren::base64_encode("%PDF-" + std::string(20, 'x'))}}})}}));
  const auto problem = Alliance::told(x.a, "exam.problem/1");
  CHECK(problem["body"]["remarks"].dump().find("25") != std::string::npos);
  CHECK(Alliance::view(x.b, "E-2")["state"] == "requested");  // the request itself stands
  CHECK_FALSE(Alliance::view(x.b, "E-2").contains("documents"));
}

TEST_CASE("a consultation is asked for, answered with C0045, and added to") {
  Alliance x;
  x.open().registered();
  x.a.submit("consult.requested/1", {{"consult_id", "H-1"}, {"patient_id", "P1"}, {"to_partner", "other"}, {"reason", "发热"}, {"question", "是否调整抗菌方案"}, {"at", Alliance::now_iso()}});
  Alliance::told(x.b, "consult.requested/1");
  const auto opinion = [&](const char* words, int version) {
    x.b.submit("consult.answered/1", {{"consult_id", "H-1"}, {"outcome", "answered"}, {"version", version}, {"reason", version > 1 ? "培养结果" : ""}, {"at", Alliance::now_iso()},
                                      {"record", {{"items", Alliance::items({{"record_digest", "发热"}, {"consult_reason", "发热"}, {"consult_opinion", words}, {"diagnosis", "发热待查"}})}}}});
  };
  opinion("停用头孢", 1);
  REQUIRE(x.both("H-1", "completed"));
  CHECK(Alliance::told(x.a, "consult.answered/1")["body"]["completion"]["outcome"] == "final");
  opinion("改用万古霉素", 2);
  REQUIRE(x.eventually([&] { return Alliance::view(x.a, "H-1")["completion"].value("version", 1) == 2; }));
  CHECK(Alliance::view(x.a, "H-1")["documents"].size() == 2);
}

TEST_CASE("a summary is shared by consent with last values and due dates, and not without") {
  Alliance x;
  x.a.config.agreements[0].basis = "consent";
  x.a.config.agreements[0].summary_items = {"GLU"};
  x.open().registered();
  x.a.submit("lab.report.released/1", Hospital::report("R1", "8.42"));
  const json share{{"patient_id", "P1"}, {"partner", "other"}, {"at", Alliance::now_iso()}, {"record", {{"kind", "C0001"}, {"items", Alliance::items({{"diagnosis", "2型糖尿病"}})}}},
                   {"due", json::array({{{"what", "复查糖化血红蛋白"}, {"on", "2027-02-22"}}})}};
  x.a.submit("record.summary.shared/1", share, "too early");
  CHECK(Alliance::told(x.a, "event.rejected/1")["body"]["findings"][0]["id"] == "event.no_consent");
  x.a.submit("consent.given/1", {{"patient_id", "P1"}, {"partner", "other"}, {"at", "2026-11-22T08:00:00+08:00"}});
  x.a.submit("record.summary.shared/1", share);
  const auto came = Alliance::told(x.b, "record.summary.received/1");
  CHECK(came["body"]["due"][0]["on"] == "2027-02-22");
  x.b.encounter("B-7", "E-B");
  const auto opened = x.b.must_ask("record.open/1", {{"record_id", came["body"]["record_id"]}, {"patient_id", "B-7"}, {"encounter_id", "E-B"}, {"doctor", Hospital::doctor()}});
  CHECK(opened["record"]["items"].dump().find("8.42") != std::string::npos);
  x.a.submit("consent.withdrawn/1", {{"patient_id", "P1"}, {"partner", "other"}, {"at", Alliance::now_iso()}});
  x.a.submit("record.summary.shared/1", share, "too late");
  CHECK(Alliance::told(x.a, "event.rejected/1")["body"]["findings"][0]["id"] == "event.no_consent");
}

TEST_CASE("I12: a doubtful patient waits for a person - the person's word shows the results, and taking it back hides them again") {
  Alliance x;
  x.open();
  x.b.submit("patient.registered/1", {{"patient", {{"local_id", "B-9"}, {"name", "陈东珅"}, {"sex", "female"}, {"birth_date", "1949-12-31"}, {"phone", "13800000000"}}}});  // no papers at B
  x.b.encounter("B-9", "E-9");
  x.b.receive(Hospital::oru("R1", "M1"));
  const auto told = Alliance::told(x.b, "patient.doubtful/1");
  CHECK(told["body"]["patient_id"] == "B-9");
  CHECK(told["body"]["score"] >= 35);
  CHECK(x.b.list("B-9", "E-9").empty());
  const auto doubt = told["body"]["doubt_id"].get<std::string>();
  decide(x.b, doubt, "confirm");
  REQUIRE(x.eventually([&] { return x.b.list("B-9", "E-9").size() == 1; }));
  x.b.receive(Hospital::oru("R2", "M2"));  // the same person of the same hospital: known now
  REQUIRE(x.eventually([&] { return x.b.list("B-9", "E-9").size() == 2; }));
  // A changed registration does not undo a person's word.
  x.b.submit("patient.updated/1", {{"patient", {{"local_id", "B-9"}, {"name", "陈东珅"}, {"sex", "female"}, {"birth_date", "1949-12-31"}, {"phone", "13900000000"}}}});
  CHECK(x.b.list("B-9", "E-9").size() == 2);
  decide(x.b, doubt, "reject");
  REQUIRE(x.eventually([&] { return x.b.list("B-9", "E-9").empty(); }));
  x.b.receive(Hospital::oru("R3", "M3"));
  x.b.settle();
  CHECK(x.b.list("B-9", "E-9").empty());
}

TEST_CASE("whatever order two messages come in, a hospital ends with the same view: every pair of real messages") {
  Alliance x;
  x.open().registered();
  x.a.wire().connect(Alliance::swallow);
  x.b.wire().connect(Alliance::swallow);
  const auto at = [](int minute) { return Alliance::now_iso(minute); };
  // What A says of one referral, and what B says of another that it was asked: real bytes of both.
  const auto asked = at(0);
  const auto request_of = [&](const std::string& id) {
    auto request = Alliance::request(id);
    request["at"] = asked;
    return request;
  };
  auto request = request_of("AAAA");
  x.a.submit("referral.requested/1", request);
  request["version"] = 2;
  request["priority"] = "critical";
  x.a.submit("referral.requested/1", request);
  x.a.submit("referral.cancelled/1", {{"referral_id", "AAAA"}, {"reason", "放弃"}, {"at", at(9)}});
  REQUIRE(x.eventually([&] { return x.a.wire().sent().size() >= 3; }));
  std::vector<std::string> said_by_a;
  for (const auto& m : x.a.wire().sent()) said_by_a.push_back(m.body);
  REQUIRE_FALSE(x.b.receive(said_by_a[0]).body.empty());
  REQUIRE(x.eventually([&] { return Alliance::view(x.b, "AAAA").value("state", "") == "requested"; }));
  x.b.submit("referral.answered/1", {{"referral_id", "AAAA"}, {"outcome", "accepted"}, {"at", at(2)}});
  x.b.submit("referral.answered/1", {{"referral_id", "AAAA"}, {"outcome", "declined"}, {"reason", "满床"}, {"at", at(3)}});
  x.b.submit("referral.arrived/1", {{"referral_id", "AAAA"}, {"outcome", "no_show"}, {"at", at(4)}});
  x.b.submit("referral.arrived/1", {{"referral_id", "AAAA"}, {"patient_id", "B-7"}, {"at", at(5)}});
  x.b.submit("referral.completed/1", {{"referral_id", "AAAA"}, {"at", at(6)}});
  REQUIRE(x.eventually([&] { return x.b.wire().sent().size() >= 6; }));
  std::vector<std::string> said_by_b;
  for (const auto& m : x.b.wire().sent()) said_by_b.push_back(m.body);

  int serial = 0;
  const auto renamed = [](std::string bytes, const std::string& id) {
    for (auto i = bytes.find("AAAA"); i != bytes.npos; i = bytes.find("AAAA", i + 4)) bytes.replace(i, 4, id);
    return bytes;
  };
  const auto normal = [](json view, const std::string& id) {
    for (const char* gone : {"key", "id", "documents"}) view.erase(gone);
    if (view.contains("received")) view["received"].erase("at");  // when this hospital saw that the package was whole
    auto text = view.dump();
    for (auto i = text.find(id); i != text.npos; i = text.find(id)) text.replace(i, 4, "----");
    return text;
  };
  int pairs = 0;
  const auto compare = [&](Hospital& h, const std::vector<std::string>& messages, const std::function<void(const std::string&)>& before) {
    for (std::size_t one = 0; one < messages.size(); ++one)
      for (std::size_t two = one + 1; two < messages.size(); ++two) {
        std::vector<std::string> ends;
        for (const bool turned : {false, true}) {
          auto id = "T" + std::to_string(++serial);
          id.resize(4, 'x');
          before(id);
          for (const auto i : {turned ? two : one, turned ? one : two}) h.receive(renamed(messages[i], id));
          h.settle();
          ends.push_back(normal(Alliance::view(h, id), id));
        }
        INFO(one << " and " << two);
        CHECK(ends[0] == ends[1]);
        ++pairs;
      }
  };
  compare(x.b, said_by_a, [](const std::string&) {});
  compare(x.a, said_by_b, [&](const std::string& id) {
    x.a.submit("referral.requested/1", request_of(id));
    x.a.settle();
  });
  CHECK(pairs == 18);
}
