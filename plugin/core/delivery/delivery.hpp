// What happens to an outbox row after each outcome, and when a partner is left in peace: pure functions.
// Promises: every transition of plugin/doc/outbox.md is one branch here; unknown is never re-sent to a peer that does
//   not de-duplicate (I4); a message that keeps killing the engine or never gets an answer is parked (I8).
// Refuses: a clock, a random source, threads: time and jitter are passed in.
#pragma once
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "huren/adapter.hpp"

namespace huren::delivery {

struct Policy {
  bool peer_deduplicates = true;
  int max_attempts = 8;               // attempts that may have reached the peer, or ended in a crash
  std::int64_t first_ms = 1000;
  std::int64_t ceiling_ms = 300'000;
  std::int64_t application_ack_ms = 3'600'000;  // how long an application acknowledgement may take after the commit
};

// Exponential from first_ms to ceiling_ms; jitter in [0, 1) spreads it over [half, full].
std::int64_t back_off_ms(int attempts, double jitter, const Policy& policy);

// attempts: as counted at claim. The settlement gives an attempt back when the message provably never left.
// owed: the message asks for an application acknowledgement, so a CA is not the end (enhanced mode).
store::Settlement after_outcome(const store::OutboxRow& row, const Receipt& receipt, std::int64_t now_ms, double jitter,
                                const Policy& policy, bool owed = false);

// An application acknowledgement (AA, AE, AR) that came as a message of its own, for the row as it stands.
// refusal: what it says (hl7::refusal). Nothing: it changes nothing (never sent, already delivered, cancelled).
std::optional<store::Settlement> after_application_ack(const store::OutboxRow& row, std::string_view code, std::vector<std::string> refusal);

// A committed row whose application acknowledgement did not come by next_ms.
store::Settlement after_silence(const store::OutboxRow& row, const Policy& policy);

// Before the wire: too many attempts park the row instead of sending it. True: settlement holds the parking.
bool exhausted(const store::OutboxRow& row, const Policy& policy, store::Settlement& settlement);

// The same for a row whose time to live is over: nobody wants it any more, so a person decides.
bool expired(const store::OutboxRow& row, std::int64_t now_ms, store::Settlement& settlement);

// Of `room` places, how many are kept for routine messages; critical_run: critical ones claimed since the last routine one.
int places_for_routine(int room, int critical_run);

// A row found in flight when the engine comes back (state as it was left).
store::Settlement after_crash(const store::OutboxRow& row, std::int64_t now_ms, double jitter, const Policy& policy);

// One partner's circuit breaker: closed → open after kOpenAfter failures in a row → one probe when the pause is over.
class Breaker {
 public:
  static constexpr int kOpenAfter = 3;
  [[nodiscard]] bool is_open() const { return failures_ >= kOpenAfter; }
  // How many messages may be in flight now: 0 while paused (over, too, when the clock has gone back since), 1 as a probe, limit when closed.
  [[nodiscard]] int allowance(std::int64_t now_ms, int limit) const;
  [[nodiscard]] std::int64_t retry_at_ms() const { return retry_at_ms_; }
  // A peer that answered, whatever it said, is alive.
  void record(const Receipt& receipt, std::int64_t now_ms, double jitter, const Policy& policy);

 private:
  int failures_ = 0;
  std::int64_t retry_at_ms_ = 0, failed_at_ms_ = 0;
};

}  // namespace huren::delivery
