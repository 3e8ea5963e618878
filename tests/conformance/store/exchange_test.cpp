// What is exchanged otherwise than by the outbox: disclosures, bars, index entries, questions that wait, what is held.
#include "subject.hpp"

using namespace huren;
using namespace huren::store;
using huren::test::good;

static ReportRow report(const std::string& number, int version, std::int64_t reported_ms, const std::string& source = "") {
  ReportRow r;
  r.id = number + "/" + std::to_string(version);
  r.origin = source.empty() ? "H1" : "H2";
  r.number = number;
  r.version = version;
  r.status = "final";
  r.source = source;
  r.patient_id = "p1";
  r.rest = "{}";
  r.hl7 = "MSH";
  r.document = "<a/>";
  r.stored_ms = 1000 + version;
  r.reported_ms = reported_ms;
  r.digest = "d" + std::to_string(version);
  return r;
}

TEST_CASE("who was answered counts among the receivers of a correction, who got an index entry does not") {
  FOR_EACH_STORE(o) {
    o.write([](Unit& u) -> Result<void> {
      if (auto d = u.put_disclosure({"H1/R1", "city", "pull", "q", 1}); !d) return d;
      if (auto d = u.put_disclosure({"H1/R1", "city", "pull", "q2", 2}); !d) return d;
      if (auto d = u.put_disclosure({"H1/R1", "town", "index", "q", 1}); !d) return d;
      return u.enqueue({.id = 0, .message_id = "M", .partner = "village", .type = "", .content_type = "", .body = "x", .order_key = "", .subject = "H1/R1", .remark = ""});
    });
    o.read([](Reader& r) {
      CHECK(good(r.receivers("H1/R1")) == std::vector<std::string>{"city", "village"});
      CHECK(good(r.disclosed("H1/R1", "town", "index")));
      CHECK_FALSE(good(r.disclosed("H1/R1", "town", "pull")));
      CHECK(good(r.outbox_of("H1/R1", "village")).size() == 1);
      CHECK(good(r.outbox_of("H1/R1", "city")).empty());
    });
  }
}

TEST_CASE("a bar is put, changed and lifted") {
  FOR_EACH_STORE(o) {
    o.write([](Unit& u) -> Result<void> {
      if (auto d = u.put_bar({"city", "H1/R1", false, 5}); !d) return d;
      return u.put_bar({"city", "H1/R1", true, 6});
    });
    o.read([](Reader& r) {
      const auto bar = good(r.bar("city", "H1/R1"));
      REQUIRE(bar);
      CHECK(bar->removed);
      CHECK(bar->at_ms == 6);
      CHECK_FALSE(good(r.bar("town", "H1/R1")));
    });
    o.write([](Unit& u) { return u.lift_bar("city", "H1/R1"); });
    o.read([](Reader& r) { CHECK_FALSE(good(r.bar("city", "H1/R1"))); });
  }
}

TEST_CASE("an index entry is found by any of its tokens, once an item - newer versions replace it, older ones do not, a held one is not shown") {
  FOR_EACH_STORE(o) {
    const auto shown = [&](const std::vector<std::string>& tokens) {
      std::size_t n = 0;
      o.read([&](Reader& r) { n = good(r.index_entries(tokens, 0)).size(); });
      return n;
    };
    o.write([](Unit& u) -> Result<void> {
      CHECK(good(u.put_index({"city", "h1", 2, {"t1", "t2"}, {"GLU", "K"}, 100, 1})));
      CHECK_FALSE(good(u.put_index({"city", "h1", 1, {"t3"}, {"NA"}, 100, 1})));
      return {};
    });
    CHECK(shown({"t1"}) == 2);
    CHECK(shown({"t1", "t2"}) == 2);
    CHECK(shown({"t3"}) == 0);
    o.read([](Reader& r) { CHECK(good(r.index_entries({"t1"}, 101)).empty()); });
    o.write([](Unit& u) { return u.index_held("city", "h1", 2); });
    CHECK(shown({"t1"}) == 0);
    o.write([](Unit& u) -> Result<void> {
      CHECK(good(u.put_index({"city", "h1", 3, {"t1"}, {"GLU"}, 100, 1})));
      return {};
    });
    CHECK(shown({"t1"}) == 1);
    o.write([](Unit& u) -> Result<void> {
      CHECK(good(u.put_index({"city", "h1", 4, {}, {}, 0, 1})));
      return u.index_held("city", "h9", 2);  // the report came before its entry
    });
    CHECK(shown({"t1"}) == 0);
    o.write([](Unit& u) -> Result<void> {
      CHECK_FALSE(good(u.put_index({"city", "h9", 1, {"t1"}, {"GLU"}, 100, 1})));
      return {};
    });
    CHECK(shown({"t1"}) == 0);
  }
}

TEST_CASE("a question waits once for each reason, comes when its time has come, and is not held up by a clock that went back") {
  FOR_EACH_STORE(o) {
    o.write([](Unit& u) -> Result<void> {
      FetchRow f{.id = 0, .partner = "city", .patient_id = "p1", .reason = "encounter", .reference = "E1", .doctor_id = "", .asked_ms = 100, .next_ms = 100, .until_ms = 900, .attempts = 0};
      if (auto d = u.put_fetch(f); !d) return d;
      f.until_ms = 950;
      return u.put_fetch(f);
    });
    std::int64_t id = 0;
    o.read([&](Reader& r) {
      CHECK(good(r.fetches_due("city", 99, 10)).empty());
      const auto due = good(r.fetches_due("city", 100, 10));
      REQUIRE(due.size() == 1);
      CHECK(due[0].until_ms == 950);
      id = due[0].id;
      CHECK(good(r.fetches_due("town", 100, 10)).empty());
    });
    o.write([&](Unit& u) { return u.postpone_fetch(id, 100'000'000); });
    o.read([](Reader& r) {
      CHECK(good(r.fetches_due("city", 99'000'000, 10)).empty());
      const auto due = good(r.fetches_due("city", 1'000'000, 10));
      REQUIRE(due.size() == 1);
      CHECK(due[0].attempts == 1);
    });
    o.write([&](Unit& u) { return u.finish_fetch(id); });
    o.read([](Reader& r) { CHECK(good(r.fetches_due("city", 1'000'000'000, 10)).empty()); });
  }
}

TEST_CASE("held tells the newest version of each report by its own day - own reports come in the order they were stored") {
  FOR_EACH_STORE(o) {
    o.write([](Unit& u) -> Result<void> {
      for (const auto& r : {report("R1", 1, 10), report("R1", 2, 20), report("R2", 1, 10), report("X1", 1, 10, "city")})
        if (auto d = u.put_report(r, {}); !d) return d;
      return u.retire_report("R1/1");
    });
    o.read([](Reader& r) {
      const auto first = good(r.held("", 10, 20)), second = good(r.held("", 20, 21));
      REQUIRE(first.size() == 1);
      CHECK(first[0].number == "R2");
      REQUIRE(second.size() == 1);
      CHECK(second[0].version == 2);
      CHECK(second[0].digest == "d2");
      CHECK(good(r.held("city", 0, 100)).size() == 1);
      const auto own = good(r.own_reports(0, 0, 10));
      REQUIRE(own.size() == 2);
      CHECK(own[0].second.id == "R1/2");
      CHECK(good(r.own_reports(own[0].first, 0, 10)).size() == 1);
      CHECK(good(r.own_reports(0, 1002, 10)).size() == 1);
    });
  }
}

TEST_CASE("a report without results is its patient's like any other: found, moved and moved back") {
  FOR_EACH_STORE(o) {
    const auto of = [&](const std::string& patient) {
      std::vector<std::string> numbers;
      o.read([&](Reader& r) {
        for (const auto& row : good(r.reports_of(patient))) numbers.push_back(row.number);
      });
      return numbers;
    };
    using Numbers = std::vector<std::string>;
    o.write([](Unit& u) -> Result<void> {
      ResultRow early, late;
      early.collected_ms = 1, late.collected_ms = 2;
      early.item = late.item = "GLU";
      if (auto d = u.put_report(report("X1", 1, 10), {}); !d) return d;
      return u.put_report(report("X2", 2, 10), {early, late});
    });
    CHECK(of("p1") == Numbers{"X2", "X1"});  // each once, of however many times its results are
    for (const auto& [to, rest] : {std::pair<std::string, Numbers>{"p2", {"X2"}}, {"", {"X2"}}, {"p1", {"X2", "X1"}}}) {
      o.write([&](Unit& u) { return u.match_report("X1/1", to); });
      CHECK(of("p1") == rest);
      CHECK(of("p2") == (to == "p2" ? Numbers{"X1"} : Numbers{}));
    }
    o.write([](Unit& u) { return u.retire_report("X1/1"); });
    CHECK(of("p1") == Numbers{"X2", "X1"});
    o.read([](Reader& r) { CHECK(good(r.results_of("p1", {}, 0)).size() == 2); });
  }
}

TEST_CASE("a report that is stripped keeps its name and its patient and loses its content, its results and its message") {
  FOR_EACH_STORE(o) {
    o.write([](Unit& u) -> Result<void> {
      ResultRow result;
      result.item = "GLU";
      if (auto d = u.put_report(report("X1", 1, 10, "city"), {result}); !d) return d;
      auto v = u.receive({.id = 0, .source = "city", .control_id = "C", .content_hash = "h", .content_type = "", .body = "secret", .verdict = "AA", .ack = "a", .state = "received", .remark = ""});
      if (!v) return v.error();
      if (auto d = u.finish_inbox(v->id, "applied", ""); !d) return d;
      if (auto d = u.forget_inbox("city", "C", "h"); !d) return d;
      return u.strip_report("X1/1");
    });
    o.read([](Reader& r) {
      const auto held = good(r.report("X1/1"));
      REQUIRE(held);
      CHECK(held->digest.empty());
      CHECK(held->hl7.empty());
      CHECK(held->document.empty());
      CHECK_FALSE(held->current);
      CHECK(good(r.results_in("X1/1")).empty());
      CHECK(good(r.reports_of("p1")).size() == 1);
      CHECK(good(r.results_of("p1", {}, 0)).empty());
      CHECK(good(r.inbox_next(10)).empty());
    });
  }
}

TEST_CASE("rows whose time a wrong clock set far ahead are due again when it is told") {
  FOR_EACH_STORE(o) {
    o.write([](Unit& u) -> Result<void> {
      for (const auto& [id, at] : {std::pair{"A", 5'000'000}, std::pair{"B", 2'000}})
        if (auto d = u.enqueue({.id = 0, .message_id = id, .partner = "p", .type = "", .content_type = "", .body = "x", .order_key = id, .subject = "s", .lane = 1,
                                .state = OutboxState::waiting, .attempts = 0, .next_ms = at, .created_ms = 1, .changed_ms = 1, .remark = ""}); !d)
          return d;
      CHECK(good(u.claim("p", 1000, 10, OutboxState::on_wire)).empty());
      if (auto d = u.hurry("p", 4000); !d) return d;
      const auto due = good(u.claim("p", 1000, 10, OutboxState::on_wire));
      REQUIRE(due.size() == 1);
      CHECK(due[0].message_id == "A");
      return {};
    });
  }
}
