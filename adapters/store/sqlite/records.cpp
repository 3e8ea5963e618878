#include "rows.hpp"
#include "sql.hpp"

namespace huren::store::sqlite {
namespace {

RecordRow row_of(const Query& q) {
  RecordRow r;
  r.id = q.text(0);
  r.referral = q.text(1);
  r.kind = q.text(2);
  r.origin = q.text(3);
  r.number = q.text(4);
  r.version = static_cast<int>(q.integer(5));
  r.source = q.text(6);
  r.patient_id = q.text(7);
  r.status = q.text(8);
  r.stored_ms = q.integer(9);
  r.current = q.integer(10) != 0;
  r.json = q.text(11);
  r.control_id = q.text(12);
  r.content_hash = q.text(13);
  return r;
}

}  // namespace

Maybe<RecordRow> record(Database& db, const std::string& id) {
  Query query(db, sql::kRecord);
  return first<RecordRow>(query.with(id), [](const Query& q) {
    auto r = row_of(q);
    r.document = q.text(14);
    return r;
  });
}

Rows<RecordRow> records_of(Database& db, const std::string& patient_id) {
  Query query(db, sql::kRecordsOf);
  return collect<RecordRow>(query.with(patient_id), row_of);
}

Rows<RecordRow> records_with(Database& db, const std::string& referral) {
  Query query(db, sql::kRecordsWith);
  return collect<RecordRow>(query.with(referral), row_of);
}

Rows<RecordRow> record_versions(Database& db, const std::string& kind, const std::string& origin, const std::string& number) {
  Query query(db, sql::kRecordVersions);
  return collect<RecordRow>(query.with(kind, origin, number), row_of);
}

Result<void> put_record(Database& db, const RecordRow& row) {
  Query retire(db, "UPDATE record SET current=0 WHERE kind=? AND origin=? AND number=? AND version<?");
  if (auto done = retire.with(row.kind, row.origin, row.number, row.version).run(); !done) return done;
  Query put(db,
            "INSERT INTO record(id, referral, kind, origin, number, version, source, patient_id, status, stored_ms, current, json, control_id, content_hash) "
            "VALUES(?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)");
  if (auto done = put.with(row.id, row.referral, row.kind, row.origin, row.number, row.version, row.source, row.patient_id, row.status, row.stored_ms,
                           row.current, row.json, row.control_id).bind_blob(row.content_hash).run(); !done)
    return done;
  Query text(db, "INSERT INTO record_text(seq, document) VALUES(?, ?)");
  return text.bind(db.last_rowid()).bind_blob(row.document).run();
}

Result<void> match_record(Database& db, const std::string& id, const std::string& patient_id, const std::string& status) {
  Query put(db, "UPDATE record SET patient_id=?, status=? WHERE id=?");
  return put.with(patient_id, status, id).run();
}

Result<void> strip_record(Database& db, const std::string& id) {
  Query text(db, "UPDATE record_text SET document=x'' WHERE seq=(SELECT seq FROM record WHERE id=?)");
  if (auto done = text.with(id).run(); !done) return done;
  Query put(db, "UPDATE record SET patient_id='', status='removed', current=0, json='', control_id='', content_hash=x'' WHERE id=?");
  return put.with(id).run();
}

}  // namespace huren::store::sqlite
