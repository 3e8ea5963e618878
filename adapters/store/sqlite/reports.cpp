#include <algorithm>

#include "core/base/pack.hpp"
#include "core/base/text.hpp"
#include "rows.hpp"
#include "sql.hpp"

namespace huren::store::sqlite {
namespace {

constexpr std::size_t kLargestDocument = std::size_t{256} << 20;

struct Stored {
  std::int64_t seq = 0;
  ReportRow row;
};

Stored head_of(const Query& q) {
  Stored s;
  s.seq = q.integer(0);
  s.row.id = q.text(1);
  s.row.origin = q.text(2);
  s.row.number = q.text(3);
  s.row.version = static_cast<int>(q.integer(4));
  s.row.status = q.text(5);
  s.row.source = q.text(6);
  s.row.patient_id = q.text(7);
  s.row.stored_ms = q.integer(8);
  s.row.current = q.integer(9) != 0;
  s.row.brief = q.text(10);
  return s;
}

Stored kept_of(const Query& q) {
  auto s = head_of(q);
  s.row.rest = q.text(11);
  s.row.reported_ms = q.integer(12);
  s.row.digest = q.text(13);
  return s;
}

Stored whole_of(const Query& q) {
  auto s = kept_of(q);
  s.row.hl7 = q.text(14);
  s.row.document = q.text(15);
  s.row.inbox = q.integer(16);
  if (const auto at = q.integer(17); at > 0)
    s.row.document = base64_decode(q.view(14).substr(std::min(static_cast<std::size_t>(at - 1), q.view(14).size()), static_cast<std::size_t>(q.integer(18)))).value_or("");
  if (is_packed(s.row.document))
    if (auto whole = unpack(s.row.document, kLargestDocument)) s.row.document = std::move(*whole);
  return s;
}

Rows<ReportRow> with_parts(Database& db, Rows<Stored> found) {
  if (!found) return found.error();
  std::vector<ReportRow> rows;
  Query query(db, sql::kReportIdentifiers);
  for (auto& stored : *found) {
    auto ids = collect<std::pair<std::string, std::string>>(
        query.with(stored.seq), [](const Query& q) { return std::pair(q.text(0), q.text(1)); });
    if (!ids) return ids.error();
    query.again();
    stored.row.verified_ids = std::move(*ids);
    rows.push_back(std::move(stored.row));
  }
  if (auto added = add_observations(db, rows); !added) return added.error();
  return rows;
}

// Where the report's message of the inbox has its document word for word; 0: nowhere.
struct Stretch {
  std::int64_t at = 0, size = 0;
};
Result<Stretch> stretch_of(Database& db, const ReportRow& row) {
  if (row.inbox == 0 || row.document.empty()) return Stretch{};
  Query body(db, sql::kInboxBody);
  auto found = body.with(row.inbox).step();
  if (!found) return found.error();
  if (!*found) return Stretch{};
  const auto text = base64_encode(row.document);
  const auto at = body.view(0).find(text);
  return at == std::string_view::npos ? Stretch{} : Stretch{static_cast<std::int64_t>(at) + 1, static_cast<std::int64_t>(text.size())};
}

// Where a report lies, and under whom its results do; seq 0: there is none.
struct Place { std::int64_t seq = 0; std::string owner; };
Result<Place> place_of(Database& db, const std::string& report_id) {
  Query query(db, "SELECT seq, patient_id FROM report WHERE id=?");
  auto found = query.with(report_id).step();
  if (!found) return found.error();
  return *found ? Place{query.integer(0), owner_of(query.text(1), report_id)} : Place{};
}

}  // namespace

Rows<ReportRow> report_versions(Database& db, const std::string& origin, const std::string& number) {
  Query query(db, sql::kReportVersions);
  return with_parts(db, collect<Stored>(query.with(origin, number), whole_of));
}

Maybe<ReportRow> report(Database& db, const std::string& id) {
  Query query(db, sql::kReportById);
  auto rows = with_parts(db, collect<Stored>(query.with(id), whole_of));
  if (!rows) return rows.error();
  if (rows->empty()) return std::optional<ReportRow>();
  return std::optional<ReportRow>(std::move(rows->front()));
}

Maybe<ReportRow> report_head(Database& db, const std::string& id) {
  Query query(db, sql::kReportHead);
  return first<ReportRow>(query.with(id), [](const Query& q) { return head_of(q).row; });
}

Rows<ReportRow> reports_of(Database& db, const std::string& patient_id) {
  Query query(db, sql::kReportsOf);
  return with_parts(db, collect<Stored>(query.with(patient_id), kept_of));
}

Rows<ReportRow> unmatched_reports(Database& db, const std::string& id_type, const std::string& id_value) {
  Query query(db, sql::kUnmatched);
  return with_parts(db, collect<Stored>(query.with(id_type, id_value), whole_of));
}

Result<void> put_report(Database& db, const ReportRow& row, const std::vector<ResultRow>& results) {
  auto earlier = place_of(db, row.id);
  if (!earlier) return earlier.error();
  if (earlier->seq != 0) {
    if (auto done = Query(db, sql::kDropResults).with(earlier->owner, row.id).run(); !done) return done;
    if (auto done = Query(db, "DELETE FROM report WHERE seq=?").with(earlier->seq).run(); !done) return done;
  }
  Query put(db,
            "INSERT INTO report(id, origin, number, version, status, source, patient_id, stored_ms, current, reported_ms, "
            "digest, brief, rest) VALUES(?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)");
  put.with(row.id, row.origin, row.number, row.version, row.status, row.source, row.patient_id, row.stored_ms,
           row.current, row.reported_ms, row.digest).bind_blob(row.brief).bind_blob(row.rest);
  if (auto done = put.run(); !done) return done;
  const auto seq = db.last_rowid();
  const auto there = stretch_of(db, row);
  if (!there) return there.error();
  Query texts(db, "INSERT INTO report_text(seq, hl7, document, inbox, document_at, document_size) VALUES(?, ?, ?, ?, ?, ?)");
  texts.with(seq).bind_blob(row.inbox == 0 ? std::string_view(row.hl7) : std::string_view());
  texts.bind_blob(there->at == 0 ? std::string_view(row.document) : std::string_view()).with(row.inbox, there->at, there->size);
  if (auto done = texts.run(); !done) return done;
  Query identifier(db, "INSERT OR IGNORE INTO report_identifier(report, type, value) VALUES(?, ?, ?)");
  for (const auto& [type, value] : row.verified_ids) {
    if (auto done = identifier.with(seq, type, value).run(); !done) return done;
    identifier.again();
  }
  if (row.patient_id.empty()) {
    Query open(db, "INSERT INTO unmatched(type, value, report) SELECT type, value, report FROM report_identifier WHERE report=?");
    if (auto done = open.with(seq).run(); !done) return done;
  }
  return put_results(db, row, results);
}

Result<void> match_report(Database& db, const std::string& report_id, const std::string& patient_id) {
  auto place = place_of(db, report_id);
  if (!place) return place.error();
  if (place->seq == 0) return Error{"store.no_such_row", "report", {report_id}};
  if (auto done = Query(db, "UPDATE report SET patient_id=? WHERE seq=?").with(patient_id, place->seq).run(); !done) return done;
  if (auto done = Query(db, sql::kMoveResults).with(owner_of(patient_id, report_id), place->owner, report_id).run(); !done) return done;
  if (auto done = Query(db, "DELETE FROM unmatched WHERE report=?").with(place->seq).run(); !done) return done;
  if (!patient_id.empty()) return {};
  return Query(db, "INSERT INTO unmatched(type, value, report) SELECT type, value, report FROM report_identifier WHERE report=?")
      .with(place->seq)
      .run();
}

Rows<std::pair<std::int64_t, ReportRow>> own_reports(Database& db, std::int64_t after_seq, std::int64_t stored_since_ms, int limit) {
  Query query(db, sql::kOwnReports);
  std::vector<std::int64_t> places;
  auto rows = collect<ReportRow>(query.with(after_seq, stored_since_ms, limit), [&](const Query& q) {
    auto stored = kept_of(q);
    places.push_back(stored.seq);
    return std::move(stored.row);
  });
  if (!rows) return rows.error();
  if (auto added = add_observations(db, *rows); !added) return added.error();
  std::vector<std::pair<std::int64_t, ReportRow>> out;
  out.reserve(rows->size());
  for (std::size_t i = 0; i < rows->size(); ++i) out.emplace_back(places[i], std::move((*rows)[i]));
  return out;
}

Rows<HeldRow> held(Database& db, const std::string& source, std::int64_t from_ms, std::int64_t to_ms) {
  Query query(db, sql::kHeld);
  return collect<HeldRow>(query.with(source, from_ms, to_ms), [](const Query& q) {
    return HeldRow{.origin = q.text(0), .number = q.text(1), .report_id = q.text(2), .digest = q.text(3),
                   .version = static_cast<int>(q.integer(4)), .reported_ms = q.integer(5)};
  });
}

Result<void> strip_report(Database& db, const std::string& report_id) {
  auto place = place_of(db, report_id);
  if (!place) return place.error();
  if (place->seq == 0) return Error{"store.no_such_row", "report", {report_id}};
  if (auto done = Query(db, "UPDATE report SET current=0, digest='', brief=x'', rest=x'' WHERE seq=?").with(place->seq).run(); !done) return done;
  // What doctors were answered with it repeats its values: the showings stay, the answers go.
  if (auto done = Query(db, sql::kChecksWith).with(place->seq).run(); !done) return done;
  if (auto done = Query(db, "UPDATE report_text SET hl7=x'', document=x'', inbox=0, document_at=0, document_size=0 WHERE seq=?").with(place->seq).run(); !done) return done;
  if (auto done = Query(db, sql::kDropResults).with(place->owner, report_id).run(); !done) return done;
  return put_no_results(db, place->owner, report_id);
}

Result<void> retire_report(Database& db, const std::string& report_id) {
  if (auto done = Query(db, "UPDATE report SET current=0 WHERE id=?").with(report_id).run(); !done) return done;
  if (db.changes() == 0) return Error{"store.no_such_row", "report", {report_id}};
  return Query(db, sql::kRetireResults).with(report_id).run();
}

}  // namespace huren::store::sqlite
