// One question to one partner and its answer, read and found to be the answer to it.
#pragma once
#include <functional>

#include "core/mapping/question_message.hpp"
#include "engine/context.hpp"

namespace huren::engine::exchange {

// Error: what the transport said, exchange.asked_refused, exchange.not_an_answer.
Result<mapping::QuestionAnswer> question(const Context& context, const config::Partner& partner, const std::function<Replied(const Message&)>& ask,
                                         const mapping::Question& asked);

}  // namespace huren::engine::exchange
