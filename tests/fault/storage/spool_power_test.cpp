// I1 for the spool: what was acknowledged is there after the power went, at whatever moment it went.
#include <catch2/catch.hpp>
#include <random>
#include <thread>

#include "journal.hpp"
#include "storage/spool.hpp"
#include "tests/support/fault_vfs/fault_vfs.hpp"
#include "tests/support/temp_dir.hpp"

using namespace huren;
using namespace huren::storage;
using huren::test::FaultVfs;
using huren::test::Journal;
using Unsynced = huren::test::FaultVfs::Unsynced;

namespace {

constexpr auto kType = "lab.report.released/1";
constexpr auto kJson = "application/json; charset=utf-8";

struct Power {
  test::TempDir dir;
  FaultVfs vfs;
  SpoolOptions options;
  explicit Power(Synchronous level = Synchronous::full) {
    options.vfs = vfs.name();
    options.synchronous = level;
  }
  std::string path() const { return dir.file("spool.db"); }
  std::unique_ptr<Spool> open() {
    auto spool = Spool::open(path(), options);
    return spool ? std::move(*spool) : nullptr;
  }
};

// Submits from several threads until the power goes; true acknowledgements go into the journal.
void submit_until_dark(Power& power, Spool& spool, Journal& journal, int round) {
  std::vector<std::jthread> threads;
  for (int t = 0; t < 3; ++t)
    threads.emplace_back([&, t] {
      for (int i = 0; !power.vfs.dead() && i < 1000; ++i) {
        const auto key = std::to_string(round) + "-" + std::to_string(t) + "-" + std::to_string(i);
        auto done = spool.append(kType, key, kJson, test::body_of(key), 10000);
        if (done && *done == Appended::stored) journal.acknowledged(key);
      }
    });
}

std::vector<std::string> keys_in(Spool& spool) {
  std::vector<std::string> keys;
  std::int64_t after = 0;
  for (;;) {
    auto events = spool.next(after, 100);
    if (!events || events->empty()) return keys;
    for (const auto& event : *events) {
      REQUIRE(event.body == test::body_of(event.key));  // whole or not at all
      keys.push_back(event.key);
      after = event.seq;
    }
  }
}

Journal::Verdict run_rounds(Power& power, Unsynced unsynced, int rounds, unsigned seed) {
  std::mt19937 random(seed);
  Journal journal;
  for (int round = 0; round < rounds; ++round) {
    auto spool = power.open();
    REQUIRE(spool);
    power.vfs.cut_after(1 + static_cast<std::int64_t>(random() % 120));
    submit_until_dark(power, *spool, journal, round);
    REQUIRE(power.vfs.dead());
    spool.reset();
    power.vfs.power_on(unsynced, static_cast<unsigned>(random()));
  }
  auto spool = power.open();
  REQUIRE(spool);
  REQUIRE(journal.size() > 0);
  return journal.compare(keys_in(*spool));
}

}  // namespace

TEST_CASE("I1: a submit that was acknowledged is present after a power cut, whatever unsynced data did") {
  for (const auto unsynced : {Unsynced::lost, Unsynced::some, Unsynced::torn, Unsynced::kept}) {
    Power power;
    const auto verdict = run_rounds(power, unsynced, 12, 1 + static_cast<unsigned>(unsynced));
    CHECK(verdict.lost == 0);
    CHECK(verdict.doubled == 0);
  }
}

TEST_CASE("I1: without the sync the same rounds lose submits, and the checker says so") {
  Power power(Synchronous::off);
  Journal journal;
  {
    auto spool = power.open();
    REQUIRE(spool);
  }
  auto spool = power.open();
  REQUIRE(spool);
  power.vfs.cut_after(60);
  submit_until_dark(power, *spool, journal, 0);
  spool.reset();
  power.vfs.power_on(Unsynced::lost, 1);
  REQUIRE(journal.size() > 0);
  spool = power.open();
  const auto verdict = journal.compare(spool ? keys_in(*spool) : std::vector<std::string>());
  CHECK(verdict.lost > 0);
}

TEST_CASE("I1: the power may go at every single write and sync of a spool's life, its creation included") {
  for (const auto unsynced : {Unsynced::lost, Unsynced::torn}) {
    std::int64_t total = 0;
    for (std::int64_t cut = 1;; ++cut) {
      Power power;
      Journal journal;
      if (cut <= total || total == 0) power.vfs.cut_after(total == 0 ? 1'000'000 : cut);
      if (auto spool = power.open()) {
        for (int i = 0; i < 6; ++i) {
          const auto key = "k" + std::to_string(i);
          auto done = spool->append(kType, key, kJson, test::body_of(key), 10000);
          if (done && *done == Appended::stored) journal.acknowledged(key);
          if (i == 3)
            if (auto events = spool->next(0, 1); events && !events->empty()) (void)spool->forget(events->front().seq);
        }
      }
      if (total == 0) {  // the first life tells how many moments there are
        total = power.vfs.calls();
        REQUIRE(total > 15);
        cut = 0;
        continue;
      }
      if (cut > total) break;
      power.vfs.power_on(unsynced, static_cast<unsigned>(cut));
      auto spool = power.open();
      INFO("cut at " << cut << " of " << total);
      REQUIRE(spool);
      CHECK(spool->set_aside().empty());
      auto shown = keys_in(*spool);
      if (auto first = spool->append(kType, "k0", kJson, test::body_of("k0"), 10000); first && *first == Appended::duplicate)
        shown.push_back("k0");  // perhaps forgotten by then, but known for ever
      std::sort(shown.begin(), shown.end());
      shown.erase(std::unique(shown.begin(), shown.end()), shown.end());
      CHECK(journal.compare(shown).lost == 0);
    }
  }
}

TEST_CASE("a repeated submit after the cut is stored once, whether or not the first one had survived") {
  Power power;
  std::mt19937 random(7);
  Journal journal;
  for (int round = 0; round < 20; ++round) {
    auto spool = power.open();
    REQUIRE(spool);
    power.vfs.cut_after(1 + static_cast<std::int64_t>(random() % 30));
    submit_until_dark(power, *spool, journal, 0);  // the same keys each round, as a HIS repeats what was not answered
    spool.reset();
    power.vfs.power_on(Unsynced::some, static_cast<unsigned>(random()));
  }
  auto spool = power.open();
  REQUIRE(spool);
  const auto verdict = journal.compare(keys_in(*spool));
  CHECK(verdict.lost == 0);
  CHECK(verdict.doubled == 0);
}
