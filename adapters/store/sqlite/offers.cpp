// Suggestions, merged records and orders: the small tables around a decision.
#include <nlohmann/json.hpp>

#include "rows.hpp"
#include "sql.hpp"

namespace huren::store::sqlite {
namespace {

OfferRow offer_of(const Query& q) {
  OfferRow r{.id = q.text(0), .card_id = q.text(1), .patient_id = q.text(2), .encounter_id = q.text(3), .doctor_id = q.text(4),
                  .department = q.text(5), .order_id = q.text(6), .order_item = q.text(7), .result_ids = {}, .state = q.text(9),
                  .decision_id = q.text(10), .shown_ms = q.integer(11), .changed_ms = q.integer(12)};
  const auto ids = nlohmann::json::parse(q.text(8), nullptr, false);
  if (ids.is_array())
    for (const auto& id : ids)
      if (id.is_string()) r.result_ids.push_back(id.get<std::string>());
  return r;
}

}  // namespace

Maybe<OfferRow> offer(Database& db, const std::string& id) {
  auto own = first<OfferRow>(Query(db, sql::kOffer).with(id), offer_of);
  if (!own || *own) return own;
  return first<OfferRow>(Query(db, sql::kOfferOfCard).with(id), offer_of);
}

Rows<OfferRow> offers_open(Database& db, std::int64_t shown_before_ms, int limit) {
  return collect<OfferRow>(Query(db, sql::kOffersOpen).with(shown_before_ms, limit), offer_of);
}

Result<void> put_offer(Database& db, const OfferRow& row) {
  Query put(db,
            "INSERT INTO offer(id, card_id, patient_id, encounter_id, doctor_id, department, order_id, order_item, result_ids, "
            "state, decision_id, shown_ms, changed_ms) VALUES(?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT(id) DO UPDATE SET "
            "doctor_id=excluded.doctor_id, department=excluded.department, state=excluded.state, decision_id=excluded.decision_id, changed_ms=excluded.changed_ms");
  put.with(row.id, row.card_id, row.patient_id, row.encounter_id, row.doctor_id, row.department, row.order_id, row.order_item,
           nlohmann::json(row.result_ids).dump(), row.state, row.decision_id, row.shown_ms, row.changed_ms);
  return put.run();
}

Rows<std::string> same_person(Database& db, const std::string& patient_id) {
  auto merged = Query(db, sql::kIsMerged).with(patient_id).number();  // hardly anybody is, and the walk costs
  if (!merged) return merged.error();
  if (*merged == 0) return std::vector<std::string>{patient_id};
  return collect<std::string>(Query(db, sql::kSamePerson).with(patient_id), [](const Query& q) { return q.text(0); });
}

Rows<MergeRow> merges(Database& db, const std::string& prior_id) {
  return collect<MergeRow>(Query(db, sql::kMerges).with(prior_id), [](const Query& q) {
    return MergeRow{.prior_id = q.text(0), .patient_id = q.text(1), .from_ms = q.integer(2), .to_ms = q.integer(3)};
  });
}

Result<void> put_merge(Database& db, const MergeRow& row) {
  Query put(db,
            "INSERT INTO merge(prior_id, patient_id, from_ms, to_ms) VALUES(?, ?, ?, ?) "
            "ON CONFLICT(prior_id, from_ms) DO UPDATE SET to_ms=excluded.to_ms");
  return put.with(row.prior_id, row.patient_id, row.from_ms, row.to_ms).run();
}

Maybe<OrderRow> order(Database& db, const std::string& id) {
  return first<OrderRow>(Query(db, sql::kOrder).with(id), [](const Query& q) {
    return OrderRow{.id = q.text(0), .patient_id = q.text(1), .json = q.text(2), .state = q.text(3), .at_ms = q.integer(4)};
  });
}

Result<void> put_order(Database& db, const OrderRow& row) {
  Query put(db,
            "INSERT INTO lab_order(id, patient_id, state, at_ms, json) VALUES(?, ?, ?, ?, ?) ON CONFLICT(id) DO UPDATE SET "
            "patient_id=excluded.patient_id, state=excluded.state, at_ms=excluded.at_ms, json=excluded.json");
  return put.with(row.id, row.patient_id, row.state, row.at_ms, row.json).run();
}

}  // namespace huren::store::sqlite
