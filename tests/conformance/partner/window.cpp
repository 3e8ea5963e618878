// Several messages one behind another: each has its own receipt, whatever becomes of the others.
#include <catch2/catch.hpp>

#include "adapters/partner/mllp/entry.hpp"
#include "tests/conformance/partner/kit.hpp"
#include "tests/support/transport/certificates.hpp"
#include "tests/support/transport/scripted_peer.hpp"

using namespace huren;
using namespace huren::test;

namespace {

std::vector<Receipt> deliver_all(PartnerAdapter& adapter, const std::vector<std::string>& bodies, std::uint32_t deadline_ms = 10'000) {
  std::vector<std::string> ids;
  for (const auto& body : bodies) ids.push_back(control_id_of(body));
  std::vector<Message> messages;
  for (std::size_t i = 0; i < bodies.size(); ++i) messages.push_back({.id = ids[i], .type = "ADT^A08", .content_type = "application/hl7-v2", .body = bodies[i]});
  return adapter.deliver_many("b", messages, deadline_ms);
}

std::vector<std::string> bodies(const std::vector<std::string>& ids, std::size_t padding = 0) {
  std::vector<std::string> out;
  for (const auto& id : ids) out.push_back(message(id, padding));
  return out;
}

// partner.mllp against a peer that does what the scripts say, one for each connection.
struct Line {
  RecordingEngine engine;
  ScriptedPeer peer;
  std::unique_ptr<Adapter> adapter;

  explicit Line(std::vector<ScriptedPeer::Script> scripts, const char* pinned = "hospital_b")
      : peer(std::move(scripts), *Certificates::all().source("hospital_b", true)->current()) {
    const auto& certificates = Certificates::all();
    auto made = partner_mllp_entry().create(
        {.engine = &engine,
         .config_dir = certificates.dir(),
         .options = {{"certificate", "hospital_a.pem"}, {"private_key", "hospital_a.key"}, {"trust", "ca.pem"}},
         .peers = {{"b", {{"address", peer.address()}, {"certificate_sha256", certificates.sha256(pinned)}}}}});
    if (!made) throw std::runtime_error(line(made.error()));
    adapter = std::move(*made);
    if (auto started = adapter->start(); !started) throw std::runtime_error(line(started.error()));
  }
  ~Line() { adapter->stop(1'000); }
  std::vector<Receipt> deliver(const std::vector<std::string>& messages, std::uint32_t deadline_ms = 10'000) {
    return deliver_all(dynamic_cast<PartnerAdapter&>(*adapter), messages, deadline_ms);
  }
};

void read(Session& s, int messages) {
  for (int i = 0; i < messages; ++i)
    if (!s.message()) return;
}

}  // namespace

TEST_CASE("of several messages each has its own receipt, in their order") {
  for (const auto& maker : kits()) {
    INFO(maker.quirks.name);
    auto kit = maker.make({Behave::AA, Behave::AE, Behave::AR, Behave::AA, Behave::AR_lasting});
    const auto receipts = deliver_all(kit->adapter(), bodies({"W1", "W2", "W3", "W4", "W5"}));
    REQUIRE(receipts.size() == 5);
    const Outcome expected[] = {Outcome::delivered, Outcome::refused, Outcome::not_sent, Outcome::delivered, Outcome::refused};
    for (std::size_t i = 0; i < 5; ++i) CHECK(receipts[i].outcome == expected[i]);
    CHECK(kit->received().size() == 5);
  }
}

TEST_CASE("all messages are with the peer before its first answer, and answers in another order find theirs") {
  Line line({[](Session& s) {
    read(s, 3);
    s.frame(ack("AE", "W3"));
    s.frame(ack("AA", "SOMEBODY"));
    s.frame(ack("AA", "W1"));
    s.frame(ack("AA", "W1"));
    s.frame(ack("AR", "W2"));
    s.wait_closed();
  }});
  const auto receipts = line.deliver(bodies({"W1", "W2", "W3"}));
  CHECK(receipts[0].outcome == Outcome::delivered);
  CHECK(receipts[1].outcome == Outcome::not_sent);
  CHECK(receipts[2].outcome == Outcome::refused);
  CHECK(line.engine.accepted().size() == 2);  // the stranger's answer and the doubled one
}

TEST_CASE("what was answered before the connection ended is believed, the rest is unknown") {
  const auto framed = "\x0B" + ack("AA", "W3") + "\x1C\x0D";
  struct Case {
    const char* what;
    std::function<void(Session&)> then;
    const char* remark;
  };
  for (const auto& c : {Case{"closed", [](Session&) {}, "transport.closed_before_ack"}, Case{"half an answer", [&](Session& s) { s.send(framed.substr(0, 20)); }, "transport.half_ack"},
                        Case{"unreadable", [](Session& s) { s.frame("no message at all"); s.wait_closed(); }, "transport.ack_unreadable"},
                        Case{"silence", [](Session& s) { s.wait_closed(); }, "transport.ack_timeout"}}) {
    INFO(c.what);
    Line line({[&](Session& s) {
      read(s, 4);
      s.frame(ack("AA", "W1"));
      s.frame(ack("AE", "W2"));
      c.then(s);
    }});
    const auto receipts = line.deliver(bodies({"W1", "W2", "W3", "W4"}), 500);
    CHECK(receipts[0].outcome == Outcome::delivered);
    CHECK(receipts[1].outcome == Outcome::refused);
    for (const std::size_t i : {2U, 3U}) {
      CHECK(receipts[i].outcome == Outcome::unknown);
      CHECK(receipts[i].remark.id == c.remark);
    }
  }
}

TEST_CASE("a nak is for the oldest message without an answer") {
  Line line({[](Session& s) {
    read(s, 3);
    s.frame(ack("AA", "W1"));
    s.send("\x0B\x15\x1C\x0D");
    s.frame(ack("AA", "W3"));
    s.wait_closed();
  }});
  const auto receipts = line.deliver(bodies({"W1", "W2", "W3"}));
  CHECK(receipts[0].outcome == Outcome::delivered);
  CHECK(receipts[1].remark.id == "transport.nak");
  CHECK(receipts[1].outcome == Outcome::not_sent);
  CHECK(receipts[2].outcome == Outcome::delivered);
}

TEST_CASE("a kept connection that has died carries none of them: all go out on a new one, once") {
  Line line({[](Session& s) {
               read(s, 1);
               s.frame(ack("AA", "W0"));
             },
             [](Session& s) {
               read(s, 3);
               for (const auto* id : {"W1", "W2", "W3"}) s.frame(ack("AA", id));
               s.wait_closed();
             }});
  REQUIRE(line.deliver(bodies({"W0"})).front().outcome == Outcome::delivered);
  // The close races with the sending: either it is seen in time, or all are unknown, because the peer has read none of them.
  auto receipts = line.deliver(bodies({"W1", "W2", "W3"}));
  if (receipts.front().outcome == Outcome::unknown) {
    for (const auto& receipt : receipts) CHECK(receipt.outcome == Outcome::unknown);
    receipts = line.deliver(bodies({"W1", "W2", "W3"}));
  }
  for (const auto& receipt : receipts) CHECK(receipt.outcome == Outcome::delivered);
  CHECK(line.peer.received().size() == 4);
}

TEST_CASE("where the peer is not the one that was pinned, not one of several is sent") {
  Line line({[](Session& s) { read(s, 1); }}, "hospital_a");
  for (const auto& receipt : line.deliver(bodies({"W1", "W2", "W3"}))) CHECK(receipt.outcome == Outcome::not_sent);
  CHECK(line.peer.received().empty());
}

TEST_CASE("a peer that goes while several are being written has them unknown or not at all, but for those it answered before") {
  Line line({[](Session& s) {
    read(s, 1);
    s.frame(ack("AA", "W1"));
    s.reset();
  }});
  const auto receipts = line.deliver(bodies({"W1", "W2", "W3", "W4"}, std::size_t{4} << 20));
  REQUIRE(receipts.size() == 4);
  CHECK(receipts[0].outcome != Outcome::refused);
  for (std::size_t i = 1; i < 4; ++i) CHECK((receipts[i].outcome == Outcome::unknown || receipts[i].outcome == Outcome::not_sent));
}
