#include <algorithm>
#include <charconv>

#include "rows.hpp"
#include "sql.hpp"

namespace huren::store::sqlite {
namespace {

ResultRow row_of(const Query& q) {
  ResultRow r;
  r.report_id = q.text(0);
  r.position = static_cast<int>(q.integer(2));
  r.id = r.report_id + '.' + std::to_string(r.position);
  r.item = q.text(1);
  r.status = q.text(3);
  r.collected_ms = q.integer(4);
  r.current = q.integer(5) != 0;
  r.brief = q.text(6);
  return r;
}

ResultRow row_with_patient(const Query& q) {
  auto r = row_of(q);
  r.patient_id = q.text(7);
  return r;
}

}  // namespace

std::string owner_of(const std::string& patient_id, const std::string& report_id) { return patient_id.empty() ? '?' + report_id : patient_id; }

Rows<ResultRow> results_of(Database& db, const std::string& patient_id, const std::vector<std::string>& items,
                           std::int64_t collected_since_ms) {
  std::vector<ResultRow> rows;
  if (patient_id.empty()) return rows;  // results without a patient are nobody's (I12)
  const auto wanted = [&](std::string_view item) { return static_cast<std::size_t>(std::find(items.begin(), items.end(), item) - items.begin()); };
  Query query(db, sql::kResultsSince);
  query.with(patient_id, collected_since_ms);
  for (;;) {
    auto row = query.step();
    if (!row) return row.error();
    if (!*row) break;
    if (!items.empty() && wanted(query.view(1)) == items.size()) continue;
    rows.push_back(row_of(query));
    rows.back().patient_id = patient_id;
  }
  if (items.size() > 1)  // of one moment in the order in which they were asked for
    std::stable_sort(rows.begin(), rows.end(), [&](const ResultRow& a, const ResultRow& b) {
      return a.collected_ms != b.collected_ms ? a.collected_ms > b.collected_ms : wanted(a.item) < wanted(b.item);
    });
  return rows;
}

Maybe<ResultRow> result(Database& db, const std::string& id) {
  const auto dot = id.rfind('.');
  int position = 0;
  if (dot == std::string::npos) return std::optional<ResultRow>();
  const auto read = std::from_chars(id.data() + dot + 1, id.data() + id.size(), position);
  if (read.ec != std::errc() || read.ptr != id.data() + id.size()) return std::optional<ResultRow>();
  Query query(db, sql::kResultById);
  return first<ResultRow>(query.with(id.substr(0, dot), position), row_with_patient);
}

Rows<ResultRow> results_in(Database& db, const std::string& report_id) {
  Query query(db, sql::kResultsIn);
  return collect<ResultRow>(query.with(report_id), row_with_patient);
}

Result<void> put_results(Database& db, const ReportRow& report, const std::vector<ResultRow>& results) {
  const auto owner = owner_of(report.patient_id, report.id);
  Query put(db, "INSERT INTO result(owner, collected_ms, report_id, position, item, status, current, brief) VALUES(?, ?, ?, ?, ?, ?, ?, ?)");
  for (const auto& row : results) {
    // Whose they are and whether they count is the report's to say.
    put.bind_kept(owner).bind(row.collected_ms).bind_kept(report.id).bind(row.position).bind_kept(row.item).bind_kept(row.status);
    put.bind(row.current && report.current).bind_blob(row.brief);
    if (auto done = put.run(); !done) return done;
    put.again();
  }
  return {};
}

}  // namespace huren::store::sqlite
