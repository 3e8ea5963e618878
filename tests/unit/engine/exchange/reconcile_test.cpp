// Both sides compare what they hold and repair the difference; what is removed on purpose comes back by itself.
#include "engine/codes.hpp"
#include "engine/exchange/backfill.hpp"
#include "engine/exchange/reconcile.hpp"
#include "engine/documents.hpp"
#include "engine/profiles.hpp"
#include "pair.hpp"

using namespace huren;
using namespace huren::test;
namespace exchange = huren::engine::exchange;

namespace {

// A second look at a running hospital's store, as huren-ctl has it.
struct Operator {
  explicit Operator(Hospital& h)
      : hospital(h), log(h.folder() + "/data/log-ctl", Severity::info, *h.clock, {}), store(open(h)),
        context{h.config, *h.clock, log, *store, engine::load_codes(h.config, h.folder()).set, profiles, documents} {}
  static std::unique_ptr<store::sqlite::SqliteStore> open(Hospital& h) {
    auto s = store::sqlite::SqliteStore::open(h.folder() + "/data", {});
    REQUIRE(s);
    return std::move(*s);
  }
  exchange::Reconciled reconcile(Hospital& other, bool dry_run, const char* day = "2026-11-22") {
    const auto ask = [&](const Message& q) {
      auto reply = other.receive(std::string(q.body));
      return Replied{{.outcome = Outcome::delivered, .code = "AA"}, std::move(reply.body)};
    };
    auto done = exchange::reconcile(context, hospital.config.partners[0], ask, *parse_date(day), *parse_date(day), dry_run);
    if (!done) FAIL(line(done.error()));
    return *done;
  }
  Hospital& hospital;
  engine::Log log;
  std::unique_ptr<store::sqlite::SqliteStore> store;
  engine::Profiles profiles = engine::load_profiles(hospital.config, hospital.folder()).profiles;
  const engine::Documents documents;
  engine::Context context;
};

// R1 to so many, from A to B.
void exchanged(Pair& p, int reports) {
  p.open().known();
  p.b.encounter();
  for (int i = 1; i <= reports; ++i) p.a.submit("lab.report.released/1", Hospital::report("R" + std::to_string(i)));
  REQUIRE(p.a.eventually([&] { return p.b.list().size() == static_cast<std::size_t>(reports); }));
  REQUIRE(p.all_delivered());
}

void drop(Hospital& h, const std::string& number) {
  auto db = Pair::database(h);
  REQUIRE(db->exec(("DELETE FROM result WHERE report_id IN (SELECT id FROM report WHERE number='" + number + "')").c_str()));
  REQUIRE(db->exec("PRAGMA foreign_keys=ON"));
  REQUIRE(db->exec(("DELETE FROM report WHERE number='" + number + "'").c_str()));
}

}  // namespace

TEST_CASE("reconciliation: nothing differs, nothing is sent - what was removed at the receiver comes back, with its corrections") {
  Pair p;
  p.open().known();
  p.b.encounter();
  for (int i = 1; i <= 5; ++i) p.a.submit("lab.report.released/1", Hospital::report("R" + std::to_string(i), "5." + std::to_string(i)));
  p.a.submit("lab.report.amended/1", Hospital::report("R2", "9.90", 2));
  REQUIRE(p.a.eventually([&] { return p.b.list().size() == 5; }));
  REQUIRE(p.all_delivered());
  Operator at_a(p.a);
  const auto same = at_a.reconcile(p.b, false);
  CHECK(same.differing_days == 0);
  CHECK(same.sent + same.asked + same.differs + same.only_there == 0);

  drop(p.b, "R2");
  drop(p.b, "R4");
  CHECK(p.b.list().size() == 3);
  const auto dry = at_a.reconcile(p.b, true);
  CHECK(dry.sent == 2);
  CHECK(dry.differing_days == 1);
  CHECK(Pair::count(p.a, "SELECT count(*) FROM outbox") == 6);
  CHECK(at_a.reconcile(p.b, false).sent == 2);
  REQUIRE(p.a.eventually([&] { return p.b.list().size() == 5; }));
  const auto rows = p.b.list();
  CHECK(std::any_of(rows.begin(), rows.end(), [](const Json& r) { return r["report_number"] == "R2" && r["version"] == 2 && r["value"] == "9.90"; }));
  REQUIRE(p.all_delivered());
  CHECK(at_a.reconcile(p.b, false).differing_days == 0);
}

TEST_CASE("reconciliation from the receiver's side: it asks for what it misses, and the origin sends it the ordinary way") {
  Pair p;
  exchanged(p, 3);
  drop(p.b, "R3");
  Operator at_b(p.b);
  CHECK(at_b.reconcile(p.a, true).asked == 1);
  CHECK(p.b.list().size() == 2);
  CHECK(at_b.reconcile(p.a, false).asked == 1);
  CHECK(p.a.eventually([&] { return p.b.list().size() == 3; }));
}

TEST_CASE("reconciliation tells a person of what it cannot repair: another content, a report that we lost, one that is parked") {
  Pair p;
  exchanged(p, 3);
  Operator at_a(p.a);
  REQUIRE(Pair::database(p.b)->exec("UPDATE report SET digest='other' WHERE number='R1'"));
  drop(p.a, "R2");
  drop(p.b, "R3");
  REQUIRE(Pair::database(p.a)->exec("UPDATE outbox SET state=6 WHERE subject LIKE '%/R3'"));
  const auto found = at_a.reconcile(p.b, false);
  CHECK(found.differs == 1);
  CHECK(found.only_there == 1);
  CHECK(found.waits_for_person == 1);
  CHECK(found.sent == 0);
  CHECK(found.numbers.size() == 3);
}

TEST_CASE("reconciliation does not send what a person cancelled, whichever side asks, and says so") {
  Pair p;
  exchanged(p, 2);
  Operator at_a(p.a), at_b(p.b);
  drop(p.b, "R1");
  drop(p.b, "R2");
  REQUIRE(Pair::database(p.a)->exec("UPDATE outbox SET state=7 WHERE subject LIKE '%/R1'"));
  const auto found = at_a.reconcile(p.b, false);
  CHECK(found.cancelled == 1);
  CHECK(found.sent == 1);
  CHECK(found.waits_for_person == 0);
  REQUIRE(p.a.eventually([&] { return p.b.list().size() == 1; }));
  REQUIRE(p.all_delivered());
  const auto asked = at_b.reconcile(p.a, false);
  CHECK(asked.cancelled == 1);
  CHECK(asked.asked == 0);
  CHECK(asked.unknown_there == 0);
}

TEST_CASE("reconciliation leaves what consent took away where it is") {
  Pair p;
  p.open().known();
  p.b.encounter();
  p.a.submit("lab.report.released/1", Hospital::report("R1"));
  REQUIRE(p.a.eventually([&] { return p.b.list().size() == 1; }));
  p.consent(false);
  REQUIRE(p.a.eventually([&] { return p.b.list().empty(); }));
  REQUIRE(p.all_delivered());
  Operator at_a(p.a), at_b(p.b);
  CHECK(at_a.reconcile(p.b, false).sent == 0);
  CHECK(at_b.reconcile(p.a, false).asked == 0);
  CHECK(p.b.list().empty());
}

TEST_CASE("nightly: yesterday is compared by itself, once") {
  Pair p;
  p.a.config.exchange.reconcile_hour = 0;
  p.open().known();
  p.b.encounter();
  auto report = Hospital::report("R1");
  report["report"]["reported_at"] = to_iso_time(from_epoch_ms(p.a.clock->now_ms() - exchange::Days{}.count * 86'400'000LL, 480));
  p.a.submit("lab.report.released/1", report);
  REQUIRE(p.a.eventually([&] { return p.b.list().size() == 1; }));
  REQUIRE(p.all_delivered());
  REQUIRE(p.a.eventually([&] { return Pair::count(p.a, "SELECT count(*) FROM cursor WHERE name LIKE 'reconciled:%'") == 1; }));  // the first night is tomorrow's
  drop(p.b, "R1");
  for (auto* h : {&p.a, &p.b}) h->wire().connect({});
  p.a.close();
  REQUIRE(Pair::database(p.a)->exec("UPDATE cursor SET value=value-1 WHERE name LIKE 'reconciled:%'"));
  p.a.open();
  p.connect();
  CHECK(p.a.eventually([&] { return p.b.list().size() == 1; }));
  CHECK(Pair::log_of(p.a).find("exchange.reconciled") != std::string::npos);
}

TEST_CASE("back-fill: a new agreement sends what its days reach back to, no faster than allowed, on from where it stopped, nothing twice") {
  Pair p;
  auto agreements = std::exchange(p.a.config.agreements, {});
  p.open().known();
  p.b.encounter();
  for (int i = 1; i <= 12; ++i) p.a.submit("lab.report.released/1", Hospital::report("R" + std::to_string(i)));
  p.a.settle();
  CHECK(p.a.wire().sent().empty());
  p.a.wire().connect({});
  p.a.close();
  p.a.config.agreements = agreements;
  p.a.config.agreements[0].backfill_days = 30;
  p.a.config.exchange.backfill_per_minute = 1;
  {
    Operator steps(p.a);
    auto first = exchange::backfill_step(steps.context, p.a.config.agreements[0], 5);
    REQUIRE(first);
    CHECK(first->sent == 5);
    CHECK_FALSE(first->done);
  }
  Operator steps(p.a);  // as after a crash: the place is in the store
  auto second = exchange::backfill_step(steps.context, p.a.config.agreements[0], 100);
  REQUIRE(second);
  CHECK(second->sent == 7);
  auto third = exchange::backfill_step(steps.context, p.a.config.agreements[0], 100);
  REQUIRE(third);
  CHECK(third->sent == 0);
  CHECK(third->done);
  auto read = steps.store->read([&](store::Reader& r) -> Result<void> {
    auto s = exchange::backfill_state(r, p.a.config.agreements[0]);
    REQUIRE(s);
    CHECK(s->sent == 12);
    CHECK(s->done);
    return {};
  });
  CHECK(read);
  p.a.open();
  p.connect();
  CHECK(p.a.eventually([&] { return p.b.list().size() == 12; }));
  CHECK(Pair::count(p.a, "SELECT count(*) FROM outbox") == 12);
}
