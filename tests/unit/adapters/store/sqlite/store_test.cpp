#include "../../../../../adapters/store/sqlite/store.hpp"

#include <dlfcn.h>
#include <sys/stat.h>

#include <catch2/catch.hpp>
#include <filesystem>
#include <fstream>
#include <thread>

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
