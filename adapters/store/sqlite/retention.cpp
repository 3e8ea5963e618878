// What may go, a few rows a call, with the place kept in cursor (sql.hpp has the walks).
#include <array>

#include "rows.hpp"
#include "sql.hpp"

namespace huren::store::sqlite {
namespace {

struct Walk {
  const char* place;           // name in cursor
  std::string_view next;       // the last of the next rows that is not too young: (after, limit, before_ms)
  std::string_view drop;       // (after, last, before_ms)
};

constexpr std::array kWalks = {
    Walk{"prune.message", sql::kNextMessages, sql::kDropMessages},
    Walk{"prune.inbox", sql::kNextInbox, sql::kDropInbox},
    Walk{"prune.notice", sql::kNextNotices, sql::kDropNotices},
};

// true: the walk has come to the end and begins anew next time.
Result<bool> step(Database& db, const Walk& walk, std::int64_t before_ms, int limit) {
  auto after = cursor(db, walk.place);
  if (!after) return after.error();
  auto last = Query(db, walk.next).with(*after, limit, before_ms).number();
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
