// One step of a request between two hospitals (model::Step) as the message that carries it, both ways.
// Promises: reading what was written gives the same step and the same document bytes; a foreign system that knows HL7 alone
//   finds status, priority, reason, ids, hospitals, patient, order and report where v2.5.1 has them, and what it sends is read.
// Refuses: a message without the request's number or a patient; a document that is not base64.
//   referral, consult: the asker's steps as REF^I12 (new), I13 (changed), I14 (cancelled), I15 (status); the other side's as
//     RRI^I12 (answer, opinion), I14 (cancelled), I15 (arrived, no-show, completed, received)
//   exam: OMG^O19 (order NW, changed XO, cancelled CA), ORG^O20 (answer), ORU^R01 with the C0006 (report)
// Members without a field of their own stand in NTE segments under OBR, NTE-4 naming the member (schemas/hl7v2/README.md).
#pragma once
#include <optional>
#include <string>
#include <vector>

#include "core/base/result.hpp"
#include "core/hl7/message.hpp"
#include "core/mapping/oru.hpp"
#include "core/model/referral.hpp"

namespace huren::mapping {

struct Document {               // travels inside the message, last OBX segments (ED, base64)
  std::string kind;             // "TRANSFER", "C0001", "C0006", ... or "pdf", "scp_ecg"
  std::string origin, number, title;
  int version = 1;
  std::string bytes;
  friend bool operator==(const Document&, const Document&) = default;
};

struct StepMessage {
  model::Step step;
  std::vector<Document> documents;
  std::string from_name, to_name;  // PRD, for people
  friend bool operator==(const StepMessage&, const StepMessage&) = default;
};

// The message type that carries a step: "REF^I12".
std::string step_message_type(const model::Step& step);
Result<std::string> write_step(const StepMessage& step, const Envelope& envelope);
bool is_step(const hl7::Message& message);
struct StepRead { std::optional<StepMessage> step; Findings findings; };
StepRead read_step_message(const hl7::Message& message, const OruOptions& options = {});

// record.summary.shared: C0001 or C0053 in MDM^T02, with the next due dates as notes of the document.
struct SummaryMessage {
  model::Patient patient;
  Document document;
  std::vector<std::pair<std::string, std::string>> due;  // what, on which day (ISO)
  Timestamp at;
  friend bool operator==(const SummaryMessage&, const SummaryMessage&) = default;
};
Result<std::string> write_summary(const SummaryMessage& summary, const Envelope& envelope);
bool is_summary(const hl7::Header& header);  // MDM^T02
struct SummaryRead { std::optional<SummaryMessage> summary; Findings findings; };
SummaryRead read_summary_message(const hl7::Message& message, const OruOptions& options = {});

}  // namespace huren::mapping
