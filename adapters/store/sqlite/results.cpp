#include <algorithm>

#include "rows.hpp"
#include "sql.hpp"

namespace huren::store::sqlite {
namespace {

ResultRow result_of(const Query& q) {
  return {.id = q.text(0), .report_id = q.text(1), .patient_id = q.text(2), .item = q.text(3),
          .position = static_cast<int>(q.integer(4)), .status = q.text(5), .collected_ms = q.integer(6),
          .current = q.integer(7) != 0, .brief = q.text(8)};
}

}  // namespace

Rows<ResultRow> results_of(Database& db, const std::string& patient_id, const std::vector<std::string>& items,
                           std::int64_t collected_since_ms) {
  std::vector<ResultRow> rows;
  if (patient_id.empty()) return rows;  // results without a patient are nobody's (I12)
  if (items.empty()) {
    Query query(db, sql::kResultsOfAll);
    return collect<ResultRow>(query.with(patient_id, collected_since_ms), result_of);
  }
  Query query(db, sql::kResultsOfItem);
  for (auto item = items.begin(); item != items.end(); ++item) {
    if (std::find(items.begin(), item, *item) != item) continue;
    auto some = collect<ResultRow>(query.with(patient_id, *item, collected_since_ms), result_of);
    if (!some) return some;
    query.again();
    std::move(some->begin(), some->end(), std::back_inserter(rows));
  }
  std::stable_sort(rows.begin(), rows.end(),
                   [](const ResultRow& a, const ResultRow& b) { return a.collected_ms > b.collected_ms; });
  return rows;
}

Maybe<ResultRow> result(Database& db, const std::string& id) {
  Query query(db, sql::kResultById);
  return first<ResultRow>(query.with(id), result_of);
}

Rows<ResultRow> results_in(Database& db, const std::string& report_id) {
  Query query(db, sql::kResultsIn);
  return collect<ResultRow>(query.with(report_id), result_of);
}

Result<void> put_results(Database& db, const ReportRow& report, const std::vector<ResultRow>& results) {
  if (auto done = Query(db, "DELETE FROM result WHERE report_id=?").with(report.id).run(); !done) return done;
  Query put(db,
            "INSERT INTO result(id, report_id, patient_id, item, position, status, collected_ms, current, brief) "
            "VALUES(?, ?, ?, ?, ?, ?, ?, ?, ?)");
  for (const auto& row : results) {
    // Whose they are and whether they count is the report's to say.
    put.with(row.id, report.id, report.patient_id, row.item, row.position, row.status, row.collected_ms,
             row.current && report.current).bind_blob(row.brief);
    if (auto done = put.run(); !done) return done;
    put.again();
  }
  return {};
}

}  // namespace huren::store::sqlite
