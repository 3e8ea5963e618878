#include "storage/sqlite.hpp"

#include <sqlite3.h>
#include <sys/stat.h>

#include <catch2/catch.hpp>
#include <fstream>
#include <string>

#include "storage/migrate.hpp"
#include "tests/support/temp_dir.hpp"

using namespace huren;
using namespace huren::storage;

namespace {
std::unique_ptr<Database> open_ok(const std::string& path, OpenOptions options = {}) {
  auto db = Database::open(path, options);
  if (!db) FAIL(line(db.error()));
  return std::move(*db);
}
void ok(const Result<void>& result) {
  if (!result) FAIL(line(result.error()));
}
mode_t mode_of(const std::string& path) {
  struct stat info {};
  return ::stat(path.c_str(), &info) == 0 ? info.st_mode & 0777 : 0;
}
}  // namespace

TEST_CASE("a new database, its WAL and its index are private") {
  test::TempDir dir;
  const auto path = dir.file("a.db");
  auto db = open_ok(path);
  ok(db->exec("CREATE TABLE u(a INTEGER) STRICT"));
  CHECK(mode_of(path) == 0600);
  CHECK(mode_of(path + "-wal") == 0600);
  CHECK(mode_of(path + "-shm") == 0600);
}

TEST_CASE("a writer runs with WAL, synchronous FULL and foreign keys") {
  test::TempDir dir;
  auto db = open_ok(dir.file("a.db"));
  Query mode(*db, "PRAGMA journal_mode");
  REQUIRE(*mode.step());
  CHECK(mode.text(0) == "wal");
  CHECK(*Query(*db, "PRAGMA synchronous").number() == 2);
  CHECK(*Query(*db, "PRAGMA foreign_keys").number() == 1);
}

TEST_CASE("values come back as they were bound: empty text is not null, NUL and non-UTF-8 survive") {
  test::TempDir dir;
  auto db = open_ok(dir.file("a.db"));
  ok(db->exec("CREATE TABLE t(a INTEGER, b TEXT NOT NULL, c BLOB, d TEXT) STRICT"));
  const std::string odd("x\0\xFF'; DROP TABLE t; --", 22);
  {
    Query insert(*db, "INSERT INTO t VALUES(?, ?, ?, ?)");
    insert.bind(std::int64_t{1} << 62).bind(std::string_view()).bind_blob(odd).bind_null();
    ok(insert.run());
  }
  Query read(*db, "SELECT a, b, c, d FROM t");
  REQUIRE(*read.step());
  CHECK(read.integer(0) == std::int64_t{1} << 62);
  CHECK_FALSE(read.null(1));
  CHECK(read.text(1).empty());
  CHECK(read.text(2) == odd);
  CHECK(read.null(3));
  CHECK_FALSE(*read.step());
}

TEST_CASE("the same statement may be in use twice at once") {
  test::TempDir dir;
  auto db = open_ok(dir.file("a.db"));
  ok(db->exec("CREATE TABLE t(a INTEGER) STRICT; INSERT INTO t VALUES(1), (2)"));
  constexpr auto sql = "SELECT a FROM t ORDER BY a";
  Query outer(*db, sql);
  REQUIRE(*outer.step());
  Query inner(*db, sql);
  REQUIRE(*inner.step());
  REQUIRE(*inner.step());
  CHECK(inner.integer(0) == 2);
  CHECK(outer.integer(0) == 1);
}

TEST_CASE("a statement kept for one text never runs for another that came to stand in its place") {
  test::TempDir dir;
  auto db = open_ok(dir.file("a.db"));
  std::string sql = "SELECT 1";
  CHECK(*Query(*db, sql).number() == 1);
  sql.back() = '2';
  CHECK(*Query(*db, sql).number() == 2);
}

TEST_CASE("a statement is planned once, whatever is bound to it") {
  test::TempDir dir;
  auto db = open_ok(dir.file("a.db"));
  ok(db->exec("CREATE TABLE t(a TEXT PRIMARY KEY) STRICT, WITHOUT ROWID"));
  for (const char* pattern : {"a*", "b*", "?c"}) ok(Query(*db, "SELECT a FROM t WHERE a GLOB ? LIMIT ?").with(pattern, static_cast<int>(*pattern)).run());
  int statements = 0;
  for (auto* s = sqlite3_next_stmt(db->raw(), nullptr); s; s = sqlite3_next_stmt(db->raw(), s)) {
    if (!std::string_view(sqlite3_sql(s)).ends_with("LIMIT ?")) continue;
    ++statements;
    CHECK(sqlite3_stmt_status(s, SQLITE_STMTSTATUS_RUN, 0) == 3);
    CHECK(sqlite3_stmt_status(s, SQLITE_STMTSTATUS_REPREPARE, 0) == 0);
  }
  CHECK(statements == 1);
}

TEST_CASE("faults have ids that a person can act on") {
  test::TempDir dir;
  SECTION("a missing directory") {
    auto db = Database::open(dir.file("none/a.db"), {});
    REQUIRE_FALSE(db);
    CHECK(db.error().id == "storage.open");
  }
  SECTION("not a database") {
    std::ofstream(dir.file("a.db")) << std::string(8192, 'x');
    auto db = Database::open(dir.file("a.db"), {});
    REQUIRE_FALSE(db);
    CHECK(db.error().id == "storage.damaged");
  }
  SECTION("a lock that another holds") {
    auto holder = open_ok(dir.file("a.db"));
    ok(holder->exec("BEGIN IMMEDIATE"));
    auto late = open_ok(dir.file("a.db"), {.busy_timeout_ms = 20});
    auto begun = late->exec("BEGIN IMMEDIATE");
    REQUIRE_FALSE(begun);
    CHECK(begun.error().id == "storage.busy");
    CHECK(status_of(begun.error()) == -204);
  }
  SECTION("no room") {
    auto db = open_ok(dir.file("a.db"));
    ok(db->exec("CREATE TABLE t(a BLOB) STRICT; PRAGMA max_page_count=20"));
    auto filled = db->exec("INSERT INTO t VALUES(zeroblob(1000000))");
    REQUIRE_FALSE(filled);
    CHECK(filled.error().id == "storage.full");
    CHECK(status_of(filled.error()) == -203);
  }
  SECTION("writing through a reader") {
    auto writer = open_ok(dir.file("a.db"));
    ok(writer->exec("CREATE TABLE t(a INTEGER) STRICT"));
    auto reader = open_ok(dir.file("a.db"), {.read_only = true});
    auto written = reader->exec("INSERT INTO t VALUES(1)");
    REQUIRE_FALSE(written);
    CHECK(written.error().id == "storage.read_only");
  }
  SECTION("a broken constraint") {
    auto db = open_ok(dir.file("a.db"));
    ok(db->exec("CREATE TABLE t(a INTEGER UNIQUE) STRICT; INSERT INTO t VALUES(1)"));
    auto again = db->exec("INSERT INTO t VALUES(1)");
    REQUIRE_FALSE(again);
    CHECK(again.error().id == "storage.constraint");
  }
}

TEST_CASE("every storage error has its sentence in both languages") {
  for (const char* id : {"storage.full", "storage.busy", "storage.read_only", "storage.open", "storage.io",
                         "storage.damaged", "storage.memory", "storage.constraint", "storage.internal",
                         "storage.reentrant", "storage.foreign", "storage.no_backup", "storage.newer"}) {
    INFO(id);
    REQUIRE(catalogue_entry(id) != nullptr);
    CHECK_FALSE(catalogue_entry(id)->zh.empty());
    CHECK_FALSE(catalogue_entry(id)->en.empty());
  }
}

TEST_CASE("migrations run once each, in order, and refuse what is newer or foreign") {
  test::TempDir dir;
  const auto path = dir.file("a.db");
  const embedded::File both[] = {{"0002_b.sql", "INSERT INTO t VALUES(2)"}, {"0001_a.sql", "CREATE TABLE t(a INTEGER) STRICT"}};
  {
    auto db = open_ok(path);
    ok(migrate(*db, 7, std::span(both).subspan(1)));
    ok(migrate(*db, 7, both));
    ok(migrate(*db, 7, both));
    CHECK(*Query(*db, "SELECT count(*) FROM t").number() == 1);
    CHECK(*Query(*db, "SELECT count(*) FROM huren_migration").number() == 2);
  }
  auto db = open_ok(path);
  SECTION("newer than this program") {
    auto old = migrate(*db, 7, std::span(both).subspan(1));
    REQUIRE_FALSE(old);
    CHECK(old.error().id == "storage.newer");
    CHECK(old.error().args == std::vector<std::string>{"2", "1"});
  }
  SECTION("of another kind") {
    auto other = migrate(*db, 8, both);
    REQUIRE_FALSE(other);
    CHECK(other.error().id == "storage.foreign");
  }
  SECTION("of another program") {
    auto stranger = open_ok(dir.file("b.db"));
    ok(stranger->exec("CREATE TABLE theirs(a INTEGER) STRICT"));
    auto refused = migrate(*stranger, 7, both);
    REQUIRE_FALSE(refused);
    CHECK(refused.error().id == "storage.foreign");
    CHECK(*Query(*stranger, "SELECT count(*) FROM sqlite_schema").number() == 1);
  }
  SECTION("one that fails leaves the version before it") {
    const embedded::File bad[] = {both[0], both[1], {"0003_c.sql", "CREATE TABLE u(a INTEGER) STRICT; nonsense"}};
    CHECK_FALSE(migrate(*db, 7, bad));
    CHECK(*Query(*db, "SELECT max(number) FROM huren_migration").number() == 2);
    CHECK(*Query(*db, "SELECT count(*) FROM sqlite_schema WHERE name='u'").number() == 0);
  }
}
