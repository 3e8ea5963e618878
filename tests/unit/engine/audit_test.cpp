#include "engine/audit.hpp"

#include <set>

#include "engine/month.hpp"
#include "storage/sqlite.hpp"
#include "tests/support/hospital.hpp"

using namespace huren;
using namespace huren::test;

namespace {

std::vector<store::AuditRow> chain_of(int links) {
  std::vector<store::AuditRow> rows;
  std::string before(32, '\0');
  for (int i = 1; i <= links; ++i) {
    store::AuditRow row{.seq = i, .at_ms = 1000 + i, .event = "report.released", .who = "huren", .object = "report:" + std::to_string(i), .outcome = "final", .fields = "{}", .hash = ""};
    row.hash = before = engine::audit_hash(row, before);
    rows.push_back(row);
  }
  return rows;
}

std::vector<std::string> faults_of(const std::vector<store::AuditRow>& rows, std::int64_t marked) {
  engine::AuditChain chain;
  std::vector<std::string> out;
  const auto note = [&](const std::optional<Error>& fault) {
    if (fault) out.push_back(std::string(fault->id) + " " + fault->args.front());
  };
  for (const auto& row : rows) note(chain.add(row));
  note(chain.end(marked));
  return out;
}

using Faults = std::vector<std::string>;

std::vector<store::AuditRow> audit_of(const Hospital& h) {
  auto store = store::sqlite::SqliteStore::open(h.folder() + "/data", {});
  REQUIRE(store);
  std::vector<store::AuditRow> rows;
  auto read = (*store)->read([&](store::Reader& r) -> Result<void> {
    auto all = r.audit(0, 100'000);
    if (!all) return all.error();
    rows = std::move(*all);
    return {};
  });
  REQUIRE(read);
  return rows;
}

Json check(const char* order, const char* code) {
  return {{"patient_id", "P1"}, {"encounter_id", "E1"}, {"department", "内科"}, {"doctor", Hospital::doctor()}, {"at", "2026-11-22T10:00:00+08:00"},
          {"orders", Json::array({{{"order_id", order}, {"item", {{"code", code}, {"name", "葡萄糖"}}}}})}};
}

Json decision(const char* id, const std::string& outcome, const Json& card, const char* at, const char* reason = "") {
  const auto& ids = card["extension"]["huren"]["result_ids"];
  Json d{{"decision_id", id}, {"suggestion_id", card["suggestions"][0]["uuid"]}, {"order_id", "O1"}, {"order_item", "GLU01"}, {"outcome", outcome},
         {"patient_id", "P1"}, {"encounter_id", "E1"}, {"department", "内科"}, {"doctor", Hospital::doctor()}, {"result_ids", ids}, {"at", at}};
  if (*reason) d["reason"] = reason;
  return d;
}

}  // namespace

TEST_CASE("the audit chain is whole as written, and removal, change, exchange, insertion and a cut tail are found where they are") {
  const auto good = chain_of(9);
  CHECK(faults_of(good, 9).empty());
  auto removed = good;
  removed.erase(removed.begin() + 3, removed.begin() + 5);
  CHECK(faults_of(removed, 9) == Faults{"audit.missing 4"});
  auto renumbered = good;  // removed, and the numbers closed up
  renumbered.erase(renumbered.begin() + 3);
  for (std::size_t i = 3; i < renumbered.size(); ++i) renumbered[i].seq = static_cast<std::int64_t>(i) + 1;
  CHECK(faults_of(renumbered, 9).front() == "audit.changed 4");
  CHECK(faults_of(renumbered, 9).back() == "audit.cut_off 8");
  for (const auto change : {0, 1, 2, 3, 4, 5}) {
    auto changed = good;
    auto& row = changed[4];
    (change == 0 ? row.event : change == 1 ? row.who : change == 2 ? row.object : change == 3 ? row.outcome : row.fields) += "x";
    if (change == 5) {
      row = good[4];
      row.at_ms -= 1;
    }
    CHECK(faults_of(changed, 9) == Faults{"audit.changed 5"});
  }
  auto rehashed = good;  // changed by somebody who knows the hash: the next link tells
  rehashed[4].who = "nobody";
  rehashed[4].hash = engine::audit_hash(rehashed[4], rehashed[3].hash);
  CHECK(faults_of(rehashed, 9) == Faults{"audit.changed 6"});
  auto exchanged = good;
  std::swap(exchanged[2], exchanged[3]);
  CHECK_FALSE(faults_of(exchanged, 9).empty());
  std::swap(exchanged[2].seq, exchanged[3].seq);
  CHECK(faults_of(exchanged, 9).front() == "audit.changed 3");
  auto cut = good;
  cut.resize(6);
  CHECK(faults_of(cut, 9) == Faults{"audit.cut_off 6"});
  CHECK(faults_of(cut, 6).empty());  // the mark went with the tail: only a head that was noted elsewhere tells
  cut.erase(cut.begin());
  CHECK(faults_of(cut, 6) == Faults{"audit.missing 1"});
}

TEST_CASE("what moves between two texts changes the hash") {
  store::AuditRow a{.seq = 1, .at_ms = 1, .event = "ab", .who = "c", .object = "", .outcome = "", .fields = "", .hash = ""}, b = a;
  b.event = "a";
  b.who = "bc";
  CHECK(engine::audit_hash(a, "") != engine::audit_hash(b, ""));
}

TEST_CASE("every look, showing, decision and report of a patient is in the audit, in one whole chain, by opaque ids alone") {
  Hospital b;
  b.open();
  b.registers();
  b.encounter();
  b.receive(Hospital::huren_oru("R-NUMBER-1", "M1", "5.42", 1));
  const auto card = b.must_ask("order.check/1", check("O1", "GLU01"))["cards"][0];
  b.list();
  CHECK(b.ask("results.list/1", {{"patient_id", "P1"}, {"encounter_id", "none"}, {"doctor", Hospital::doctor()}}).status == HUREN_E_DENIED);
  const auto report_id = b.list()[0]["report_id"];
  b.must_ask("result.open/1", {{"report_id", report_id}, {"patient_id", "P1"}, {"encounter_id", "E1"}, {"doctor", Hospital::doctor()}});
  b.submit("recognition.decided/1", decision("DECISION-1", "accepted", card, "2026-11-22T10:01:00+08:00"));
  b.receive(Hospital::huren_oru("R-NUMBER-1", "M2", "9.1", 2));
  b.settle();
  b.close();
  const auto rows = audit_of(b);
  CHECK(faults_of(rows, rows.back().seq).empty());
  std::multiset<std::string> events;
  for (const auto& row : rows) {
    events.insert(row.event);
    const auto whole = row.event + row.who + row.object + row.outcome + row.fields;
    for (const char* patients : {"陈东珅", Hospital::kRid, "1949", "5.42", "9.1", "赵敏", "R-NUMBER-1", "DECISION-1", "\"P1\""}) CHECK(whole.find(patients) == std::string::npos);
  }
  for (const char* once : {"engine.live", "patient.kept", "suggestion.shown", "decision.made", "access.result_open", "retraction.told"}) CHECK(events.count(once) == 1);
  CHECK(events.count("report.received") == 2);
  CHECK(events.count("access.results_list") >= 2);
  CHECK(events.count("access.refused") >= 1);
}

TEST_CASE("the audit cannot be changed through SQL in passing, and a change by force is found") {
  Hospital b;
  b.open();
  b.registers();
  b.encounter();
  b.settle();
  b.close();
  auto db = storage::Database::open(b.folder() + "/data/store.db", {});
  REQUIRE(db);
  CHECK_FALSE((*db)->exec("UPDATE audit SET who='nobody'"));
  CHECK_FALSE((*db)->exec("DELETE FROM audit"));
  const auto before = audit_of(b);
  REQUIRE(before.size() >= 2);
  CHECK(faults_of(before, before.back().seq).empty());
  REQUIRE((*db)->exec("DROP TRIGGER audit_stays; UPDATE audit SET who='nobody' WHERE seq=2"));
  CHECK(faults_of(audit_of(b), before.back().seq) == Faults{"audit.changed 2"});
}

TEST_CASE("the month's figures come out the same from the store and from nothing but the audit trail") {
  Hospital b;
  b.open();
  b.registers();
  b.encounter();
  b.receive(Hospital::huren_oru("R1", "M1", "5.42", 1));
  const auto first = b.must_ask("order.check/1", check("O1", "GLU01"))["cards"][0];
  const auto second = b.must_ask("order.check/1", check("O2", "GLU01"))["cards"][0];
  b.must_ask("order.check/1", check("O3", "GLU01"));
  b.must_ask("order.check/1", check("O3", "GLU01"));  // the same again counts once
  b.submit("recognition.decided/1", decision("D-1", "accepted", first, "2026-11-22T10:01:00+08:00"));
  b.submit("recognition.decided/1", decision("D-2", "declined", second, "2026-11-22T10:02:00+08:00", "rapid_course"));
  b.submit("recognition.decided/1", decision("D-3", "accepted", first, "2026-11-30T23:59:59+08:00"));
  b.submit("recognition.revoked/1", decision("D-3", "revoked", first, "2026-12-01T00:00:00+08:00"));
  b.settle();
  const auto now = b.clock->now_ms();
  b.close();
  auto store = store::sqlite::SqliteStore::open(b.folder() + "/data", {});
  REQUIRE(store);
  for (const auto& month : {*recognition::month_of("2026-11", 480), *recognition::month_of("2026-12", 480), recognition::month_of(now, 480)}) {
    recognition::Figures rows(month, nullptr), trail(month, nullptr);
    REQUIRE((*store)->read([&](store::Reader& r) { return engine::figures_from_store(r, rows); }));
    Findings chain;
    REQUIRE(engine::figures_from_audit(**store, trail, chain));
    CHECK(chain.empty());
    CHECK(rows.to_json("H") == trail.to_json("H"));
    CHECK(rows.to_csv(std::nullopt) == trail.to_csv(std::nullopt));
  }
  recognition::Figures november(*recognition::month_of("2026-11", 480), nullptr), shown(recognition::month_of(now, 480), nullptr);
  REQUIRE((*store)->read([&](store::Reader& r) { return engine::figures_from_store(r, november); }));
  REQUIRE((*store)->read([&](store::Reader& r) { return engine::figures_from_store(r, shown); }));
  const auto total = november.total(false);
  CHECK(total.accepted == 1);
  CHECK(total.declined == 1);
  CHECK(total.saved_cents == 600);
  CHECK(november.rows(recognition::By::partner)[0].key == "other");
  CHECK(november.rows(recognition::By::item)[0].key == "GLU");
  CHECK(shown.total(false).shown == 3);
  CHECK(shown.total(false).refused == 1);
  CHECK(shown.total(false).taken_back == 1);
  CHECK(shown.total(false).unanswered == 1);
}
