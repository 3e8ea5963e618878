#include "rows.hpp"
#include "sql.hpp"

namespace huren::store::sqlite {

Result<void> put_notice(Database& db, const NoticeRow& row) {
  Query put(db,
            "INSERT INTO notice(id, topic, created_ms, leased_until_ms, acknowledged_ms, json) VALUES(?, ?, ?, ?, ?, ?) "
            "ON CONFLICT(id) DO NOTHING");
  return put.with_kept(row.id, row.topic, row.created_ms, row.leased_until_ms, row.acknowledged_ms, row.json).run();
}

Maybe<NoticeRow> lease_notice(Database& db, std::int64_t now_ms, std::int64_t until_ms) {
  std::optional<NoticeRow> notice;
  {
    // A lease that ends later than the one asked for now was given by a clock that has since been set back.
    Query query(db, sql::kNoticeToLease);
    auto found = first<NoticeRow>(query.with(now_ms, until_ms), [](const Query& q) {
      return NoticeRow{.id = q.text(0), .topic = q.text(1), .json = q.text(2), .created_ms = q.integer(3),
                       .leased_until_ms = q.integer(4), .acknowledged_ms = q.integer(5)};
    });
    if (!found || !*found) return found;
    notice = std::move(*found);
  }
  notice->leased_until_ms = until_ms;
  auto done = Query(db, "UPDATE notice SET leased_until_ms=? WHERE id=?").with(until_ms, notice->id).run();
  if (!done) return done.error();
  return notice;
}

Result<void> unlease_notice(Database& db, const std::string& id) {
  return Query(db, "UPDATE notice SET leased_until_ms=0 WHERE id=?").with(id).run();
}

Result<bool> acknowledge_notice(Database& db, const std::string& id, std::int64_t now_ms) {
  // Once acknowledged it stays at the first time; the second acknowledgement finds it all the same.
  Query put(db, "UPDATE notice SET acknowledged_ms=iif(acknowledged_ms=0, max(?, 1), acknowledged_ms) WHERE id=?");
  if (auto done = put.with(now_ms, id).run(); !done) return done.error();
  return db.changes() > 0;
}

Rows<RetractionRow> open_retractions(Database& db) {
  Query query(db, sql::kOpenRetractions);
  return collect<RetractionRow>(query, [](const Query& q) {
    return RetractionRow{.notice_id = q.text(0), .report_id = q.text(1), .doctor_id = q.text(2), .at_ms = q.integer(3),
                         .acknowledged_ms = q.integer(4), .escalated_ms = q.integer(5)};
  });
}

Result<void> put_retraction(Database& db, const RetractionRow& row) {
  Query put(db,
            "INSERT INTO retraction(notice_id, doctor_id, report_id, at_ms, acknowledged_ms, escalated_ms) VALUES(?, ?, ?, ?, ?, ?) "
            "ON CONFLICT DO NOTHING");
  return put.with(row.notice_id, row.doctor_id, row.report_id, row.at_ms, row.acknowledged_ms, row.escalated_ms).run();
}

Result<void> acknowledge_retraction(Database& db, const std::string& notice_id, const std::string& doctor_id,
                                    std::int64_t now_ms) {
  Query put(db,
            "UPDATE retraction SET acknowledged_ms=max(?, 1) WHERE notice_id=? AND doctor_id=? AND acknowledged_ms=0");
  return put.with(now_ms, notice_id, doctor_id).run();
}

Result<void> escalate_retraction(Database& db, const std::string& notice_id, const std::string& doctor_id, std::int64_t now_ms) {
  Query put(db, "UPDATE retraction SET escalated_ms=max(?, 1) WHERE notice_id=? AND doctor_id=? AND escalated_ms=0");
  return put.with(now_ms, notice_id, doctor_id).run();
}

Maybe<NoticeRow> notice(Database& db, const std::string& id) {
  Query query(db, sql::kNotice);
  return first<NoticeRow>(query.with(id), [](const Query& q) {
    return NoticeRow{.id = q.text(0), .topic = q.text(1), .json = q.text(2), .created_ms = q.integer(3), .leased_until_ms = q.integer(4),
                     .acknowledged_ms = q.integer(5)};
  });
}

}  // namespace huren::store::sqlite
