// What a message that came in says to this hospital, as far as it can be told without the store.
// Promises: [thread: any] every fault is a finding with its place; a refusal has its HL7 error code; what is admitted is standardised and
//   rendered. Refuses: a sender other than the one proved by the certificate; message types that nobody here reads.
#pragma once
#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

#include "core/hl7/ack.hpp"
#include "core/hl7/message.hpp"
#include "core/mapping/decision_message.hpp"
#include "core/mapping/oru.hpp"
#include "core/mapping/patient_message.hpp"
#include "core/mapping/question_message.hpp"
#include "core/mapping/referral_message.hpp"
#include "engine/context.hpp"
#include "engine/reports.hpp"

namespace huren::engine {

// What a message says, as far as this hospital takes it.
struct Understood {
  enum class Kind { report, decision, index, consent, step, summary, events } kind = Kind::report;
  mapping::OruRead oru;
  std::vector<Rendered> rendered;  // of a partner's report that says which version it is; the reports themselves are in here
  mapping::DecisionMessage decision;
  mapping::IndexMessage index;
  mapping::ConsentMessage consent;
  mapping::StepMessage step;
  mapping::SummaryMessage summary;
  std::vector<model::Event> events;  // patients and encounters of our own HIS
};

struct Reading {
  hl7::Header header;
  hl7::AckCode verdict = hl7::AckCode::AA;
  bool taken = true;  // the header will do: in enhanced mode the message is committed, whatever its content
  Findings findings;
  std::optional<Understood> understood;  // absent when refused
};

const config::Feed* feed_of(const Context& context, std::string_view source);  // nullptr: not a feed

// Over bytes that the caller keeps while the message is in use.
Result<hl7::Message> read_message(const Context& context, std::string_view source, std::string_view bytes);

// reading: with the message's header.
void understand(const Context& context, std::string_view source, const hl7::Message& message, Reading& reading, std::int64_t arrived_ms);

}  // namespace huren::engine
