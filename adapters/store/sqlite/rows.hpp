// One function a verb of huren/store.hpp, by subject: what it means is said there, how it is found is said here.
// Promises: every hot query stands in sql.hpp and its plan is asserted by tests/unit/adapters/store/sqlite.
#pragma once
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "huren/store.hpp"
#include "storage/sqlite.hpp"

namespace huren::store::sqlite {

using storage::Database;
using storage::Query;
template <class T>
using Rows = Result<std::vector<T>>;
template <class T>
using Maybe = Result<std::optional<T>>;

// patients.cpp
Maybe<PatientRow> patient_by_local_id(Database& db, const std::string& local_id);
Maybe<PatientRow> patient(Database& db, const std::string& id);
Rows<PatientRow> patients_by_verified_id(Database& db, const std::string& type, const std::string& value);
Rows<TieRow> ties(Database& db, const std::string& patient_id);
Maybe<TieRow> tie(Database& db, const std::string& patient_id, const std::string& partner, const std::string& basis, const std::string& reference);
Result<void> put_patient(Database& db, const PatientRow& row);
Result<void> put_tie(Database& db, const TieRow& row);

// reports.cpp
Rows<ReportRow> report_versions(Database& db, const std::string& origin, const std::string& number);
Maybe<ReportRow> report(Database& db, const std::string& id);
Maybe<ReportRow> report_head(Database& db, const std::string& id);
Rows<ReportRow> reports_of(Database& db, const std::string& patient_id);
Rows<ReportRow> unmatched_reports(Database& db, const std::string& id_type, const std::string& id_value);
Result<void> put_report(Database& db, const ReportRow& row, const std::vector<ResultRow>& results);
Result<void> match_report(Database& db, const std::string& report_id, const std::string& patient_id);
Result<void> retire_report(Database& db, const std::string& report_id);
Rows<std::pair<std::int64_t, ReportRow>> own_reports(Database& db, std::int64_t after_seq, std::int64_t stored_since_ms, int limit);
Rows<HeldRow> held(Database& db, const std::string& source, std::int64_t from_ms, std::int64_t to_ms);
Result<void> strip_report(Database& db, const std::string& report_id);

// results.cpp
std::string owner_of(const std::string& patient_id, const std::string& report_id);  // under whom a report's results lie
Rows<ResultRow> results_of(Database& db, const std::string& patient_id, const std::vector<std::string>& items,
                           std::int64_t collected_since_ms);
Maybe<ResultRow> result(Database& db, const std::string& id);
Rows<ResultRow> results_in(Database& db, const std::string& report_id);
Result<void> add_observations(Database& db, std::vector<ReportRow>& reports);  // ReportRow::observations of each
Result<void> put_results(Database& db, const ReportRow& report, const std::vector<ResultRow>& results);
Result<void> put_no_results(Database& db, const std::string& owner, const std::string& report_id);

// outbox.cpp
Rows<std::string> receivers(Database& db, const std::string& subject);
Rows<OutboxRow> outbox(Database& db, const std::string& partner, std::optional<OutboxState> state, int limit);
Maybe<OutboxRow> outbox_entry(Database& db, std::int64_t id);
Rows<OutboxRow> outbox_of(Database& db, const std::string& subject, const std::string& partner);
Result<void> enqueue(Database& db, const OutboxRow& row);
Result<void> settle(Database& db, const std::vector<Settlement>& settlements);
Rows<OutboxRow> claim(Database& db, const std::string& partner, std::int64_t now_ms, int limit, OutboxState to, int others);
Rows<OutboxRow> recover(Database& db, const std::string& partner);
Maybe<OutboxRow> outbox_row(Database& db, const std::string& partner, const std::string& message_id);
Rows<OutboxRow> overdue(Database& db, const std::string& partner, std::int64_t now_ms, int limit);

Maybe<OutboxRow> outbox_whole(Database& db, std::int64_t id);
Rows<OutboxRow> outbox_newest(Database& db, const std::string& partner, std::optional<OutboxState> state, int limit);
Result<void> hurry(Database& db, const std::string& partner, std::int64_t beyond_ms);

// inbox.cpp
Rows<InboxRow> inbox_next(Database& db, int limit);
Result<std::int64_t> inbox_newest(Database& db);
Result<InboxVerdict> receive(Database& db, const InboxRow& row);
Result<void> finish_inbox(Database& db, std::int64_t id, const std::string& state, const std::string& remark);
Result<void> forget_inbox(Database& db, const std::string& source, const std::string& control_id, const std::string& content_hash);
Rows<InboxRow> inbox_stopped(Database& db, int limit);
Maybe<InboxRow> inbox_whole(Database& db, std::int64_t id);
Rows<ParkedEvent> parked_events(Database& db, int limit);
Result<void> park_event(Database& db, const ParkedEvent& event);
Result<std::int64_t> cursor(Database& db, const std::string& name);
Result<void> set_cursor(Database& db, const std::string& name, std::int64_t value);

// notices.cpp
Result<void> put_notice(Database& db, const NoticeRow& row);
Maybe<NoticeRow> lease_notice(Database& db, std::int64_t now_ms, std::int64_t until_ms);
Result<void> unlease_notice(Database& db, const std::string& id);
Result<bool> acknowledge_notice(Database& db, const std::string& id, std::int64_t now_ms);
Rows<RetractionRow> open_retractions(Database& db);
Result<void> put_retraction(Database& db, const RetractionRow& row);
Result<void> acknowledge_retraction(Database& db, const std::string& notice_id, const std::string& doctor_id,
                                    std::int64_t now_ms);

Result<void> escalate_retraction(Database& db, const std::string& notice_id, const std::string& doctor_id, std::int64_t now_ms);
Maybe<NoticeRow> notice(Database& db, const std::string& id);

// offers.cpp
Maybe<OfferRow> offer(Database& db, const std::string& id);
Rows<OfferRow> offers_open(Database& db, std::int64_t shown_before_ms, int limit);
Result<void> put_offer(Database& db, const OfferRow& row);
Rows<std::string> same_person(Database& db, const std::string& patient_id);
Rows<MergeRow> merges(Database& db, const std::string& prior_id);
Result<void> put_merge(Database& db, const MergeRow& row);
Maybe<OrderRow> order(Database& db, const std::string& id);
Result<void> put_order(Database& db, const OrderRow& row);

// decisions.cpp
Rows<DecisionRow> decisions_on(Database& db, const std::string& report_id);
Rows<DecisionRow> decisions_of_order(Database& db, const std::string& patient_id, const std::string& order_id);
Rows<UseRow> uses_after(Database& db, std::int64_t seq, int limit);
Result<void> put_use(Database& db, const UseRow& row);
Rows<ViewRow> audience(Database& db, const std::string& origin, const std::string& number);
Maybe<DecisionRow> decision(Database& db, const std::string& id);
Rows<DecisionRow> decisions(Database& db, std::int64_t from_ms, std::int64_t to_ms);
Result<Depths> depths(Database& db, std::int64_t now_ms);
Result<void> put_decision(Database& db, const DecisionRow& row);
Result<void> put_view(Database& db, const ViewRow& row);

// suggestions.cpp
Rows<std::string> shown_to(Database& db, const std::string& patient_id, const std::string& doctor_id);
Rows<SuggestionRow> showings(Database& db, const std::string& uuid);
Rows<SuggestionRow> suggestions(Database& db, std::int64_t from_ms, std::int64_t to_ms);
Result<void> put_suggestion(Database& db, const SuggestionRow& row);
Maybe<CheckRow> check_record(Database& db, std::int64_t seq);
Result<std::int64_t> put_check_record(Database& db, const CheckRow& row);
Maybe<std::string> kept(Database& db, const std::string& kind, const std::string& key);
Result<void> keep(Database& db, const std::string& kind, const std::string& key, const std::string& bytes);
Result<bool> prune_checks(Database& db, std::int64_t before_ms, int limit);

// audit.cpp
Rows<AuditRow> audit(Database& db, std::int64_t after_seq, int limit);
Maybe<AuditRow> audit_head(Database& db);
Result<void> put_audit(Database& db, const AuditRow& row);
// exchange.cpp
Result<bool> disclosed(Database& db, const std::string& subject, const std::string& partner, const std::string& how);
Result<void> put_disclosure(Database& db, const DisclosureRow& row);
Maybe<BarRow> bar(Database& db, const std::string& partner, const std::string& subject);
Result<void> put_bar(Database& db, const BarRow& row);
Result<void> lift_bar(Database& db, const std::string& partner, const std::string& subject);
Rows<IndexEntry> index_entries(Database& db, const std::vector<std::string>& tokens, std::int64_t collected_since_ms);
Result<bool> put_index(Database& db, const IndexRow& row);
Result<void> index_held(Database& db, const std::string& partner, const std::string& handle, int version);
Rows<FetchRow> fetches_due(Database& db, const std::string& partner, std::int64_t now_ms, int limit);
Result<void> put_fetch(Database& db, const FetchRow& row);
Result<void> finish_fetch(Database& db, std::int64_t id);
Result<void> postpone_fetch(Database& db, std::int64_t id, std::int64_t next_ms);

// referrals.cpp
Rows<FactRow> facts(Database& db, const std::string& referral);
Maybe<ReferralRow> referral(Database& db, const std::string& key);
Rows<ReferralRow> referrals(Database& db, const ReferralFilter& filter);
Rows<ReferralRow> referrals_asked(Database& db, std::int64_t from_ms, std::int64_t to_ms);
Rows<ReferralRow> referrals_due(Database& db, std::int64_t now_ms, int limit);
Result<bool> put_fact(Database& db, const FactRow& row);
Result<void> put_referral(Database& db, const ReferralRow& row);

// records.cpp
Maybe<RecordRow> record(Database& db, const std::string& id);
Rows<RecordRow> records_of(Database& db, const std::string& patient_id);
Rows<RecordRow> records_with(Database& db, const std::string& referral);
Rows<RecordRow> record_versions(Database& db, const std::string& kind, const std::string& origin, const std::string& number);
Result<void> put_record(Database& db, const RecordRow& row);
Result<void> match_record(Database& db, const std::string& id, const std::string& patient_id, const std::string& status);
Result<void> strip_record(Database& db, const std::string& id);

// doubts.cpp
Rows<PatientRow> patients_like(Database& db, const std::string& hint);
Result<void> put_hints(Database& db, const std::string& patient_id, const std::vector<std::string>& hints);
Rows<DoubtRow> doubts(Database& db, const std::string& state, int limit);
Rows<DoubtRow> doubts_about(Database& db, const std::string& partner, const std::string& their_id);
Result<void> put_doubt(Database& db, const DoubtRow& row);

// retention.cpp
Result<bool> prune(Database& db, std::int64_t before_ms, int limit);

// All rows of a query, each made by make(query).
template <class T, class Make>
Rows<T> collect(Query& query, Make make) {
  std::vector<T> rows;
  for (;;) {
    auto row = query.step();
    if (!row) return row.error();
    if (!*row) return rows;
    rows.push_back(make(query));
  }
}

template <class T, class Make>
Maybe<T> first(Query& query, Make make) {
  auto row = query.step();
  if (!row) return row.error();
  if (!*row) return std::optional<T>();
  return std::optional<T>(make(query));
}

}  // namespace huren::store::sqlite
