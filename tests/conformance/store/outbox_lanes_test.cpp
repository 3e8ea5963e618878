// Lanes, times to live, relayed messages: what decides which of the due rows goes, and whether it still goes.
#include "outbox_rows.hpp"

using namespace huren;
using namespace huren::store;
using namespace huren::test;

TEST_CASE("lanes go before age, age before all else, and only what is due") {
  FOR_EACH_STORE(o) {
    auto urgent = row("m3", "b", "p3");
    urgent.lane = 0;
    enqueue(o, {row("m1", "b", "p1"), row("m2", "b", "p2"), urgent});
    o.write([&](Unit& u) {
      auto early = row("m0", "b", "p0");
      early.next_ms = 900;
      return u.enqueue(early);
    });
    CHECK(ids(claim(o, "b", 200, 2)) == Ids{"m3", "m1"});
    CHECK(ids(claim(o, "b", 200)) == Ids{"m2"});
    CHECK(claim(o, "b", 899).empty());
    CHECK(ids(claim(o, "b", 900)) == Ids{"m0"});
  }
}

TEST_CASE("lane 0 goes first, but never takes all the places where routine rows wait") {
  FOR_EACH_STORE(o) {
    std::vector<OutboxRow> rows;
    for (int i = 0; i < 8; ++i) rows.push_back(row("r" + std::to_string(i), "b", "p" + std::to_string(i)));
    for (int i = 0; i < 8; ++i) {
      rows.push_back(row("c" + std::to_string(i), "b", "q" + std::to_string(i)));
      rows.back().lane = 0;
    }
    enqueue(o, rows);
    const auto got = [&](int limit, int others) {
      std::vector<OutboxRow> out;
      o.write([&](Unit& u) -> Result<void> {
        out = good(u.claim("b", 200, limit, OutboxState::on_wire, others));
        return {};
      });
      return ids(out);
    };
    CHECK(got(4, 1) == Ids{"c0", "c1", "c2", "r0"});
    CHECK(got(2, 0) == Ids{"c3", "c4"});
    CHECK(got(1, 1) == Ids{"r1"});
    CHECK(got(6, 1) == Ids{"c5", "c6", "c7", "r2", "r3", "r4"});  // places that lane 0 does not need
    CHECK(got(9, 2) == Ids{"r5", "r6", "r7"});
  }
}

TEST_CASE("I5: what is critical lifts the same patient's earlier rows with it and stays behind them") {
  FOR_EACH_STORE(o) {
    auto critical = row("m4", "b", "p1");
    critical.lane = 0;
    enqueue(o, {row("m1", "b", "p2"), row("m2", "b", "p1"), row("m3", "b", "p3"), critical});
    auto first = claim(o, "b", 200, 1);
    REQUIRE(ids(first) == Ids{"m2"});
    settle(o, first[0].id, OutboxState::delivered);
    CHECK(ids(claim(o, "b", 200)) == Ids{"m4", "m1", "m3"});
  }
}

TEST_CASE("a time to live is kept with the row and lifted by a person's release; a settlement keeps its time") {
  FOR_EACH_STORE(o) {
    auto r = row("m1", "b", "p1");
    r.expires_ms = 150;
    r.control_id = "THEIRS";
    enqueue(o, {r});
    auto got = claim(o, "b", 200);
    REQUIRE(got.size() == 1);
    CHECK(got[0].expires_ms == 150);
    CHECK(got[0].control_id == "THEIRS");
    o.write([&](Unit& u) { return u.settle({{.id = got[0].id, .state = OutboxState::parked, .remark = "old", .give_back = true, .at_ms = 333}}); });
    auto parked = list(o, "b", OutboxState::parked);
    REQUIRE(parked.size() == 1);
    CHECK(parked[0].changed_ms == 333);
    CHECK(parked[0].expires_ms == 150);
    settle(o, got[0].id, OutboxState::waiting);
    auto again = claim(o, "b", 400);
    REQUIRE(again.size() == 1);
    CHECK(again[0].expires_ms == 0);
  }
}

TEST_CASE("two relayed messages with one control id are two messages") {
  FOR_EACH_STORE(o) {
    auto a = row("ours-1", "b", "p1"), b = row("ours-2", "b", "p2");
    a.control_id = b.control_id = "LICENCE";
    enqueue(o, {a, b});
    const auto got = claim(o, "b", 200);
    REQUIRE(got.size() == 2);
    CHECK(got[0].control_id == "LICENCE");
    CHECK(got[1].control_id == "LICENCE");
  }
}
