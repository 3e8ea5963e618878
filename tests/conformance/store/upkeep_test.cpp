// Backup, check and retention.
#include <atomic>
#include <filesystem>
#include <fstream>
#include <thread>

#include "core/base/pack.hpp"
#include "core/base/text.hpp"
#include "subject.hpp"

using namespace huren;
using namespace huren::store;
using huren::test::good;

namespace {

OutboxRow message(const std::string& id, const std::string& partner) {
  OutboxRow r;
  r.message_id = id;
  r.partner = partner;
  r.type = "ORU^R01";
  r.body = "body of " + id;
  r.subject = "H1/" + id;
  return r;
}

void prune_all(test::Opened& o, std::int64_t before_ms) {
  for (int i = 0; i < 1000; ++i)
    if (good(o.store().prune(before_ms, 2))) return;
  FAIL("a round of pruning never ends");
}

std::vector<OutboxRow> claim_all(test::Opened& o, const std::string& partner, std::int64_t now) {
  std::vector<OutboxRow> rows;
  o.write([&](Unit& u) -> Result<void> {
    rows = good(u.claim(partner, now, 100, OutboxState::on_wire));
    return {};
  });
  return rows;
}

}  // namespace

TEST_CASE("retention never touches what is undelivered or waits for a person, whatever its age") {
  FOR_EACH_STORE(o) {
    const OutboxState states[] = {OutboxState::delivered, OutboxState::waiting,  OutboxState::claimed,
                                  OutboxState::on_wire,   OutboxState::refused,  OutboxState::doubtful,
                                  OutboxState::parked,    OutboxState::cancelled, OutboxState::committed};
    o.write([&](Unit& u) -> Result<void> {
      for (const auto state : states) {
        const auto id = "m" + std::to_string(static_cast<int>(state));
        if (auto d = u.enqueue(message(id, "b")); !d) return d;
      }
      if (auto d = u.enqueue(message("both", "b")); !d) return d;
      return u.enqueue(message("both", "c"));
    });
    for (const auto& row : claim_all(o, "b", 10)) {
      const auto state =
          row.message_id == "both" ? OutboxState::delivered : static_cast<OutboxState>(row.message_id[1] - '0');
      o.write([&](Unit& u) { return u.settle({{.id = row.id, .state = state, .next_ms = 0, .remark = ""}}); });
    }
    prune_all(o, 10);  // too young
    const auto body_left = [&](const std::string& id) {
      // The same id with its own body is accepted, with the body gone it differs.
      return bool(o.store()
                      .transact([&](Unit& u) -> Result<void> {
                        if (auto d = u.enqueue(message(id, "probe")); !d) return d;
                        return Error{"test.undo", "", {}};
                      })
                      .error()
                      .id == "test.undo");
    };
    CHECK(body_left("m3"));
    prune_all(o, 1'000'000);
    for (const auto state : states) {
      INFO(static_cast<int>(state));
      const bool ended = state == OutboxState::delivered || state == OutboxState::cancelled;
      CHECK(body_left("m" + std::to_string(static_cast<int>(state))) == !ended);
    }
    CHECK(body_left("both"));  // delivered to one partner, not yet to the other
    o.read([](Reader& r) {
      CHECK(good(r.outbox("", {}, 100)).size() == 11);
      CHECK(good(r.receivers("H1/m3")) == std::vector<std::string>{"b"});
    });
  }
}

TEST_CASE("retention ends each walk where the rows are too young, but not at those from when the clock was ahead") {
  FOR_EACH_STORE(o) {
    const auto time_of = [](int i) -> std::int64_t { return i < 4 || (i >= 10 && i < 14) ? 10 : i < 10 ? 9'000'000 : 500; };
    o.write([&](Unit& u) -> Result<void> {
      for (int i = 0; i < 40; ++i) {
        const auto id = std::to_string(i);
        auto out = message("m" + id, "b");
        out.created_ms = out.changed_ms = time_of(i);
        if (auto d = u.enqueue(out); !d) return d;
        InboxRow in;
        in.source = "city";
        in.control_id = in.content_hash = id;
        in.body = "bytes";
        in.state = "applied";
        in.received_ms = time_of(i);
        if (auto d = u.receive(in); !d) return d.error();
        if (auto d = u.put_notice({"n" + id, "t", "{}", time_of(i), 0, 0}); !d) return d;
      }
      return {};
    });
    const auto pieces = [&](std::int64_t before_ms) {
      for (int i = 1; i < 1000; ++i)
        if (good(o.store().prune(before_ms, 2))) return i;
      return 0;
    };
    CHECK(pieces(100) == 24);  // of each table fourteen rows in twos, then nothing: what comes in is not followed
    o.read([&](Reader& r) {
      for (const auto& [id, left] : {std::pair{"3", ""}, {"9", "bytes"}, {"13", ""}, {"14", "bytes"}}) {
        CAPTURE(id);
        CHECK(good(r.inbox_whole(std::stoll(id) + 1))->body == left);
      }
    });
  }
}

TEST_CASE("retention keeps the inbox's memory and drops only bytes that took effect - open notices stay") {
  FOR_EACH_STORE(o) {
    InboxRow applied;
    applied.source = "city";
    applied.control_id = "C1";
    applied.content_hash = "h1";
    applied.body = "bytes";
    applied.ack = "ACK";
    applied.state = "received";
    applied.received_ms = 5;
    auto waiting = applied;
    waiting.control_id = "C2";
    auto parked = applied;
    parked.control_id = "C3";
    parked.state = "parked";
    o.write([&](Unit& u) -> Result<void> {
      const auto id = good(u.receive(applied)).id;
      (void)good(u.receive(waiting));
      (void)good(u.receive(parked));
      if (auto d = u.finish_inbox(id, "applied", ""); !d) return d;
      if (auto d = u.put_notice({"n1", "t", "{}", 5, 0, 0}); !d) return d;
      if (auto d = u.put_notice({"n2", "t", "{}", 5, 0, 0}); !d) return d;
      if (auto known = u.acknowledge_notice("n1", 6); !known) return known.error();
      return {};
    });
    prune_all(o, 1'000'000);
    o.write([&](Unit& u) -> Result<void> {
      auto again = good(u.receive(applied));
      CHECK(again.kind == InboxVerdict::duplicate);
      CHECK(again.earlier.ack == "ACK");
      auto next = good(u.inbox_next(10));
      REQUIRE(next.size() == 1);
      CHECK(next[0].body == "bytes");
      CHECK(good(u.depths(0)).notices_open == 1);
      CHECK_FALSE(good(u.acknowledge_notice("n1", 7)));
      CHECK(good(u.acknowledge_notice("n2", 7)));
      return {};
    });
  }
}

TEST_CASE("the bytes of a report's message lie in the inbox, once, and stay there as long as the report shows them") {
  FOR_EACH_STORE(o) {
    InboxRow row;
    row.source = "city";
    row.control_id = "C1";
    row.content_hash = "h1";
    row.body = "bytes";
    row.state = "received";
    row.received_ms = 5;
    ReportRow report;
    report.id = "v1";
    report.origin = "H";
    report.number = "R1";
    report.status = "final";
    report.source = "city";
    report.rest = "{}";
    report.digest = "d";
    o.write([&](Unit& u) -> Result<void> {
      report.inbox = good(u.receive(row)).id;
      if (auto d = u.finish_inbox(report.inbox, "applied", ""); !d) return d;
      return u.put_report(report, {});
    });
    prune_all(o, 1'000'000);
    o.read([&](Reader& r) {
      CHECK(good(r.report("v1"))->hl7 == "bytes");
      CHECK(good(r.report("v1"))->inbox == report.inbox);
    });
    o.write([](Unit& u) { return u.forget_inbox("city", "C1", "h1"); });  // another report's: this one still shows them
    o.read([](Reader& r) { CHECK(good(r.report("v1"))->hl7 == "bytes"); });
    o.write([](Unit& u) { return u.strip_report("v1"); });
    o.write([](Unit& u) { return u.forget_inbox("city", "C1", "h1"); });
    o.read([](Reader& r) { CHECK(good(r.report("v1"))->hl7.empty()); });
  }
}

TEST_CASE("a report's document is what it was, whether its message has it word for word, otherwise or not at all, and goes with the report") {
  FOR_EACH_STORE(o) {
    const std::string text = "<ClinicalDocument/>", packed = pack(text), foreign("\x00\xFF<x>", 5);
    const auto words = base64_encode(packed), other = base64_encode(foreign);
    struct Case {
      const char* id;
      std::string body, document, back;
      bool in_inbox;
    };
    const std::vector<Case> cases{
        {"word_for_word", "OBX|2|ED|C0007||HUREN^application^zstd^Base64^" + words + "||||||F\rOBX|3|ED|S||^AP^x^Base64^" + other + "||||||F\r", packed, text, true},
        {"at_the_end", "OBX|2|ED|C0007||^TEXT^XML^Base64^" + other, foreign, foreign, true},
        {"alone", words, packed, text, true},
        {"broken_by_lines", "OBX|2|ED|C0007||^application^zstd^Base64^" + words.substr(0, 8) + "\\X0A\\" + words.substr(8) + "||||||F\r", packed, text, true},
        {"nowhere", "OBX|1|NM|GLU||5||||||F\r", packed, text, true},
        {"none", "OBX|2|ED|C0007||HUREN^application^zstd^Base64^" + words + "||||||F\r", "", "", true},
        {"ours", "MSH|", packed, text, false},
    };
    for (const auto& c : cases) {
      CAPTURE(c.id);
      InboxRow row;
      row.source = "city";
      row.control_id = row.content_hash = c.id;
      row.body = c.body;
      row.state = "received";
      ReportRow report;
      report.id = report.number = c.id;
      report.origin = "H";
      report.status = "final";
      report.source = "city";
      report.rest = "{}";
      report.digest = "d";
      report.document = c.document;
      report.verified_ids = {{"resident_id", c.id}};
      o.write([&](Unit& u) -> Result<void> {
        if (c.in_inbox) report.inbox = good(u.receive(row)).id;
        else report.hl7 = c.body;
        if (c.in_inbox)
          if (auto d = u.finish_inbox(report.inbox, "applied", ""); !d) return d;
        return u.put_report(report, {});
      });
      prune_all(o, 1'000'000);
      o.read([&](Reader& r) {
        CHECK(good(r.report(c.id))->document == c.back);
        CHECK(good(r.report(c.id))->hl7 == c.body);
        CHECK(good(r.report_versions("H", c.id)).at(0).document == c.back);
        CHECK(good(r.unmatched_reports("resident_id", c.id)).at(0).document == c.back);
      });
      o.write([&](Unit& u) { return u.strip_report(c.id); });
      o.write([&](Unit& u) { return u.forget_inbox("city", c.id, c.id); });
      o.read([&](Reader& r) {
        CHECK(good(r.report(c.id))->document.empty());
        CHECK(good(r.report(c.id))->hl7.empty());
      });
    }
  }
}

namespace {

// Claims what the transaction in which it rides has brought.
struct Claimer final : Rider {
  explicit Claimer(const std::string& partner) : partner_(partner) {}
  bool wants(bool enqueued) noexcept override { return enqueued; }
  Result<void> ride(Unit& unit) override {
    auto rows = unit.claim(partner_, 10, 5, OutboxState::on_wire);
    if (!rows) return rows.error();
    claimed = *rows;
    return fails ? Result<void>(Error{"storage.internal", "", {}}) : Result<void>();
  }
  void landed(bool on_disk) noexcept override { ++(on_disk ? good_ : bad_); }
  [[nodiscard]] const std::string& partner() const override { return partner_; }
  const std::string partner_;
  std::vector<OutboxRow> claimed;
  bool fails = false;
  int good_ = 0, bad_ = 0;
};

}  // namespace

TEST_CASE("I3: what rides in the transaction that brings rows claims and counts them with it, or not at all") {
  FOR_EACH_STORE(o) {
    const std::string partner = "city";
    Claimer one(partner), other("nobody");
    if (!o.store().carry(one)) continue;  // a store may leave riders to themselves
    CHECK(o.store().carry(other));
    o.write([](Unit& u) { return u.enqueue(message("m1", "city")); });
    REQUIRE(one.claimed.size() == 1);
    CHECK(one.good_ == 1);
    CHECK(other.good_ + other.bad_ == 0);
    o.read([&](Reader& r) {
      const auto row = good(r.outbox_entry(one.claimed[0].id));
      REQUIRE(row);
      CHECK(row->state == OutboxState::on_wire);
      CHECK(row->attempts == 1);
    });
    one.fails = true;
    o.write([](Unit& u) { return u.enqueue(message("m2", "city")); });
    CHECK(one.bad_ == 1);
    o.read([&](Reader& r) {  // the row stays, the claim does not
      const auto row = good(r.outbox_row(partner, "m2"));
      REQUIRE(row);
      CHECK(row->state == OutboxState::waiting);
      CHECK(row->attempts == 0);
    });
    CHECK_FALSE(o.store().transact([](Unit& u) -> Result<void> {
      if (auto d = u.enqueue(message("m3", "city")); !d) return d;
      return Error{"storage.internal", "", {}};
    }));
    CHECK(one.good_ + one.bad_ == 2);
    o.store().drop(one);
    o.store().drop(other);
    o.write([](Unit& u) { return u.enqueue(message("m4", "city")); });
    CHECK(one.good_ + one.bad_ == 2);
  }
}

TEST_CASE("a store that is whole checks out") {
  FOR_EACH_STORE(o) {
    o.write([](Unit& u) { return u.enqueue(message("m1", "city")); });
    CHECK(o.store().check());
  }
}

TEST_CASE("a backup taken while others write is one moment, whole, and never overwrites") {
  FOR_EACH_STORE(o) {
    test::TempDir dir;
    std::atomic<bool> stop = false;
    std::jthread writer([&] {
      for (int i = 1; !stop; ++i)
        (void)o.store().transact([&](Unit& u) -> Result<void> {
          if (auto d = u.set_cursor("left", i); !d) return d;
          return u.set_cursor("right", i);
        });
    });
    for (int i = 0; i < 3; ++i) {
      const auto file = dir.file("backup" + std::to_string(i));
      auto made = o.store().backup(file);
      INFO((made ? "" : line(made.error())));
      REQUIRE(made);
      auto again = o.store().backup(file);
      REQUIRE_FALSE(again);
      CHECK(again.error().id == "storage.exists");
    }
    stop = true;
    CHECK(std::distance(std::filesystem::directory_iterator(dir.path()), {}) == 3);
  }
}
