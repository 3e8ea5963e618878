// What an acknowledgement means for the message it answers: the part of the outcome table that all transports share.
// Promises: nothing of the peer's free text is passed on (it may name a patient): codes and places only.
#pragma once
#include <string>

#include "core/hl7/ack.hpp"
#include "huren/adapter.hpp"

namespace huren::common {

inline constexpr std::uint32_t kRejectedRetryMs = 30'000;

// AA CA: delivered. AE CE: refused. AR CR: not_sent with retry_after_ms, because the receiver kept nothing and the
// cause may pass (v2.5.1 §2.9.2: AR is for causes that lie outside the content); but refused when an ERR names a cause
// that stays: type, event, processing id or version not supported (table 0357: 200-203).
Receipt judge(const hl7::Ack& ack, const std::string& where);

Receipt not_sent(Error why);
Receipt unknown(Error why);

// The answer to a frame or request that could not be taken, named by its head.
std::string refusal(std::string_view head, const Error& why, EngineServices& engine);

}  // namespace huren::common
