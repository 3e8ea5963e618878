#include "engine/audit.hpp"

#include "core/base/json_writer.hpp"
#include "engine/identity.hpp"

namespace huren::engine {

std::string hex(std::string_view bytes) {
  std::string out;
  out.reserve(bytes.size() * 2);
  for (const char c : bytes) {
    const auto byte = static_cast<unsigned char>(c);
    out += "0123456789abcdef"[byte >> 4];
    out += "0123456789abcdef"[byte & 15];
  }
  return out;
}

std::string opaque(std::string_view foreign_id) { return sha256_hex(foreign_id).substr(0, 16); }

std::string audit_hash(const store::AuditRow& row, std::string_view before) {
  std::string bytes;
  bytes.reserve(256 + row.event.size() + row.who.size() + row.object.size() + row.outcome.size() + row.fields.size());
  bytes += "huren audit 1";
  bytes += before;
  const auto add = [&](std::string_view text) {
    bytes += std::to_string(text.size());
    bytes += ':';
    bytes += text;
  };
  add(std::to_string(row.seq));
  add(std::to_string(row.at_ms));
  for (const auto* text : {&row.event, &row.who, &row.object, &row.outcome, &row.fields}) add(*text);
  return sha256(bytes);
}

Result<void> audit(store::Unit& unit, std::int64_t now_ms, std::string_view event, const AuditSubject& subject,
                   std::initializer_list<AuditField> fields) {
  auto head = unit.audit_head();
  if (!head) return head.error();
  JsonWriter told(512);
  told.open('{');
  for (const auto& [name, value] : fields) told.some(name, value);
  told.close('}');
  store::AuditRow row{.seq = *head ? (*head)->seq + 1 : 1, .at_ms = now_ms, .event = std::string(event), .who = subject.who,
                      .object = subject.object, .outcome = subject.outcome, .fields = told.take(), .hash = ""};
  row.hash = audit_hash(row, *head ? std::string_view((*head)->hash) : std::string_view(std::string(32, '\0')));
  if (auto r = unit.put_audit(row); !r) return r;
  return unit.set_cursor(kAuditMark, row.seq);
}

Result<void> audit_decision(store::Unit& unit, const Context& context, const store::DecisionRow& row) {
  const bool there = !row.source.empty();
  const AuditSubject subject{there ? "partner:" + row.source + "/" + row.doctor_id : "doctor:" + row.doctor_id, "decision:" + opaque(row.id), row.outcome};
  const auto at = std::to_string(row.at_ms), saved = std::to_string(row.saved_cents);
  const auto& item = row.item.empty() ? row.order_item : row.item;
  const std::int64_t now = context.clock.now_ms();
  if (there)
    return audit(unit, now, "decision.told", subject, {{"at_ms", at}, {"department", row.department}, {"item", item}, {"partner", row.source}, {"reason", row.reason}, {"saved_cents", saved}});
  return audit(unit, now, "decision.made", subject,
               {{"at_ms", at}, {"department", row.department}, {"item", item}, {"partner", row.partner}, {"patient", row.patient_id}, {"reason", row.reason}, {"saved_cents", saved}, {"suggestion", row.suggestion_id}});
}

std::optional<Error> AuditChain::add(const store::AuditRow& row) {
  const std::string before = hash_;
  const std::int64_t expected = seq_ + 1;
  seq_ = row.seq;
  hash_ = row.hash;
  if (row.seq != expected) return Error{"audit.missing", "audit", {std::to_string(expected), std::to_string(row.seq - 1)}};
  if (audit_hash(row, before) != row.hash) return Error{"audit.changed", "audit", {std::to_string(row.seq)}};
  return std::nullopt;
}

std::optional<Error> AuditChain::end(std::int64_t marked) const {
  if (marked > seq_) return Error{"audit.cut_off", "audit", {std::to_string(seq_), std::to_string(marked)}};
  return std::nullopt;
}

}  // namespace huren::engine
