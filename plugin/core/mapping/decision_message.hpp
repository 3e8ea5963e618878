// What a hospital tells the source of a result: used, declined, revoked, viewed, retraction acknowledged (ZRD^Z01 to Z04).
// Promises: results are named as origin / number / version / item; nothing about the patient travels, no free text either.
// Refuses: a message without an id, a time or a result. Segments: schemas/hl7v2/README.md.
#pragma once
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "core/base/result.hpp"
#include "core/base/time.hpp"
#include "core/hl7/message.hpp"
#include "core/mapping/oru.hpp"

namespace huren::mapping {

struct ResultRef {
  std::string origin, number;  // of the report, as its origin numbers it
  int version = 1;
  std::string item;            // standard item where there is one, else the local code
  std::string local_item;      // the origin's own code
  friend bool operator==(const ResultRef&, const ResultRef&) = default;
};

enum class DecisionKind { decided, revoked, viewed, retraction_acknowledged };  // trigger Z01 Z02 Z03 Z04

struct DecisionMessage {
  DecisionKind kind = DecisionKind::decided;
  std::string id;              // decision id; of a view or receipt: its own id
  std::string hospital;        // organisation code of the one that decided
  std::string outcome;         // "accepted" | "declined" | "revoked" | "viewed" | "acknowledged"
  std::string reason;          // re-test reason code
  std::string doctor_id, department;
  std::string order_item;      // local item code of the order, for statistics
  std::int64_t saved_cents = 0;  // by the deciding hospital's price list; 0 unless accepted
  Timestamp at;
  std::vector<ResultRef> results;
  friend bool operator==(const DecisionMessage&, const DecisionMessage&) = default;
};

Result<std::string> write_decision(const DecisionMessage& decision, const Envelope& envelope);
bool is_decision(const hl7::Header& header);  // MSH-9 is ZRD
struct DecisionRead { std::optional<DecisionMessage> decision; Findings findings; };
DecisionRead read_decision(const hl7::Message& message, int offset_minutes);

}  // namespace huren::mapping
