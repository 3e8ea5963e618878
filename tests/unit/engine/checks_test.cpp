#include "engine/checks.hpp"

#include "adapters/store/sqlite/result_pack.hpp"
#include "tests/support/hospital.hpp"

using namespace huren;
using namespace huren::test;

namespace {

Json check(const char* doctor = "D1") {
  return {{"patient_id", "P1"}, {"encounter_id", "E1"}, {"department", "内科"}, {"doctor", Hospital::doctor(doctor)},
          {"orders", Json::array({{{"order_id", "O1"}, {"item", {{"code", "GLU01"}, {"name", "葡萄糖"}}}}, {{"order_id", "O2"}, {"item", {{"code", "K01"}}}}})}};
}

// The morning after the specimen was taken, whatever the day of the test run.
void wake(Hospital& h) { h.clock->advance(std::chrono::milliseconds(parse_iso_time("2026-11-22T10:00:00+08:00", 480)->epoch_ms - h.clock->now_ms())); }

Result<engine::Replay> again(const Hospital& h, const std::string& uuid) {
  auto store = store::sqlite::SqliteStore::open(h.folder() + "/data", {});
  REQUIRE(store);
  std::optional<engine::Replay> out;
  auto read = (*store)->read([&](store::Reader& r) -> Result<void> {
    auto replayed = engine::replay(r, uuid);
    if (!replayed) return replayed.error();
    out = std::move(*replayed);
    return {};
  });
  if (!read) return read.error();
  return std::move(*out);
}

}  // namespace

TEST_CASE("replay of a recorded decision gives the same bytes, whatever has changed since") {
  Hospital b;
  wake(b);
  b.open();
  b.registers();
  b.encounter();
  b.receive(Hospital::huren_oru("R1", "M1", "5.42", 1));
  const auto answer = b.ask("order.check/1", check());
  REQUIRE(answer.status == HUREN_OK);
  const auto card = Json::parse(answer.json)["cards"][0];
  // The result is corrected, the patient's birth date mended, prices and names of items change, the agreement ends.
  b.receive(Hospital::huren_oru("R1", "M2", "9.1", 2));
  b.registers("P1", "1949-12-30");
  b.settle();
  b.close();
  b.write("local_items.csv", "code,name,item,panel,unit\nGLU01,血葡萄糖,GLU,,mg/dL\n");
  b.config.agreements[0].to = {2026, 1, 1};
  b.open();
  b.must_ask("order.check/1", check("D2"));
  b.close();
  for (const auto& uuid : {card["uuid"], card["suggestions"][0]["uuid"]}) {
    const auto replayed = again(b, uuid.get<std::string>());
    REQUIRE(replayed);
    CHECK(replayed->recorded == answer.json);
    CHECK(replayed->again == answer.json);
    CHECK(Json::parse(replayed->explanation)["terminology"] == replayed->codes);
  }
  CHECK(again(b, "no-such-card").error().id == "replay.unknown");
}

TEST_CASE("a check record past its retention is told as gone - the showing still counts") {
  Hospital b;
  wake(b);
  b.open();
  b.registers();
  b.encounter();
  b.receive(Hospital::huren_oru("R1", "M1", "5.42", 1));
  const auto card = b.must_ask("order.check/1", check())["cards"][0];
  b.close();
  {
    auto store = store::sqlite::SqliteStore::open(b.folder() + "/data", {});
    REQUIRE((*store)->prune_checks(b.clock->now_ms() + 1, 100));
  }
  CHECK(again(b, card["uuid"].get<std::string>()).error().id == "replay.gone");
}

TEST_CASE("the same card shown again to the same doctor writes nothing - to another doctor it is noted") {
  Hospital b;
  wake(b);
  b.open();
  b.registers();
  b.encounter();
  b.receive(Hospital::huren_oru("R1", "M1", "5.42", 1));
  const auto card = b.must_ask("order.check/1", check())["cards"][0];
  b.must_ask("order.check/1", check());
  b.must_ask("order.check/1", check("D2"));
  b.close();
  auto store = store::sqlite::SqliteStore::open(b.folder() + "/data", {});
  REQUIRE(store);
  REQUIRE((*store)->read([&](store::Reader& r) -> Result<void> {
    auto showings = r.showings(card["uuid"].get<std::string>());
    REQUIRE(showings);
    REQUIRE(showings->size() == 2);
    CHECK((*showings)[0].doctor_id == "D1");
    CHECK((*showings)[1].doctor_id == "D2");
    CHECK((*showings)[0].item == "GLU");
    CHECK((*showings)[0].partner == "other");
    auto record = r.check_record(2);
    REQUIRE(record);
    CHECK(*record);
    CHECK_FALSE(*r.check_record(3));
    return {};
  }));
}

TEST_CASE("a record that cannot be read gives no card and no row but an error that names the report") {
  const std::string what = GENERATE("head", "result", "rest");
  CAPTURE(what);
  Hospital b;
  wake(b);
  b.open();
  b.registers();
  b.encounter();
  b.receive(Hospital::huren_oru("R1", "M1", "5.42", 1));
  REQUIRE(b.must_ask("order.check/1", check())["cards"].size() == 1);
  const auto list = Json{{"patient_id", "P1"}, {"encounter_id", "E1"}, {"doctor", Hospital::doctor("D1")}};
  REQUIRE(b.must_ask("results.list/1", list)["results"].size() >= 1);
  b.close();
  {
    auto db = storage::Database::open(b.folder() + "/data/store.db", {});
    REQUIRE(db);
    if (what == "result") {
      storage::Query held(**db, "SELECT results FROM result");
      REQUIRE(*held.step());
      store::sqlite::ResultPack pack(held.view(0));
      store::sqlite::PackedResult one;
      REQUIRE(pack.next(one));
      store::ResultRow row;
      row.item = one.item;
      row.status = one.status;
      row.position = one.position;
      row.brief = "\xFF";
      const auto again = store::sqlite::packed({&row});
      REQUIRE_FALSE(*held.step());
      REQUIRE(storage::Query(**db, "UPDATE result SET results=?").bind_blob(again).run());
    } else {
      REQUIRE((*db)->exec(what == "head" ? "UPDATE report SET brief=x'FF'" : "UPDATE report SET rest=x'FF'"));
    }
  }
  b.open();
  const auto listed = b.ask("results.list/1", list);
  CHECK(listed.error.id == "store.unreadable_report");
  CHECK_FALSE(listed.error.where.empty());
  const auto checked = b.ask("order.check/1", check());
  if (what == "rest") CHECK(checked.status == HUREN_OK);  // recognition does not read it
  else CHECK(checked.error.id == "store.unreadable_report");
}
