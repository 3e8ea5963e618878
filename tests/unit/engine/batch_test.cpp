// The applier's batches: taken together, taken apart when one of them fails, and in which order.
#include <catch2/catch.hpp>

#include "engine/applier.hpp"
#include "engine/documents.hpp"
#include "engine/profiles.hpp"
#include "tests/support/given_spool.hpp"
#include "tests/support/hospital.hpp"

using namespace huren;
using namespace huren::test;

TEST_CASE("one event of a batch that fails is set aside, and what was undone with it is done again, once") {
  Hospital a;
  a.open();
  a.close();
  const auto withdrawn = Json{{"number", "R404"}, {"reason", "误发"}, {"at", "2026-11-22T08:40:00+08:00"}};
  a.spool_only("patient.registered/1", {{"patient", Hospital::patient("P1")}}, "p1");
  a.spool_only("lab.report.released/1", Hospital::report("R1"), "r1");
  a.spool_only("lab.report.withdrawn/1", withdrawn, "w");
  a.spool_only("lab.report.released/1", Hospital::report("R2"), "r2");
  a.open();
  a.encounter();
  CHECK(a.list().size() == 2);
  const auto told = a.notice_of("event.rejected/1");
  REQUIRE_FALSE(told.is_null());
  CHECK(told["body"]["key"] == "w");
  CHECK(a.notice_of("event.rejected/1").is_null());
}

TEST_CASE("within one millisecond a partner's report comes after the events, for it is for whom they have registered") {
  Hospital h;
  TempDir dir;
  auto store = store::sqlite::SqliteStore::open(dir.file("data"), {});
  REQUIRE(store);
  engine::Clock clock;
  engine::Log log(dir.file("log"), Severity::error, clock, {});
  const auto profiles = engine::load_profiles(h.config, h.folder()).profiles;
  const engine::Documents documents;
  const engine::Context context{h.config, clock, log, **store, terminology::packaged(), profiles, documents};
  engine::Inbound inbound(context, [] {}, dir.file("in-hand-read"));
  const auto body = Hospital::huren_oru("R1", "M1", "5.42", 1);
  REQUIRE((*store)->transact([&](store::Unit& unit) -> Result<void> {
    auto r = unit.receive({.id = 0, .source = "other", .control_id = "M1", .content_hash = "h", .content_type = "", .body = body, .verdict = "AA", .ack = "a", .state = "received", .remark = "", .received_ms = 100});
    return r ? Result<void>() : Result<void>(r.error());
  }));
  GivenSpool spool;
  spool.events.push_back({.seq = 1, .type = "patient.registered/1", .key = "p1", .content_type = "application/json", .body = Json{{"patient", Hospital::patient("P1")}}.dump(), .at_ms = 100});
  engine::Applier applier(context, spool, inbound, dir.file("in-hand"), [] {});
  applier.start();
  REQUIRE(applier.caught_up(10'000));
  applier.stop();
  std::string matched;
  REQUIRE((*store)->read([&](store::Reader& reader) -> Result<void> {
    auto rows = reader.audit(0, 100);
    if (!rows) return rows.error();
    for (const auto& row : *rows)
      if (row.event == "report.received") matched = Json::parse(row.fields)["matched"];
    return {};
  }));
  CHECK(matched == "yes");
}
