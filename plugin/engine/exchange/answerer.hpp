// Being asked: a partner's question is answered from the store, on its own connection, at once.
// Promises: only what an agreement of this partner lets go, for a person whose verified identity matches one of ours, on a
//   tie that holds now; who was given what is on disk before the answer leaves, so that corrections follow (I10).
// Refuses: a sender other than the certificate proves, too many questions, unknown names; "nobody" and "no consent" look
//   the same from outside.
#pragma once
#include <map>
#include <mutex>
#include <string>

#include "core/mapping/question_message.hpp"
#include "engine/context.hpp"

namespace huren::engine::exchange {

class Answerer {
 public:
  explicit Answerer(const Context& context) : context_(context) {}
  // [thread: any] Never throws.
  Reply answer(const huren::Inbound& in) noexcept;

 private:
  Reply answer_bytes(const huren::Inbound& in);
  Result<mapping::QuestionAnswer> reports(const config::Partner& partner, const mapping::Question& q, const std::string& query);
  Result<mapping::QuestionAnswer> compared(const config::Partner& partner, const mapping::Question& q);
  Result<mapping::QuestionAnswer> resend(const config::Partner& partner, const mapping::Question& q);
  bool too_many(const std::string& partner);

  const Context& context_;
  std::mutex mutex_;
  struct Allowance { double left = 0; std::int64_t at_ms = 0; };
  std::map<std::string, Allowance> allowances_;  // by partner
};

}  // namespace huren::engine::exchange
