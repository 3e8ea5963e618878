// The outbox verbs: claims, order, settlement. I3 and I5 at the store's level.
#include <map>
#include <random>
#include <set>
#include <thread>

#include "outbox_rows.hpp"

using namespace huren;
using namespace huren::store;
using namespace huren::test;

TEST_CASE("a claim gives the stored bytes, the state asked for, and counts the attempt") {
  FOR_EACH_STORE(o) {
    enqueue(o, {row("m1", "b", "p1")});
    auto got = claim(o, "b", 200);
    REQUIRE(got.size() == 1);
    CHECK(got[0].body == row("m1", "b", "p1").body);
    CHECK(got[0].type == "ORU^R01");
    CHECK(got[0].content_type == "application/hl7-v2; charset=utf-8");
    CHECK(got[0].subject == "H1/m1");
    CHECK(got[0].order_key == "p1");
    CHECK(got[0].state == OutboxState::on_wire);
    CHECK(got[0].attempts == 1);
    auto stored = list(o, "b", OutboxState::on_wire);
    REQUIRE(stored.size() == 1);
    CHECK(stored[0].attempts == 1);
    CHECK(stored[0].changed_ms == 200);
    CHECK(stored[0].body.empty());
  }
}

TEST_CASE("I3: a row in flight is not claimed again, nor the same message queued twice for a partner") {
  FOR_EACH_STORE(o) {
    enqueue(o, {row("m1", "b", "p1"), row("m1", "b", "p1"), row("m1", "c", "p1")});
    CHECK(list(o, "b", {}).size() == 1);
    CHECK(claim(o, "b", 200).size() == 1);
    CHECK(claim(o, "b", 200).empty());
    CHECK(claim(o, "c", 200).size() == 1);
    enqueue(o, {row("m1", "b", "p1")});
    CHECK(claim(o, "b", 200).empty());
    o.reopen();
    CHECK(claim(o, "b", 1000000).empty());
  }
}

TEST_CASE("I3: claimers side by side never get the same row") {
  FOR_EACH_STORE(o) {
    std::vector<OutboxRow> rows;
    for (int i = 0; i < 300; ++i) rows.push_back(row("m" + std::to_string(i), "b", "p" + std::to_string(i % 40)));
    enqueue(o, rows);
    std::mutex mutex;
    std::map<std::string, int> claims;
    {
      std::vector<std::jthread> threads;
      for (int t = 0; t < 4; ++t)
        threads.emplace_back([&] {
          for (;;) {
            std::vector<OutboxRow> got;
            auto done = o.store().transact([&](Unit& u) -> Result<void> {
              auto claimed = u.claim("b", 200, 7, OutboxState::on_wire);
              if (!claimed) return claimed.error();
              got = std::move(*claimed);
              return {};
            });
            if (!done) return;
            if (got.empty()) {
              const std::lock_guard lock(mutex);
              if (claims.size() == 300) return;
            }
            for (const auto& r : got) {
              {
                const std::lock_guard lock(mutex);
                ++claims[r.message_id];
              }
              (void)o.store().transact([&](Unit& u) {
                return u.settle({{.id = r.id, .state = OutboxState::delivered, .next_ms = 0, .remark = ""}});
              });
            }
          }
        });
    }
    CHECK(claims.size() == 300);
    for (const auto& [id, n] : claims) CHECK(n == 1);
  }
}

TEST_CASE("I5: of one key and partner only the oldest open row moves; other keys and partners overtake") {
  FOR_EACH_STORE(o) {
    enqueue(o, {row("m1", "b", "p1"), row("m2", "b", "p1"), row("m3", "b", "p2"), row("m4", "c", "p1"),
                row("m5", "b", "")});
    auto got = claim(o, "b", 200);
    CHECK(ids(got) == Ids{"m1", "m3", "m5"});
    CHECK(claim(o, "b", 200).empty());
    CHECK(ids(claim(o, "c", 200)) == Ids{"m4"});
    settle(o, got[0].id, OutboxState::waiting, 5000);  // m1 waits for its next time, m2 behind it
    CHECK(claim(o, "b", 4999).empty());
    got = claim(o, "b", 5000);
    CHECK(ids(got) == Ids{"m1"});
    CHECK(got[0].attempts == 2);
    settle(o, got[0].id, OutboxState::delivered);
    CHECK(ids(claim(o, "b", 5000)) == Ids{"m2"});
  }
}

TEST_CASE("I5: rows that ended or wait for a person do not hold up later ones") {
  FOR_EACH_STORE(o) {
    for (const auto state : {OutboxState::delivered, OutboxState::refused, OutboxState::doubtful, OutboxState::parked,
                             OutboxState::cancelled}) {
      const auto key = "p" + std::to_string(static_cast<int>(state));
      enqueue(o, {row(key + "a", "b", key), row(key + "b", "b", key)});
      auto got = claim(o, "b", 200);
      REQUIRE(ids(got) == Ids{key + "a"});
      settle(o, got[0].id, state);
      got = claim(o, "b", 200);
      CHECK(ids(got) == Ids{key + "b"});
    }
  }
}

TEST_CASE("I5: a row released by a person goes before younger ones, but never beside one in flight") {
  FOR_EACH_STORE(o) {
    enqueue(o, {row("m1", "b", "p1"), row("m2", "b", "p1"), row("m3", "b", "p1")});
    const auto m1 = claim(o, "b", 200)[0].id;
    settle(o, m1, OutboxState::parked);
    SECTION("while the next waits") {
      settle(o, m1, OutboxState::waiting);
      CHECK(ids(claim(o, "b", 200)) == Ids{"m1"});
    }
    SECTION("while the next is in flight") {
      const auto m2 = claim(o, "b", 200)[0].id;
      settle(o, m1, OutboxState::waiting);
      CHECK(claim(o, "b", 200).empty());
      settle(o, m2, OutboxState::delivered);
      CHECK(ids(claim(o, "b", 200)) == Ids{"m1"});
    }
  }
}

TEST_CASE("a row released by a person has all its attempts before it again and still counts as sent") {
  FOR_EACH_STORE(o) {
    enqueue(o, {row("m1", "b", "p1")});
    for (int attempt = 1; attempt <= 8; ++attempt) {
      const auto got = claim(o, "b", 200);
      REQUIRE(got.size() == 1);
      CHECK(got[0].attempts == attempt);
      settle(o, got[0].id, attempt < 8 ? OutboxState::waiting : OutboxState::parked);
    }
    const auto parked = list(o, "b", OutboxState::parked);
    REQUIRE(parked.size() == 1);
    CHECK(parked[0].attempts == 8);
    settle(o, parked[0].id, OutboxState::waiting);
    CHECK(claim(o, "b", 200)[0].attempts == 2);
    o.read([&](Reader& r) { CHECK(good(r.receivers("H1/m1")) == std::vector<std::string>{"b"}); });
  }
}

TEST_CASE("I5: whatever the order of claims and settlements, at most one row a key is in flight, the oldest open one") {
  FOR_EACH_STORE(o) {
    std::mt19937 random(20261122);
    const auto pick = [&](int n) { return static_cast<int>(random() % static_cast<unsigned>(n)); };
    struct Known {
      std::int64_t id;
      std::string key;
      OutboxState state;
    };
    std::map<std::string, Known> rows;  // by message id; ids grow with age
    int next = 0;
    std::int64_t now = 1000;
    for (int step = 0; step < 700; ++step) {
      now += pick(20);
      const int action = pick(10);
      if (action < 4) {
        char name[16];
        std::snprintf(name, sizeof name, "m%06d", next++);
        const auto key = "p" + std::to_string(pick(5));
        enqueue(o, {row(name, "b", key, now + (pick(4) == 0 ? 30 : 0))});
        rows[name] = {0, key, OutboxState::waiting};
      } else if (action < 7) {
        for (const auto& r : claim(o, "b", now, 1 + pick(3))) {
          auto& mine = rows.at(r.message_id);
          REQUIRE(mine.state == OutboxState::waiting);
          for (const auto& [id, other] : rows) {
            if (other.key != mine.key || id == r.message_id) continue;
            REQUIRE(other.state != OutboxState::on_wire);
            if (other.state == OutboxState::waiting) REQUIRE(id > r.message_id);
          }
          mine.id = r.id;
          mine.state = OutboxState::on_wire;
        }
      } else {
        std::vector<Known*> candidates;
        for (auto& [id, r] : rows)
          if (r.state == OutboxState::on_wire ||
              ((r.state == OutboxState::parked || r.state == OutboxState::doubtful) && pick(8) == 0))
            candidates.push_back(&r);
        if (candidates.empty()) continue;
        auto& r = *candidates[static_cast<std::size_t>(pick(static_cast<int>(candidates.size())))];
        const OutboxState to[] = {OutboxState::delivered, OutboxState::waiting, OutboxState::parked,
                                  OutboxState::doubtful};
        const auto state = r.state == OutboxState::on_wire ? to[pick(4)] : OutboxState::waiting;
        settle(o, r.id, state, state == OutboxState::waiting ? now + pick(60) : 0);
        r.state = state;
      }
    }
    // Nothing is forgotten: what is open leaves in order once its time has come.
    for (auto& [id, r] : rows)
      if (r.state == OutboxState::on_wire) {
        settle(o, r.id, OutboxState::waiting);
        r.state = OutboxState::waiting;
      }
    for (int guard = 0; guard < 2000; ++guard) {
      auto got = claim(o, "b", now + 1000, 3);
      if (got.empty()) break;
      for (const auto& r : got) {
        settle(o, r.id, OutboxState::delivered);
        rows.at(r.message_id).state = OutboxState::delivered;
      }
    }
    for (const auto& [id, r] : rows) {
      INFO(id);
      CHECK(r.state != OutboxState::waiting);
    }
  }
}

TEST_CASE("a claim that is undone never happened") {
  FOR_EACH_STORE(o) {
    enqueue(o, {row("m1", "b", "p1")});
    auto undone = o.store().transact([&](Unit& u) -> Result<void> {
      if (auto got = u.claim("b", 200, 1, OutboxState::on_wire); !got || got->size() != 1)
        return Error{"test.none", "", {}};
      return Error{"test.undo", "", {}};
    });
    REQUIRE_FALSE(undone);
    CHECK(undone.error().id == "test.undo");
    auto got = claim(o, "b", 200);
    REQUIRE(got.size() == 1);
    CHECK(got[0].attempts == 1);
  }
}

TEST_CASE("after a crash the rows in flight are found as they were, and nothing else") {
  FOR_EACH_STORE(o) {
    enqueue(o, {row("m1", "b", "p1"), row("m2", "b", "p2"), row("m3", "b", "p3"), row("m4", "c", "p1")});
    (void)claim(o, "b", 200, 1, OutboxState::claimed);
    (void)claim(o, "b", 200, 1, OutboxState::on_wire);
    o.reopen();
    std::vector<OutboxRow> found;
    o.write([&](Unit& u) -> Result<void> {
      found = good(u.recover("b"));
      return {};
    });
    REQUIRE(ids(found) == Ids{"m1", "m2"});
    CHECK(found[0].state == OutboxState::claimed);
    CHECK(found[1].state == OutboxState::on_wire);
    CHECK(found[0].attempts == 1);
    settle(o, found[0].id, OutboxState::waiting);
    settle(o, found[1].id, OutboxState::doubtful);
    CHECK(ids(claim(o, "b", 200)) == Ids{"m1", "m3"});
  }
}

TEST_CASE("settlement keeps remark and next time, gives an attempt back, and lets delivered stand for ever") {
  FOR_EACH_STORE(o) {
    enqueue(o, {row("m1", "b", "p1")});
    const auto id = claim(o, "b", 200)[0].id;
    settle(o, id, OutboxState::waiting, 700, true);
    auto rows = list(o, "b", OutboxState::waiting);
    REQUIRE(rows.size() == 1);
    CHECK(rows[0].attempts == 0);
    CHECK(rows[0].next_ms == 700);
    CHECK(rows[0].remark == "r");
    (void)claim(o, "b", 700);
    settle(o, id, OutboxState::delivered);
    settle(o, id, OutboxState::waiting);
    CHECK(list(o, "b", OutboxState::delivered).size() == 1);
    CHECK(claim(o, "b", 9999).empty());
    auto unknown = o.store().transact(
        [](Unit& u) { return u.settle({{.id = 12345, .state = OutboxState::delivered, .next_ms = 0, .remark = ""}}); });
    REQUIRE_FALSE(unknown);
    CHECK(unknown.error().id == "store.no_such_row");
  }
}

TEST_CASE("one message id is one body: the same again is nothing new, another body is refused") {
  FOR_EACH_STORE(o) {
    enqueue(o, {row("m1", "b", "p1"), row("m1", "c", "p1")});
    auto other = row("m1", "d", "p1");
    other.body = "else";
    auto refused = o.store().transact([&](Unit& u) { return u.enqueue(other); });
    REQUIRE_FALSE(refused);
    CHECK(refused.error().id == "store.message_differs");
    CHECK(list(o, "", {}).size() == 2);
  }
}

TEST_CASE("receivers are all partners that have or may get a subject, not those where it was cancelled unsent") {
  FOR_EACH_STORE(o) {
    auto make = [&](const char* partner) {
      auto r = row(std::string("m") + partner, partner, "p1");
      r.subject = "H1/R7";
      return r;
    };
    enqueue(o, {make("waits"), make("sent"), make("cancelled"), make("doubtful"), row("x", "other", "p1")});
    settle(o, claim(o, "sent", 200)[0].id, OutboxState::delivered);
    settle(o, claim(o, "doubtful", 200)[0].id, OutboxState::doubtful);
    settle(o, list(o, "cancelled", {})[0].id, OutboxState::cancelled);
    std::vector<std::string> got;
    o.read([&](Reader& r) { got = good(r.receivers("H1/R7")); });
    CHECK(got == Ids{"doubtful", "sent", "waits"});
  }
}

TEST_CASE("the operator's list filters by partner and state and is bounded") {
  FOR_EACH_STORE(o) {
    enqueue(o, {row("m1", "b", "p1"), row("m2", "b", "p2"), row("m3", "c", "p3")});
    settle(o, claim(o, "b", 200, 1)[0].id, OutboxState::refused);
    CHECK(ids(list(o, "", {})) == Ids{"m1", "m2", "m3"});
    CHECK(ids(list(o, "b", {})) == Ids{"m1", "m2"});
    CHECK(ids(list(o, "", OutboxState::waiting)) == Ids{"m2", "m3"});
    CHECK(ids(list(o, "b", OutboxState::refused)) == Ids{"m1"});
    o.read([&](Reader& r) { CHECK(good(r.outbox("", {}, 2)).size() == 2); });
  }
}

TEST_CASE("depths count what is open, what waits for a person, and how old the oldest is") {
  FOR_EACH_STORE(o) {
    enqueue(o, {row("m1", "b", "p1", 100), row("m2", "b", "p2", 150), row("m3", "b", "p3", 160),
                row("m4", "b", "p4", 170)});
    auto got = claim(o, "b", 200, 3);
    settle(o, got[0].id, OutboxState::delivered);
    settle(o, got[1].id, OutboxState::parked);
    Depths d;
    o.read([&](Reader& r) { d = good(r.depths(1000)); });
    CHECK(d.outbox_waiting == 2);
    CHECK(d.outbox_parked == 1);
    CHECK(d.oldest_waiting_ms == 840);
  }
}

TEST_CASE("a committed row is found by its message, when it is overdue, and holds nothing up") {
  FOR_EACH_STORE(o) {
    auto expiring = row("m1", "b", "p1");
    expiring.expires_ms = 777;
    enqueue(o, {expiring, row("m2", "b", "p1"), row("m1", "c", "p1")});
    auto first = claim(o, "b", 200);
    REQUIRE(ids(first) == std::vector<std::string>{"m1"});
    settle(o, first[0].id, OutboxState::committed, 5000);
    CHECK(ids(claim(o, "b", 200)) == std::vector<std::string>{"m2"});  // the same patient's next
    o.reopen();
    o.read([&](Reader& r) {
      const auto found = good(r.outbox_row("b", "m1"));
      REQUIRE(found);
      CHECK(found->state == OutboxState::committed);
      CHECK(found->attempts == 1);
      CHECK(found->expires_ms == 777);
      CHECK(found->remark == "r");
      CHECK(good(r.outbox_row("c", "m1"))->state == OutboxState::waiting);
      CHECK_FALSE(good(r.outbox_row("b", "nothing")));
      CHECK_FALSE(good(r.outbox_row("d", "m1")));
      CHECK(good(r.overdue("b", 4999, 10)).empty());
      CHECK(ids(good(r.overdue("b", 5000, 10))) == std::vector<std::string>{"m1"});
      CHECK(good(r.overdue("c", 5000, 10)).empty());
      CHECK(good(r.depths(1000)).outbox_committed == 1);
      CHECK(good(r.depths(1000)).outbox_parked == 0);
      CHECK(good(r.receivers("H1/m1")) == std::vector<std::string>{"b", "c"});
      CHECK(good(r.outbox("b", OutboxState::committed, 10)).size() == 1);
    });
    std::vector<OutboxRow> in_flight;
    o.write([&](Unit& u) -> Result<void> {
      in_flight = good(u.recover("b"));
      return {};
    });
    CHECK(ids(in_flight) == std::vector<std::string>{"m2"});  // a crash does not send it again
    settle(o, first[0].id, OutboxState::delivered);
    o.read([&](Reader& r) { CHECK(good(r.overdue("b", 9000, 10)).empty()); });
  }
}
