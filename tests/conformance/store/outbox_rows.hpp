// Outbox rows as the tests write, claim, settle and list them.
#pragma once
#include <optional>
#include <string>
#include <vector>

#include "subject.hpp"

namespace huren::test {

using store::OutboxRow;
using store::OutboxState;
using store::Reader;
using store::Unit;

inline OutboxRow row(const std::string& id, const std::string& partner, const std::string& key, std::int64_t at = 100) {
  OutboxRow r;
  r.message_id = id;
  r.partner = partner;
  r.type = "ORU^R01";
  r.content_type = "application/hl7-v2; charset=utf-8";
  r.body = "MSH|" + id + std::string(1, '\0') + "\xFF";
  r.order_key = key;
  r.subject = "H1/" + id;
  r.next_ms = r.created_ms = at;
  return r;
}

inline void enqueue(Opened& o, const std::vector<OutboxRow>& rows) {
  o.write([&](Unit& u) -> Result<void> {
    for (const auto& r : rows)
      if (auto done = u.enqueue(r); !done) return done;
    return {};
  });
}

inline std::vector<OutboxRow> claim(Opened& o, const std::string& partner, std::int64_t now, int limit = 100,
                             OutboxState to = OutboxState::on_wire) {
  std::vector<OutboxRow> rows;
  o.write([&](Unit& u) -> Result<void> {
    auto got = u.claim(partner, now, limit, to);
    if (!got) return got.error();
    rows = std::move(*got);
    return {};
  });
  return rows;
}

inline std::vector<std::string> ids(const std::vector<OutboxRow>& rows) {
  std::vector<std::string> out;
  for (const auto& r : rows) out.push_back(r.message_id);
  return out;
}

inline void settle(Opened& o, std::int64_t id, OutboxState state, std::int64_t next = 0, bool give_back = false) {
  o.write([&](Unit& u) {
    return u.settle({{.id = id, .state = state, .next_ms = next, .remark = "r", .give_back = give_back}});
  });
}

inline std::vector<OutboxRow> list(Opened& o, const std::string& partner, std::optional<OutboxState> state) {
  std::vector<OutboxRow> rows;
  o.read([&](Reader& r) { rows = good(r.outbox(partner, state, 1000)); });
  return rows;
}

using Ids = std::vector<std::string>;

}  // namespace huren::test
