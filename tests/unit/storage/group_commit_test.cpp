#include "storage/group_commit.hpp"

#include <atomic>
#include <catch2/catch.hpp>
#include <latch>
#include <string>
#include <thread>
#include <vector>

#include "tests/support/fault_vfs/fault_vfs.hpp"
#include "tests/support/temp_dir.hpp"

using namespace huren;
using namespace huren::storage;
using namespace std::chrono_literals;

namespace {

struct Fixture {
  test::TempDir dir;
  std::unique_ptr<Database> db;
  Fixture() {
    auto opened = Database::open(dir.file("a.db"), {});
    if (!opened) throw std::runtime_error(line(opened.error()));
    db = std::move(*opened);
    if (!db->exec("CREATE TABLE t(a INTEGER UNIQUE, b BLOB) STRICT")) throw std::runtime_error("schema");
  }
  std::int64_t count() {
    auto reader = Database::open(dir.file("a.db"), {.read_only = true});
    return *Query(**reader, "SELECT count(*) FROM t").number();
  }
};

GroupCommit::Work insert(std::int64_t value) {
  return [value](Database& db) { return Query(db, "INSERT INTO t(a) VALUES(?)").with(value).run(); };
}

}  // namespace

TEST_CASE("what every caller wrote is committed, in fewer commits than callers") {
  Fixture f;
  GroupCommit group(*f.db);
  constexpr int kThreads = 16, kEach = 50;
  std::latch start(kThreads);
  std::atomic<int> good = 0;
  {
    std::vector<std::jthread> threads;
    for (int t = 0; t < kThreads; ++t)
      threads.emplace_back([&, t] {
        start.arrive_and_wait();
        for (int i = 0; i < kEach; ++i)
          if (group.run(insert(t * 1000 + i), t % 2 ? std::optional(30s) : std::nullopt)) ++good;
      });
  }
  CHECK(good == kThreads * kEach);
  CHECK(f.count() == kThreads * kEach);
  CHECK(group.figures().works == kThreads * kEach);
  CHECK(group.figures().commits < kThreads * kEach);
}

TEST_CASE("callers who come together again share a commit, instead of one leading alone and the rest waiting for it") {
  Fixture f;
  test::FaultVfs vfs(test::FaultVfs::Memory::none);
  const auto slow = Database::open(f.dir.file("a.db"), {.vfs = vfs.name()});
  REQUIRE(slow);
  vfs.delay_sync(25ms);
  constexpr int kThreads = 8, kEach = 15, kRounds = 3;
  std::atomic<int> good = 0;
  std::uint64_t least = kThreads * kEach;
  for (int round = 0; round < kRounds; ++round) {  // the machine may be busy in one of them
    GroupCommit group(**slow);
    {
      std::vector<std::jthread> threads;
      for (int t = 0; t < kThreads; ++t)
        threads.emplace_back([&, t] {
          for (int i = 0; i < kEach; ++i) {
            if (group.run(insert(round * 1000 + t * kEach + i), std::nullopt)) ++good;
            std::this_thread::sleep_for(std::chrono::microseconds(200 + 50 * t));  // each has something else to do meanwhile
          }
        });
    }
    least = std::min(least, group.figures().commits);
    CHECK(bool(group.exclusive([](Database&) -> Result<void> { return {}; })));
  }
  CHECK(good == kRounds * kThreads * kEach);
  CHECK(f.count() == good);
  CHECK(least * 6 <= kThreads * kEach);
}

TEST_CASE("who comes alone after a crowd, with little time, does not wait for company until its time is over") {
  Fixture f;
  test::FaultVfs vfs(test::FaultVfs::Memory::none);
  const auto slow = Database::open(f.dir.file("a.db"), {.vfs = vfs.name()});
  REQUIRE(slow);
  auto least = Clock::duration::max();
  for (int round = 0; round < 3; ++round) {  // the machine may be busy in one of them
    GroupCommit group(**slow);
    vfs.delay_sync(45ms);
    {
      std::vector<std::jthread> threads;
      for (int t = 0; t < 8; ++t)
        threads.emplace_back([&, t] {
          for (int i = 0; i < 4; ++i) (void)group.run(insert(round * 1000 + t * 10 + i), std::nullopt);
        });
    }
    vfs.delay_sync(0ms);
    const auto start = Clock::now();
    CHECK(bool(group.run(insert(round * 1000 + 999), 20ms)));
    least = std::min(least, Clock::now() - start);
  }
  CHECK(least < 40ms);
}

TEST_CASE("the first work of a transaction, which has no savepoint, is undone as wholly as any other, and the rest goes on") {
  Fixture f;
  GroupCommit group(*f.db);
  std::latch in(1), go(1);
  std::jthread holder([&] {
    // What it wrote goes; those behind it wait for the same transaction.
    CHECK_FALSE(group.run([&](Database& db) -> Result<void> {
      if (auto done = insert(1)(db); !done) return done;
      in.count_down();
      go.wait();
      return Error{"storage.internal", "", {}};
    }, std::nullopt));
  });
  in.wait();
  std::vector<std::jthread> others;
  for (const std::int64_t value : {2, 3})
    others.emplace_back([&, value] { CHECK(group.run(insert(value), std::nullopt)); });
  std::this_thread::sleep_for(20ms);
  go.count_down();
  others.clear();
  holder.join();
  CHECK(f.count() == 2);
  auto reader = Database::open(f.dir.file("a.db"), {.read_only = true});
  CHECK(*Query(**reader, "SELECT count(*) FROM t WHERE a=1").number() == 0);
}

namespace {

struct Guest final : GroupCommit::Last {
  bool wish = true, fail = false;
  int ran = 0, good = 0, bad = 0;
  bool wants() noexcept override { return wish; }
  Result<void> run(Database& db) override {
    ++ran;
    if (auto done = insert(1000 + ran)(db); !done) return done;
    return fail ? Result<void>(Error{"storage.internal", "", {}}) : Result<void>();
  }
  void landed(bool on_disk) noexcept override { ++(on_disk ? good : bad); }
};

}  // namespace

TEST_CASE("what rides along shares the commit, is told how it ended, and takes nobody with it when it fails") {
  Fixture f;
  GroupCommit group(*f.db);
  Guest guest;
  group.set_last(guest);
  CHECK(group.run(insert(1), std::nullopt));
  CHECK(f.count() == 2);
  CHECK(guest.good == 1);
  CHECK(group.figures().commits == 1);
  guest.fail = true;
  CHECK(group.run(insert(2), std::nullopt));
  CHECK(f.count() == 3);
  CHECK(guest.bad == 1);
  guest.fail = false;
  CHECK_FALSE(group.run(insert(2), std::nullopt));  // nothing to commit: nothing to ride in
  CHECK(guest.ran == 2);
  guest.wish = false;
  CHECK(group.run(insert(3), std::nullopt));
  CHECK(guest.ran == 2);
  CHECK(f.count() == 4);
}

TEST_CASE("what rides along and fails takes nobody with it where there are no savepoints, either") {
  Fixture f;
  GroupCommit group(*f.db);
  Guest guest;
  guest.fail = true;
  group.set_last(guest);
  int runs = 0;
  const auto counted = [&](Database& db) -> Result<void> {
    ++runs;
    return insert(1)(db);
  };
  CHECK(group.run(counted, std::nullopt, GroupCommit::Again::may));
  CHECK(runs == 2);
  CHECK(guest.ran == 1);
  CHECK(guest.bad == 1);
  CHECK(f.count() == 1);
}

TEST_CASE("a work that fails undoes itself and nobody else") {
  // Works that may be done again have no savepoints: what the failing one shares with is undone and done once more.
  const auto again = GENERATE(GroupCommit::Again::no, GroupCommit::Again::may);
  Fixture f;
  GroupCommit group(*f.db);
  std::latch hold(1), inside(1);
  std::jthread first([&] {
    (void)group.run(
        [&](Database& db) {
          inside.count_down();
          hold.wait();  // the others queue meanwhile and share this transaction
          return Query(db, "INSERT INTO t(a) VALUES(1)").run();
        },
        std::nullopt, again);
  });
  inside.wait();
  Result<void> failed, thrown, fine;
  {
    std::jthread a([&] {
      failed = group.run(
          [](Database& db) -> Result<void> {
            if (auto done = Query(db, "INSERT INTO t(a) VALUES(2)").run(); !done) return done;
            return Error{"test.refused", "", {}};
          },
          std::nullopt, again);
    });
    std::jthread b([&] {
      thrown = group.run(
          [](Database& db) -> Result<void> {
            (void)Query(db, "INSERT INTO t(a) VALUES(3)").run();
            throw std::runtime_error("x");
          },
          std::nullopt, again);
    });
    std::jthread c([&] { fine = group.run(insert(4), std::nullopt, again); });
    hold.count_down();
  }
  first.join();
  REQUIRE_FALSE(failed);
  CHECK(failed.error().id == "test.refused");
  REQUIRE_FALSE(thrown);
  CHECK(thrown.error().id == "storage.internal");
  CHECK(bool(fine));
  CHECK(f.count() == 2);
}

TEST_CASE("a commit without room fails with storage.full and the next one works") {
  Fixture f;
  GroupCommit group(*f.db);
  REQUIRE(f.db->exec("PRAGMA max_page_count=30"));
  auto big = group.run([](Database& db) { return db.exec("INSERT INTO t(a, b) VALUES(1, zeroblob(10000000))"); }, 10s);
  REQUIRE_FALSE(big);
  CHECK(big.error().id == "storage.full");
  CHECK(bool(group.run(insert(2), 10s)));
  CHECK(f.count() == 1);
}

TEST_CASE("who waits too long behind a slow leader leaves with storage.busy, and its work is withdrawn while queued") {
  Fixture f;
  GroupCommit group(*f.db, {.works = 1});
  std::latch hold(1), inside(1);
  std::jthread slow([&] {
    (void)group.run(
        [&](Database& db) {
          inside.count_down();
          hold.wait();
          return Query(db, "INSERT INTO t(a) VALUES(1)").run();
        },
        std::nullopt);
  });
  inside.wait();
  auto late = group.run(insert(2), 20ms);
  REQUIRE_FALSE(late);
  CHECK(late.error().id == "storage.busy");
  hold.count_down();
  slow.join();
  CHECK(f.count() == 1);
  CHECK(bool(group.run(insert(3), 10s)));
}

TEST_CASE("another process's lock costs the leader its time, not the others theirs") {
  Fixture f;
  auto other = Database::open(f.dir.file("a.db"), {});
  REQUIRE(other);
  REQUIRE((*other)->exec("BEGIN IMMEDIATE"));
  GroupCommit group(*f.db);
  Result<void> patient;
  std::jthread waits([&] { patient = group.run(insert(1), 30s); });
  auto hasty = group.run(insert(2), 30ms);
  REQUIRE_FALSE(hasty);
  CHECK(hasty.error().id == "storage.busy");
  REQUIRE((*other)->exec("COMMIT"));
  waits.join();
  CHECK(bool(patient));
  CHECK(f.count() == 1);
}

TEST_CASE("a writer and its checkpoint never meet another writer's: the file lock is held over both") {
  Fixture f;
  FileLock held(FileLock::beside(f.dir.file("a.db")));
  REQUIRE(held.take(Clock::now() + 1s));
  GroupCommit group(*f.db);
  auto late = group.run(insert(1), 30ms);
  REQUIRE_FALSE(late);
  CHECK(late.error().id == "storage.busy");
  held.release();
  CHECK(bool(group.run(insert(2), 10s)));
  CHECK(held.take(Clock::now() + 1s));  // given back after the commit
  CHECK(f.count() == 1);
}

TEST_CASE("callers that time out at random never leave the rest asleep") {
  Fixture f;
  GroupCommit group(*f.db, {.works = 3});
  std::atomic<int> stored = 0;
  {
    std::vector<std::jthread> threads;
    for (int t = 0; t < 8; ++t)
      threads.emplace_back([&, t] {
        for (int i = 0; i < 100; ++i)
          if (group.run(insert(t * 1000 + i), std::chrono::milliseconds(t < 4 ? (i % 2) : 60000))) ++stored;
      });
  }
  CHECK(stored >= 400);
  CHECK(f.count() >= stored);  // a work whose caller left may still be done
}

TEST_CASE("work that asks for another write is refused instead of waiting for itself") {
  Fixture f;
  GroupCommit group(*f.db);
  Result<void> inner;
  CHECK(group.run([&](Database&) -> Result<void> {
    inner = group.run(insert(1), std::nullopt);
    return {};
  }, std::nullopt));
  REQUIRE_FALSE(inner);
  CHECK(inner.error().id == "storage.reentrant");
}

TEST_CASE("exclusive work stands outside every transaction and lets the queue go on") {
  Fixture f;
  GroupCommit group(*f.db);
  std::atomic<bool> mixed = false;
  {
    std::vector<std::jthread> threads;
    for (int t = 0; t < 4; ++t)
      threads.emplace_back([&, t] {
        for (int i = 0; i < 50; ++i) (void)group.run(insert(t * 1000 + i), std::nullopt);
      });
    for (int t = 0; t < 2; ++t)
      threads.emplace_back([&] {
        for (int i = 0; i < 10; ++i)
          (void)group.exclusive([&](Database& db) -> Result<void> {
            if (db.in_transaction()) mixed = true;
            return {};
          });
      });
  }
  CHECK_FALSE(mixed);
  CHECK(f.count() == 200);
}
