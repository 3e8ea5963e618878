// Every partner adapter, against a peer that does one thing to one message: what the receipt must say.
#include <catch2/catch.hpp>

#include "tests/conformance/partner/kit.hpp"

using namespace huren;
using namespace huren::test;

namespace {

struct Expected {
  Behave behave;
  Outcome outcome;
  const char* code;
  const char* remark;  // "" : any
};

void check(const char* what, const Expected& e, std::uint32_t deadline_ms = 10'000) {
  int ran = 0;
  for (const auto& maker : kits()) {
    if (maker.quirks.cannot.contains(e.behave)) continue;
    ++ran;
    INFO(maker.quirks.name << ": " << what);
    auto kit = maker.make({e.behave});
    const auto receipt = kit->deliver("C001", deadline_ms);
    INFO("remark " << receipt.remark.id);
    CHECK(receipt.outcome == e.outcome);
    CHECK(receipt.code == e.code);
    if (*e.remark) CHECK(receipt.remark.id == e.remark);
    if (receipt.outcome != Outcome::delivered) {
      REQUIRE(catalogue_entry(receipt.remark.id));
      CHECK(receipt.remark.where == "partner.b");
    }
  }
  REQUIRE(ran > 0);
}

}  // namespace

TEST_CASE("AA is delivered") { check("AA", {Behave::AA, Outcome::delivered, "AA", ""}); }
TEST_CASE("CA is delivered") { check("CA", {Behave::CA, Outcome::delivered, "CA", ""}); }
TEST_CASE("AE is refused: it needs correction") {
  check("AE", {Behave::AE, Outcome::refused, "AE", "transport.refused"});
}
TEST_CASE("CE is refused: it needs correction") {
  check("CE", {Behave::CE, Outcome::refused, "CE", "transport.refused"});
}
TEST_CASE("AR may be sent again unchanged, later") {
  check("AR", {Behave::AR, Outcome::not_sent, "AR", "transport.refused_for_now"});
  for (const auto& maker : kits()) CHECK(maker.make({Behave::AR})->deliver("C001").retry_after_ms > 0);
}
TEST_CASE("CR may be sent again unchanged, later") {
  check("CR", {Behave::CR, Outcome::not_sent, "CR", "transport.refused_for_now"});
}
TEST_CASE("AR for a message type that the peer does not support is refused") {
  check("AR 200", {Behave::AR_lasting, Outcome::refused, "AR", "transport.refused"});
}
TEST_CASE("the receipt names places and codes of the peer's ERR, never its free text") {
  for (const auto& maker : kits()) {
    const auto receipt = maker.make({Behave::error_with_text})->deliver("C001");
    REQUIRE(receipt.outcome == Outcome::refused);
    const auto told = line(receipt.remark);
    CHECK(told.find("王小明") == std::string::npos);
    CHECK(told.find("207") != std::string::npos);
  }
}
TEST_CASE("silence until the deadline is unknown") {
  check("never", {Behave::never, Outcome::unknown, "", "transport.ack_timeout"}, 300);
}
TEST_CASE("half an answer, then the end, is unknown") {
  check("half, closed", {Behave::half_then_close, Outcome::unknown, "", "transport.half_ack"});
}
TEST_CASE("half an answer, then silence, is unknown") {
  check("half, silent", {Behave::half_then_silence, Outcome::unknown, "", "transport.half_ack"}, 300);
}
TEST_CASE("an answer to another message is skipped") {
  check("foreign, own", {Behave::foreign_then_own, Outcome::delivered, "AA", ""});
}
TEST_CASE("only answers to other messages is unknown") {
  check("foreign", {Behave::foreign_only, Outcome::unknown, "", "transport.wrong_control_id"}, 300);
}
TEST_CASE("a peer that closes after the message leaves it unknown") {
  check("close", {Behave::close_after_message, Outcome::unknown, "", "transport.closed_before_ack"});
}
TEST_CASE("a peer that resets after the message leaves it unknown") {
  check("reset", {Behave::reset_after_message, Outcome::unknown, "", "transport.closed_before_ack"});
}
TEST_CASE("an answer that drips in byte by byte is read") {
  check("drip", {Behave::drip, Outcome::delivered, "AA", ""});
}
TEST_CASE("an answer that is no message is unknown") {
  check("unreadable", {Behave::unreadable, Outcome::unknown, "", "transport.ack_unreadable"});
  check("blank", {Behave::blank, Outcome::unknown, "", "transport.ack_unreadable"});
  check("xml", {Behave::xml, Outcome::unknown, "", "transport.ack_unreadable"});
}
TEST_CASE("a peer that closes before reading never counts as delivered") {
  for (const auto& maker : kits()) {
    if (maker.quirks.cannot.contains(Behave::close_at_once)) continue;
    const auto outcome = maker.make({Behave::close_at_once})->deliver("C001").outcome;
    CHECK((outcome == Outcome::unknown || outcome == Outcome::not_sent));
  }
}

TEST_CASE("a doubled answer is not taken for the next message's") {
  for (const auto& maker : kits()) {
    if (maker.quirks.cannot.contains(Behave::twice)) continue;
    INFO(maker.quirks.name);
    auto kit = maker.make({Behave::twice, Behave::AE, Behave::AA});
    CHECK(kit->deliver("C001").code == "AA");
    CHECK(kit->deliver("C002").code == "AE");
    CHECK(kit->deliver("C003").code == "AA");
  }
}

TEST_CASE("connections are kept: many messages go over one") {
  for (const auto& maker : kits()) {
    INFO(maker.quirks.name);
    auto kit = maker.make(std::vector<Behave>(20, Behave::AA));
    for (int i = 0; i < 20; ++i) REQUIRE(kit->deliver("K" + std::to_string(i)).outcome == Outcome::delivered);
    CHECK(kit->received().size() == 20);
    CHECK(kit->connections() <= 1);
  }
}

TEST_CASE("a kept connection that the peer has closed costs nothing") {
  for (const auto& maker : kits()) {
    if (maker.quirks.cannot.contains(Behave::close_at_once)) continue;
    INFO(maker.quirks.name);
    auto kit = maker.make({Behave::AA, Behave::close_at_once, Behave::AA});
    REQUIRE(kit->deliver("C001").outcome == Outcome::delivered);
    // The close races with the next send: either it is seen in time and a new connection carries the message, or the
    // answer is unknown; it is never wrong.
    const auto second = kit->deliver("C002").outcome;
    CHECK((second == Outcome::delivered || second == Outcome::unknown));
    if (second == Outcome::unknown) CHECK(kit->deliver("C003").outcome == Outcome::delivered);
  }
}

TEST_CASE("after an unknown outcome the next message starts on a clean connection") {
  for (const auto& maker : kits()) {
    if (maker.quirks.cannot.contains(Behave::never)) continue;
    INFO(maker.quirks.name);
    auto kit = maker.make({Behave::never, Behave::AA});
    CHECK(kit->deliver("C001", 300).outcome == Outcome::unknown);
    CHECK(kit->deliver("C002").outcome == Outcome::delivered);
    CHECK(kit->connections() == 2);
  }
}

TEST_CASE("an unknown partner is not sent") {
  for (const auto& maker : kits()) {
    auto kit = maker.make({});
    const auto receipt =
        kit->adapter().deliver("nobody", {.id = "1", .type = "", .content_type = "", .body = "x"}, 1'000);
    CHECK(receipt.outcome == Outcome::not_sent);
    CHECK(receipt.remark.id == "transport.no_partner");
  }
}
