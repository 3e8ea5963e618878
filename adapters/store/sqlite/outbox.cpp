#include <algorithm>
#include <iterator>
#include <string>

#include "rows.hpp"
#include "sql.hpp"

namespace huren::store::sqlite {
namespace {

constexpr std::size_t kMostBytesAtOnce = 32u << 20;
enum Gate : std::int64_t { closed = 0, later = 1, due = 2 };

int number(OutboxState state) { return static_cast<int>(state); }
bool is_open(OutboxState state) { return state <= OutboxState::on_wire; }
bool in_flight(OutboxState state) { return state == OutboxState::claimed || state == OutboxState::on_wire; }
Gate gate_by_time(std::int64_t next_ms, std::int64_t changed_ms) { return next_ms <= changed_ms ? due : later; }

OutboxRow row_of(const Query& q) {
  OutboxRow r;
  r.id = q.integer(0);
  r.message_id = q.text(1);
  r.partner = q.text(2);
  r.type = q.text(3);
  r.content_type = q.text(4);
  r.order_key = q.text(5);
  r.subject = q.text(6);
  r.lane = static_cast<int>(q.integer(7));
  r.state = static_cast<OutboxState>(q.integer(8));
  r.attempts = static_cast<int>(q.integer(9));
  r.next_ms = q.integer(10);
  r.created_ms = q.integer(11);
  r.changed_ms = q.integer(12);
  r.remark = q.text(13);
  r.expires_ms = q.integer(14);
  r.control_id = q.text(15);
  return r;
}

OutboxRow row_with_body(const Query& q) {
  auto r = row_of(q);
  r.body = q.text(16);
  return r;
}

Result<std::int64_t> message_seq(Database& db, const OutboxRow& row) {
  Query put(db, "INSERT INTO message(message_id, type, content_type, control_id, body) VALUES(?, ?, ?, ?, ?) ON CONFLICT(message_id) DO NOTHING");
  if (auto done = put.with_kept(row.message_id, row.type, row.content_type, row.control_id).bind_blob(row.body).run(); !done)
    return done.error();
  if (db.changes() > 0) return db.last_rowid();
  Query known(db, sql::kMessage);
  auto found = known.with(row.message_id).step();
  if (!found) return found.error();
  if (!*found || known.view(1) != row.type || known.view(2) != row.content_type || known.view(3) != row.body || known.view(4) != row.control_id)
    return Error{"store.message_differs", "outbox", {row.message_id}};
  return known.integer(0);
}

// Opens the gate of the oldest open row of a key, unless one of that key is in flight (I5). The caller has closed
// the gates that may stand wrongly. landed: the one that was in flight has just come back, so no other is.
Result<void> open_next(Database& db, const std::string& partner, const std::string& order_key, bool landed) {
  Query oldest(db, sql::kOldestOfKey);
  auto found = oldest.with(partner, order_key).step();
  if (!found) return found.error();
  if (!*found || oldest.integer(3) != closed || in_flight(static_cast<OutboxState>(oldest.integer(4)))) return {};
  if (!landed) {
    Query flying(db, sql::kKeyInFlight);  // one that a person released may stand before it
    auto busy = flying.with(partner, order_key).step();
    if (!busy) return busy.error();
    if (*busy) return {};
  }
  return Query(db, "UPDATE outbox SET gate=? WHERE id=?")
      .with(std::int64_t{gate_by_time(oldest.integer(1), oldest.integer(2))}, oldest.integer(0))
      .run();
}

Result<void> settle_one(Database& db, const Settlement& s) {
  Query query(db, "SELECT partner, order_key, state, changed_ms, attempts FROM outbox WHERE id=?");
  auto found = query.with(s.id).step();
  if (!found) return found.error();
  if (!*found) return Error{"store.no_such_row", "outbox", {std::to_string(s.id)}};
  const auto partner = query.text(0), order_key = query.text(1);
  const auto before = static_cast<OutboxState>(query.integer(2));
  if (before == OutboxState::delivered) return {};  // a receipt is in hand: nothing takes it back
  const auto changed_ms = std::max(query.integer(3), s.at_ms);
  const bool free = s.state == OutboxState::waiting && order_key.empty();
  const auto gate = free ? gate_by_time(s.next_ms, changed_ms) : closed;
  // A person's release counts attempts anew; one stays, so that receivers() still knows that it was once sent.
  const bool released = !is_open(before) && is_open(s.state);
  const std::int64_t taken_off = released ? std::max<std::int64_t>(query.integer(4) - 1, 0) : s.give_back ? 1 : 0;
  Query put(db, sql::kSettle);
  put.with_kept(number(s.state), std::int64_t{gate}, s.next_ms, s.remark, changed_ms, taken_off, released, s.id);
  if (auto done = put.run(); !done) return done;
  if (order_key.empty() || in_flight(s.state)) return {};
  if (released) {
    // Back from a person's hands, perhaps older than the row that now stands first.
    if (auto done = Query(db, sql::kCloseKey).with(partner, order_key).run(); !done) return done;
  }
  return open_next(db, partner, order_key, in_flight(before));
}

}  // namespace

Rows<std::string> receivers(Database& db, const std::string& subject) {
  Query query(db, sql::kReceivers);
  auto all = collect<std::string>(query.with(subject), [](const Query& q) { return q.text(0); });
  if (!all) return all;
  std::sort(all->begin(), all->end());
  all->erase(std::unique(all->begin(), all->end()), all->end());
  return all;
}

Rows<OutboxRow> outbox(Database& db, const std::string& partner, std::optional<OutboxState> state, int limit) {
  Query query(db,
              "SELECT o.id, m.message_id, o.partner, m.type, m.content_type, o.order_key, o.subject, o.lane, o.state, "
              "o.attempts, o.next_ms, o.created_ms, o.changed_ms, o.remark, o.expires_ms, m.control_id FROM outbox o JOIN message m ON m.seq = o.message "
              "WHERE (?1='' OR o.partner=?1) AND (?2<0 OR o.state=?2) ORDER BY o.id LIMIT ?3");
  return collect<OutboxRow>(query.with(partner, state ? number(*state) : -1, limit), row_of);
}

Maybe<OutboxRow> outbox_entry(Database& db, std::int64_t id) {
  Query query(db, sql::kOutboxEntry);
  return first<OutboxRow>(query.with(id), row_of);
}

Rows<OutboxRow> outbox_of(Database& db, const std::string& subject, const std::string& partner) {
  Query query(db, sql::kOutboxOf);
  return collect<OutboxRow>(query.with(subject, partner), row_of);
}

Result<void> enqueue(Database& db, const OutboxRow& row) {
  auto message = message_seq(db, row);
  if (!message) return message.error();
  const auto changed_ms = std::max(row.changed_ms, row.created_ms);
  const auto gate = row.state == OutboxState::waiting ? gate_by_time(row.next_ms, changed_ms) : closed;
  if (gate != closed && row.lane == 0 && !row.order_key.empty()) {
    auto open = Query(db, sql::kKeyIsOpen).with(row.partner, row.order_key).step();
    if (!open) return open.error();
    if (*open)
      if (auto done = Query(db, sql::kHurryKey).with(row.partner, row.order_key).run(); !done) return done;
  }
  Query put(db, sql::kEnqueue);
  put.with_kept(*message, row.partner, row.order_key, row.subject, row.lane, number(row.state), std::int64_t{gate},
           row.attempts, row.next_ms, row.created_ms, changed_ms, row.remark, row.expires_ms);
  return put.run();
}

Result<void> settle(Database& db, const std::vector<Settlement>& settlements) {
  for (const auto& settlement : settlements)
    if (auto done = settle_one(db, settlement); !done) return done;
  return {};
}

namespace {

// Adds due rows until there are `most` of them; false: the bytes are enough.
Result<bool> add_due(Query& query, std::vector<OutboxRow>& rows, std::size_t most, std::size_t& bytes) {
  while (rows.size() < most) {
    if (bytes >= kMostBytesAtOnce) return false;
    auto row = query.step();
    if (!row) return row.error();
    if (!*row) return true;
    rows.push_back(row_with_body(query));
    bytes += rows.back().body.size();
  }
  return true;
}

}  // namespace

Rows<OutboxRow> claim(Database& db, const std::string& partner, std::int64_t now_ms, int limit, OutboxState to, int others) {
  // Asked first: with nothing to do the statement alone would open every index of the outbox for writing.
  auto due = Query(db, sql::kIsDue).with(partner, now_ms).step();
  if (!due) return due.error();
  if (*due)
    if (auto done = Query(db, sql::kBecomeDue).with(partner, now_ms).run(); !done) return done.error();
  const auto most = static_cast<std::size_t>(std::max(limit, 0));
  const auto kept = static_cast<std::size_t>(std::clamp(others, 0, std::max(limit, 0)));
  std::vector<OutboxRow> rows, routine;
  std::size_t bytes = 0;
  if (kept > 0) {
    Query query(db, sql::kDueOthers);
    auto go_on = add_due(query.with(partner, static_cast<std::int64_t>(kept), 0), routine, kept, bytes);
    if (!go_on) return go_on.error();
  }
  {
    Query query(db, sql::kDueFirst);
    const auto room = most - routine.size();
    auto go_on = add_due(query.with(partner, static_cast<std::int64_t>(room)), rows, room, bytes);
    if (!go_on) return go_on.error();
  }
  if (routine.size() == kept && rows.size() + routine.size() < most) {  // fewer: there are no others
    Query query(db, sql::kDueOthers);
    const auto room = most - rows.size();
    auto go_on = add_due(query.with(partner, static_cast<std::int64_t>(room - routine.size()), static_cast<std::int64_t>(routine.size())), routine, room, bytes);
    if (!go_on) return go_on.error();
  }
  std::move(routine.begin(), routine.end(), std::back_inserter(rows));
  Query take(db, sql::kTake);
  for (auto& row : rows) {
    if (auto done = take.with(number(to), now_ms, row.id).run(); !done) return done.error();
    take.again();
    row.state = to;
    row.attempts += 1;
    row.changed_ms = now_ms;
  }
  return rows;
}

Result<void> hurry(Database& db, const std::string& partner, std::int64_t beyond_ms) {
  return Query(db, sql::kHurry).with(partner, beyond_ms).run();
}

Maybe<OutboxRow> outbox_row(Database& db, const std::string& partner, const std::string& message_id) {
  Query query(db, sql::kOutboxRow);
  return first<OutboxRow>(query.with(message_id, partner), row_of);
}

Rows<OutboxRow> overdue(Database& db, const std::string& partner, std::int64_t now_ms, int limit) {
  Query query(db, sql::kOverdue);
  return collect<OutboxRow>(query.with(partner, now_ms, limit), row_of);
}

Rows<OutboxRow> recover(Database& db, const std::string& partner) {
  Query query(db, sql::kInFlight);
  return collect<OutboxRow>(query.with(partner), row_with_body);
}

Maybe<OutboxRow> outbox_whole(Database& db, std::int64_t id) {
  Query query(db, sql::kOutboxWhole);
  return first<OutboxRow>(query.with(id), row_with_body);
}

Rows<OutboxRow> outbox_newest(Database& db, const std::string& partner, std::optional<OutboxState> state, int limit) {
  Query query(db, sql::kOutboxNewest);
  return collect<OutboxRow>(query.with(partner, state ? number(*state) : -1, limit), row_of);
}

}  // namespace huren::store::sqlite
