#include "storage/wal_gather.hpp"

#include <catch2/catch.hpp>
#include <filesystem>
#include <fstream>
#include <memory>
#include <string>

#include "storage/sqlite.hpp"
#include "tests/support/fault_vfs/fault_vfs.hpp"
#include "tests/support/temp_dir.hpp"

using namespace huren;
using namespace huren::storage;

namespace {

struct Table {
  test::TempDir dir;
  test::FaultVfs disk;

  std::unique_ptr<Database> open(OpenOptions options = {}) {
    options.vfs = disk.name();
    options.checkpoint_pages = 0;  // writes counted here are those of commits
    auto db = Database::open(dir.file("t.db"), options);
    if (!db) FAIL(line(db.error()));
    return std::move(*db);
  }
};

void ok(const Result<void>& result) {
  if (!result) FAIL(line(result.error()));
}

// `rows` rows of a page each.
Result<void> put(Database& db, int rows) {
  for (int i = 0; i < rows; ++i)
    if (auto done = Query(db, "INSERT INTO t(body) VALUES(?)").with(std::string(3000, 'x')).run(); !done) return done;
  return {};
}

Result<void> commit(Database& db, int rows) {
  if (auto begun = db.exec("BEGIN IMMEDIATE"); !begun) return begun;
  auto done = put(db, rows);
  if (done) done = db.exec("COMMIT");
  if (!done && db.in_transaction()) static_cast<void>(db.exec("ROLLBACK"));
  return done;
}

std::int64_t count(Database& db) {
  auto n = Query(db, "SELECT count(*) FROM t").number();
  if (!n) FAIL(line(n.error()));
  return *n;
}

bool sound(Database& db) {
  Query query(db, "PRAGMA integrity_check");
  auto row = query.step();
  return row && *row && query.view(0) == "ok";
}

}  // namespace

TEST_CASE("a commit of many pages goes out in one write and one sync, one of hundreds in few") {
  Table t;
  auto db = t.open();
  ok(db->exec("CREATE TABLE t(id INTEGER PRIMARY KEY, body TEXT) STRICT"));
  ok(commit(*db, 1));
  for (const auto& [rows, most] : {std::pair(10, 1), std::pair(25, 1), std::pair(400, 15 + 9)}) {  // nine of zeros: the log grows
    const auto calls = t.disk.calls(), syncs = t.disk.syncs();
    ok(commit(*db, rows));
    const auto synced = t.disk.syncs() - syncs;
    CHECK(synced == 1);
    CHECK(t.disk.calls() - calls - synced <= most);
    CHECK(t.disk.calls() - calls - synced >= 1);
  }
}

TEST_CASE("a log grows rarely, and by zeros behind its last frame, so that most commits sync no change of its length") {
  Table t;
  auto db = t.open();
  ok(db->exec("CREATE TABLE t(id INTEGER PRIMARY KEY, body TEXT) STRICT"));
  const auto log = t.dir.file("t.db-wal");
  const auto size = [&] { return static_cast<std::int64_t>(std::filesystem::file_size(log)); };
  CHECK(size() == 1 << 20);
  int grown = 0;
  for (int i = 0; i < 60; ++i) {  // some 4 MB
    const auto before = size();
    ok(commit(*db, 12));
    grown += size() == before ? 0 : 1;
    CHECK(size() % (1 << 20) == 0);
  }
  CHECK(grown >= 2);
  CHECK(grown <= 6);
  std::ifstream file(log, std::ios::binary);
  file.seekg(-64, std::ios::end);
  std::string end(64, 'x');
  file.read(end.data(), 64);
  CHECK(end == std::string(64, '\0'));

  SECTION("another connection finds its way in it") {
    auto other = t.open();
    CHECK(count(*other) == 720);
    const auto before = size();
    ok(commit(*other, 1));
    CHECK(size() == before);
    CHECK(count(*db) == 721);
  }
  SECTION("who comes after a crash reads to the last frame") {
    t.disk.cut_after(0);
    CHECK_FALSE(commit(*db, 1));
    db.reset();
    t.disk.power_on(test::FaultVfs::Unsynced::lost, 1);
    db = t.open();
    CHECK(count(*db) == 720);
    CHECK(sound(*db));
  }
  SECTION("where there is no place for zeros the commit has its own") {
    const auto before = size();
    while (size() == before) {
      t.disk.set_room(200'000);
      ok(commit(*db, 1));
    }
    CHECK(size() < before + 200'000);
    t.disk.set_room(-1);
    ok(commit(*db, 1));
    CHECK(count(*db) > 720);
    CHECK(sound(*db));
  }
}

TEST_CASE("what was gathered can be read by other connections as soon as the commit is told") {
  Table t;
  auto writer = t.open();
  ok(writer->exec("CREATE TABLE t(id INTEGER PRIMARY KEY, body TEXT) STRICT"));
  auto reader = t.open({.read_only = true});
  auto second = t.open();
  for (int n = 1; n <= 50; ++n) {
    ok(commit(n % 2 ? *writer : *second, n));
    CHECK(count(*reader) == n * (n + 1) / 2);
  }
  CHECK(sound(*reader));
}

TEST_CASE("I2: a commit whose gathered write fails is told, and its bytes never reach the file") {
  Table t;
  auto db = t.open();
  ok(db->exec("CREATE TABLE t(id INTEGER PRIMARY KEY, body TEXT) STRICT"));
  auto other = t.open();
  std::int64_t kept = 0;
  for (const bool half : {false, true}) {
    t.disk.take_half(half);
    t.disk.set_room(4096);
    auto refused = commit(*db, 20);
    for (; refused && kept < 1000; refused = commit(*db, 20)) kept += 20;  // until the log must grow
    REQUIRE_FALSE(refused);
    CHECK(refused.error().id == "storage.full");
    t.disk.set_room(-1);
    CHECK(count(*other) == kept);
    // The other one writes where those bytes would have been; the first goes on after it.
    ok(commit(*other, 3));
    ok(commit(*db, 2));
    kept += 5;
    CHECK(count(*other) == kept);
  }
  t.disk.fail(test::FaultVfs::Call::write, 0, 1);
  auto broken = commit(*db, 20);
  REQUIRE_FALSE(broken);
  CHECK(broken.error().id == "storage.io");
  ok(commit(*other, 1));
  CHECK(count(*db) == kept + 1);
  CHECK(sound(*db));
}

TEST_CASE("a transaction larger than the cache, rolled back, leaves nothing that another connection's commits could meet") {
  Table t;
  auto db = t.open();
  ok(db->exec("CREATE TABLE t(id INTEGER PRIMARY KEY, body TEXT) STRICT"));
  ok(db->exec("PRAGMA cache_size=20"));
  auto other = t.open();
  const auto calls = t.disk.calls();
  ok(db->exec("BEGIN IMMEDIATE"));
  ok(put(*db, 300));
  CHECK(t.disk.calls() == calls);  // nothing spilled
  ok(db->exec("ROLLBACK"));
  ok(commit(*other, 7));
  ok(commit(*db, 300));
  CHECK(count(*other) == 307);
  CHECK(sound(*other));
}

TEST_CASE("a connection that does not sync its commits, or only reads, does not gather") {
  Table t;
  auto db = t.open({.synchronous = Synchronous::normal});
  ok(db->exec("CREATE TABLE t(id INTEGER PRIMARY KEY, body TEXT) STRICT"));
  const auto calls = t.disk.calls(), syncs = t.disk.syncs();
  ok(commit(*db, 20));
  CHECK(t.disk.syncs() == syncs);
  CHECK(t.disk.calls() - calls >= 40);
  CHECK(count(*t.open({.read_only = true})) == 20);
}

TEST_CASE("a checkpoint writes pages that lie together at once") {
  Table t;
  auto db = t.open();
  ok(db->exec("CREATE TABLE t(id INTEGER PRIMARY KEY, body TEXT) STRICT"));
  for (const auto& [rows, most] : {std::pair(1, 2), std::pair(25, 2), std::pair(400, 16)}) {
    ok(commit(*db, rows));
    const auto calls = t.disk.calls(), syncs = t.disk.syncs();
    ok(db->exec("PRAGMA wal_checkpoint(PASSIVE)"));
    CHECK(t.disk.syncs() - syncs == 2);  // of the log, of the database
    CHECK(t.disk.calls() - calls - 3 <= most);
    CHECK(t.disk.calls() - calls - 3 >= 1);
    CHECK(count(*t.open({.read_only = true})) == count(*db));
  }
  CHECK(sound(*t.open({.read_only = true})));
}

TEST_CASE("a checkpoint that leaves part of the log to a reader writes page by page, for nothing is synced behind it") {
  Table t;
  auto db = t.open();
  ok(db->exec("CREATE TABLE t(id INTEGER PRIMARY KEY, body TEXT) STRICT"));
  ok(commit(*db, 30));
  auto reader = t.open({.read_only = true});
  ok(reader->exec("BEGIN"));
  CHECK(count(*reader) == 30);
  ok(commit(*db, 30));
  const auto calls = t.disk.calls(), syncs = t.disk.syncs();
  ok(db->exec("PRAGMA wal_checkpoint(PASSIVE)"));
  CHECK(t.disk.syncs() - syncs == 1);  // of the log
  CHECK(t.disk.calls() - calls >= 30);
  CHECK(count(*reader) == 30);
  CHECK(count(*t.open({.read_only = true})) == 60);
  ok(reader->exec("COMMIT"));
  ok(db->exec("PRAGMA wal_checkpoint(PASSIVE)"));
  CHECK(count(*reader) == 60);
  CHECK(sound(*reader));
}

TEST_CASE("I2: a checkpoint whose write fails is told, and what it did not carry is read from the log") {
  const auto after = GENERATE(0, 1, 3);
  const auto rows = after == 0 ? 20 : 150;  // one write, several
  Table t;
  auto db = t.open();
  ok(db->exec("CREATE TABLE t(id INTEGER PRIMARY KEY, body TEXT) STRICT"));
  ok(commit(*db, rows));
  auto other = t.open();
  const auto full = GENERATE(true, false);
  if (full) t.disk.set_room(0);
  else t.disk.fail(test::FaultVfs::Call::write, after, 1);
  const auto syncs = t.disk.syncs();
  CHECK_FALSE(db->exec("PRAGMA wal_checkpoint(PASSIVE)"));
  CHECK(t.disk.syncs() - syncs == 1);  // of the log alone
  t.disk.set_room(-1);
  CHECK(count(*other) == rows);
  CHECK(count(*t.open({.read_only = true})) == rows);
  ok(commit(*other, 3));
  ok(db->exec("PRAGMA wal_checkpoint(PASSIVE)"));
  CHECK(count(*db) == rows + 3);
  CHECK(sound(*t.open({.read_only = true})));
}

TEST_CASE("a VFS of a name that nobody knows is refused as before") {
  test::TempDir dir;
  auto db = Database::open(dir.file("t.db"), {.vfs = "no-such-vfs"});
  CHECK_FALSE(db);
}
