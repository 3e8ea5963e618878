// I2, I3 and I9 at the store: nothing is lost between spool, outbox and inbox, whatever moment the power goes at.
#include <catch2/catch.hpp>
#include <map>
#include <random>
#include <thread>

#include "../../../adapters/store/sqlite/store.hpp"
#include "journal.hpp"
#include "storage/spool.hpp"
#include "tests/support/fault_vfs/fault_vfs.hpp"
#include "tests/support/temp_dir.hpp"

using namespace huren;
using namespace huren::storage;
using huren::store::OutboxState;
using huren::store::Reader;
using huren::store::Unit;
using huren::store::sqlite::SqliteStore;
using huren::test::FaultVfs;
using huren::test::Journal;
using Unsynced = huren::test::FaultVfs::Unsynced;

namespace {

constexpr auto kType = "lab.report.released/1";
constexpr auto kJson = "application/json; charset=utf-8";

// A hospital's two files on one disk, and the way of an event: spool, then outbox with the cursor, then forgotten.
struct Hospital {
  test::TempDir dir;
  FaultVfs vfs;
  Synchronous store_level;
  std::unique_ptr<Spool> spool;
  std::unique_ptr<SqliteStore> store;
  explicit Hospital(Synchronous level = Synchronous::full) : store_level(level) {}

  bool open() {
    auto s = Spool::open(dir.file("spool.db"), {.vfs = vfs.name()});
    auto t = SqliteStore::open(dir.file("data"), {.vfs = vfs.name(), .synchronous = store_level});
    if (!s || !t) return false;
    spool = std::move(*s);
    store = std::move(*t);
    return true;
  }
  void cut_and_return(Unsynced unsynced, unsigned seed) {
    spool.reset();
    store.reset();
    vfs.power_on(unsynced, seed);
  }

  void submit_many(Journal& journal, int round) {
    for (int i = 0; i < 1000 && !vfs.dead(); ++i) {
      const auto key = std::to_string(round) + "-" + std::to_string(i);
      auto done = spool->append(kType, key, kJson, test::body_of(key), 10000);
      if (done && *done == Appended::stored) journal.acknowledged(key);
    }
  }

  // As the engine's intake: what an event becomes and the place of the next one are one transaction.
  void take_in() {
    while (!vfs.dead()) {
      std::int64_t cursor = 0;
      if (!store->read([&](Reader& r) -> Result<void> {
            auto at = r.cursor("spool");
            if (!at) return at.error();
            cursor = *at;
            return {};
          }))
        continue;
      auto events = spool->next(cursor, 5);
      if (!events || events->empty()) continue;
      auto done = store->transact([&](Unit& u) -> Result<void> {
        for (const auto& event : *events) {
          store::OutboxRow row;
          row.message_id = event.key;
          row.partner = "b";
          row.type = "ORU^R01";
          row.body = event.body;
          row.order_key = "p" + std::to_string(event.seq % 3);
          if (auto queued = u.enqueue(row); !queued) return queued;
        }
        return u.set_cursor("spool", events->back().seq);
      });
      if (done) (void)spool->forget(events->back().seq);
    }
  }

  // Everything that a partner would come to see: what is queued, and what is spooled behind the cursor.
  std::vector<std::string> shown() {
    std::vector<std::string> keys;
    std::int64_t after = 0;
    auto read = store->read([&](Reader& r) -> Result<void> {
      auto rows = r.outbox("", {}, 1'000'000);
      if (!rows) return rows.error();
      for (const auto& row : *rows) keys.push_back(row.message_id);
      auto at = r.cursor("spool");
      if (!at) return at.error();
      after = *at;
      return {};
    });
    if (!read) throw std::runtime_error(line(read.error()));
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

TEST_CASE("I2: between spool and outbox nothing is lost and nothing doubled, whenever the power goes") {
  for (const auto unsynced : {Unsynced::lost, Unsynced::some, Unsynced::torn}) {
    Hospital hospital;
    Journal journal;
    std::mt19937 random(3 + static_cast<unsigned>(unsynced));
    for (int round = 0; round < 12; ++round) {
      REQUIRE(hospital.open());
      hospital.vfs.cut_after(1 + static_cast<std::int64_t>(random() % 300));
      {
        std::jthread intake([&] { hospital.take_in(); });
        hospital.submit_many(journal, round);
      }
      hospital.cut_and_return(unsynced, static_cast<unsigned>(random()));
    }
    REQUIRE(hospital.open());
    REQUIRE(journal.size() > 0);
    const auto verdict = journal.compare(hospital.shown());
    CHECK(verdict.lost == 0);
    CHECK(verdict.doubled == 0);
  }
}

TEST_CASE("I2: a store that does not sync loses what the spool has forgotten, and the checker says so") {
  // Where the cut falls among the writes depends on the two threads: one round that loses is proof, none in all is not.
  for (int round = 0; round < 40; ++round) {
    Hospital hospital(Synchronous::off);
    Journal journal;
    REQUIRE(hospital.open());
    hospital.vfs.cut_after(100 + 20 * round);
    {
      std::jthread intake([&] { hospital.take_in(); });
      hospital.submit_many(journal, 0);
    }
    hospital.cut_and_return(Unsynced::lost, 1);
    REQUIRE(journal.size() > 0);
    if (!hospital.open()) return;  // not even the schema is left: everything is lost
    if (journal.compare(hospital.shown()).lost > 0) return;
  }
  FAIL("no cut lost anything: the checker would not notice a store that does not sync");
}

TEST_CASE("I3: a row that was claimed for the wire is never found waiting after a power cut, its attempt is counted") {
  std::mt19937 random(5);
  for (int round = 0; round < 15; ++round) {
    Hospital hospital;
    REQUIRE(hospital.open());
    REQUIRE(hospital.store->transact([](Unit& u) -> Result<void> {
      for (int i = 0; i < 40; ++i) {
        store::OutboxRow row;
        row.message_id = "m" + std::to_string(i);
        row.partner = "b";
        row.body = test::body_of(row.message_id);
        row.order_key = "p" + std::to_string(i % 10);
        if (auto done = u.enqueue(row); !done) return done;
      }
      return {};
    }));
    hospital.vfs.cut_after(1 + static_cast<std::int64_t>(random() % 60));
    std::map<std::int64_t, OutboxState> told;  // what the store confirmed last of each row
    while (!hospital.vfs.dead()) {
      std::vector<store::OutboxRow> rows;
      auto claimed = hospital.store->transact([&](Unit& u) -> Result<void> {
        auto got = u.claim("b", 10, 3, OutboxState::on_wire);
        if (!got) return got.error();
        rows = std::move(*got);
        return {};
      });
      if (!claimed || rows.empty()) break;
      for (const auto& row : rows) told[row.id] = OutboxState::on_wire;
      for (const auto& row : rows)
        if (hospital.store->transact([&](Unit& u) { return u.settle({{.id = row.id, .state = OutboxState::delivered, .next_ms = 0, .remark = "AA"}}); }))
          told[row.id] = OutboxState::delivered;
    }
    hospital.cut_and_return(Unsynced::torn, static_cast<unsigned>(random()));
    REQUIRE(hospital.open());
    REQUIRE(hospital.store->read([&](Reader& r) -> Result<void> {
      auto rows = r.outbox("b", {}, 1000);
      if (!rows) return rows.error();
      CHECK(rows->size() == 40);
      for (const auto& row : *rows) {
        const auto found = told.find(row.id);
        if (found == told.end()) continue;
        CHECK(row.attempts == 1);
        if (found->second == OutboxState::delivered) CHECK(row.state == OutboxState::delivered);
        CHECK(row.state != OutboxState::waiting);
      }
      return {};
    }));
  }
}

TEST_CASE("I9: bytes from a partner that were answered are in the inbox after a power cut, with the same answer") {
  std::mt19937 random(9);
  for (int round = 0; round < 15; ++round) {
    Hospital hospital;
    REQUIRE(hospital.open());
    hospital.vfs.cut_after(1 + static_cast<std::int64_t>(random() % 60));
    std::map<std::string, std::string> answered;
    const auto row_for = [](int i) {
      store::InboxRow row;
      row.source = "city";
      row.control_id = "C" + std::to_string(i);
      row.content_hash = "h" + std::to_string(i);
      row.body = test::body_of(row.control_id);
      row.ack = "MSA|AA|" + row.control_id;
      row.state = "received";
      return row;
    };
    int sent = 0;
    for (; !hospital.vfs.dead() && sent < 1000; ++sent)
      if (hospital.store->transact([&](Unit& u) -> Result<void> {
            auto verdict = u.receive(row_for(sent));
            if (!verdict) return verdict.error();
            return {};
          }))
        answered["C" + std::to_string(sent)] = "MSA|AA|C" + std::to_string(sent);
    hospital.cut_and_return(Unsynced::some, static_cast<unsigned>(random()));
    REQUIRE(hospital.open());
    for (int i = 0; i < sent; ++i)
      REQUIRE(hospital.store->transact([&](Unit& u) -> Result<void> {
        auto verdict = u.receive(row_for(i));
        if (!verdict) return verdict.error();
        if (answered.contains("C" + std::to_string(i))) {
          CHECK(verdict->kind == store::InboxVerdict::duplicate);
          CHECK(verdict->earlier.ack == answered["C" + std::to_string(i)]);
        }
        return {};
      }));
  }
}

TEST_CASE("a full disk stops the store with storage.full, a read-only one with storage.read_only - nothing is half-written, and it recovers by itself") {
  const bool full = GENERATE(true, false);
  Hospital hospital;
  REQUIRE(hospital.open());
  const auto put = [&](int i) {
    return hospital.store->transact([&](Unit& u) -> Result<void> {
      store::OutboxRow row;
      row.message_id = "m" + std::to_string(i);
      row.partner = "b";
      row.body = std::string(3000, 'x');
      if (auto done = u.enqueue(row); !done) return done;
      return u.set_cursor("count", i + 1);
    });
  };
  int i = 0;
  for (; i < 5; ++i) REQUIRE(put(i));
  if (full) hospital.vfs.set_room(60000);
  else hospital.vfs.set_read_only(true);
  Result<void> last;
  while (i < 200 && (last = put(i))) ++i;
  REQUIRE_FALSE(last);
  CHECK(last.error().id == (full ? "storage.full" : "storage.read_only"));
  CHECK(status_of(last.error()) == (full ? -203 : -202));
  const auto agree = [&] {
    return hospital.store->read([&](Reader& r) -> Result<void> {
      auto rows = r.outbox("b", {}, 1000);
      auto count = r.cursor("count");
      if (!rows) return rows.error();
      if (!count) return count.error();
      CHECK(static_cast<std::int64_t>(rows->size()) == *count);
      CHECK(*count == i);
      return {};
    });
  };
  CHECK(agree());
  hospital.vfs.set_room(-1);
  hospital.vfs.set_read_only(false);
  for (const int end = i + 5; i < end; ++i) CHECK(put(i));
  CHECK(agree());
  hospital.store.reset();
  REQUIRE(hospital.open());
  CHECK(agree());
}
