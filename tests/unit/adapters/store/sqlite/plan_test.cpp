// Every hot query goes through the index made for it: a full scan would be felt only at a million rows, in a hospital.
#include <algorithm>
#include <catch2/catch.hpp>
#include <map>
#include <string>

#include "../../../../../adapters/store/sqlite/sql.hpp"
#include "../../../../../adapters/store/sqlite/store.hpp"
#include "storage/sqlite.hpp"
#include "tests/support/temp_dir.hpp"

using namespace huren;
namespace sql = huren::store::sqlite::sql;

namespace {

struct Fixture {
  test::TempDir dir;
  std::unique_ptr<store::sqlite::SqliteStore> store;
  std::unique_ptr<storage::Database> db;
  Fixture() {
    auto opened = store::sqlite::SqliteStore::open(dir.file("d"), {});
    if (!opened) throw std::runtime_error(line(opened.error()));
    store = std::move(*opened);
    auto reader = storage::Database::open(dir.file("d") + "/store.db", {});
    if (!reader) throw std::runtime_error(line(reader.error()));
    db = std::move(*reader);
  }
  std::string plan(std::string_view text) {
    auto lines = storage::query_plan(*db, std::string(text));
    if (!lines) throw std::runtime_error(line(lines.error()));
    std::string out;
    for (const auto& l : *lines) out += l + "\n";
    return out;
  }
};

bool has(const std::string& plan, std::string_view words) { return plan.find(words) != std::string::npos; }

// A scan is allowed through a partial index alone: those hold just the rows that are asked for.
bool scans(const std::string& plan) {
  std::size_t at = 0;
  while ((at = plan.find("SCAN", at)) != std::string::npos) {
    const auto end = plan.find('\n', at);
    const auto l = plan.substr(at, end - at);
    const bool partial = has(l, "outbox_open") || has(l, "inbox_to_apply") || has(l, "notice_open") ||
                         has(l, "retraction_open") || has(l, "report_unmatched");
    if (!partial) return true;
    at = end;
  }
  return false;
}

}  // namespace

TEST_CASE("no hot query scans a table, and the checker would see one that does") {
  Fixture f;
  for (const auto text : sql::kHot) {
    const auto plan = f.plan(text);
    INFO(text << "\n" << plan);
    CHECK_FALSE(scans(plan));
  }
  CHECK(scans(f.plan("SELECT id FROM outbox WHERE remark=?")));
  CHECK(scans(f.plan("SELECT owner FROM result WHERE report_id=?")));
}

TEST_CASE("order.check reads one stretch of the patient's results, already in order - one result is found by its report's owner") {
  Fixture f;
  const auto plan = f.plan(sql::kResultsSince);
  INFO(plan);
  CHECK(has(plan, "SEARCH result USING INDEX result_of (owner=? AND collected_ms>?)"));
  for (const auto text : {sql::kResultsIn, sql::kResultsOfOne, sql::kResultsOfAll, sql::kRetireResults, sql::kMoveResults, sql::kDropResults}) {
    INFO(f.plan(text));
    CHECK(has(f.plan(text), "result_of (owner=?)"));
  }
  CHECK_FALSE(has(plan, "TEMP B-TREE"));
}

TEST_CASE("a patient's reports are found by the stretch of their results, who got a report by its name - what is only passed on is in no index of names") {
  Fixture f;
  const auto reports = f.plan(sql::kReportsOf), receivers = f.plan(sql::kReceivers) + f.plan(sql::kOutboxOf);
  INFO(reports << receivers);
  CHECK(has(reports, "SEARCH report USING INDEX sqlite_autoindex_report_1 (id=?)"));
  CHECK(has(reports, "SEARCH result USING COVERING INDEX result_of (owner=?)"));
  CHECK(has(receivers, "SEARCH outbox USING INDEX outbox_subject (subject=?)"));
  CHECK(has(receivers, "SEARCH o USING INDEX outbox_subject (subject=? AND partner=?)"));
}

TEST_CASE("whether a record is merged is found by its key and by the index of what is merged now") {
  Fixture f;
  const auto plan = f.plan(sql::kIsMerged);
  INFO(plan);
  CHECK(has(plan, "SEARCH merge USING PRIMARY KEY (prior_id=?)"));
  CHECK(has(plan, "INDEX merge_into (patient_id=?)"));
  CHECK_FALSE(has(plan, "SCAN merge"));
}

TEST_CASE("retention walks by number and looks each row's deliveries up: no table is read through") {
  Fixture f;
  const std::pair<std::string_view, std::string_view> walks[] = {{sql::kNextMessages, sql::kDropMessages}, {sql::kNextInbox, sql::kDropInbox}, {sql::kNextNotices, sql::kDropNotices}};
  for (const auto& [next, drop] : walks) {
    const auto first = f.plan(next), second = f.plan(drop);
    INFO(first << second);
    CHECK(has(first, "USING INTEGER PRIMARY KEY (rowid>?)"));
    CHECK_FALSE(has(first, "TEMP B-TREE"));
    CHECK(has(second, "USING INTEGER PRIMARY KEY (rowid>? AND rowid<?)"));
    CHECK_FALSE(scans(second));
  }
  const auto messages = f.plan(sql::kDropMessages), inbox = f.plan(sql::kDropInbox);
  INFO(messages << inbox);
  CHECK(has(messages, "SEARCH o USING INDEX sqlite_autoindex_outbox_1 (message=?)"));
  CHECK(has(inbox, "report_text_inbox (inbox=?)"));
  CHECK(has(f.plan(sql::kInboxBody), "SEARCH inbox_body USING INTEGER PRIMARY KEY (rowid=?)"));
}

TEST_CASE("a claim looks at nothing but rows that it takes, already in order") {
  Fixture f;
  const auto due = f.plan(sql::kDueFirst) + f.plan(sql::kDueOthers), later = f.plan(sql::kBecomeDue);
  INFO(due << later);
  CHECK(has(due, "SEARCH o USING INDEX outbox_due (partner=? AND lane=?)"));
  CHECK(has(due, "SEARCH o USING INDEX outbox_due (partner=? AND lane>?)"));
  CHECK_FALSE(has(due, "TEMP B-TREE"));
  CHECK(has(later, "SEARCH outbox USING INDEX outbox_later (partner=? AND next_ms<?)"));
  CHECK(has(f.plan(sql::kIsDue), "INDEX outbox_later (partner=? AND next_ms<?)"));
}

TEST_CASE("what was refused is read from an index that holds nothing else, the newest messages without sorting") {
  Fixture f;
  const auto stopped = f.plan(sql::kInboxStopped), newest = f.plan(sql::kOutboxNewest);
  INFO(stopped << newest);
  CHECK(has(stopped, "USING INDEX inbox_stopped"));
  CHECK_FALSE(has(stopped, "TEMP B-TREE"));
  CHECK_FALSE(has(newest, "TEMP B-TREE"));
}

TEST_CASE("settlement finds the next row of a key without walking the queue") {
  Fixture f;
  CHECK(has(f.plan(sql::kOldestOfKey), "outbox_open (partner=? AND order_key=?)"));
  CHECK(has(f.plan(sql::kKeyInFlight), "COVERING INDEX outbox_open (partner=? AND order_key=?)"));
  CHECK(has(f.plan(sql::kInFlight), "SEARCH o USING INDEX outbox_open (partner=?)"));
  CHECK_FALSE(has(f.plan(sql::kOldestOfKey), "TEMP B-TREE"));
  CHECK(has(f.plan(sql::kEnqueue), "SEARCH outbox USING COVERING INDEX outbox_open (partner=? AND order_key=?)"));
  CHECK(has(f.plan(sql::kOutboxDepth), "COVERING INDEX outbox_open"));
}

TEST_CASE("plans hold with statistics too, as an operator's ANALYZE would leave them") {
  Fixture f;
  REQUIRE(f.db->exec("INSERT INTO message(seq, message_id, type, content_type, control_id, body) VALUES(1, 'm', 't', 'c', '', x'00')"));
  REQUIRE(f.db->exec("WITH RECURSIVE n(i) AS (SELECT 2 UNION ALL SELECT i+1 FROM n WHERE i<3000) INSERT INTO message SELECT i, 'm'||i, 't', 'c', '', x'00' FROM n"));
  REQUIRE(f.db->exec("INSERT INTO outbox SELECT seq, seq, 'p', 'k'||(seq%7), 's', 1, 3, 0, 0, 0, 0, 0, 0, '' FROM message"));
  REQUIRE(f.db->exec("UPDATE outbox SET state=0, gate=2 WHERE id%10=0"));
  REQUIRE(f.db->exec("INSERT INTO result SELECT seq, 'p'||(seq%9), seq/5, 'R'||seq, 1, x'' FROM message"));
  REQUIRE(f.db->exec("ANALYZE"));
  CHECK(has(f.plan(sql::kDueFirst), "outbox_due (partner=? AND lane=?)"));
  CHECK(has(f.plan(sql::kDueOthers), "outbox_due (partner=? AND lane>?)"));
  CHECK_FALSE(has(f.plan(sql::kDueFirst), "TEMP B-TREE"));
  CHECK_FALSE(has(f.plan(sql::kDueOthers), "TEMP B-TREE"));
  CHECK(has(f.plan(sql::kResultsSince), "SEARCH result USING INDEX result_of (owner=? AND collected_ms>?)"));
  CHECK(has(f.plan(sql::kOldestOfKey), "outbox_open (partner=? AND order_key=?)"));
}
