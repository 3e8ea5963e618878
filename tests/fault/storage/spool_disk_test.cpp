// A full disk and a failing disk: each submit is told the truth, and the spool recovers by itself.
#include <catch2/catch.hpp>
#include <random>

#include "journal.hpp"
#include "storage/spool.hpp"
#include "tests/support/fault_vfs/fault_vfs.hpp"
#include "tests/support/temp_dir.hpp"

using namespace huren;
using namespace huren::storage;
using huren::test::FaultVfs;
using huren::test::Journal;

namespace {

constexpr auto kType = "lab.report.released/1";
constexpr auto kJson = "application/json; charset=utf-8";

struct Disk {
  test::TempDir dir;
  FaultVfs vfs;
  std::unique_ptr<Spool> spool;
  Journal journal;
  int next = 0;
  Disk() { reopen(); }
  void reopen() {
    spool.reset();
    auto opened = Spool::open(dir.file("spool.db"), {.vfs = vfs.name()});
    if (!opened) throw std::runtime_error(line(opened.error()));
    spool = std::move(*opened);
  }
  Result<Appended> submit() {
    const auto key = "k" + std::to_string(next++);
    auto done = spool->append(kType, key, kJson, test::body_of(key), 10000);
    if (done && *done == Appended::stored) journal.acknowledged(key);
    return done;
  }
  std::vector<std::string> shown() {
    std::vector<std::string> keys;
    std::int64_t after = 0;
    for (;;) {
      auto events = spool->next(after, 100);
      if (!events) throw std::runtime_error(line(events.error()));
      if (events->empty()) return keys;
      for (const auto& event : *events) keys.push_back(event.key);
      after = events->back().seq;
    }
  }
};

}  // namespace

TEST_CASE("a full disk refuses submits with storage.full, keeps what it has, and accepts again when there is room") {
  for (const bool half : {false, true}) {
    Disk disk;
    disk.vfs.take_half(half);
    for (int i = 0; i < 5; ++i) REQUIRE(disk.submit());
    disk.vfs.set_room(20000);
    Result<Appended> last = Appended::stored;
    for (int i = 0; i < 1000 && last; ++i) last = disk.submit();  // the log had grown ahead, and has room for some
    REQUIRE_FALSE(last);
    CHECK(last.error().id == "storage.full");
    CHECK(status_of(last.error()) == -203);
    disk.vfs.set_room(0);  // smaller ones may still fit into what the refused one had grown, but not for long
    int refused = 0;
    for (int i = 0; i < 50 && refused < 3; ++i)
      if (auto again = disk.submit(); !again) {
        ++refused;
        CHECK(again.error().id == "storage.full");
      }
    CHECK(refused == 3);
    CHECK(disk.journal.compare(disk.shown()).lost == 0);  // reading goes on
    disk.vfs.set_room(-1);
    for (int i = 0; i < 5; ++i) {
      auto again = disk.submit();
      INFO((again ? "" : line(again.error())));
      CHECK(again);
    }
    disk.reopen();
    const auto verdict = disk.journal.compare(disk.shown());
    CHECK(verdict.lost == 0);
    CHECK(verdict.doubled == 0);
    CHECK(disk.shown().size() == disk.journal.size());  // what was refused is not there by half
  }
}

TEST_CASE("a file system that turned read-only refuses submits by that name, keeps what it has, and accepts again by itself") {
  Disk disk;
  for (int i = 0; i < 5; ++i) REQUIRE(disk.submit());
  disk.vfs.set_read_only(true);
  for (int i = 0; i < 3; ++i) {
    auto refused = disk.submit();
    REQUIRE_FALSE(refused);
    CHECK(refused.error().id == "storage.read_only");
    CHECK(status_of(refused.error()) == -202);
  }
  CHECK(disk.journal.compare(disk.shown()).lost == 0);
  disk.vfs.set_read_only(false);
  for (int i = 0; i < 5; ++i) CHECK(disk.submit());
  disk.reopen();
  const auto verdict = disk.journal.compare(disk.shown());
  CHECK(verdict.lost == 0);
  CHECK(verdict.doubled == 0);
  CHECK(disk.shown().size() == disk.journal.size());
}

TEST_CASE("a spool that finds no room when it is opened says so and opens when there is room") {
  test::TempDir dir;
  FaultVfs vfs;
  vfs.set_room(0);
  auto spool = Spool::open(dir.file("spool.db"), {.vfs = vfs.name()});
  REQUIRE_FALSE(spool);
  CHECK(spool.error().id == "storage.full");
  vfs.set_room(-1);
  CHECK(Spool::open(dir.file("spool.db"), {.vfs = vfs.name()}));
}

TEST_CASE("an I/O error is never an acknowledgement and does not outlast itself") {
  for (const auto call : {FaultVfs::Call::write, FaultVfs::Call::sync}) {
    for (int after = 0; after < 8; ++after) {
      Disk disk;
      for (int i = 0; i < 3; ++i) REQUIRE(disk.submit());
      disk.vfs.fail(call, after, 1);
      int failed = 0;
      for (int i = 0; i < 10; ++i)
        if (auto done = disk.submit(); !done) {
          ++failed;
          CHECK(done.error().id == "storage.io");
          CHECK(status_of(done.error()) == -202);
        }
      CHECK(failed <= 1);
      if (call == FaultVfs::Call::sync) CHECK(failed == 1);
      disk.vfs.power_on(FaultVfs::Unsynced::kept, 1);
      disk.reopen();
      const auto verdict = disk.journal.compare(disk.shown());
      CHECK(verdict.lost == 0);
      CHECK(verdict.doubled == 0);
    }
  }
}

TEST_CASE("I1: a failed sync followed by a good one acknowledges nothing that a power cut could still take") {
  std::mt19937 random(11);
  for (int round = 0; round < 20; ++round) {
    Disk disk;
    disk.vfs.fail(FaultVfs::Call::sync, static_cast<std::int64_t>(random() % 6), 1 + static_cast<std::int64_t>(random() % 3));
    for (int i = 0; i < 12; ++i) (void)disk.submit();
    disk.vfs.cut_after(1);
    (void)disk.submit();
    disk.spool.reset();
    disk.vfs.power_on(FaultVfs::Unsynced::lost, 1);
    disk.reopen();
    CHECK(disk.journal.compare(disk.shown()).lost == 0);
  }
}
