#include "rows.hpp"
#include "sql.hpp"

namespace huren::store::sqlite {
namespace {

ReferralRow row_of(const Query& q) {
  return {.key = q.text(0), .kind = q.text(1), .partner = q.text(2), .patient_id = q.text(3), .state = q.text(5), .priority = q.text(6), .their_patient = q.text(4),
          .ours = q.integer(7) != 0, .asked_ms = q.integer(8), .changed_ms = q.integer(9), .due_ms = q.integer(10), .told = static_cast<int>(q.integer(11)),
          .package = q.text(12)};
}

bool wanted(const ReferralRow& row, const ReferralFilter& filter) {
  return (filter.partner.empty() || filter.partner == row.partner) && (filter.kind.empty() || filter.kind == row.kind) &&
         (filter.state.empty() || filter.state == row.state);
}

}  // namespace

Rows<FactRow> facts(Database& db, const std::string& referral) {
  Query query(db, sql::kFacts);
  return collect<FactRow>(query.with(referral), [](const Query& q) {
    return FactRow{.referral = q.text(0), .fact_id = q.text(1), .source = q.text(2), .json = q.text(3), .at_ms = q.integer(4), .stored_ms = q.integer(5)};
  });
}

Result<bool> put_fact(Database& db, const FactRow& row) {
  {
    Query same(db, sql::kSameFact);
    same.with(row.referral, row.fact_id);
    for (;;) {
      auto step = same.step();
      if (!step) return step.error();
      if (!*step) break;
      if (same.view(0) == row.json) return false;
    }
  }
  Query put(db, "INSERT INTO referral_fact(referral, fact_id, source, at_ms, stored_ms, json) VALUES(?, ?, ?, ?, ?, ?)");
  if (auto done = put.with(row.referral, row.fact_id, row.source, row.at_ms, row.stored_ms, row.json).run(); !done) return done.error();
  return true;
}

Maybe<ReferralRow> referral(Database& db, const std::string& key) {
  Query query(db, sql::kReferral);
  return first<ReferralRow>(query.with(key), row_of);
}

// The filter's rarer parts are applied here: a patient has few requests, and a page of recent ones is short.
Rows<ReferralRow> referrals(Database& db, const ReferralFilter& filter) {
  const bool any = filter.patient_id.empty() && !filter.unmatched;
  Query query(db, any ? sql::kReferralsChanged : sql::kReferralsOf);
  if (!any) query.bind(filter.patient_id);
  query.bind(filter.changed_since_ms);
  std::vector<ReferralRow> rows;
  while (static_cast<int>(rows.size()) < filter.limit) {
    auto step = query.step();
    if (!step) return step.error();
    if (!*step) break;
    if (auto row = row_of(query); wanted(row, filter)) rows.push_back(std::move(row));
  }
  return rows;
}

Rows<ReferralRow> referrals_asked(Database& db, std::int64_t from_ms, std::int64_t to_ms) {
  Query query(db, sql::kReferralsAsked);
  return collect<ReferralRow>(query.with(from_ms, to_ms), row_of);
}

Rows<ReferralRow> referrals_due(Database& db, std::int64_t now_ms, int limit) {
  Query query(db, sql::kReferralsDue);
  return collect<ReferralRow>(query.with(now_ms, limit), row_of);
}

Result<void> put_referral(Database& db, const ReferralRow& row) {
  Query put(db,
            "INSERT INTO referral(key, kind, partner, patient_id, their_patient, state, priority, ours, asked_ms, changed_ms, due_ms, told, package) "
            "VALUES(?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT(key) DO UPDATE SET kind=excluded.kind, partner=excluded.partner, "
            "patient_id=excluded.patient_id, their_patient=excluded.their_patient, state=excluded.state, priority=excluded.priority, ours=excluded.ours, "
            "asked_ms=excluded.asked_ms, changed_ms=excluded.changed_ms, due_ms=excluded.due_ms, told=excluded.told, package=excluded.package");
  return put.with(row.key, row.kind, row.partner, row.patient_id, row.their_patient, row.state, row.priority, row.ours, row.asked_ms, row.changed_ms, row.due_ms,
                  row.told, row.package).run();
}

}  // namespace huren::store::sqlite
