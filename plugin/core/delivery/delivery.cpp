#include "core/delivery/delivery.hpp"

#include <algorithm>
#include <utility>

namespace huren::delivery {

using store::OutboxState;
using store::Settlement;

std::int64_t back_off_ms(int attempts, double jitter, const Policy& policy) {
  std::int64_t full = policy.first_ms;
  for (int i = 1; i < attempts && full < policy.ceiling_ms; ++i) full *= 2;
  full = std::min(full, policy.ceiling_ms);
  return full / 2 + static_cast<std::int64_t>(static_cast<double>(full - full / 2) * jitter);
}

Settlement after_outcome(const store::OutboxRow& row, const Receipt& receipt, std::int64_t now_ms, double jitter, const Policy& policy,
                         bool owed) {
  Settlement s{.id = row.id, .state = OutboxState::waiting, .next_ms = 0, .remark = line(receipt.remark), .give_back = false, .at_ms = now_ms};
  const std::int64_t pause = std::max<std::int64_t>(back_off_ms(row.attempts, jitter, policy), receipt.retry_after_ms);
  switch (receipt.outcome) {
    case Outcome::delivered:
      s.remark = receipt.code;
      s.state = OutboxState::delivered;
      if (owed && receipt.code == "CA") {
        s.state = OutboxState::committed;
        s.next_ms = now_ms + policy.application_ack_ms;
      }
      return s;
    case Outcome::refused:
      s.state = OutboxState::refused;
      return s;
    case Outcome::not_sent:
      s.next_ms = now_ms + pause;
      s.give_back = receipt.code.empty();  // no answer at all: the message is not to blame
      return s;
    case Outcome::unknown:
      break;
  }
  if (!policy.peer_deduplicates) {
    s.state = OutboxState::doubtful;
    return s;
  }
  if (row.attempts >= policy.max_attempts) {
    s.state = OutboxState::parked;
    s.remark = line(Error{"delivery.no_answer_ever", "", {std::to_string(row.attempts)}}) + " | " + s.remark;
    return s;
  }
  s.next_ms = now_ms + pause;
  return s;
}

std::optional<Settlement> after_application_ack(const store::OutboxRow& row, std::string_view code, std::vector<std::string> refusal) {
  const bool over = row.state == OutboxState::delivered || row.state == OutboxState::cancelled;
  if (over || row.attempts == 0) return std::nullopt;  // never sent: somebody makes it up
  Settlement s{.id = row.id, .state = OutboxState::delivered, .next_ms = 0, .remark = std::string(code), .give_back = false};
  if (code == "AA") return s;
  const bool rejected = code == "AR";
  s.state = rejected ? OutboxState::parked : OutboxState::refused;
  s.remark = line(Error{rejected ? "delivery.application_rejected" : "delivery.application_refused", "", std::move(refusal)});
  return s;
}

Settlement after_silence(const store::OutboxRow& row, const Policy& policy) {
  return {.id = row.id, .state = OutboxState::parked, .next_ms = 0,
          .remark = line(Error{"delivery.no_application_ack", "", {std::to_string(policy.application_ack_ms / 1000)}}), .give_back = false};
}

bool exhausted(const store::OutboxRow& row, const Policy& policy, Settlement& settlement) {
  if (row.attempts <= policy.max_attempts) return false;
  settlement = {.id = row.id, .state = OutboxState::parked, .next_ms = 0,
                .remark = line(Error{"delivery.too_many_attempts", "", {std::to_string(row.attempts - 1)}}), .give_back = true};
  return true;
}

bool expired(const store::OutboxRow& row, std::int64_t now_ms, Settlement& settlement) {
  if (row.expires_ms == 0 || now_ms < row.expires_ms) return false;
  settlement = {.id = row.id, .state = OutboxState::parked, .next_ms = 0,
                .remark = line(Error{"delivery.expired", "", {std::to_string((row.expires_ms - row.created_ms) / 3'600'000)}}), .give_back = true, .at_ms = now_ms};
  return true;
}

int places_for_routine(int room, int critical_run) {
  if (room >= 4) return room / 4;
  return critical_run >= 3 ? 1 : 0;
}

Settlement after_crash(const store::OutboxRow& row, std::int64_t now_ms, double jitter, const Policy& policy) {
  Settlement s{.id = row.id, .state = OutboxState::waiting, .next_ms = now_ms, .remark = line(Error{"delivery.engine_died", "", {}}),
               .give_back = false, .at_ms = now_ms};
  if (row.state == OutboxState::on_wire && !policy.peer_deduplicates) {
    s.state = OutboxState::doubtful;
    return s;
  }
  if (row.attempts >= policy.max_attempts) {
    s.state = OutboxState::parked;
    s.remark = line(Error{"delivery.too_many_attempts", "", {std::to_string(row.attempts)}});
    return s;
  }
  if (row.attempts > 1) s.next_ms = now_ms + back_off_ms(row.attempts, jitter, policy);
  return s;
}

int Breaker::allowance(std::int64_t now_ms, int limit) const {
  if (!is_open()) return limit;
  return now_ms >= retry_at_ms_ || now_ms < failed_at_ms_ ? 1 : 0;
}

void Breaker::record(const Receipt& receipt, std::int64_t now_ms, double jitter, const Policy& policy) {
  const bool alive = receipt.outcome == Outcome::delivered || receipt.outcome == Outcome::refused || !receipt.code.empty();
  if (alive) {
    failures_ = 0;
    retry_at_ms_ = 0;
    return;
  }
  ++failures_;
  failed_at_ms_ = now_ms;
  if (is_open()) retry_at_ms_ = now_ms + std::max<std::int64_t>(back_off_ms(failures_ - kOpenAfter + 1, jitter, policy), receipt.retry_after_ms);
}

}  // namespace huren::delivery
