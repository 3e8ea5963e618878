// A store of every released version opens with today's program and holds what it held.
#include <catch2/catch.hpp>
#include <filesystem>
#include <fstream>
#include <sstream>

#include "../../../../../adapters/store/sqlite/store.hpp"
#include "storage/sqlite.hpp"
#include "tests/support/temp_dir.hpp"

using namespace huren;

namespace {

std::string file(const std::filesystem::path& path) {
  std::ifstream in(path, std::ios::binary);
  REQUIRE(in);
  std::ostringstream out;
  out << in.rdbuf();
  return out.str();
}

// The fixture as a database of its version: its schema, its rows, the migrations that it had.
void make(const std::filesystem::path& fixture, const std::string& path) {
  const auto text = file(fixture);
  const std::string mark = "-- schema: ";
  auto db = storage::Database::open(path, {});
  REQUIRE(db);
  REQUIRE((*db)->exec("PRAGMA application_id=0x48525354"));
  REQUIRE((*db)->exec("CREATE TABLE huren_migration(number INTEGER PRIMARY KEY, name TEXT NOT NULL, applied_ms INTEGER NOT NULL) STRICT"));
  if (text.starts_with(mark)) {
    // Not released yet: a column that was added since is empty in the fixture's rows.
    auto schema = file(std::filesystem::path(HUREN_SOURCE_DIR) / text.substr(mark.size(), text.find('\n') - mark.size()));
    for (const auto& [column, empty] : {std::pair<std::string, std::string>{"INTEGER NOT NULL", " DEFAULT 0"}, {"TEXT NOT NULL", " DEFAULT ''"}, {"BLOB NOT NULL", " DEFAULT x''"}})
      for (auto at = schema.find(column); at != std::string::npos; at = schema.find(column, at + column.size())) schema.insert(at + column.size(), empty);
    REQUIRE((*db)->exec(schema.c_str()));
  }
  REQUIRE((*db)->exec(text.c_str()));
  const int version = std::stoi(fixture.stem().string());
  for (int i = 1; i <= version; ++i)
    REQUIRE((*db)->exec(("INSERT INTO huren_migration VALUES(" + std::to_string(i) + ", 'fixture', 0)").c_str()));
}

}  // namespace

TEST_CASE("a store of every released version is carried forward and holds what it held") {
  int opened = 0;
  for (const auto& entry : std::filesystem::directory_iterator(HUREN_SOURCE_DIR "/tests/unit/adapters/store/sqlite/released")) {
    INFO(entry.path());
    const test::TempDir dir;
    std::filesystem::create_directories(dir.file("d"));
    make(entry.path(), dir.file("d") + "/store.db");
    auto store = store::sqlite::SqliteStore::open(dir.file("d"), {});
    INFO((store ? "" : line(store.error())));
    REQUIRE(store);
    auto read = (*store)->read([&](store::Reader& r) -> Result<void> {
      CHECK((*r.patient_by_local_id("A-0001"))->id == "p1");
      CHECK(r.patients_by_verified_id("resident_id", "11010519491231002X")->size() == 1);
      CHECK(r.ties("p1")->front().partner == "city");
      CHECK(r.report_versions("HB-CITY-01", "LIS-1")->front().id == "r1");
      CHECK((*r.report("r1"))->document == "<ClinicalDocument/>");
      CHECK(r.results_of("p1", {"GLU"}, 0)->size() == 1);
      CHECK(*r.cursor("spool") == 42);
      CHECK(r.depths(10)->notices_open == 1);
      return {};
    });
    CHECK(read);
    auto claimed = (*store)->transact([&](store::Unit& u) -> Result<void> {
      auto rows = u.claim("city", 100, 10, store::OutboxState::on_wire);
      if (!rows) return rows.error();
      REQUIRE(rows->size() == 1);
      CHECK(rows->front().body == "MSH|M1");
      return {};
    });
    CHECK(claimed);
    CHECK((*store)->check());
    ++opened;
  }
  CHECK(opened >= 1);
}
