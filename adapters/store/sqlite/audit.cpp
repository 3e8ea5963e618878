#include "rows.hpp"
#include "sql.hpp"

namespace huren::store::sqlite {
namespace {

AuditRow audit_of(const Query& q) {
  return {.seq = q.integer(0), .at_ms = q.integer(1), .event = q.text(2), .who = q.text(3), .object = q.text(4), .outcome = q.text(5),
          .fields = q.text(6), .hash = q.text(7)};
}

}  // namespace

Rows<AuditRow> audit(Database& db, std::int64_t after_seq, int limit) {
  Query query(db, sql::kAudit);
  return collect<AuditRow>(query.with(after_seq, limit), audit_of);
}

Maybe<AuditRow> audit_head(Database& db) {
  Query query(db, sql::kAuditHead);
  return first<AuditRow>(query, audit_of);
}

Result<void> put_audit(Database& db, const AuditRow& row) {
  Query put(db, "INSERT INTO audit(seq, at_ms, event, who, object, outcome, fields, hash) VALUES(?, ?, ?, ?, ?, ?, ?, ?)");
  return put.with_kept(row.seq, row.at_ms, row.event, row.who, row.object, row.outcome, row.fields).bind_blob(row.hash).run();
}

}  // namespace huren::store::sqlite
