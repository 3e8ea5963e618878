// What a report's results become on disk: read back as they were, and told from bytes that are none.
#include "../../../../../adapters/store/sqlite/result_pack.hpp"

#include <catch2/catch.hpp>
#include <rapidcheck.h>

#include "../../../../../adapters/store/sqlite/store.hpp"
#include "storage/sqlite.hpp"
#include "tests/support/temp_dir.hpp"

using namespace huren;
using store::ResultRow;
using store::sqlite::PackedResult;
using store::sqlite::ResultPack;

namespace {

ResultRow row(int position, const std::string& item, const std::string& status = "final", const std::string& brief = "b", bool current = true) {
  ResultRow r;
  r.position = position;
  r.item = item;
  r.status = status;
  r.brief = brief;
  r.current = current;
  return r;
}

std::string pack(const std::vector<ResultRow>& rows) {
  std::vector<const ResultRow*> all;
  for (const auto& r : rows) all.push_back(&r);
  return store::sqlite::packed(all);
}

// Everything in the record; nothing when it is damaged. What is told lies inside it.
std::optional<std::vector<ResultRow>> unpacked(std::string_view record) {
  std::vector<ResultRow> out;
  ResultPack read(record);
  for (PackedResult one; read.next(one);) {
    for (const auto text : {one.item, one.status, one.brief})
      if (!text.empty()) REQUIRE((text.data() >= record.data() && text.data() + text.size() <= record.data() + record.size()));
    out.push_back(row(one.position, std::string(one.item), std::string(one.status), std::string(one.brief), one.current));
  }
  if (!read.whole()) return std::nullopt;
  return out;
}

bool same(const ResultRow& a, const ResultRow& b) {
  return a.position == b.position && a.item == b.item && a.status == b.status && a.brief == b.brief && a.current == b.current;
}

}  // namespace

TEST_CASE("property: results are read back as they were packed, the last position first") {
  CHECK(rc::check([] {
    const auto count = *rc::gen::inRange(0, 40);
    const bool alike = *rc::gen::arbitrary<bool>();
    std::vector<ResultRow> rows;
    for (int i = 0; i < count; ++i)
      rows.push_back(row(*rc::gen::arbitrary<int>(), *rc::gen::arbitrary<std::string>(), alike ? "final" : *rc::gen::arbitrary<std::string>(),
                         *rc::gen::arbitrary<std::string>(), *rc::gen::arbitrary<bool>()));
    const auto back = unpacked(pack(rows));
    RC_ASSERT(back);
    std::stable_sort(rows.begin(), rows.end(), [](const auto& a, const auto& b) { return a.position > b.position; });
    RC_ASSERT(std::equal(rows.begin(), rows.end(), back->begin(), back->end(), same));
  }));
}

TEST_CASE("property: any bytes are read without a step outside them, and what is read from a whole record packs to the same results") {
  CHECK(rc::check([] {
    auto record = pack({row(3, "GLU", "final", *rc::gen::arbitrary<std::string>()), row(1, "K", *rc::gen::arbitrary<std::string>())});
    const auto hits = *rc::gen::inRange(0, 4);
    for (int i = 0; i < hits; ++i) record[static_cast<std::size_t>(*rc::gen::inRange<int>(0, static_cast<int>(record.size())))] = static_cast<char>(*rc::gen::inRange(0, 256));
    if (const auto read = unpacked(record)) {
      const auto again = unpacked(pack(*read));
      RC_ASSERT(again);
      RC_ASSERT(again->size() == read->size());
    }
  }));
}

TEST_CASE("a record that is cut, lengthened, of another form or that announces too much is refused") {
  const auto good = pack({row(0, "GLU"), row(1, "K", "corrected"), row(2, "", "final", "", false)});
  REQUIRE(unpacked(good));
  for (std::size_t size = 0; size < good.size(); ++size) CHECK_FALSE(unpacked(std::string_view(good).substr(0, size)));
  CHECK_FALSE(unpacked(good + '\0'));
  CHECK_FALSE(unpacked('\2' + good.substr(1)));
  CHECK_FALSE(unpacked(std::string("\1\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF\1\0", 12)));  // 2^64 - 1 results
  CHECK_FALSE(unpacked(std::string("\1\1\0\0\xFE\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF\1", 14)));  // an item of 2^63 - 1 bytes
  CHECK_FALSE(unpacked(std::string("\1\1\2\0\0\0", 6)));  // neither one status nor many
  CHECK(unpacked(std::string("\1\0\0", 3))->empty());
}

TEST_CASE("the status that all results share is written once") {
  std::vector<ResultRow> rows;
  for (int i = 0; i < 25; ++i) rows.push_back(row(i, "GLU", "corrected", ""));
  const auto alike = pack(rows).size();
  rows[7].status = "final";
  CHECK(pack(rows).size() > alike + 24 * std::string_view("corrected").size() - std::string_view("corrected").size());
}

TEST_CASE("results that were damaged on disk are an error in words, and another patient's are still read") {
  const test::TempDir dir;
  auto opened = store::sqlite::SqliteStore::open(dir.file("d"), {});
  REQUIRE(opened);
  auto& store = **opened;
  const auto put = [&](const std::string& report, const std::string& patient) {
    return store.transact([&](store::Unit& u) {
      store::ReportRow r;
      r.id = report;
      r.patient_id = patient;
      return u.put_report(r, {row(0, "GLU"), row(1, "K")});
    });
  };
  REQUIRE(put("R1", "p1"));
  REQUIRE(put("R2", "p2"));
  {
    auto db = storage::Database::open(dir.file("d") + "/store.db", {});
    REQUIRE(db);
    REQUIRE((*db)->exec("UPDATE result SET results=substr(results, 1, 8) WHERE report_id='R1'"));
  }
  auto read = store.read([&](store::Reader& r) -> Result<void> {
    const std::string id = "store.results_damaged";
    const auto of = r.results_of("p1", {"GLU"}, 0);
    REQUIRE_FALSE(of);
    CHECK(of.error().id == id);
    CHECK(of.error().args == std::vector<std::string>{"R1"});
    CHECK(r.results_in("R1").error().id == id);
    CHECK(r.result("R1.1").error().id == id);
    CHECK(r.results_of("p2", {"GLU"}, 0)->size() == 1);
    return {};
  });
  CHECK(read);
}

TEST_CASE("results of one report from two times of collection are found, moved, retired and taken away together") {
  const test::TempDir dir;
  auto opened = store::sqlite::SqliteStore::open(dir.file("d"), {});
  REQUIRE(opened);
  auto& store = **opened;
  const auto rows = [&] {
    auto db = storage::Database::open(dir.file("d") + "/store.db", {});
    REQUIRE(db);
    return *storage::Query(**db, "SELECT count(*) FROM result").number();
  };
  const auto of = [&](const std::string& patient) {
    std::string out;
    auto read = store.read([&](store::Reader& r) -> Result<void> {
      const auto found = r.results_of(patient, {"K", "GLU", "NA"}, 0);
      REQUIRE(found);
      for (const auto& one : *found) out += one.id + "@" + std::to_string(one.collected_ms) + " ";
      return {};
    });
    CHECK(read);
    return out;
  };
  REQUIRE(store.transact([&](store::Unit& u) {
    store::ReportRow r;
    r.id = "R1";
    std::vector<ResultRow> results{row(0, "GLU"), row(1, "K"), row(2, "NA")};
    results[0].collected_ms = results[2].collected_ms = 10;
    results[1].collected_ms = 20;
    return u.put_report(r, results);
  }));
  CHECK(rows() == 2);
  REQUIRE(store.transact([&](store::Unit& u) { return u.match_report("R1", "p1"); }));
  CHECK(of("p1") == "R1.1@20 R1.0@10 R1.2@10 ");
  auto read = store.read([&](store::Reader& r) -> Result<void> {
    CHECK(r.results_in("R1")->at(1).item == "K");
    CHECK((*r.result("R1.2"))->collected_ms == 10);
    CHECK_FALSE(*r.result("R1.3"));
    return {};
  });
  CHECK(read);
  REQUIRE(store.transact([&](store::Unit& u) { return u.match_report("R1", "p2"); }));
  CHECK(of("p1").empty());
  CHECK_FALSE(of("p2").empty());
  REQUIRE(store.transact([&](store::Unit& u) { return u.retire_report("R1"); }));
  CHECK(of("p2").empty());
  CHECK(rows() == 2);
  REQUIRE(store.transact([&](store::Unit& u) { return u.strip_report("R1"); }));
  CHECK(rows() == 1);  // of none: by it the report is found among its patient's
}
