#include <catch2/catch.hpp>

#include "core/delivery/delivery.hpp"

using namespace huren;
using namespace huren::delivery;
using store::OutboxState;

static store::OutboxRow row(int attempts, OutboxState state = OutboxState::on_wire) {
  store::OutboxRow r;
  r.id = 7;
  r.attempts = attempts;
  r.state = state;
  return r;
}
static Receipt receipt(Outcome outcome, std::string code = "", std::uint32_t retry_after_ms = 0) {
  return {.outcome = outcome, .code = std::move(code), .retry_after_ms = retry_after_ms};
}
constexpr std::int64_t kNow = 1'000'000;

TEST_CASE("delivered settles and refused waits for a person") {
  CHECK(after_outcome(row(1), receipt(Outcome::delivered, "AA"), kNow, 0.5, {}).state == OutboxState::delivered);
  CHECK(after_outcome(row(1), receipt(Outcome::refused, "AE"), kNow, 0.5, {}).state == OutboxState::refused);
}

TEST_CASE("not_sent retries for ever and gives the attempt back, unless the peer answered") {
  const auto down = after_outcome(row(1), receipt(Outcome::not_sent), kNow, 0.0, {});
  CHECK(down.state == OutboxState::waiting);
  CHECK(down.give_back);
  CHECK(down.next_ms == kNow + 500);
  CHECK(after_outcome(row(99), receipt(Outcome::not_sent), kNow, 0.5, {}).state == OutboxState::waiting);
  CHECK_FALSE(after_outcome(row(1), receipt(Outcome::not_sent, "AR"), kNow, 0.0, {}).give_back);
  CHECK(after_outcome(row(1), receipt(Outcome::not_sent, "AR", 60'000), kNow, 0.0, {}).next_ms == kNow + 60'000);
}

TEST_CASE("I4: unknown is re-sent only to a peer that de-duplicates") {
  Policy foreign;
  foreign.peer_deduplicates = false;
  CHECK(after_outcome(row(1), receipt(Outcome::unknown), kNow, 0.5, foreign).state == OutboxState::doubtful);
  CHECK(after_outcome(row(1), receipt(Outcome::unknown), kNow, 0.5, {}).state == OutboxState::waiting);
  CHECK(after_crash(row(1, OutboxState::on_wire), kNow, 0.5, foreign).state == OutboxState::doubtful);
  CHECK(after_crash(row(1, OutboxState::claimed), kNow, 0.5, foreign).state == OutboxState::waiting);
  CHECK(after_crash(row(1, OutboxState::on_wire), kNow, 0.5, {}).state == OutboxState::waiting);
}

TEST_CASE("I8: a message that never gets an answer or keeps killing the engine is parked after max_attempts") {
  Policy p;
  p.max_attempts = 3;
  CHECK(after_outcome(row(2), receipt(Outcome::unknown), kNow, 0.5, p).state == OutboxState::waiting);
  CHECK(after_outcome(row(3), receipt(Outcome::unknown), kNow, 0.5, p).state == OutboxState::parked);
  CHECK(after_crash(row(3), kNow, 0.5, p).state == OutboxState::parked);
  store::Settlement s;
  CHECK_FALSE(exhausted(row(3), p, s));
  REQUIRE(exhausted(row(4), p, s));
  CHECK(s.state == OutboxState::parked);
  CHECK_FALSE(s.remark.empty());
}

TEST_CASE("back-off doubles to its ceiling and jitter stays within half and full") {
  Policy p;
  p.first_ms = 1000;
  p.ceiling_ms = 10'000;
  CHECK(back_off_ms(1, 0.0, p) == 500);
  CHECK(back_off_ms(2, 0.0, p) == 1000);
  CHECK(back_off_ms(3, 0.0, p) == 2000);
  CHECK(back_off_ms(60, 0.0, p) == 5000);
  CHECK(back_off_ms(60, 0.999, p) < 10'000);
}

TEST_CASE("the breaker opens after three failures in a row, lets one probe through, and closes on any answer") {
  Breaker b;
  Policy p;
  for (int i = 0; i < Breaker::kOpenAfter; ++i) {
    CHECK(b.allowance(kNow, 16) == 16);
    b.record(receipt(Outcome::not_sent), kNow, 0.0, p);
  }
  CHECK(b.is_open());
  CHECK(b.allowance(kNow, 16) == 0);
  CHECK(b.allowance(b.retry_at_ms(), 16) == 1);
  b.record(receipt(Outcome::refused, "AE"), kNow, 0.0, p);
  CHECK(b.allowance(kNow, 16) == 16);
}

TEST_CASE("a CA is the end unless the message asks for an application acknowledgement") {
  Policy p;
  p.application_ack_ms = 5000;
  const auto committed = after_outcome(row(1), receipt(Outcome::delivered, "CA"), kNow, 0.5, p, true);
  CHECK(committed.state == OutboxState::committed);
  CHECK(committed.next_ms == kNow + 5000);
  CHECK(after_outcome(row(1), receipt(Outcome::delivered, "CA"), kNow, 0.5, p, false).state == OutboxState::delivered);
  CHECK(after_outcome(row(1), receipt(Outcome::delivered, "AA"), kNow, 0.5, p, true).state == OutboxState::delivered);
  CHECK(after_silence(row(1, OutboxState::committed), p).state == OutboxState::parked);
  CHECK(after_silence(row(1, OutboxState::committed), p).remark.find("delivery.no_application_ack") != std::string::npos);
}

TEST_CASE("a late application acknowledgement settles whatever is open or waits for a person, and nothing else") {
  for (const auto state : {OutboxState::waiting, OutboxState::claimed, OutboxState::on_wire, OutboxState::committed, OutboxState::doubtful, OutboxState::parked,
                           OutboxState::refused}) {
    CHECK(after_application_ack(row(1, state), "AA", {})->state == OutboxState::delivered);
    CHECK(after_application_ack(row(1, state), "AE", {"AE", "PID-3 101（缺）", "PID-3 101 (missing)"})->state == OutboxState::refused);
    CHECK(after_application_ack(row(1, state), "AR", {})->state == OutboxState::parked);
    const auto remark = after_application_ack(row(1, state), "AE", {"AE", "PID-3 101（缺）", "PID-3 101 (missing)"})->remark;
    CHECK(remark.find("AE：PID-3 101（缺）") != std::string::npos);
    CHECK(remark.find("AE: PID-3 101 (missing)") != std::string::npos);
  }
  for (const auto* code : {"AA", "AE", "AR"}) {
    CHECK_FALSE(after_application_ack(row(1, OutboxState::delivered), code, {}));
    CHECK_FALSE(after_application_ack(row(1, OutboxState::cancelled), code, {}));
    CHECK_FALSE(after_application_ack(row(0, OutboxState::waiting), code, {}));  // it never left
  }
}

TEST_CASE("a message whose time to live is over is parked with words, its attempt given back") {
  auto r = row(1);
  store::Settlement s;
  CHECK_FALSE(expired(r, kNow, s));  // none
  r.created_ms = kNow - 24 * 3'600'000LL;
  r.expires_ms = kNow + 1;
  CHECK_FALSE(expired(r, kNow, s));
  r.expires_ms = kNow;
  REQUIRE(expired(r, kNow, s));
  CHECK(s.state == OutboxState::parked);
  CHECK(s.give_back);
  CHECK(s.remark.find("delivery.expired") != std::string::npos);
  CHECK(s.at_ms == kNow);
}

TEST_CASE("routine messages keep a quarter of the places, and of few places every fourth") {
  CHECK(places_for_routine(16, 0) == 4);
  CHECK(places_for_routine(4, 100) == 1);
  CHECK(places_for_routine(1, 0) == 0);
  CHECK(places_for_routine(1, 2) == 0);
  CHECK(places_for_routine(1, 3) == 1);
  CHECK(places_for_routine(0, 0) == 0);
}
