// The audit stream: who did what, when, on which object, with which outcome; append only, each link hashed over the one
// before. Which events there are and which fields each has: schemas/catalog/audit_events.csv.
// Promises: written in the transaction of what it tells, so both are there or neither; a removed, changed, exchanged or
//   inserted link is found and its place told; a tail that was cut off is found while the mark of the newest link, or a
//   head that somebody noted elsewhere (log event audit.head, an export), is still there.
// Refuses: names, numbers and values of patients: objects are huren's own ids, ids of the HIS are hashed (opaque).
#pragma once
#include <initializer_list>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "engine/context.hpp"

namespace huren::engine {

struct AuditSubject {
  std::string who;      // "doctor:D1", "partner:CODE", "operator:root", "huren"
  std::string object;   // "report:ID", "suggestion:UUID", "decision:HASH", "patient:ID", "message:ID", ...
  std::string outcome;  // one word; of a refusal its catalogue id
};
using AuditField = std::pair<std::string_view, std::string>;
Result<void> audit(store::Unit& unit, std::int64_t now_ms, std::string_view event, const AuditSubject& subject,
                   std::initializer_list<AuditField> fields);

// decision.made, or decision.told when it came from a partner: all that the month's figures need of it.
Result<void> audit_decision(store::Unit& unit, const Context& context, const store::DecisionRow& row);

// An id that somebody else gave: 16 hexadecimal digits of its SHA-256.
std::string opaque(std::string_view foreign_id);

// SHA-256 over "huren audit 1", the hash before (32 zero bytes for the first link) and the members in the order of
// AuditRow, each as its length in decimal, ":", and its text; numbers in decimal.
std::string audit_hash(const store::AuditRow& row, std::string_view before);

// Reads the chain from its first link on.
class AuditChain {
 public:
  // What is wrong with this link or before it: audit.missing, audit.changed; after a fault the walk goes on from here.
  std::optional<Error> add(const store::AuditRow& row);
  // What is wrong behind the last link. marked: the newest that was ever written (audit_mark).
  [[nodiscard]] std::optional<Error> end(std::int64_t marked) const;
  [[nodiscard]] std::int64_t seq() const { return seq_; }
  [[nodiscard]] const std::string& hash() const { return hash_; }

 private:
  std::int64_t seq_ = 0;
  std::string hash_ = std::string(32, '\0');
};
inline constexpr const char* kAuditMark = "audit";  // the store's cursor of that name: seq of the newest link

std::string hex(std::string_view bytes);

}  // namespace huren::engine
