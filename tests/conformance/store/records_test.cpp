// Patients, reports, results, notices, decisions: what is put is found again, by every way the engine looks.
#include "subject.hpp"

using namespace huren;
using namespace huren::store;
using huren::test::good;

namespace {

using Ids = std::vector<std::string>;

ReportRow report(const std::string& id, const std::string& patient, int version = 1, const std::string& number = "R1") {
  ReportRow r;
  r.id = id;
  r.origin = "H1";
  r.number = number;
  r.version = version;
  r.status = "final";
  r.source = "city";
  r.patient_id = patient;
  r.verified_ids = {{"resident", "X1"}, {"social", "Y1"}};
  r.rest = std::string("rest\0", 5) + std::to_string(version);
  r.hl7 = "MSH|\r\xFF";
  r.document = std::string("<a>\0</a>", 8);
  r.stored_ms = 1000 + version;
  return r;
}

ResultRow result(const std::string& item, std::int64_t collected, int position = 0) {
  ResultRow r;
  r.item = item;
  r.status = "final";
  r.collected_ms = collected;
  r.position = position;
  return r;
}

template <class Row>
Ids ids(const std::vector<Row>& rows) {
  Ids out;
  for (const auto& r : rows) out.push_back(r.id);
  return out;
}

}  // namespace

TEST_CASE("a patient is found by the HIS's number, by id and by every verified identifier, and by none that it lost") {
  FOR_EACH_STORE(o) {
    o.write([](Unit& u) -> Result<void> {
      if (auto d = u.put_patient({"p1", "L1", "{\"a\":1}", {{"resident", "A"}, {"social", "B"}}}); !d) return d;
      return u.put_patient({"p2", "L2", "{}", {{"resident", "A"}}});
    });
    o.read([](Reader& r) {
      CHECK(good(r.patient_by_local_id("L1"))->id == "p1");
      CHECK(good(r.patient("p1"))->json == "{\"a\":1}");
      CHECK(good(r.patient("p1"))->verified_ids.size() == 2);
      CHECK(ids(good(r.patients_by_verified_id("resident", "A"))) == Ids{"p1", "p2"});
      CHECK_FALSE(good(r.patient("none")));
      CHECK_FALSE(good(r.patient_by_local_id("none")));
    });
    o.write([](Unit& u) { return u.put_patient({"p1", "L9", "{\"a\":2}", {{"resident", "C"}}}); });
    o.read([](Reader& r) {
      CHECK(ids(good(r.patients_by_verified_id("resident", "A"))) == Ids{"p2"});
      CHECK(good(r.patients_by_verified_id("social", "B")).empty());
      CHECK(good(r.patient_by_local_id("L9"))->json == "{\"a\":2}");
      CHECK_FALSE(good(r.patient_by_local_id("L1")));
    });
  }
}

TEST_CASE("a tie is one for patient, partner, basis and reference - its end may be moved") {
  FOR_EACH_STORE(o) {
    o.write([](Unit& u) -> Result<void> {
      if (auto d = u.put_tie({"p1", "b", "referral", "r1", 10, 0}); !d) return d;
      if (auto d = u.put_tie({"p1", "b", "consent", "", 10, 0}); !d) return d;
      return u.put_tie({"p1", "b", "referral", "r1", 10, 99});
    });
    o.read([](Reader& r) {
      auto ties = good(r.ties("p1"));
      REQUIRE(ties.size() == 2);
      CHECK(ties[1].to_ms == 99);
      CHECK(good(r.ties("p2")).empty());
    });
  }
}

TEST_CASE("a report that was asked for in vain is there once it was put, and gone again with what undid it") {
  FOR_EACH_STORE(o) {
    o.write([](Unit& u) -> Result<void> {
      CHECK(good(u.report_versions("H1", "R1")).empty());
      const auto undone = u.nested([&]() -> Result<void> {
        if (auto d = u.put_report(report("v1", "p1"), {}); !d) return d;
        CHECK(ids(good(u.report_versions("H1", "R1"))) == Ids{"v1"});
        return Error{"test.undo", "", {}};
      });
      CHECK_FALSE(undone);
      CHECK(good(u.report_versions("H1", "R1")).empty());
      CHECK(good(u.report_versions("H1", "R2")).empty());
      if (auto d = u.put_report(report("v1", "p1"), {}); !d) return d;
      CHECK(ids(good(u.report_versions("H1", "R1"))) == Ids{"v1"});
      CHECK(good(u.report_versions("H1", "R2")).empty());
      return {};
    });
    o.read([](Reader& r) { CHECK(ids(good(r.report_versions("H1", "R1"))) == Ids{"v1"}); });
  }
}

TEST_CASE("a report version comes back whole, its versions ascend, a patient's list is newest first and light") {
  FOR_EACH_STORE(o) {
    o.write([](Unit& u) -> Result<void> {
      if (auto d = u.put_report(report("v2", "p1", 2), {}); !d) return d;
      if (auto d = u.put_report(report("v1", "p1", 1), {}); !d) return d;
      return u.put_report(report("w1", "p1", 5, "R2"), {});
    });
    o.read([](Reader& r) {
      auto v1 = good(r.report("v1"));
      REQUIRE(v1);
      CHECK(v1->hl7 == report("v1", "p1").hl7);
      CHECK(v1->document == report("v1", "p1").document);
      CHECK(v1->verified_ids == report("v1", "p1").verified_ids);
      CHECK(v1->source == "city");
      CHECK(v1->current);
      CHECK(ids(good(r.report_versions("H1", "R1"))) == Ids{"v1", "v2"});
      auto all = good(r.reports_of("p1"));
      CHECK(ids(all) == Ids{"w1", "v2", "v1"});
      CHECK(all[0].rest == std::string("rest\0005", 6));
      CHECK(all[0].hl7.empty());
      CHECK(all[0].document.empty());
      CHECK_FALSE(good(r.report("none")));
    });
  }
}

TEST_CASE("a report comes with its observations by position, alone and among others, whoever owns it and whatever became of it") {
  FOR_EACH_STORE(o) {
    const auto seen = [](const ReportRow& r) {
      std::string out = r.id + ":";
      for (const auto& one : r.observations) out += one;
      return out;
    };
    const auto with = [](std::vector<ResultRow> rows) {
      for (auto& r : rows) r.brief = "<" + std::to_string(r.position) + r.item + ">";
      return rows;
    };
    o.write([&](Unit& u) -> Result<void> {
      auto ours = report("v1", "p1");
      ours.source = "";
      if (auto d = u.put_report(ours, with({result("B", 200, 1), result("C", 100, 2), result("A", 100, 0)})); !d) return d;
      if (auto d = u.put_report(report("w1", "p1", 5, "R2"), with({result("D", 100, 0)})); !d) return d;
      if (auto d = u.put_report(report("x1", "p1", 6, "R3"), {}); !d) return d;
      if (auto d = u.put_report(report("v2", "", 2), with({result("E", 300, 0), result("F", 300, 1)})); !d) return d;
      return u.retire_report("v1");
    });
    o.read([&](Reader& r) {
      CHECK(seen(*good(r.report("v1"))) == "v1:<0A><1B><2C>");
      CHECK(seen(*good(r.report("v2"))) == "v2:<0E><1F>");
      CHECK(seen(*good(r.report("x1"))) == "x1:");
      const auto all = good(r.reports_of("p1"));
      REQUIRE(all.size() == 3);
      CHECK(seen(all[0]) == "x1:");
      CHECK(seen(all[1]) == "w1:<0D>");
      CHECK(seen(all[2]) == "v1:<0A><1B><2C>");
      const auto versions = good(r.report_versions("H1", "R1"));
      REQUIRE(versions.size() == 2);
      CHECK(seen(versions[1]) == "v2:<0E><1F>");
      CHECK(seen(good(r.unmatched_reports("social", "Y1")).at(0)) == "v2:<0E><1F>");
      CHECK(good(r.own_reports(0, 0, 10)).empty());  // retired
    });
    o.write([&](Unit& u) {
      auto ours = report("o1", "p1", 1, "R9");
      ours.source = "";
      return u.put_report(ours, with({result("G", 100, 0)}));
    });
    o.write([](Unit& u) { return u.match_report("v2", "p1"); });
    o.read([&](Reader& r) {
      CHECK(seen(*good(r.report("v2"))) == "v2:<0E><1F>");
      const auto own = good(r.own_reports(0, 0, 10));
      REQUIRE(own.size() == 1);
      CHECK(seen(own[0].second) == "o1:<0G>");
    });
  }
}

TEST_CASE("results of a patient: current ones of the items asked for, since a time, newest first") {
  FOR_EACH_STORE(o) {
    o.write([](Unit& u) -> Result<void> {
      if (auto d = u.put_report(report("v1", "p1"), {result("GLU", 100, 1), result("CHOL", 100, 0)}); !d)
        return d;
      return u.put_report(report("v2", "p1", 1, "R2"), {result("GLU", 300), result("", 300, 1)});
    });
    o.read([](Reader& r) {
      CHECK(ids(good(r.results_of("p1", {"GLU", "CHOL"}, 0))) == Ids{"v2.0", "v1.1", "v1.0"});
      CHECK(ids(good(r.results_of("p1", {"CHOL", "GLU"}, 0))) == Ids{"v2.0", "v1.0", "v1.1"});
      CHECK(ids(good(r.results_of("p1", {"GLU", "GLU"}, 0))) == Ids{"v2.0", "v1.1"});
      CHECK(ids(good(r.results_of("p1", {"GLU"}, 101))) == Ids{"v2.0"});
      CHECK(ids(good(r.results_of("p1", {"GLU"}, 300))) == Ids{"v2.0"});
      CHECK(good(r.results_of("p1", {}, 0)).size() == 4);
      CHECK(ids(good(r.results_in("v1"))) == Ids{"v1.0", "v1.1"});
      CHECK(good(r.result("v1.1"))->report_id == "v1");
      CHECK(good(r.result("v1.1"))->patient_id == "p1");
      CHECK_FALSE(good(r.result("v1.2")));
      CHECK_FALSE(good(r.result("v1.")));
      CHECK_FALSE(good(r.result("v1")));
    });
    o.write([](Unit& u) { return u.retire_report("v2"); });
    o.read([](Reader& r) {
      CHECK(ids(good(r.results_of("p1", {"GLU"}, 0))) == Ids{"v1.1"});
      CHECK_FALSE(good(r.result("v2.0"))->current);
      CHECK_FALSE(good(r.report("v2"))->current);
    });
  }
}

TEST_CASE("I12: an unmatched report is nobody's until it is matched, and then it is the patient's alone") {
  FOR_EACH_STORE(o) {
    o.write([](Unit& u) { return u.put_report(report("v1", ""), {result("GLU", 100)}); });
    o.read([](Reader& r) {
      CHECK(good(r.results_of("", {"GLU"}, 0)).empty());
      CHECK(good(r.reports_of("")).empty());
      CHECK(ids(good(r.unmatched_reports("resident", "X1"))) == Ids{"v1"});
      CHECK(good(r.unmatched_reports("resident", "other")).empty());
      CHECK(good(r.depths(0)).unmatched == 1);
    });
    o.write([](Unit& u) { return u.match_report("v1", "p1"); });
    o.read([](Reader& r) {
      CHECK(ids(good(r.results_of("p1", {"GLU"}, 0))) == Ids{"v1.0"});
      CHECK(good(r.results_in("v1")).size() == 1);
      CHECK(ids(good(r.reports_of("p1"))) == Ids{"v1"});
      CHECK(good(r.unmatched_reports("resident", "X1")).empty());
      CHECK(good(r.depths(0)).unmatched == 0);
    });
    o.write([](Unit& u) { return u.match_report("v1", ""); });
    o.read([](Reader& r) {
      CHECK(good(r.results_of("p1", {"GLU"}, 0)).empty());
      CHECK(ids(good(r.unmatched_reports("social", "Y1"))) == Ids{"v1"});
    });
  }
}

TEST_CASE("putting a report id again replaces it and its results") {
  FOR_EACH_STORE(o) {
    o.write([](Unit& u) { return u.put_report(report("v1", ""), {result("GLU", 100), result("K", 100, 1)}); });
    o.write([](Unit& u) { return u.put_report(report("v1", "p1", 3), {result("GLU", 200)}); });
    o.read([](Reader& r) {
      CHECK(good(r.results_in("v1")).size() == 1);
      CHECK(good(r.report_versions("H1", "R1")).size() == 1);
      CHECK(good(r.report("v1"))->version == 3);
      CHECK(good(r.unmatched_reports("resident", "X1")).empty());
    });
  }
}

TEST_CASE("a notice comes to one asker at a time, comes back when its lease ends, and goes when acknowledged") {
  FOR_EACH_STORE(o) {
    o.write([](Unit& u) -> Result<void> {
      if (auto d = u.put_notice({"n1", "result.received/1", "{\"a\":1}", 10, 0, 0}); !d) return d;
      if (auto d = u.put_notice({"n1", "result.received/1", "{\"a\":2}", 11, 0, 0}); !d) return d;
      return u.put_notice({"n2", "result.received/1", "{}", 12, 0, 0});
    });
    const auto lease = [&](std::int64_t now) {
      std::string id;
      o.write([&](Unit& u) -> Result<void> {
        auto notice = good(u.lease_notice(now, now + 30));
        if (notice) id = notice->id + notice->json;
        return {};
      });
      return id;
    };
    CHECK(lease(100) == "n1{\"a\":1}");
    CHECK(lease(101) == "n2{}");
    CHECK(lease(102).empty());
    CHECK(lease(130) == "n1{\"a\":1}");
    o.write([](Unit& u) { return u.unlease_notice("n1"); });
    CHECK(lease(130) == "n1{\"a\":1}");
    o.write([](Unit& u) -> Result<void> {
      CHECK(good(u.acknowledge_notice("n1", 140)));
      CHECK(good(u.acknowledge_notice("n1", 141)));
      CHECK_FALSE(good(u.acknowledge_notice("none", 141)));
      return {};
    });
    CHECK(lease(1000) == "n2{}");
    o.read([](Reader& r) { CHECK(good(r.depths(0)).notices_open == 1); });
    CHECK(lease(0) == "n2{}");  // the clock was set back: a lease from the future holds nobody up
  }
}

TEST_CASE("the last word on a decision counts once in the figures, in whatever order the words arrive") {
  FOR_EACH_STORE(o) {
    DecisionRow d;
    d.id = "d1";
    d.outcome = "accepted";
    d.result_ids = {"a", "b"};
    d.result_refs = {"H1/R1#GLU"};
    d.at_ms = 100;
    d.saved_cents = 500;
    d.item = "GLU";
    d.partner = "city+own";
    auto revoked = d;
    revoked.outcome = "revoked";
    revoked.saved_cents = 0;
    revoked.at_ms = 200;
    auto there = d;
    there.id = "d2";
    there.source = "city";
    there.outcome = "declined";
    there.reason = "condition_changed";
    there.saved_cents = 0;
    auto three = d;
    three.id = "d3";
    o.write([&](Unit& u) -> Result<void> {
      for (const auto& row : {revoked, d, there, three, three})
        if (auto done = u.put_decision(row); !done) return done;
      return {};
    });
    o.read([](Reader& r) {
      CHECK(good(r.decision("d1"))->outcome == "revoked");
      CHECK(good(r.decision("d1"))->result_ids == Ids{"a", "b"});
      CHECK(good(r.decision("d1"))->result_refs == Ids{"H1/R1#GLU"});
      CHECK_FALSE(good(r.decision("none")));
      auto all = good(r.decisions(0, 1000));
      CHECK(ids(all) == Ids{"d2", "d3", "d1"});
      CHECK(all[0].source == "city");
      CHECK(all[0].reason == "condition_changed");
      CHECK(all[1].item == "GLU");
      CHECK(all[1].partner == "city+own");
      CHECK(good(r.decisions(0, 100)).empty());
      CHECK(ids(good(r.decisions(200, 201))) == Ids{"d1"});
    });
  }
}

TEST_CASE("one tie is found without the others, and the newest message to apply by its number") {
  FOR_EACH_STORE(o) {
    o.write([](Unit& u) -> Result<void> {
      if (auto d = u.put_tie({"p1", "", "encounter", "e1", 10, 20}); !d) return d;
      return u.put_tie({"p1", "", "encounter", "e2", 10, 0});
    });
    o.read([](Reader& r) {
      CHECK(good(r.tie("p1", "", "encounter", "e1"))->to_ms == 20);
      CHECK_FALSE(good(r.tie("p1", "", "referral", "e1")));
      CHECK_FALSE(good(r.tie("p2", "", "encounter", "e1")));
      CHECK(good(r.inbox_newest()) == 0);
    });
  }
}

TEST_CASE("the compact records of a report and its results come back byte by byte, without the rest of the report") {
  FOR_EACH_STORE(o) {
    const std::string bytes("\x01\0b", 3);
    o.write([&](Unit& u) {
      auto row = report("v1", "p1");
      row.brief = bytes;
      auto one = result("GLU", 100);
      one.brief = bytes + "x";
      return u.put_report(row, {one});
    });
    o.read([&](Reader& r) {
      const auto head = good(r.report_head("v1"));
      REQUIRE(head);
      CHECK(head->brief == bytes);
      CHECK(head->source == "city");
      CHECK(head->rest.empty());
      CHECK(head->observations.empty());
      CHECK_FALSE(good(r.report_head("none")));
      CHECK(good(r.report("v1"))->brief == bytes);
      CHECK(good(r.results_of("p1", {"GLU"}, 0))[0].brief == bytes + "x");
      CHECK(good(r.result("v1.0"))->brief == bytes + "x");
    });
  }
}

TEST_CASE(
    "I10: the audience of a report is everyone who saw any version, and a retraction is open until each was told") {
  FOR_EACH_STORE(o) {
    o.write([](Unit& u) -> Result<void> {
      if (auto d = u.put_report(report("v1", "p1"), {}); !d) return d;
      if (auto d = u.put_report(report("v2", "p1", 2), {}); !d) return d;
      if (auto d = u.put_view({"v1", "doc1", "shown", 10}); !d) return d;
      if (auto d = u.put_view({"v1", "doc1", "shown", 20}); !d) return d;
      if (auto d = u.put_view({"v2", "doc2", "recognised", 30}); !d) return d;
      if (auto d = u.put_retraction({"n1", "v1", "doc1", 40, 0}); !d) return d;
      if (auto d = u.put_retraction({"n1", "v1", "doc1", 40, 0}); !d) return d;
      return u.put_retraction({"n1", "v1", "doc2", 40, 0});
    });
    o.read([](Reader& r) {
      auto seen = good(r.audience("H1", "R1"));
      REQUIRE(seen.size() == 2);
      CHECK(seen[0].doctor_id == "doc1");
      CHECK(seen[0].at_ms == 10);
      CHECK(seen[1].kind == "recognised");
      CHECK(good(r.audience("H1", "R9")).empty());
      CHECK(good(r.open_retractions()).size() == 2);
    });
    o.write([](Unit& u) { return u.acknowledge_retraction("n1", "doc1", 50); });
    o.write([](Unit& u) { return u.acknowledge_retraction("n1", "nobody", 50); });
    o.read([](Reader& r) {
      auto open = good(r.open_retractions());
      REQUIRE(open.size() == 1);
      CHECK(open[0].doctor_id == "doc2");
    });
  }
}

TEST_CASE("cursors and parked events are kept") {
  FOR_EACH_STORE(o) {
    o.write([](Unit& u) -> Result<void> {
      CHECK(good(u.cursor("spool")) == 0);
      if (auto d = u.set_cursor("spool", 7); !d) return d;
      if (auto d = u.set_cursor("spool", 8); !d) return d;
      if (auto d = u.park_event({0, "lab.report.released/1", "k1", "remark", 5}); !d) return d;
      return u.park_event({77, "lab.report.released/1", "k2", "remark", 5});
    });
    o.reopen();
    o.read([](Reader& r) {
      CHECK(good(r.cursor("spool")) == 8);
      auto parked = good(r.parked_events(10));
      REQUIRE(parked.size() == 2);
      CHECK(parked[0].key == "k1");
      CHECK(parked[1].id == 77);
      CHECK(parked[0].remark == "remark");
    });
  }
}
