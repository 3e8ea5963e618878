// The inbox: a message is taken once, waits, is found again; what was refused or stopped stands in lists of its own.
#include "subject.hpp"

using namespace huren;
using namespace huren::store;
using huren::test::good;

TEST_CASE("I9: the inbox takes a message once, answers its repetition with the first answer, and reports a shared id") {
  FOR_EACH_STORE(o) {
    InboxRow row;
    row.source = "city";
    row.control_id = "C1";
    row.content_hash = "h1";
    row.content_type = "application/hl7-v2";
    row.body = std::string("MSH|\0\xFF", 6);
    row.verdict = "AA";
    row.ack = "MSH|ACK\r";
    row.state = "received";
    row.received_ms = 5;
    std::vector<InboxVerdict> verdicts;
    const auto receive = [&](const InboxRow& r) {
      InboxVerdict v;
      o.write([&](Unit& u) -> Result<void> {
        v = good(u.receive(r));
        return {};
      });
      return v;
    };
    auto first = receive(row);
    CHECK(first.kind == InboxVerdict::stored);
    CHECK(first.id > 0);
    auto again = row;
    again.ack = "other";
    auto duplicate = receive(again);
    CHECK(duplicate.kind == InboxVerdict::duplicate);
    CHECK(duplicate.earlier.ack == "MSH|ACK\r");
    CHECK(duplicate.earlier.verdict == "AA");
    auto other = row;
    other.content_hash = "h2";
    auto shared = receive(other);
    CHECK(shared.kind == InboxVerdict::same_id_other_content);
    CHECK(shared.earlier.content_hash == "h1");
    CHECK(receive(other).kind == InboxVerdict::duplicate);
    auto bad = row;
    bad.control_id = "C2";
    bad.content_hash = "h9";
    bad.state = "refused";
    CHECK(receive(bad).kind == InboxVerdict::stored);
    bad.content_hash = "h8";
    CHECK(receive(bad).kind == InboxVerdict::stored);  // a refused one does not own its id
    auto stranger = row;
    stranger.source = "county";
    CHECK(receive(stranger).kind == InboxVerdict::stored);
    auto bare = row;
    bare.control_id = "";
    CHECK(receive(bare).kind == InboxVerdict::stored);
    bare.content_hash = "h2";
    CHECK(receive(bare).kind == InboxVerdict::stored);

    o.reopen();
    std::vector<InboxRow> waiting;
    o.read([&](Reader& r) {
      waiting = good(r.inbox_next(100));
      CHECK(good(r.depths(0)).inbox_waiting == 5);
      CHECK(good(r.inbox_next(2)).size() == 2);
    });
    REQUIRE(waiting.size() == 5);
    CHECK(waiting[0].body == row.body);
    CHECK(waiting[0].content_type == "application/hl7-v2");
    CHECK(waiting[1].content_hash == "h2");
    o.write([&](Unit& u) { return u.finish_inbox(waiting[0].id, "applied", "done"); });
    o.read([&](Reader& r) { CHECK(good(r.inbox_next(100)).front().id == waiting[1].id); });
    CHECK(receive(row).kind == InboxVerdict::duplicate);
    CHECK(receive(row).earlier.state == "applied");
  }
}

TEST_CASE("a message is found by its number with its bytes, what was refused stands in a list of its own, the newest first") {
  FOR_EACH_STORE(o) {
    std::int64_t refused = 0, parked = 0, passed_on = 0;
    o.write([&](Unit& u) -> Result<void> {
      for (const auto* id : {"M1", "M2", "M3"})
        if (auto d = u.enqueue({.id = 0, .message_id = id, .partner = "city", .type = "ORU^R01", .content_type = "t", .body = std::string("body of ") + id, .order_key = "", .subject = "s", .remark = ""}); !d) return d;
      const auto take = [&](const char* id, const char* state) -> std::int64_t {
        const auto verdict = u.receive({.id = 0, .source = "city", .control_id = id, .content_hash = id, .content_type = "t", .body = std::string("came ") + id, .verdict = "AE", .ack = "a", .state = state, .remark = "why", .received_ms = 5});
        return good(verdict).id;
      };
      take("I1", "applied");
      passed_on = good(u.receive({.id = 0, .source = "feed:lab", .control_id = "I0", .content_hash = "h", .content_type = "t", .body = "", .verdict = "AA", .ack = "a", .state = "applied", .remark = ""})).id;
      refused = take("I2", "refused");
      parked = take("I3", "received");
      return u.finish_inbox(parked, "parked", "could not");
    });
    o.reopen();
    o.read([&](Reader& r) {
      const auto newest = good(r.outbox_newest("city", std::nullopt, 2));
      REQUIRE(newest.size() == 2);
      CHECK(newest[0].message_id == "M3");
      CHECK(newest[1].message_id == "M2");
      CHECK(newest[0].body.empty());
      CHECK(good(r.outbox_newest("", OutboxState::delivered, 10)).empty());
      CHECK(good(r.outbox_newest("nobody", std::nullopt, 10)).empty());
      const auto whole = good(r.outbox_whole(newest[1].id));
      REQUIRE(whole);
      CHECK(whole->message_id == "M2");
      CHECK(whole->body == "body of M2");
      CHECK_FALSE(good(r.outbox_whole(999'999)));
      const auto stopped = good(r.inbox_stopped(10));
      REQUIRE(stopped.size() == 2);
      CHECK(stopped[0].id == parked);
      CHECK(stopped[0].remark == "could not");
      CHECK(stopped[1].id == refused);
      CHECK(stopped[1].body.empty());
      CHECK(good(r.inbox_whole(refused))->body == "came I2");
      REQUIRE(good(r.inbox_whole(passed_on)));  // its content lies in the outbox
      CHECK(good(r.inbox_whole(passed_on))->body.empty());
      CHECK_FALSE(good(r.inbox_whole(999'999)));
    });
  }
}
