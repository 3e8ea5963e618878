#include "storage/spool.hpp"

#include <sys/stat.h>

#include <atomic>
#include <catch2/catch.hpp>
#include <filesystem>
#include <fstream>
#include <string>
#include <thread>
#include <vector>

#include "tests/support/temp_dir.hpp"

using namespace huren;
using namespace huren::storage;

namespace {
std::unique_ptr<Spool> open_ok(const std::string& path, const SpoolOptions& options = {}) {
  auto spool = Spool::open(path, options);
  if (!spool) FAIL(line(spool.error()));
  return std::move(*spool);
}
constexpr auto kJson = "application/json; charset=utf-8";
Appended add(Spool& spool, const std::string& key, const std::string& body, const std::string& type = "a.b.c/1") {
  auto result = spool.append(type, key, kJson, body, 10000);
  if (!result) FAIL(line(result.error()));
  return *result;
}
}  // namespace

TEST_CASE("a submitted event is kept word for word, in order, across reopening") {
  test::TempDir dir;
  const std::string body("{\"名\":\"\0\xFF\"}", 12);
  {
    auto spool = open_ok(dir.file("spool.db"), {.now_ms = [] { return std::int64_t{1234}; }});
    CHECK(add(*spool, "k1", body) == Appended::stored);
    CHECK(add(*spool, "k2", "") == Appended::stored);
  }
  auto spool = open_ok(dir.file("spool.db"));
  auto events = spool->next(0, 10);
  REQUIRE(events);
  REQUIRE(events->size() == 2);
  CHECK((*events)[0].key == "k1");
  CHECK((*events)[0].type == "a.b.c/1");
  CHECK((*events)[0].content_type == kJson);
  CHECK((*events)[0].body == body);
  CHECK((*events)[0].at_ms == 1234);
  CHECK((*events)[1].body.empty());
  CHECK(spool->next((*events)[0].seq, 10)->size() == 1);
  CHECK(spool->next(0, 1)->size() == 1);
}

TEST_CASE("identity is (type, key): same content is a duplicate, other content a conflict, for ever") {
  test::TempDir dir;
  auto spool = open_ok(dir.file("spool.db"));
  CHECK(add(*spool, "k", "one") == Appended::stored);
  CHECK(add(*spool, "k", "one") == Appended::duplicate);
  CHECK(add(*spool, "k", "two") == Appended::conflict);
  CHECK(add(*spool, "k", "one", "other/1") == Appended::stored);
  CHECK(*spool->append("a.b.c/1", "k", "text/plain", "one", 10000) == Appended::conflict);
  REQUIRE(spool->forget(spool->next(0, 10)->back().seq));
  CHECK(spool->next(0, 10)->empty());
  CHECK(add(*spool, "k", "one") == Appended::duplicate);
  CHECK(add(*spool, "k", "two") == Appended::conflict);
}

TEST_CASE("a new event is told of before its commit, a repeated one is not") {
  test::TempDir dir;
  auto spool = open_ok(dir.file("spool.db"));
  std::vector<SpooledEvent> told;
  std::int64_t on_disk = -1;
  const auto append = [&](const std::string& body) {
    auto result = spool->append("a.b.c/1", "k", kJson, body, 10000, [&](const SpooledEvent& event) {
      told.push_back(event);
      on_disk = *spool->newest();
    });
    REQUIRE(result);
    return *result;
  };
  CHECK(append("one") == Appended::stored);
  CHECK(on_disk == 0);
  CHECK(append("one") == Appended::duplicate);
  CHECK(append("two") == Appended::conflict);
  REQUIRE(told.size() == 1);
  const auto kept = spool->next(0, 10);
  REQUIRE(kept->size() == 1);
  const auto& [seq, type, key, content_type, body, at_ms] = kept->front();
  CHECK(told[0].seq == seq);
  CHECK(told[0].type == type);
  CHECK(told[0].key == key);
  CHECK(told[0].content_type == content_type);
  CHECK(told[0].body == body);
  CHECK(told[0].at_ms == at_ms);
}

TEST_CASE("content type and body cannot trade bytes to look the same") {
  test::TempDir dir;
  auto spool = open_ok(dir.file("spool.db"));
  CHECK(*spool->append("t/1", "k", "ab", "c", 10000) == Appended::stored);
  CHECK(*spool->append("t/1", "k", "a", "bc", 10000) == Appended::conflict);
}

TEST_CASE("numbers never repeat, even when everything was forgotten and the file reopened") {
  test::TempDir dir;
  std::int64_t last = 0;
  for (int round = 0; round < 3; ++round) {
    auto spool = open_ok(dir.file("spool.db"));
    add(*spool, "k" + std::to_string(round), "x");
    auto events = spool->next(last, 10);
    REQUIRE(events->size() == 1);
    CHECK((*events)[0].seq > last);
    last = (*events)[0].seq;
    REQUIRE(spool->forget(last));
  }
}

TEST_CASE("I2: a spool that replaces a lost one goes on beyond its numbers, or a cursor would pass over new events") {
  test::TempDir dir;
  std::int64_t last = 0;
  {
    auto spool = open_ok(dir.file("spool.db"));
    for (int i = 0; i < 50; ++i) add(*spool, std::to_string(i), "x");
    last = spool->next(0, 100)->back().seq;
  }
  for (const auto& entry : std::filesystem::directory_iterator(dir.path())) std::filesystem::remove(entry.path());
  std::this_thread::sleep_for(std::chrono::milliseconds(1100));
  auto spool = open_ok(dir.file("spool.db"));
  add(*spool, "new", "x");
  CHECK(spool->next(last, 10)->size() == 1);
}

TEST_CASE("depth counts what waits") {
  test::TempDir dir;
  auto spool = open_ok(dir.file("spool.db"));
  CHECK(*spool->depth() == 0);
  for (int i = 0; i < 2500; ++i) REQUIRE(spool->append("t/1", std::to_string(i), kJson, "x", 10000));
  CHECK(*spool->depth() == 2500);
  const auto first = spool->next(0, 1)->front().seq;
  REQUIRE(spool->forget(first + 2399));  // more than one piece
  CHECK(*spool->depth() == 100);
  REQUIRE(spool->forget(first + 2499));
  CHECK(*spool->depth() == 0);
  add(*spool, "again", "x");
  CHECK(*spool->depth() == 1);
}

TEST_CASE("a reader never takes in more than a few bodies of the largest size at once") {
  test::TempDir dir;
  auto spool = open_ok(dir.file("spool.db"));
  const std::string large(8 << 20, 'x');
  for (int i = 0; i < 4; ++i) add(*spool, std::to_string(i), large);
  const auto some = spool->next(0, 100);
  REQUIRE(some->size() == 2);
  CHECK(spool->next(some->back().seq, 100)->size() == 2);
}

TEST_CASE("two owners of one file see one identity and one order") {
  test::TempDir dir;
  auto a = open_ok(dir.file("spool.db")), b = open_ok(dir.file("spool.db"));
  std::atomic<int> stored = 0, duplicate = 0;
  {
    std::vector<std::jthread> threads;
    for (auto* spool : {a.get(), b.get(), a.get(), b.get()})
      threads.emplace_back([&, spool] {
        for (int i = 0; i < 100; ++i) {
          auto result = spool->append("t/1", std::to_string(i), kJson, "same", 60000);
          if (result && *result == Appended::stored) ++stored;
          if (result && *result == Appended::duplicate) ++duplicate;
        }
      });
  }
  CHECK(stored == 100);
  CHECK(duplicate == 300);
  CHECK(*a->depth() == 100);
  CHECK(a->next(0, 1000)->size() == 100);
}

TEST_CASE("the spool is private and private stays everything beside it") {
  test::TempDir dir;
  auto spool = open_ok(dir.file("spool.db"));
  add(*spool, "k", "x");
  for (const auto& entry : std::filesystem::directory_iterator(dir.path())) {
    struct stat info {};
    REQUIRE(::stat(entry.path().c_str(), &info) == 0);
    INFO(entry.path());
    CHECK((info.st_mode & 0777) == 0600);
  }
}

TEST_CASE("a damaged spool is an error with words, not a new spool") {
  test::TempDir dir;
  const auto path = dir.file("spool.db");
  {
    auto spool = open_ok(path);
    for (int i = 0; i < 200; ++i) add(*spool, std::to_string(i), std::string(500, 'x'));
  }
  {
    std::fstream file(path, std::ios::in | std::ios::out | std::ios::binary);
    file.seekp(3 * 4096);
    file << std::string(4 * 4096, '\x55');
  }
  auto spool = Spool::open(path, {});
  REQUIRE_FALSE(spool);
  CHECK(spool.error().id == "storage.damaged");
  CHECK(std::filesystem::exists(path));
}

TEST_CASE("a spool of which nothing can be read is set aside under a name, never deleted, and reported") {
  test::TempDir dir;
  const auto path = dir.file("spool.db");
  std::ofstream(path) << std::string(5000, 'z');
  auto spool = open_ok(path);
  REQUIRE_FALSE(spool->set_aside().empty());
  CHECK(std::filesystem::file_size(spool->set_aside()) == 5000);
  CHECK(add(*spool, "k", "x") == Appended::stored);
}

TEST_CASE("a database of another program is refused and left as it is") {
  test::TempDir dir;
  const auto path = dir.file("spool.db");
  {
    auto db = Database::open(path, {});
    REQUIRE((*db)->exec("CREATE TABLE theirs(a INTEGER) STRICT"));
  }
  auto spool = Spool::open(path, {});
  REQUIRE_FALSE(spool);
  CHECK(spool.error().id == "storage.foreign");
}
