#include "../../../../../adapters/store/sqlite/store.hpp"

#include <dlfcn.h>
#include <sys/stat.h>

#include <catch2/catch.hpp>
#include <filesystem>
#include <fstream>
#include <thread>

#include "core/base/text.hpp"
#include "tests/support/temp_dir.hpp"

using namespace huren;
using huren::store::sqlite::SqliteStore;

namespace {

std::unique_ptr<SqliteStore> open_ok(const std::string& directory) {
  auto store = SqliteStore::open(directory, {});
  if (!store) FAIL(line(store.error()));
  return std::move(*store);
}

Result<void> set(SqliteStore& store, const std::string& name, std::int64_t value) {
  return store.transact([&](store::Unit& u) { return u.set_cursor(name, value); });
}

std::int64_t get(SqliteStore& store, const std::string& name) {
  std::int64_t value = -1;
  auto done = store.read([&](store::Reader& r) -> Result<void> {
    auto found = r.cursor(name);
    if (!found) return found.error();
    value = *found;
    return {};
  });
  if (!done) FAIL(line(done.error()));
  return value;
}

}  // namespace

TEST_CASE("the store's directory and files are private to their owner") {
  test::TempDir dir;
  auto store = open_ok(dir.file("data"));
  REQUIRE(set(*store, "a", 1));
  REQUIRE(store->take_lease());
  struct stat info {};
  REQUIRE(::stat(dir.file("data").c_str(), &info) == 0);
  CHECK((info.st_mode & 0777) == 0700);
  for (const auto& entry : std::filesystem::directory_iterator(dir.file("data"))) {
    INFO(entry.path());
    REQUIRE(::stat(entry.path().c_str(), &info) == 0);
    CHECK((info.st_mode & 0777) == 0600);
  }
}

TEST_CASE("a store of a newer version, of another program, or damaged is refused in words and left as it is") {
  test::TempDir dir;
  const auto file = dir.file("data") + "/store.db";
  open_ok(dir.file("data"));
  SECTION("newer") {
    {
      auto db = storage::Database::open(file, {});
      REQUIRE((*db)->exec("INSERT INTO huren_migration VALUES(9000, 'x', 0)"));
    }
    auto store = SqliteStore::open(dir.file("data"), {});
    REQUIRE_FALSE(store);
    CHECK(store.error().id == "storage.newer");
    CHECK(store.error().args[0] == "9000");
  }
  SECTION("foreign") {
    std::filesystem::create_directory(dir.file("other"));
    {
      auto db = storage::Database::open(dir.file("other") + "/store.db", {});
      REQUIRE((*db)->exec("CREATE TABLE theirs(a INTEGER) STRICT"));
    }
    auto store = SqliteStore::open(dir.file("other"), {});
    REQUIRE_FALSE(store);
    CHECK(store.error().id == "storage.foreign");
  }
  SECTION("damaged") {
    {
      std::fstream out(file, std::ios::in | std::ios::out | std::ios::binary);
      out.seekp(4096);
      out << std::string(8 * 4096, '\x5A');
    }
    auto store = SqliteStore::open(dir.file("data"), {});
    REQUIRE_FALSE(store);
    CHECK(store.error().id == "storage.damaged");
  }
}

TEST_CASE("two processes' stores on one file see each other's commits") {
  test::TempDir dir;
  auto a = open_ok(dir.file("data")), b = open_ok(dir.file("data"));
  {
    std::jthread other([&] {
      for (int i = 1; i <= 100; ++i)
        if (!set(*b, "b", i)) return;
    });
    for (int i = 1; i <= 100; ++i) REQUIRE(set(*a, "a", i));
  }
  CHECK(get(*a, "b") == 100);
  CHECK(get(*b, "a") == 100);
}

TEST_CASE("the adapter opens under its configuration's folder and refuses a folder that cannot be") {
  test::TempDir dir;
  const auto& entry = store_sqlite_entry();
  CHECK(std::string(entry.signature) == HUREN_ADAPTER_SIGNATURE);
  CHECK(std::string(entry.kind) == "huren.store/1");
  auto made = entry.create({.engine = nullptr, .config_dir = dir.path().string(), .options = {{"directory", "d"}}, .peers = {}});
  REQUIRE(made);
  CHECK(std::filesystem::exists(dir.file("d") + "/store.db"));
  auto refused = entry.create({.engine = nullptr, .config_dir = dir.path().string(), .options = {{"directory", "no/such/d"}}, .peers = {}});
  REQUIRE_FALSE(refused);
  CHECK(refused.error().id == "storage.open");
}

TEST_CASE("the module shows one symbol and hides its SQLite from a host that has its own") {
  test::TempDir dir;
  void* module = ::dlopen(HUREN_BINARY_DIR "/lib/huren-store-sqlite.so", RTLD_NOW | RTLD_LOCAL);
  INFO((module ? "" : ::dlerror()));
  REQUIRE(module);
  CHECK(::dlsym(module, "sqlite3_open_v2") == nullptr);
  const auto* entry = static_cast<const AdapterEntry*>(::dlsym(module, "huren_adapter_entry"));
  REQUIRE(entry);
  CHECK(std::string(entry->signature) == HUREN_ADAPTER_SIGNATURE);
  CHECK(std::string(entry->id) == "store.sqlite");
  auto made = entry->create({.engine = nullptr, .config_dir = {}, .options = {{"directory", dir.file("d")}}, .peers = {}});
  REQUIRE(made);
  auto& store = static_cast<StoreAdapter&>(**made);
  CHECK(store.transact([](store::Unit& u) { return u.set_cursor("a", 1); }));
}

TEST_CASE("a backup restores the store as it was at that moment - the former one stays beside it") {
  test::TempDir dir;
  const auto data = dir.file("data"), copy = dir.file("copy.db");
  {
    auto store = open_ok(data);
    REQUIRE(set(*store, "a", 1));
    REQUIRE(store->backup(copy));
    REQUIRE(set(*store, "a", 2));
  }
  struct stat info {};
  REQUIRE(::stat(copy.c_str(), &info) == 0);
  CHECK((info.st_mode & 0777) == 0600);
  auto former = SqliteStore::restore(copy, data);
  INFO((former ? "" : line(former.error())));
  REQUIRE(former);
  CHECK(get(*open_ok(data), "a") == 1);
  std::filesystem::create_directory(dir.file("old"));
  std::filesystem::rename(*former, dir.file("old") + "/store.db");
  CHECK(get(*open_ok(dir.file("old")), "a") == 2);
  CHECK(std::filesystem::exists(copy));
}

TEST_CASE("a restore refuses a running store, a damaged backup and another kind of file, and changes nothing then") {
  test::TempDir dir;
  const auto data = dir.file("data"), copy = dir.file("copy.db");
  auto store = open_ok(data);
  for (int i = 0; i < 200; ++i) REQUIRE(set(*store, "a" + std::to_string(i), 1));
  REQUIRE(store->backup(copy));
  REQUIRE(set(*store, "a0", 2));
  std::string_view expected;
  std::string from = copy;
  SECTION("running") {
    REQUIRE(store->take_lease());
    expected = "store.in_use";
  }
  SECTION("open without the lease") { expected = "store.in_use"; }
  SECTION("damaged") {
    std::fstream out(copy, std::ios::in | std::ios::out | std::ios::binary);
    out.seekp(5 * 4096);
    out << std::string(10 * 4096, '\x5A');
    out.close();
    expected = "storage.damaged";
  }
  SECTION("another kind") {
    from = dir.file("other.db");
    auto db = storage::Database::open(from, {});
    REQUIRE((*db)->exec("CREATE TABLE theirs(a INTEGER) STRICT"));
    expected = "storage.foreign";
  }
  SECTION("no store at all") {
    from = dir.file("report.hl7");
    std::ofstream(from) << "MSH|^~\\&|" << std::string(5000, 'x');
    expected = "storage.no_backup";
  }
  SECTION("not there") {
    from = dir.file("none.db");
    expected = "storage.open";
  }
  if (expected != "store.in_use") store.reset();
  auto refused = SqliteStore::restore(from, data);
  REQUIRE_FALSE(refused);
  CHECK(refused.error().id == expected);
  CHECK_FALSE(std::filesystem::exists(data + "/store.db.part"));
  store.reset();
  CHECK(get(*open_ok(data), "a0") == 2);
}

TEST_CASE("a store that cannot be opened any more is restored too, with its remains kept") {
  test::TempDir dir;
  const auto data = dir.file("data"), copy = dir.file("copy.db");
  {
    auto store = open_ok(data);
    REQUIRE(set(*store, "a", 1));
    REQUIRE(store->backup(copy));
  }
  std::ofstream(data + "/store.db", std::ios::binary | std::ios::trunc) << std::string(20000, 'x');
  std::ofstream(data + "/store.db-wal", std::ios::binary | std::ios::trunc) << std::string(9000, 'y');
  auto opened = store_sqlite_entry().create({.engine = nullptr, .config_dir = {}, .options = {{"directory", data}, {"restore_from", copy}}, .peers = {}});
  INFO((opened ? "" : line(opened.error())));
  REQUIRE(opened);
  opened->reset();
  CHECK(get(*open_ok(data), "a") == 1);
}

TEST_CASE("a document that its message of the inbox has word for word is not kept a second time") {
  test::TempDir dir;
  {
    auto store = open_ok(dir.file("data"));
    REQUIRE(store->transact([](store::Unit& u) -> Result<void> {
      for (const std::string id : {"there", "elsewhere"}) {
        store::InboxRow row;
        row.source = "city";
        row.control_id = row.content_hash = id;
        row.body = "OBX|2|ED|C0007||^TEXT^XML^Base64^" + (id == "there" ? base64_encode("<ClinicalDocument/>") : "?") + "||||||F\r";
        row.state = "applied";
        auto taken = u.receive(row);
        if (!taken) return taken.error();
        store::ReportRow report;
        report.id = report.number = id;
        report.rest = "{}";
        report.document = "<ClinicalDocument/>";
        report.inbox = taken->id;
        if (auto r = u.put_report(report, {}); !r) return r;
      }
      return {};
    }));
  }
  auto db = storage::Database::open(dir.file("data") + "/store.db", {});
  REQUIRE(db);
  storage::Query kept(**db, "SELECT r.id, length(t.document), CAST(substr(b.body, t.document_at, t.document_size) AS TEXT) FROM report r JOIN report_text t ON t.seq = r.seq JOIN inbox_body b ON b.id = t.inbox ORDER BY r.id");
  REQUIRE(*kept.step());
  CHECK(kept.text(0) == "elsewhere");
  CHECK(kept.integer(1) == 19);
  CHECK(kept.text(2).empty());
  REQUIRE(*kept.step());
  CHECK(kept.text(0) == "there");
  CHECK(kept.integer(1) == 0);
  CHECK(kept.text(2) == base64_encode("<ClinicalDocument/>"));
}
