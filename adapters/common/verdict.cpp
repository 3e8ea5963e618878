#include "adapters/common/verdict.hpp"

#include <algorithm>
#include <atomic>
#include <utility>

namespace huren::common {
namespace {

bool harmless(std::string_view s, std::size_t longest) {
  const auto fine = [](char c) {
    return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || c == '[' || c == ']' || c == '-' || c == '.';
  };
  return !s.empty() && s.size() <= longest && std::all_of(s.begin(), s.end(), fine);
}

// "PID-3 101; OBX[2]-5 102": where and which code, at most five.
std::string causes(const hl7::Ack& ack) {
  std::string out;
  int shown = 0;
  for (const auto& e : ack.errors) {
    if (shown == 5) break;
    const bool location = harmless(e.location, 24), code = harmless(e.code, 8);
    if (!location && !code) continue;
    if (shown++) out += "; ";
    if (location) out += e.location;
    if (location && code) out += ' ';
    if (code) out += e.code;
  }
  return out.empty() ? "-" : out;
}

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
        out.remark = {"transport.refused_for_now", where, {out.code, causes(ack)}};
        return out;
      }
      break;
    case hl7::AckCode::AE:
    case hl7::AckCode::CE:
      break;
  }
  out.outcome = Outcome::refused;
  out.remark = {"transport.refused", where, {out.code, causes(ack)}};
  return out;
}

Receipt not_sent(Error why) { return {.outcome = Outcome::not_sent, .code = "", .remark = std::move(why)}; }
Receipt unknown(Error why) { return {.outcome = Outcome::unknown, .code = "", .remark = std::move(why)}; }

void note_late_ack(std::string_view bytes, const std::string& source, EngineServices& engine) {
  const auto ack = hl7::parse_ack(bytes);
  const bool refused = ack && ack->code != hl7::AckCode::AA && ack->code != hl7::AckCode::CA;
  if (refused)
    engine.log(Severity::warning, "transport.late_refusal",
               {{"source", source}, {"code", std::string(hl7::to_string(ack->code))}, {"causes", causes(*ack)}});
  else
    engine.log(Severity::info, "transport.ack_ignored", {{"source", source}});
}

std::string refusal(std::string_view head, const Error& why, EngineServices& engine) {
  static std::atomic<unsigned> counter{0};
  hl7::AckContext context;
  const auto now_ms = engine.now_ms();
  context.control_id = "T" + std::to_string(now_ms) + std::to_string(counter++ % 1000);
  context.time = from_epoch_ms(now_ms, 0);
  const bool enhanced = hl7::ack_mode(hl7::peek_header(head)).enhanced;
  return hl7::build_nak(head, enhanced ? hl7::AckCode::CE : hl7::AckCode::AE, why, context);
}

}  // namespace huren::common
