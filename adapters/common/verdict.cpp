#include "adapters/common/verdict.hpp"

#include <algorithm>
#include <atomic>
#include <utility>

namespace huren::common {
namespace {

bool lasting(const hl7::Ack& ack) {
  return std::any_of(ack.errors.begin(), ack.errors.end(), [](const hl7::AckError& e) {
    return e.code == "200" || e.code == "201" || e.code == "202" || e.code == "203";
  });
}

}  // namespace

Receipt judge(const hl7::Ack& ack, const std::string& where) {
  Receipt out;
  out.code = hl7::to_string(ack.code);
  switch (ack.code) {
    case hl7::AckCode::AA:
    case hl7::AckCode::CA:
      out.outcome = Outcome::delivered;
      return out;
    case hl7::AckCode::AR:
    case hl7::AckCode::CR:
      if (!lasting(ack)) {
        out.outcome = Outcome::not_sent;
        out.retry_after_ms = kRejectedRetryMs;
        out.remark = {"transport.refused_for_now", where, hl7::refusal(ack)};
        return out;
      }
      break;
    case hl7::AckCode::AE:
    case hl7::AckCode::CE:
      break;
  }
  out.outcome = Outcome::refused;
  out.remark = {"transport.refused", where, hl7::refusal(ack)};
  return out;
}

Receipt not_sent(Error why) { return {.outcome = Outcome::not_sent, .code = "", .remark = std::move(why)}; }
Receipt unknown(Error why) { return {.outcome = Outcome::unknown, .code = "", .remark = std::move(why)}; }

std::string refusal(std::string_view head, const Error& why, EngineServices& engine) {
  static std::atomic<unsigned> counter{0};
  hl7::AckContext context;
  const auto now_ms = engine.now_ms();
  context.control_id = "T" + std::to_string(now_ms) + std::to_string(counter++ % 1000);
  context.time = from_epoch_ms(now_ms, 0);
  const auto mode = hl7::ack_mode(hl7::peek_header(head));
  const bool commit = mode.enhanced && mode.accept != hl7::AckWish::never;
  return hl7::build_nak(head, commit ? hl7::AckCode::CE : hl7::AckCode::AE, why, context);
}

}  // namespace huren::common
