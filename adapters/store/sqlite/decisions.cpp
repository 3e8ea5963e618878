#include <map>
#include <nlohmann/json.hpp>

#include "rows.hpp"
#include "sql.hpp"

namespace huren::store::sqlite {
namespace {

std::string list_text(const std::vector<std::string>& list) { return nlohmann::json(list).dump(); }

std::vector<std::string> list_of(std::string_view text) {
  const auto json = nlohmann::json::parse(text, nullptr, false);
  std::vector<std::string> list;
  if (json.is_array())
    for (const auto& entry : json)
      if (entry.is_string()) list.push_back(entry.get<std::string>());
  return list;
}

DecisionRow decision_of(const Query& q) {
  DecisionRow r;
  r.id = q.text(0);
  r.suggestion_id = q.text(1);
  r.order_id = q.text(2);
  r.order_item = q.text(3);
  r.outcome = q.text(4);
  r.reason = q.text(5);
  r.note = q.text(6);
  r.patient_id = q.text(7);
  r.doctor_id = q.text(8);
  r.department = q.text(9);
  r.result_ids = list_of(q.view(10));
  r.result_refs = list_of(q.view(11));
  r.source = q.text(12);
  r.at_ms = q.integer(13);
  r.saved_cents = q.integer(14);
  r.item = q.text(15);
  r.partner = q.text(16);
  return r;
}

Result<std::int64_t> count(Database& db, std::string_view sql) { return Query(db, sql).number(); }

}  // namespace

Rows<ViewRow> audience(Database& db, const std::string& origin, const std::string& number) {
  Query query(db, sql::kAudience);
  return collect<ViewRow>(query.with(origin, number), [](const Query& q) {
    return ViewRow{.report_id = q.text(0), .doctor_id = q.text(1), .kind = q.text(2), .at_ms = q.integer(3), .patient_id = q.text(4)};
  });
}

Result<void> put_view(Database& db, const ViewRow& row) {
  Query put(db, "INSERT INTO viewing(report_id, doctor_id, kind, at_ms, patient_id) VALUES(?, ?, ?, ?, ?) ON CONFLICT DO NOTHING");
  return put.with(row.report_id, row.doctor_id, row.kind, row.at_ms, row.patient_id).run();
}

Maybe<DecisionRow> decision(Database& db, const std::string& id) {
  Query query(db,
              "SELECT id, suggestion_id, order_id, order_item, outcome, reason, note, patient_id, doctor_id, department, "
              "result_ids, result_refs, source, at_ms, saved_cents, item, partner FROM decision WHERE id=?");
  return first<DecisionRow>(query.with(id), decision_of);
}

Result<void> put_decision(Database& db, const DecisionRow& row) {
  // The last word counts, also when words arrive in another order than they were spoken.
  Query put(db,
            "INSERT INTO decision(id, suggestion_id, order_id, order_item, outcome, reason, note, patient_id, doctor_id, "
            "department, result_ids, result_refs, source, at_ms, saved_cents, item, partner) "
            "VALUES(?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT(id) DO UPDATE SET "
            "suggestion_id=excluded.suggestion_id, order_id=excluded.order_id, order_item=excluded.order_item, "
            "outcome=excluded.outcome, reason=excluded.reason, note=excluded.note, patient_id=excluded.patient_id, "
            "doctor_id=excluded.doctor_id, department=excluded.department, result_ids=excluded.result_ids, "
            "result_refs=excluded.result_refs, source=excluded.source, at_ms=excluded.at_ms, "
            "saved_cents=excluded.saved_cents, item=excluded.item, partner=excluded.partner WHERE excluded.at_ms >= decision.at_ms");
  put.with(row.id, row.suggestion_id, row.order_id, row.order_item, row.outcome, row.reason, row.note, row.patient_id,
           row.doctor_id, row.department, list_text(row.result_ids), list_text(row.result_refs), row.source, row.at_ms,
           row.saved_cents, row.item, row.partner);
  return put.run();
}

Rows<DecisionRow> decisions_on(Database& db, const std::string& report_id) {
  Query query(db, sql::kDecisionsOn);
  return collect<DecisionRow>(query.with(report_id), decision_of);
}

Rows<DecisionRow> decisions_of_order(Database& db, const std::string& patient_id, const std::string& order_id) {
  Query query(db, sql::kDecisionsOfOrder);
  return collect<DecisionRow>(query.with(patient_id, order_id), decision_of);
}

Rows<UseRow> uses_after(Database& db, std::int64_t seq, int limit) {
  Query query(db, sql::kUsesAfter);
  return collect<UseRow>(query.with(seq, limit), [](const Query& q) {
    return UseRow{.seq = q.integer(0), .decision_id = q.text(1), .result_id = q.text(2), .report_id = q.text(3), .quality = q.text(4)};
  });
}

Result<void> put_use(Database& db, const UseRow& row) {
  Query put(db,
            "INSERT INTO decision_use(decision_id, result_id, report_id, quality) VALUES(?, ?, ?, ?) "
            "ON CONFLICT(decision_id, result_id) DO UPDATE SET quality=excluded.quality");
  return put.with(row.decision_id, row.result_id, row.report_id, row.quality).run();
}

Rows<DecisionRow> decisions(Database& db, std::int64_t from_ms, std::int64_t to_ms) {
  Query query(db, sql::kDecisions);
  return collect<DecisionRow>(query.with(from_ms, to_ms), decision_of);
}

Result<Depths> depths(Database& db, std::int64_t now_ms) {
  Depths d;
  {
    Query query(db, sql::kOutboxDepth);
    auto row = query.step();
    if (!row) return row.error();
    d.outbox_waiting = query.integer(0);
    d.oldest_waiting_ms = d.outbox_waiting > 0 ? now_ms - query.integer(1) : 0;
  }
  for (const auto& [sql, target] : {std::pair(sql::kStuckDepth, &d.outbox_parked), std::pair(sql::kCommittedDepth, &d.outbox_committed), std::pair(sql::kInboxDepth, &d.inbox_waiting),
                                    std::pair(sql::kNoticeDepth, &d.notices_open),
                                    std::pair(sql::kRetractionDepth, &d.retractions_open), std::pair(sql::kEscalatedDepth, &d.retractions_escalated), std::pair(sql::kUnmatchedDepth, &d.unmatched)}) {
    auto n = count(db, sql);
    if (!n) return n.error();
    *target = *n;
  }
  std::map<std::string, PartnerDepth> by_partner;
  Query open(db, sql::kPartnerDepth), stuck(db, sql::kPartnerStuck);
  for (;;) {
    auto row = open.step();
    if (!row) return row.error();
    if (!*row) break;
    by_partner[open.text(0)] = {.partner = open.text(0), .waiting = open.integer(1), .oldest_waiting_ms = now_ms - open.integer(2), .parked = 0};
  }
  for (;;) {
    auto row = stuck.step();
    if (!row) return row.error();
    if (!*row) break;
    auto& partner = by_partner[stuck.text(0)];
    partner.partner = stuck.text(0);
    partner.parked = stuck.integer(1);
  }
  for (auto& [name, depth] : by_partner) d.partners.push_back(std::move(depth));
  return d;
}

}  // namespace huren::store::sqlite
