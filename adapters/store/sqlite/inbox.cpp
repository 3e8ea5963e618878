#include "rows.hpp"
#include "sql.hpp"

namespace huren::store::sqlite {
namespace {

constexpr std::size_t kMostBytesAtOnce = 32u << 20;

InboxRow head_of(const Query& q) {
  InboxRow r;
  r.id = q.integer(0);
  r.source = q.text(1);
  r.control_id = q.text(2);
  r.content_hash = q.text(3);
  r.verdict = q.text(4);
  r.ack = q.text(5);
  r.state = q.text(6);
  r.remark = q.text(7);
  r.received_ms = q.integer(8);
  return r;
}

}  // namespace

Rows<InboxRow> inbox_next(Database& db, int limit) {
  Query query(db, sql::kInboxNext);
  query.with(limit);
  std::vector<InboxRow> rows;
  for (std::size_t bytes = 0; bytes < kMostBytesAtOnce;) {
    auto row = query.step();
    if (!row) return row.error();
    if (!*row) break;
    rows.push_back(head_of(query));
    rows.back().content_type = query.text(9);
    rows.back().body = query.text(10);
    bytes += rows.back().body.size();
  }
  return rows;
}

Result<std::int64_t> inbox_newest(Database& db) { return Query(db, sql::kInboxNewest).number(); }

Result<InboxVerdict> receive(Database& db, const InboxRow& row) {
  InboxVerdict verdict;
  const bool named = !row.control_id.empty();  // messages without an id do not share one
  auto known = named ? Query(db, sql::kInboxKnows).with(row.source, row.control_id).step() : Result<bool>(true);
  if (!known) return known.error();
  if (*known && named) {
    Query query(db, sql::kInboxSameId);
    auto other = first<InboxRow>(query.with_kept(row.source, row.control_id).bind_blob(row.content_hash), head_of);
    if (!other) return other.error();
    if (*other) verdict = {.kind = InboxVerdict::same_id_other_content, .earlier = std::move(**other)};
  }
  if (*known) {
    Query query(db, sql::kInboxSame);
    auto earlier = first<InboxRow>(query.with_kept(row.source, row.control_id).bind_blob(row.content_hash), head_of);
    if (!earlier) return earlier.error();
    if (*earlier && (*earlier)->state == "refused" && row.state != "refused") {  // what it was refused for has been mended here
      Query mend(db, "UPDATE inbox SET verdict=?, state=?, remark=?, received_ms=?, ack=? WHERE id=?");
      mend.with(row.verdict, row.state, row.remark, row.received_ms);
      if (auto done = mend.bind_blob(row.ack).with((*earlier)->id).run(); !done) return done.error();
      verdict.id = (*earlier)->id;
      return verdict;
    }
    if (*earlier) return InboxVerdict{.kind = InboxVerdict::duplicate, .earlier = **earlier, .id = (*earlier)->id};
  }
  Query put(db,
            "INSERT INTO inbox(source, control_id, content_hash, verdict, state, remark, received_ms, ack) "
            "VALUES(?, ?, ?, ?, ?, ?, ?, ?)");
  put.with_kept(row.source, row.control_id).bind_blob(row.content_hash).with_kept(row.verdict, row.state, row.remark, row.received_ms);
  if (auto done = put.bind_blob(row.ack).run(); !done) return done.error();
  verdict.id = db.last_rowid();
  if (row.body.empty() && row.state != "received") return verdict;  // it lies in the outbox
  Query body(db, "INSERT INTO inbox_body(id, content_type, body) VALUES(?, ?, ?)");
  if (auto done = body.with_kept(verdict.id, row.content_type).bind_blob(row.body).run(); !done) return done.error();
  return verdict;
}

Result<void> finish_inbox(Database& db, std::int64_t id, const std::string& state, const std::string& remark) {
  if (auto done = Query(db, "UPDATE inbox SET state=?, remark=? WHERE id=?").with(state, remark, id).run(); !done)
    return done;
  if (db.changes() == 0) return Error{"store.no_such_row", "inbox", {std::to_string(id)}};
  return {};
}

Result<void> forget_inbox(Database& db, const std::string& source, const std::string& control_id, const std::string& content_hash) {
  return Query(db, sql::kForgetInbox).with_kept(source, control_id).bind_blob(content_hash).run();
}

Rows<InboxRow> inbox_stopped(Database& db, int limit) {
  Query query(db, sql::kInboxStopped);
  return collect<InboxRow>(query.with(limit), head_of);
}

Maybe<InboxRow> inbox_whole(Database& db, std::int64_t id) {
  Query query(db, sql::kInboxWhole);
  return first<InboxRow>(query.with(id), [](const Query& q) {
    auto row = head_of(q);
    row.content_type = q.text(9);
    row.body = q.text(10);
    return row;
  });
}

Rows<ParkedEvent> parked_events(Database& db, int limit) {
  Query query(db, "SELECT id, type, key, remark, parked_ms FROM parked_event ORDER BY id LIMIT ?");
  return collect<ParkedEvent>(query.with(limit), [](const Query& q) {
    return ParkedEvent{.id = q.integer(0), .type = q.text(1), .key = q.text(2), .remark = q.text(3), .parked_ms = q.integer(4)};
  });
}

Result<void> park_event(Database& db, const ParkedEvent& event) {
  // The spool's number names it; 0: the next free one.
  Query put(db,
            "INSERT INTO parked_event(id, type, key, remark, parked_ms) VALUES(nullif(?, 0), ?, ?, ?, ?) "
            "ON CONFLICT(id) DO UPDATE SET type=excluded.type, key=excluded.key, remark=excluded.remark, "
            "parked_ms=excluded.parked_ms");
  return put.with(event.id, event.type, event.key, event.remark, event.parked_ms).run();
}

Result<std::int64_t> cursor(Database& db, const std::string& name) {
  return Query(db, "SELECT value FROM cursor WHERE name=?").with(name).number();
}

Result<void> set_cursor(Database& db, const std::string& name, std::int64_t value) {
  return Query(db, "INSERT INTO cursor(name, value) VALUES(?, ?) ON CONFLICT DO UPDATE SET value=excluded.value")
      .with(name, value)
      .run();
}

}  // namespace huren::store::sqlite
