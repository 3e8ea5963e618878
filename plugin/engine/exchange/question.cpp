#include "engine/exchange/question.hpp"

namespace huren::engine::exchange {

Result<mapping::QuestionAnswer> question(const Context& context, const config::Partner& partner, const std::function<Replied(const Message&)>& ask,
                                         const mapping::Question& asked) {
  const auto control_id = new_control_id(context.clock.now_ms());
  auto q = asked;
  q.tag = control_id;
  auto bytes = mapping::write_question(q, {.control_id = control_id, .sender = context.config.hospital.code, .receiver = partner.hospital.code, .at = context.now()});
  if (!bytes) return bytes.error();
  const auto answer = ask({control_id, "QBP^Q11", "application/hl7-v2; charset=utf-8", *bytes});
  if (answer.body.empty()) return answer.receipt.remark;
  auto read = mapping::read_answer(answer.body);
  if (!read) return Error{read.error().id, "partner." + partner.code, read.error().args};
  if (read->asked_id != control_id || read->asked != q.asked || read->tag != q.tag) return Error{"exchange.not_an_answer", "partner." + partner.code, {}};
  return read;
}

}  // namespace huren::engine::exchange
