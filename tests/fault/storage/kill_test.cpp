// kill -9 at any moment: what a process acknowledged before it died is there for the next one, once.
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <catch2/catch.hpp>
#include <chrono>
#include <random>
#include <thread>

#include "../../../adapters/store/sqlite/store.hpp"
#include "journal.hpp"
#include "storage/spool.hpp"
#include "tests/support/temp_dir.hpp"

using namespace huren;
using namespace huren::storage;
using huren::test::Journal;

namespace {

constexpr auto kType = "lab.report.released/1";
constexpr auto kJson = "application/json; charset=utf-8";
constexpr std::size_t kName = 24;  // one acknowledgement through the pipe: a key, padded

// In the child: submits from two threads, each acknowledgement written to the pipe, until killed.
[[noreturn]] void submit_for_ever(const std::string& path, int pipe, int round) {
  auto spool = Spool::open(path, {});
  if (!spool) ::_exit(3);
  const auto work = [&](int t) {
    for (int i = 0;; ++i) {
      const auto key = std::to_string(round) + "-" + std::to_string(t) + "-" + std::to_string(i);
      auto done = (*spool)->append(kType, key, kJson, test::body_of(key), 10000);
      if (!done) ::_exit(4);
      std::array<char, kName> name{};
      key.copy(name.data(), name.size() - 1);
      if (::write(pipe, name.data(), name.size()) != static_cast<ssize_t>(name.size())) ::_exit(5);
    }
  };
  std::jthread second([&] { work(1); });
  work(0);
  ::_exit(0);
}

}  // namespace

TEST_CASE("I1: kill -9 in the middle of submits loses no acknowledged one, and the next process opens the spool at once") {
  test::TempDir dir;
  const auto path = dir.file("spool.db");
  std::mt19937 random(17);
  Journal journal;
  for (int round = 0; round < 25; ++round) {
    std::array<int, 2> ends{};
    REQUIRE(::pipe(ends.data()) == 0);
    const auto child = ::fork();
    if (child == 0) {
      ::close(ends[0]);
      submit_for_ever(path, ends[1], round);
    }
    ::close(ends[1]);
    std::jthread killer([child, wait = 15 + random() % 60] {
      std::this_thread::sleep_for(std::chrono::milliseconds(wait));
      ::kill(child, SIGKILL);
    });
    std::array<char, kName> name{};
    while (::read(ends[0], name.data(), name.size()) == static_cast<ssize_t>(name.size())) journal.acknowledged(name.data());
    ::close(ends[0]);
    killer.join();
    int status = 0;
    ::waitpid(child, &status, 0);
    REQUIRE(WIFSIGNALED(status));
  }
  auto spool = Spool::open(path, {});
  REQUIRE(spool);
  std::vector<std::string> keys;
  for (std::int64_t after = 0;;) {
    auto events = (*spool)->next(after, 1000);
    REQUIRE(events);
    if (events->empty()) break;
    for (const auto& event : *events) keys.push_back(event.key);
    after = events->back().seq;
  }
  REQUIRE(journal.size() > 25);
  const auto verdict = journal.compare(keys);
  CHECK(verdict.lost == 0);
  CHECK(verdict.doubled == 0);
}

TEST_CASE("the lease of a store whose process was killed is free for the next") {
  test::TempDir dir;
  std::array<int, 2> ends{};
  REQUIRE(::pipe(ends.data()) == 0);
  const auto child = ::fork();
  if (child == 0) {
    auto store = store::sqlite::SqliteStore::open(dir.file("data"), {});
    if (!store || !(*store)->take_lease() || ::write(ends[1], "y", 1) != 1) ::_exit(3);
    for (;;) ::pause();
  }
  char ready = 0;
  REQUIRE(::read(ends[0], &ready, 1) == 1);
  auto store = store::sqlite::SqliteStore::open(dir.file("data"), {});
  REQUIRE(store);
  auto taken = (*store)->take_lease();
  REQUIRE(taken);
  CHECK_FALSE(*taken);
  ::kill(child, SIGKILL);
  ::waitpid(child, nullptr, 0);
  taken = (*store)->take_lease();
  REQUIRE(taken);
  CHECK(*taken);
  ::close(ends[0]);
  ::close(ends[1]);
}
