#include "rows.hpp"
#include "sql.hpp"

namespace huren::store::sqlite {
namespace {

DoubtRow row_of(const Query& q) {
  return {.id = q.text(0), .partner = q.text(1), .their_id = q.text(2), .patient_id = q.text(3), .theirs = q.text(4), .evidence = q.text(5),
          .score = static_cast<int>(q.integer(6)), .state = q.text(7), .decided_by = q.text(8), .at_ms = q.integer(9), .decided_ms = q.integer(10)};
}

}  // namespace

Rows<PatientRow> patients_like(Database& db, const std::string& hint) {
  Query query(db, sql::kPatientsLike);
  return collect<PatientRow>(query.with(hint), [](const Query& q) { return PatientRow{.id = q.text(0), .local_id = q.text(1), .json = q.text(2), .verified_ids = {}}; });
}

Result<void> put_hints(Database& db, const std::string& patient_id, const std::vector<std::string>& hints) {
  Query clear(db, "DELETE FROM patient_hint WHERE patient_id=?");
  if (auto done = clear.with(patient_id).run(); !done) return done;
  Query add(db, "INSERT OR IGNORE INTO patient_hint(hint, patient_id) VALUES(?, ?)");
  for (const auto& hint : hints) {
    if (auto done = add.with(hint, patient_id).run(); !done) return done;
    add.again();
  }
  return {};
}

Rows<DoubtRow> doubts(Database& db, const std::string& state, int limit) {
  if (!state.empty()) {
    Query query(db, sql::kDoubts);
    return collect<DoubtRow>(query.with(state, limit), row_of);
  }
  Query query(db, "SELECT id, partner, their_id, patient_id, theirs, evidence, score, state, decided_by, at_ms, decided_ms FROM doubt ORDER BY at_ms, id LIMIT ?");
  return collect<DoubtRow>(query.with(limit), row_of);
}

Rows<DoubtRow> doubts_about(Database& db, const std::string& partner, const std::string& their_id) {
  Query query(db, sql::kDoubtsAbout);
  return collect<DoubtRow>(query.with(partner, their_id), row_of);
}

Result<void> put_doubt(Database& db, const DoubtRow& row) {
  Query put(db,
            "INSERT INTO doubt(id, partner, their_id, patient_id, theirs, evidence, score, state, decided_by, at_ms, decided_ms) "
            "VALUES(?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT(id) DO UPDATE SET theirs=excluded.theirs, evidence=excluded.evidence, "
            "score=excluded.score, state=excluded.state, decided_by=excluded.decided_by, decided_ms=excluded.decided_ms");
  return put.with(row.id, row.partner, row.their_id, row.patient_id, row.theirs, row.evidence, row.score, row.state, row.decided_by, row.at_ms, row.decided_ms).run();
}

}  // namespace huren::store::sqlite
