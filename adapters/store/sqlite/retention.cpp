// What may go, found by walking each table in order of age, a few rows a call, with the place kept in cursor: no index
// is carried through every delivery for the sake of a walk that runs once a day.
#include <array>

#include "rows.hpp"

namespace huren::store::sqlite {
namespace {

struct Walk {
  const char* place;           // name in cursor
  std::string_view next;       // the last of the next rows: (after, limit)
  std::string_view drop;       // (after, last, before_ms)
};

constexpr std::array kWalks = {
    // A body stays while any partner has yet to get it or a person has yet to decide: only 3 delivered, 7 cancelled end it.
    Walk{"prune.message",
         "SELECT coalesce(max(seq), 0) FROM (SELECT seq FROM message WHERE seq>? ORDER BY seq LIMIT ?)",
         "UPDATE message SET body=x'' WHERE seq>? AND seq<=? AND length(body)>0 "
         "AND EXISTS(SELECT 1 FROM outbox o WHERE o.message = message.seq) "
         "AND NOT EXISTS(SELECT 1 FROM outbox o WHERE o.message = message.seq AND (o.state NOT IN (3, 7) OR o.changed_ms>=?))"},
    // The row, its hash and its answer stay: a repetition is still known. A report's message stays as long as the report.
    Walk{"prune.inbox",
         "SELECT coalesce(max(id), 0) FROM (SELECT id FROM inbox_body WHERE id>? ORDER BY id LIMIT ?)",
         "DELETE FROM inbox_body WHERE id>? AND id<=? AND (SELECT i.state IN ('applied', 'refused') AND i.received_ms<? "
         "FROM inbox i WHERE i.id = inbox_body.id) AND NOT EXISTS(SELECT 1 FROM report_text t WHERE t.inbox = inbox_body.id AND t.inbox > 0)"},
    Walk{"prune.notice",
         "SELECT coalesce(max(seq), 0) FROM (SELECT seq FROM notice WHERE seq>? ORDER BY seq LIMIT ?)",
         "DELETE FROM notice WHERE seq>? AND seq<=? AND acknowledged_ms>0 AND acknowledged_ms<?"},
};

// true: the walk has come to the end and begins anew next time.
Result<bool> step(Database& db, const Walk& walk, std::int64_t before_ms, int limit) {
  auto after = cursor(db, walk.place);
  if (!after) return after.error();
  auto last = Query(db, walk.next).with(*after, limit).number();
  if (!last) return last.error();
  if (*last > 0)
    if (auto dropped = Query(db, walk.drop).with(*after, *last, before_ms).run(); !dropped) return dropped.error();
  if (auto kept = set_cursor(db, walk.place, *last); !kept) return kept.error();
  return *last == 0;
}

}  // namespace

Result<bool> prune(Database& db, std::int64_t before_ms, int limit) {
  auto turn = cursor(db, "prune.turn");
  if (!turn) return turn.error();
  const auto index = static_cast<std::size_t>(*turn) % kWalks.size();
  auto done = step(db, kWalks[index], before_ms, limit);
  if (!done || !*done) return done;
  if (auto kept = set_cursor(db, "prune.turn", static_cast<std::int64_t>((index + 1) % kWalks.size())); !kept)
    return kept.error();
  return index + 1 == kWalks.size();
}

}  // namespace huren::store::sqlite
