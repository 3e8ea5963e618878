#include "rows.hpp"
#include "sql.hpp"

namespace huren::store::sqlite {
namespace {

PatientRow patient_of(const Query& q) { return {.id = q.text(0), .local_id = q.text(1), .json = q.text(2), .verified_ids = {}}; }

}  // namespace

Maybe<PatientRow> patient_by_local_id(Database& db, const std::string& local_id) {
  Query query(db, sql::kPatientByLocalId);
  return first<PatientRow>(query.with(local_id), patient_of);
}

Maybe<PatientRow> patient(Database& db, const std::string& id) {
  Query query(db, sql::kPatientById);
  auto row = first<PatientRow>(query.with(id), patient_of);
  if (!row || !*row) return row;
  Query identifiers(db, sql::kIdentifiersOf);
  auto ids = collect<std::pair<std::string, std::string>>(identifiers.with(id), [](const Query& q) { return std::pair(q.text(0), q.text(1)); });
  if (!ids) return ids.error();
  (*row)->verified_ids = std::move(*ids);
  return row;
}

Rows<PatientRow> patients_by_verified_id(Database& db, const std::string& type, const std::string& value) {
  Query query(db, sql::kPatientsByVerifiedId);
  return collect<PatientRow>(query.with(type, value), patient_of);
}

namespace {

TieRow tie_of(const Query& q) {
  return {.patient_id = q.text(0), .partner = q.text(1), .basis = q.text(2), .reference = q.text(3), .from_ms = q.integer(4),
          .to_ms = q.integer(5)};
}

}  // namespace

Rows<TieRow> ties(Database& db, const std::string& patient_id) {
  Query query(db, sql::kTies);
  return collect<TieRow>(query.with(patient_id), tie_of);
}

Maybe<TieRow> tie(Database& db, const std::string& patient_id, const std::string& partner, const std::string& basis,
                  const std::string& reference) {
  Query query(db, sql::kTie);
  return first<TieRow>(query.with(patient_id, partner, basis, reference), tie_of);
}

Result<void> put_patient(Database& db, const PatientRow& row) {
  Query put(db,
            "INSERT INTO patient(id, local_id, json) VALUES(?, ?, ?) "
            "ON CONFLICT(id) DO UPDATE SET local_id=excluded.local_id, json=excluded.json");
  if (auto done = put.with(row.id, row.local_id, row.json).run(); !done) return done;
  Query clear(db, "DELETE FROM patient_identifier WHERE patient_id=?");
  if (auto done = clear.with(row.id).run(); !done) return done;
  Query add(db, "INSERT OR IGNORE INTO patient_identifier(type, value, patient_id) VALUES(?, ?, ?)");
  for (const auto& [type, value] : row.verified_ids) {
    if (auto done = add.with(type, value, row.id).run(); !done) return done;
    add.again();
  }
  return {};
}

Result<void> put_tie(Database& db, const TieRow& row) {
  Query put(db,
            "INSERT INTO tie(patient_id, partner, basis, reference, from_ms, to_ms) VALUES(?, ?, ?, ?, ?, ?) "
            "ON CONFLICT DO UPDATE SET from_ms=excluded.from_ms, to_ms=excluded.to_ms");
  return put.with(row.patient_id, row.partner, row.basis, row.reference, row.from_ms, row.to_ms).run();
}

}  // namespace huren::store::sqlite
