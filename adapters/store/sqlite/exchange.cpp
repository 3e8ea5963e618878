// What is exchanged otherwise than by the outbox: disclosures, bars, index entries, questions that wait.
#include <algorithm>

#include "rows.hpp"
#include "sql.hpp"

namespace huren::store::sqlite {
namespace {

constexpr int kMostEntries = 1000;  // of one person: whatever a partner sends, a question stays cheap

Result<void> replace_list(Database& db, std::string_view drop, std::string_view put, const IndexRow& row, const std::vector<std::string>& values) {
  if (auto done = Query(db, drop).with(row.partner, row.handle).run(); !done) return done;
  Query query(db, put);
  for (const auto& value : values) {
    if (auto done = query.with(row.partner, row.handle, value).run(); !done) return done;
    query.again();
  }
  return {};
}

}  // namespace

Result<bool> disclosed(Database& db, const std::string& subject, const std::string& partner, const std::string& how) {
  return Query(db, sql::kDisclosed).with(subject, partner, how).step();
}

Result<void> put_disclosure(Database& db, const DisclosureRow& row) {
  Query put(db,
            "INSERT INTO disclosure(subject, partner, how, query, at_ms) VALUES(?, ?, ?, ?, ?) "
            "ON CONFLICT DO UPDATE SET query=excluded.query, at_ms=excluded.at_ms");
  return put.with(row.subject, row.partner, row.how, row.query, row.at_ms).run();
}

Maybe<BarRow> bar(Database& db, const std::string& partner, const std::string& subject) {
  Query query(db, sql::kBar);
  return first<BarRow>(query.with(partner, subject), [](const Query& q) {
    return BarRow{.partner = q.text(0), .subject = q.text(1), .removed = q.integer(2) != 0, .at_ms = q.integer(3)};
  });
}

Result<void> put_bar(Database& db, const BarRow& row) {
  Query put(db,
            "INSERT INTO bar(partner, subject, removed, at_ms) VALUES(?, ?, ?, ?) "
            "ON CONFLICT DO UPDATE SET removed=excluded.removed, at_ms=excluded.at_ms");
  return put.with(row.partner, row.subject, row.removed, row.at_ms).run();
}

Result<void> lift_bar(Database& db, const std::string& partner, const std::string& subject) {
  return Query(db, "DELETE FROM bar WHERE partner=? AND subject=?").with(partner, subject).run();
}

Rows<IndexEntry> index_entries(Database& db, const std::vector<std::string>& tokens, std::int64_t collected_since_ms) {
  std::vector<IndexEntry> out;
  Query query(db, sql::kIndexEntries);
  for (const auto& token : tokens) {
    auto some = collect<IndexEntry>(query.with(token, collected_since_ms, kMostEntries), [](const Query& q) {
      return IndexEntry{.partner = q.text(0), .handle = q.text(1), .item = q.text(2), .version = static_cast<int>(q.integer(3)),
                        .collected_ms = q.integer(4), .at_ms = q.integer(5)};
    });
    if (!some) return some;
    query.again();
    for (auto& entry : *some) {  // two identifiers of one person name the same entry
      const auto same = [&](const IndexEntry& e) { return e.partner == entry.partner && e.handle == entry.handle && e.item == entry.item; };
      if (std::none_of(out.begin(), out.end(), same)) out.push_back(std::move(entry));
    }
  }
  std::stable_sort(out.begin(), out.end(), [](const IndexEntry& a, const IndexEntry& b) { return a.collected_ms > b.collected_ms; });
  return out;
}

Result<bool> put_index(Database& db, const IndexRow& row) {
  std::int64_t held = 0;
  {
    Query query(db, sql::kIndexReport);
    auto found = query.with(row.partner, row.handle).step();
    if (!found) return found.error();
    if (*found && query.integer(0) > row.version) return false;  // I5: the newest version stands, whatever the order
    if (*found) held = query.integer(1);
  }
  Query put(db,
            "INSERT INTO index_report(partner, handle, version, held, collected_ms, at_ms) VALUES(?, ?, ?, ?, ?, ?) "
            "ON CONFLICT DO UPDATE SET version=excluded.version, collected_ms=excluded.collected_ms, at_ms=excluded.at_ms");
  if (auto done = put.with(row.partner, row.handle, row.version, held, row.collected_ms, row.at_ms).run(); !done) return done.error();
  if (auto done = replace_list(db, sql::kDropTokens, "INSERT OR IGNORE INTO index_token(partner, handle, token) VALUES(?, ?, ?)", row, row.tokens); !done)
    return done.error();
  if (auto done = replace_list(db, sql::kDropItems, "INSERT OR IGNORE INTO index_item(partner, handle, item) VALUES(?, ?, ?)", row, row.items); !done)
    return done.error();
  return true;
}

Result<void> index_held(Database& db, const std::string& partner, const std::string& handle, int version) {
  Query put(db,
            "INSERT INTO index_report(partner, handle, version, held, collected_ms, at_ms) VALUES(?1, ?2, ?3, ?3, 0, 0) "
            "ON CONFLICT DO UPDATE SET held=max(held, excluded.held)");
  return put.with(partner, handle, version).run();
}

Rows<FetchRow> fetches_due(Database& db, const std::string& partner, std::int64_t now_ms, int limit) {
  Query query(db, sql::kFetchesDue);
  return collect<FetchRow>(query.with(partner, now_ms, limit), [](const Query& q) {
    return FetchRow{.id = q.integer(0), .partner = q.text(1), .patient_id = q.text(2), .reason = q.text(3), .reference = q.text(4),
                    .doctor_id = q.text(5), .asked_ms = q.integer(6), .next_ms = q.integer(7), .until_ms = q.integer(8),
                    .attempts = static_cast<int>(q.integer(9))};
  });
}

Result<void> put_fetch(Database& db, const FetchRow& row) {
  // Asked once more by the same person for the same thing: the answer is waited for anew, nothing is asked twice.
  Query put(db,
            "INSERT INTO fetch(partner, patient_id, reason, reference, doctor_id, asked_ms, next_ms, until_ms, attempts) "
            "VALUES(?, ?, ?, ?, ?, ?, ?, ?, 0) ON CONFLICT(partner, patient_id, reason, reference) DO UPDATE SET until_ms=max(until_ms, excluded.until_ms)");
  return put.with(row.partner, row.patient_id, row.reason, row.reference, row.doctor_id, row.asked_ms, row.next_ms, row.until_ms).run();
}

Result<void> finish_fetch(Database& db, std::int64_t id) { return Query(db, "DELETE FROM fetch WHERE id=?").with(id).run(); }

Result<void> postpone_fetch(Database& db, std::int64_t id, std::int64_t next_ms) {
  return Query(db, "UPDATE fetch SET next_ms=?, attempts=attempts+1 WHERE id=?").with(next_ms, id).run();
}

}  // namespace huren::store::sqlite
