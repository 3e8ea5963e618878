#include <algorithm>
#include <charconv>
#include <map>

#include "result_pack.hpp"
#include "rows.hpp"
#include "sql.hpp"

namespace huren::store::sqlite {
namespace {

Error damaged(const Query& q) { return {"store.results_damaged", "result", {q.text(0)}}; }

// One result of the row that q stands on: report_id, collected_ms, current, results.
ResultRow row_of(const Query& q, const PackedResult& packed, const std::string& patient_id) {
  ResultRow r;
  r.report_id = q.view(0);
  r.patient_id = patient_id;
  r.position = packed.position;
  r.id.reserve(r.report_id.size() + 5);
  r.id.append(r.report_id).append(1, '.').append(std::to_string(packed.position));
  r.item = packed.item;
  r.status = packed.status;
  r.collected_ms = q.integer(1);
  r.current = packed.current && q.integer(2) != 0;
  r.brief = packed.brief;
  return r;
}

// What a report's rows hold, as far as it is wanted.
template <class Wanted>
Rows<ResultRow> read_report(Database& db, const std::string& report_id, Wanted wanted) {
  std::vector<ResultRow> rows;
  Query query(db, sql::kResultsIn);
  query.with(report_id);
  for (;;) {
    auto row = query.step();
    if (!row) return row.error();
    if (!*row) return rows;
    ResultPack pack(query.view(3));
    for (PackedResult one; pack.next(one);)
      if (wanted(one)) rows.push_back(row_of(query, one, query.text(4)));
    if (!pack.whole()) return damaged(query);
  }
}

}  // namespace

std::string owner_of(const std::string& patient_id, const std::string& report_id) { return patient_id.empty() ? '?' + report_id : patient_id; }

Rows<ResultRow> results_of(Database& db, const std::string& patient_id, const std::vector<std::string>& items,
                           std::int64_t collected_since_ms) {
  std::vector<ResultRow> rows;
  if (patient_id.empty()) return rows;  // results without a patient are nobody's (I12)
  const auto wanted = [&](std::string_view item) {  // its place among the items: most differ in length or in the first sign
    std::size_t place = 0;
    while (place < items.size() && (items[place].size() != item.size() || (!item.empty() && items[place].front() != item.front()) || items[place] != item)) ++place;
    return place;
  };
  Query query(db, sql::kResultsSince);
  query.with(patient_id, collected_since_ms);
  std::vector<std::pair<std::size_t, PackedResult>> found;  // of one row, each with its place among the items
  found.reserve(items.size());
  bool tied = false;
  for (;;) {
    auto row = query.step();
    if (!row) return row.error();
    if (!*row) break;
    found.clear();
    ResultPack pack(query.view(3));
    for (PackedResult one; pack.next(one);)
      if (const auto place = wanted(one.item); one.current && (items.empty() || place != items.size())) found.emplace_back(place, one);
    if (!pack.whole()) return damaged(query);
    std::stable_sort(found.begin(), found.end(), [](const auto& a, const auto& b) { return a.first < b.first; });
    tied |= !rows.empty() && rows.back().collected_ms == query.integer(1);
    rows.reserve(rows.size() + found.size());
    for (const auto& [place, one] : found) rows.push_back(row_of(query, one, patient_id));
  }
  if (tied && items.size() > 1)  // of one moment in the order in which they were asked for, whatever the report
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
  auto rows = read_report(db, id.substr(0, dot), [&](const PackedResult& one) { return one.position == position; });
  if (!rows) return rows.error();
  if (rows->empty()) return std::optional<ResultRow>();
  return std::optional<ResultRow>(std::move(rows->front()));
}

Rows<ResultRow> results_in(Database& db, const std::string& report_id) {
  auto rows = read_report(db, report_id, [](const PackedResult&) { return true; });
  if (rows) std::sort(rows->begin(), rows->end(), [](const ResultRow& a, const ResultRow& b) { return a.position < b.position; });
  return rows;
}

Result<void> add_observations(Database& db, std::vector<ReportRow>& reports) {
  std::map<std::string, std::vector<ReportRow*>> owners;
  for (auto& report : reports) owners[owner_of(report.patient_id, report.id)].push_back(&report);
  for (const auto& [owner, theirs] : owners) {
    Query query(db, theirs.size() == 1 ? sql::kResultsOfOne : sql::kResultsOfAll);  // of several the stretch is walked once
    query.bind_kept(owner);
    if (theirs.size() == 1) query.bind_kept(theirs.front()->id);
    std::map<std::string_view, std::vector<std::pair<int, std::string>>> found;
    for (const auto* report : theirs) found[report->id];
    for (;;) {
      auto row = query.step();
      if (!row) return row.error();
      if (!*row) break;
      const auto of = found.find(query.view(0));
      if (of == found.end()) continue;
      ResultPack pack(query.view(1));
      for (PackedResult one; pack.next(one);) of->second.emplace_back(one.position, one.brief);
      if (!pack.whole()) return damaged(query);
    }
    for (auto* report : theirs) {
      auto& briefs = found[report->id];
      std::sort(briefs.begin(), briefs.end(), [](const auto& a, const auto& b) { return a.first < b.first; });
      for (auto& [position, brief] : briefs) report->observations.push_back(std::move(brief));
    }
  }
  return {};
}

Result<void> put_no_results(Database& db, const std::string& owner, const std::string& report_id) {
  Query put(db, "INSERT INTO result(owner, collected_ms, report_id, current, results) VALUES(?, 0, ?, 0, ?)");
  const auto none = packed({});
  return put.with(owner, report_id).bind_blob(none).run();
}

// Whose they are and whether they count is the report's to say. One row a time of collection: a report has one, seldom more. Without
// results it has a row of none, by which its patient's reports are found.
Result<void> put_results(Database& db, const ReportRow& report, const std::vector<ResultRow>& results) {
  const auto owner = owner_of(report.patient_id, report.id);
  if (results.empty()) return put_no_results(db, owner, report.id);
  std::vector<const ResultRow*> left, together;
  left.reserve(results.size());
  for (const auto& row : results) left.push_back(&row);
  Query put(db, "INSERT INTO result(owner, collected_ms, report_id, current, results) VALUES(?, ?, ?, ?, ?)");
  while (!left.empty()) {
    const auto collected_ms = left.front()->collected_ms;
    const auto others = std::stable_partition(left.begin(), left.end(), [&](const auto* row) { return row->collected_ms == collected_ms; });
    together.assign(left.begin(), others);
    left.erase(left.begin(), others);
    const auto record = packed(together);
    put.bind_kept(owner).bind(collected_ms).bind_kept(report.id).bind(report.current).bind_blob(record);
    if (auto done = put.run(); !done) return done;
    put.again();
  }
  return {};
}

}  // namespace huren::store::sqlite
