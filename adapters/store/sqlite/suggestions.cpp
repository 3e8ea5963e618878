#include "rows.hpp"
#include "sql.hpp"

namespace huren::store::sqlite {
namespace {

SuggestionRow suggestion_of(const Query& q) {
  return {.id = q.text(0), .doctor_id = q.text(1), .accepting = q.text(2), .patient_id = q.text(3), .department = q.text(4),
          .order_item = q.text(5), .item = q.text(6), .outcome = q.text(7), .partner = q.text(8), .check = q.integer(9),
          .shown_ms = q.integer(10)};
}

}  // namespace

Rows<std::string> shown_to(Database& db, const std::string& patient_id, const std::string& doctor_id) {
  Query query(db, sql::kShownTo);
  return collect<std::string>(query.with(patient_id, doctor_id), [](const Query& q) { return q.text(0); });
}

Rows<SuggestionRow> showings(Database& db, const std::string& uuid) {
  Query query(db, sql::kShowings);
  return collect<SuggestionRow>(query.with(uuid), suggestion_of);
}

Rows<SuggestionRow> suggestions(Database& db, std::int64_t from_ms, std::int64_t to_ms) {
  Query query(db, sql::kSuggestions);
  return collect<SuggestionRow>(query.with(from_ms, to_ms), suggestion_of);
}

Result<void> put_suggestion(Database& db, const SuggestionRow& row) {
  Query put(db,
            "INSERT INTO suggestion(id, doctor_id, accepting, patient_id, department, order_item, item, outcome, partner, "
            "check_seq, shown_ms) VALUES(?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING");
  return put.with(row.id, row.doctor_id, row.accepting, row.patient_id, row.department, row.order_item, row.item, row.outcome,
                  row.partner, row.check, row.shown_ms)
      .run();
}

Maybe<CheckRow> check_record(Database& db, std::int64_t seq) {
  Query query(db, "SELECT seq, at_ms, patient_id, doctor_id, codes, setting, basis, answer FROM order_check WHERE seq=?");
  return first<CheckRow>(query.with(seq), [](const Query& q) {
    return CheckRow{.seq = q.integer(0), .at_ms = q.integer(1), .patient_id = q.text(2), .doctor_id = q.text(3), .codes = q.text(4),
                    .setting = q.text(5), .basis = q.text(6), .answer = q.text(7)};
  });
}

Result<std::int64_t> put_check_record(Database& db, const CheckRow& row) {
  Query put(db, "INSERT INTO order_check(at_ms, patient_id, doctor_id, codes, setting, basis, answer) VALUES(?, ?, ?, ?, ?, ?, ?)");
  put.with(row.at_ms, row.patient_id, row.doctor_id, row.codes, row.setting).bind_blob(row.basis).bind_blob(row.answer);
  if (auto done = put.run(); !done) return done.error();
  return db.last_rowid();
}

Maybe<std::string> kept(Database& db, const std::string& kind, const std::string& key) {
  Query query(db, "SELECT bytes FROM kept WHERE kind=? AND key=?");
  return first<std::string>(query.with(kind, key), [](const Query& q) { return q.text(0); });
}

Result<void> keep(Database& db, const std::string& kind, const std::string& key, const std::string& bytes) {
  Query put(db, "INSERT INTO kept(kind, key, bytes) VALUES(?, ?, ?) ON CONFLICT DO NOTHING");
  return put.with(kind, key).bind_blob(bytes).run();
}

Result<bool> prune_checks(Database& db, std::int64_t before_ms, int limit) {
  if (auto done = Query(db, sql::kOldChecks).with(before_ms, limit).run(); !done) return done.error();
  return db.changes() < limit;
}

}  // namespace huren::store::sqlite
