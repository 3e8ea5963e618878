// What follows a person and what does not: merged records, consent that ends, the days that a package covers.
#include "storage/sqlite.hpp"
#include "tests/support/alliance.hpp"

using namespace huren::test;
using nlohmann::json;

namespace {

json merge(const std::string& stays, const std::string& goes) { return {{"patient_id", stays}, {"prior_id", goes}, {"at", Alliance::now_iso()}}; }
json of_patient(Hospital& h, const std::string& patient) { return Alliance::list(h, {{"patient_id", patient}}); }
std::string status_of(Hospital& h, const std::string& record, const std::string& patient, const std::string& encounter) {
  return std::string(h.ask("record.open/1", {{"record_id", record}, {"patient_id", patient}, {"encounter_id", encounter}, {"doctor", Hospital::doctor()}}).error.id);
}
json share(const std::string& patient) {
  return {{"patient_id", patient}, {"partner", "other"}, {"at", Alliance::now_iso()}, {"record", {{"kind", "C0001"}, {"items", Alliance::items({{"diagnosis", "2型糖尿病"}})}}}};
}

}  // namespace

TEST_CASE("a merge brings requests, documents and examinations together, and an un-merge takes them apart again") {
  Alliance x;
  x.open().registered();
  x.a.submit("patient.registered/1", {{"patient", {{"local_id", "P2"}, {"name", "陈东珅"}, {"sex", "female"}, {"birth_date", "1949-12-31"}}}});  // registered twice, the second time without papers
  x.a.encounter("P1", "E-1");
  x.a.encounter("P2", "E-2");
  x.a.submit("exam.requested/1", {{"exam_id", "X-1"}, {"patient_id", "P1"}, {"to_partner", "other"}, {"category", "ecg"}, {"service", {{"code", "EKG12"}}}, {"at", Alliance::now_iso()}});
  REQUIRE(x.both("X-1", "requested"));
  x.b.submit("exam.report.released/1", {{"exam_id", "X-1"}, {"at", Alliance::now_iso()}, {"record", {{"items", Alliance::items({{"diagnosis", "胸痛"}, {"exam_item", "心电图"}, {"exam_finding", "窦性心律"}, {"exam_impression", "大致正常"}})}}}});
  REQUIRE(x.both("X-1", "completed"));
  const auto at_a = Alliance::view(x.a, "X-1");
  const auto record = at_a["documents"][0]["record_id"].get<std::string>();
  const auto examinations = [&](const char* patient, const char* encounter) {
    return x.a.must_ask("results.list/1", {{"patient_id", patient}, {"encounter_id", encounter}, {"doctor", Hospital::doctor()}})["examinations"].size();
  };
  CHECK(of_patient(x.a, "P2").empty());
  CHECK(status_of(x.a, record, "P2", "E-2") == "query.unknown_record");

  x.a.submit("patient.merged/1", merge("P2", "P1"));
  x.a.settle();
  CHECK(of_patient(x.a, "P2").size() == 1);
  CHECK(of_patient(x.a, "P1").size() == 1);
  CHECK(status_of(x.a, record, "P2", "E-2").empty());
  CHECK(examinations("P2", "E-2") == 1);

  x.a.submit("patient.unmerged/1", merge("P2", "P1"));
  x.a.settle();
  CHECK(of_patient(x.a, "P2").empty());
  CHECK(of_patient(x.a, "P1").size() == 1);
  CHECK(status_of(x.a, record, "P2", "E-2") == "query.unknown_record");
  CHECK(examinations("P2", "E-2") == 0);
}

TEST_CASE("a summary leaves the partner when the consent ends, with the message that brought it, and comes again with it") {
  Alliance x;
  x.a.config.agreements[0].basis = "consent";
  x.open().registered();
  x.b.encounter("B-7", "E-B");
  x.a.submit("consent.given/1", {{"patient_id", "P1"}, {"partner", "other"}, {"at", "2026-11-22T08:00:00+08:00"}});
  x.a.submit("record.summary.shared/1", share("P1"));
  const auto record = Alliance::told(x.b, "record.summary.received/1")["body"]["record_id"].get<std::string>();
  CHECK(status_of(x.b, record, "B-7", "E-B").empty());
  const auto bodies = [&] {
    auto db = huren::storage::Database::open(x.b.folder() + "/data/store.db", {.read_only = true});
    REQUIRE(db);
    auto n = huren::storage::Query(**db, "SELECT count(*) FROM inbox_body WHERE instr(CAST(body AS TEXT), 'MDM^T02') > 0").number();
    REQUIRE(n);
    return *n;
  };
  CHECK(bodies() == 1);
  x.a.submit("consent.withdrawn/1", {{"patient_id", "P1"}, {"partner", "other"}, {"at", Alliance::now_iso()}});
  CHECK(x.b.eventually([&] { return status_of(x.b, record, "B-7", "E-B") == "query.unknown_record"; }));
  CHECK(bodies() == 0);
  x.a.submit("consent.given/1", {{"patient_id", "P1"}, {"partner", "other"}, {"at", Alliance::now_iso()}});
  x.a.submit("record.summary.shared/1", share("P1"));
  CHECK(Alliance::told(x.b, "record.summary.received/1")["body"]["version"] == 2);
}

TEST_CASE("the package holds the reports of as many days as the agreement says, and what the partner has already is not sent twice") {
  Alliance x;
  x.a.config.agreements[0].package_days = 7;
  x.open().registered();
  x.a.submit("lab.report.released/1", Hospital::report("OLD"));
  x.a.settle();
  x.a.clock->advance(std::chrono::hours(24 * 8));
  x.b.clock->advance(std::chrono::hours(24 * 8));
  x.a.submit("lab.report.released/1", Hospital::report("NEW"));
  const auto asks = [&](const char* id) {
    auto request = Alliance::request(id);
    request["at"] = Alliance::now_iso(24 * 8 * 60);
    x.a.submit("referral.requested/1", request);
    REQUIRE(x.eventually([&] { return Alliance::view(x.b, id).contains("package"); }));
    std::vector<std::string> reports;
    const auto view = Alliance::view(x.b, id);
    for (const auto& l : view["package"]["lines"])
      if (l["kind"] == "report") reports.push_back(l["number"]);
    return reports;
  };
  CHECK(asks("ZZ-1") == std::vector<std::string>{"NEW"});
  CHECK(asks("ZZ-2") == std::vector<std::string>{"NEW"});
  REQUIRE(x.eventually([&] { return Alliance::view(x.b, "ZZ-2")["package"].value("state", "") == "complete"; }));
  const auto sent = x.a.reports_sent();
  CHECK(std::count_if(sent.begin(), sent.end(), [](const auto& m) { return m.body.find("|NEW|") != std::string::npos || m.body.find("|NEW^") != std::string::npos; }) == 1);
}
