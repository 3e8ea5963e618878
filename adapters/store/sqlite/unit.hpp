// Reader and Unit over one connection: each verb goes to its function in rows.hpp.
#pragma once
#include <map>
#include <optional>
#include <set>
#include <string>

#include "rows.hpp"

namespace huren::store::sqlite {

template <class Interface>
class ReaderOn : public Interface {
 public:
  explicit ReaderOn(Database& db) : db_(db) {}
  Maybe<PatientRow> patient_by_local_id(const std::string& local_id) override { return sqlite::patient_by_local_id(db_, local_id); }
  Maybe<PatientRow> patient(const std::string& id) override { return sqlite::patient(db_, id); }
  Rows<PatientRow> patients_by_verified_id(const std::string& type, const std::string& value) override {
    return sqlite::patients_by_verified_id(db_, type, value);
  }
  Rows<TieRow> ties(const std::string& patient_id) override { return sqlite::ties(db_, patient_id); }
  Maybe<TieRow> tie(const std::string& patient_id, const std::string& partner, const std::string& basis, const std::string& reference) override {
    return sqlite::tie(db_, patient_id, partner, basis, reference);
  }
  Rows<ReportRow> report_versions(const std::string& origin, const std::string& number) override {
    return sqlite::report_versions(db_, origin, number);
  }
  Maybe<ReportRow> report(const std::string& id) override { return sqlite::report(db_, id); }
  Maybe<ReportRow> report_head(const std::string& id) override { return sqlite::report_head(db_, id); }
  Rows<ReportRow> reports_of(const std::string& patient_id) override { return sqlite::reports_of(db_, patient_id); }
  Rows<ReportRow> unmatched_reports(const std::string& id_type, const std::string& id_value) override {
    return sqlite::unmatched_reports(db_, id_type, id_value);
  }
  Rows<ResultRow> results_of(const std::string& patient_id, const std::vector<std::string>& items,
                             std::int64_t collected_since_ms) override {
    return sqlite::results_of(db_, patient_id, items, collected_since_ms);
  }
  Maybe<ResultRow> result(const std::string& id) override { return sqlite::result(db_, id); }
  Rows<ResultRow> results_in(const std::string& report_id) override { return sqlite::results_in(db_, report_id); }
  Rows<std::string> receivers(const std::string& subject) override { return sqlite::receivers(db_, subject); }
  Rows<ViewRow> audience(const std::string& origin, const std::string& number) override {
    return sqlite::audience(db_, origin, number);
  }
  Maybe<DecisionRow> decision(const std::string& id) override { return sqlite::decision(db_, id); }
  Rows<DecisionRow> decisions(std::int64_t from_ms, std::int64_t to_ms) override { return sqlite::decisions(db_, from_ms, to_ms); }
  Rows<std::string> shown_to(const std::string& patient_id, const std::string& doctor_id) override { return sqlite::shown_to(db_, patient_id, doctor_id); }
  Rows<SuggestionRow> showings(const std::string& uuid) override { return sqlite::showings(db_, uuid); }
  Rows<SuggestionRow> suggestions(std::int64_t from_ms, std::int64_t to_ms) override { return sqlite::suggestions(db_, from_ms, to_ms); }
  Maybe<CheckRow> check_record(std::int64_t seq) override { return sqlite::check_record(db_, seq); }
  Maybe<std::string> kept(const std::string& kind, const std::string& key) override { return sqlite::kept(db_, kind, key); }
  Rows<AuditRow> audit(std::int64_t after_seq, int limit) override { return sqlite::audit(db_, after_seq, limit); }
  Maybe<AuditRow> audit_head() override { return sqlite::audit_head(db_); }
  Maybe<OutboxRow> outbox_row(const std::string& partner, const std::string& message_id) override {
    return sqlite::outbox_row(db_, partner, message_id);
  }
  Maybe<OutboxRow> outbox_entry(std::int64_t id) override { return sqlite::outbox_entry(db_, id); }
  Rows<OutboxRow> overdue(const std::string& partner, std::int64_t now_ms, int limit) override {
    return sqlite::overdue(db_, partner, now_ms, limit);
  }
  Rows<OutboxRow> outbox(const std::string& partner, std::optional<OutboxState> state, int limit) override {
    return sqlite::outbox(db_, partner, state, limit);
  }
  Rows<InboxRow> inbox_next(int limit) override { return sqlite::inbox_next(db_, limit); }
  Result<std::int64_t> inbox_newest() override { return sqlite::inbox_newest(db_); }
  Maybe<OutboxRow> outbox_whole(std::int64_t id) override { return sqlite::outbox_whole(db_, id); }
  Rows<OutboxRow> outbox_newest(const std::string& partner, std::optional<OutboxState> state, int limit) override {
    return sqlite::outbox_newest(db_, partner, state, limit);
  }
  Rows<InboxRow> inbox_stopped(int limit) override { return sqlite::inbox_stopped(db_, limit); }
  Maybe<InboxRow> inbox_whole(std::int64_t id) override { return sqlite::inbox_whole(db_, id); }
  Rows<ParkedEvent> parked_events(int limit) override { return sqlite::parked_events(db_, limit); }
  Rows<RetractionRow> open_retractions() override { return sqlite::open_retractions(db_); }
  Maybe<NoticeRow> notice(const std::string& id) override { return sqlite::notice(db_, id); }
  Rows<DecisionRow> decisions_on(const std::string& report_id) override { return sqlite::decisions_on(db_, report_id); }
  Rows<DecisionRow> decisions_of_order(const std::string& patient_id, const std::string& order_id) override {
    return sqlite::decisions_of_order(db_, patient_id, order_id);
  }
  Rows<UseRow> uses_after(std::int64_t seq, int limit) override { return sqlite::uses_after(db_, seq, limit); }
  Maybe<OfferRow> offer(const std::string& id) override { return sqlite::offer(db_, id); }
  Rows<OfferRow> offers_open(std::int64_t shown_before_ms, int limit) override {
    return sqlite::offers_open(db_, shown_before_ms, limit);
  }
  Rows<std::string> same_person(const std::string& patient_id) override { return sqlite::same_person(db_, patient_id); }
  Rows<MergeRow> merges(const std::string& prior_id) override { return sqlite::merges(db_, prior_id); }
  Maybe<OrderRow> order(const std::string& id) override { return sqlite::order(db_, id); }
  Rows<FactRow> facts(const std::string& referral) override { return sqlite::facts(db_, referral); }
  Maybe<ReferralRow> referral(const std::string& key) override { return sqlite::referral(db_, key); }
  Rows<ReferralRow> referrals(const ReferralFilter& filter) override { return sqlite::referrals(db_, filter); }
  Rows<ReferralRow> referrals_asked(std::int64_t from_ms, std::int64_t to_ms) override { return sqlite::referrals_asked(db_, from_ms, to_ms); }
  Rows<ReferralRow> referrals_due(std::int64_t now_ms, int limit) override { return sqlite::referrals_due(db_, now_ms, limit); }
  Maybe<RecordRow> record(const std::string& id) override { return sqlite::record(db_, id); }
  Rows<RecordRow> records_of(const std::string& patient_id) override { return sqlite::records_of(db_, patient_id); }
  Rows<RecordRow> records_with(const std::string& referral) override { return sqlite::records_with(db_, referral); }
  Rows<RecordRow> record_versions(const std::string& kind, const std::string& origin, const std::string& number) override {
    return sqlite::record_versions(db_, kind, origin, number);
  }
  Rows<PatientRow> patients_like(const std::string& hint) override { return sqlite::patients_like(db_, hint); }
  Rows<DoubtRow> doubts(const std::string& state, int limit) override { return sqlite::doubts(db_, state, limit); }
  Rows<DoubtRow> doubts_about(const std::string& partner, const std::string& their_id) override { return sqlite::doubts_about(db_, partner, their_id); }
  Result<std::int64_t> cursor(const std::string& name) override { return sqlite::cursor(db_, name); }
  Result<Depths> depths(std::int64_t now_ms) override { return sqlite::depths(db_, now_ms); }
  Result<bool> disclosed(const std::string& subject, const std::string& partner, const std::string& how) override {
    return sqlite::disclosed(db_, subject, partner, how);
  }
  Maybe<BarRow> bar(const std::string& partner, const std::string& subject) override { return sqlite::bar(db_, partner, subject); }
  Rows<IndexEntry> index_entries(const std::vector<std::string>& tokens, std::int64_t collected_since_ms) override {
    return sqlite::index_entries(db_, tokens, collected_since_ms);
  }
  Rows<FetchRow> fetches_due(const std::string& partner, std::int64_t now_ms, int limit) override {
    return sqlite::fetches_due(db_, partner, now_ms, limit);
  }
  Rows<HeldRow> held(const std::string& source, std::int64_t from_ms, std::int64_t to_ms) override { return sqlite::held(db_, source, from_ms, to_ms); }
  Rows<std::pair<std::int64_t, ReportRow>> own_reports(std::int64_t after_seq, std::int64_t stored_since_ms, int limit) override {
    return sqlite::own_reports(db_, after_seq, stored_since_ms, limit);
  }
  Rows<OutboxRow> outbox_of(const std::string& subject, const std::string& partner) override { return sqlite::outbox_of(db_, subject, partner); }

 protected:
  Database& db_;
};

class UnitOn final : public ReaderOn<Unit> {
 public:
  // enqueued: told the partners that get new rows.
  UnitOn(Database& db, std::set<std::string>& enqueued) : ReaderOn(db), enqueued_(enqueued) {}
  Result<void> nested(const std::function<Result<void>()>& fn) override;
  // What is written once, however often it was set. To be called at the end, before the commit.
  Result<void> finish();
  Maybe<AuditRow> audit_head() override;
  Rows<ReportRow> report_versions(const std::string& origin, const std::string& number) override;
  Result<std::int64_t> cursor(const std::string& name) override;
  Result<void> put_patient(const PatientRow& row) override { return sqlite::put_patient(db_, row); }
  Result<void> put_tie(const TieRow& row) override { return sqlite::put_tie(db_, row); }
  Result<void> put_hints(const std::string& patient_id, const std::vector<std::string>& hints) override { return sqlite::put_hints(db_, patient_id, hints); }
  Result<bool> put_fact(const FactRow& row) override { return sqlite::put_fact(db_, row); }
  Result<void> put_referral(const ReferralRow& row) override { return sqlite::put_referral(db_, row); }
  Result<void> put_record(const RecordRow& row) override { return sqlite::put_record(db_, row); }
  Result<void> match_record(const std::string& id, const std::string& patient_id, const std::string& status) override {
    return sqlite::match_record(db_, id, patient_id, status);
  }
  Result<void> strip_record(const std::string& id) override { return sqlite::strip_record(db_, id); }
  Result<void> put_doubt(const DoubtRow& row) override { return sqlite::put_doubt(db_, row); }
  Result<void> put_report(const ReportRow& row, const std::vector<ResultRow>& results) override {
    kept_.unheard_of.reset();
    return sqlite::put_report(db_, row, results);
  }
  Result<void> match_report(const std::string& report_id, const std::string& patient_id) override {
    return sqlite::match_report(db_, report_id, patient_id);
  }
  Result<void> retire_report(const std::string& report_id) override { return sqlite::retire_report(db_, report_id); }
  Result<void> enqueue(const OutboxRow& row) override {
    enqueued_.insert(row.partner);
    return sqlite::enqueue(db_, row);
  }
  Result<void> settle(const std::vector<Settlement>& settlements) override { return sqlite::settle(db_, settlements); }
  Result<InboxVerdict> receive(const InboxRow& row) override { return sqlite::receive(db_, row); }
  Result<void> finish_inbox(std::int64_t id, const std::string& state, const std::string& remark) override {
    return sqlite::finish_inbox(db_, id, state, remark);
  }
  Result<void> park_event(const ParkedEvent& event) override { return sqlite::park_event(db_, event); }
  Result<void> put_notice(const NoticeRow& row) override { return sqlite::put_notice(db_, row); }
  Maybe<NoticeRow> lease_notice(std::int64_t now_ms, std::int64_t until_ms) override {
    return sqlite::lease_notice(db_, now_ms, until_ms);
  }
  Result<void> unlease_notice(const std::string& id) override { return sqlite::unlease_notice(db_, id); }
  Result<bool> acknowledge_notice(const std::string& id, std::int64_t now_ms) override {
    return sqlite::acknowledge_notice(db_, id, now_ms);
  }
  Result<void> put_decision(const DecisionRow& row) override { return sqlite::put_decision(db_, row); }
  Result<void> put_view(const ViewRow& row) override { return sqlite::put_view(db_, row); }
  Result<void> put_suggestion(const SuggestionRow& row) override { return sqlite::put_suggestion(db_, row); }
  Result<std::int64_t> put_check_record(const CheckRow& row) override { return sqlite::put_check_record(db_, row); }
  Result<void> keep(const std::string& kind, const std::string& key, const std::string& bytes) override { return sqlite::keep(db_, kind, key, bytes); }
  Result<void> put_audit(const AuditRow& row) override;
  Result<void> put_retraction(const RetractionRow& row) override { return sqlite::put_retraction(db_, row); }
  Result<void> acknowledge_retraction(const std::string& notice_id, const std::string& doctor_id, std::int64_t now_ms) override {
    return sqlite::acknowledge_retraction(db_, notice_id, doctor_id, now_ms);
  }
  Result<void> escalate_retraction(const std::string& notice_id, const std::string& doctor_id, std::int64_t now_ms) override {
    return sqlite::escalate_retraction(db_, notice_id, doctor_id, now_ms);
  }
  Result<void> put_use(const UseRow& row) override { return sqlite::put_use(db_, row); }
  Result<void> put_offer(const OfferRow& row) override { return sqlite::put_offer(db_, row); }
  Result<void> put_merge(const MergeRow& row) override { return sqlite::put_merge(db_, row); }
  Result<void> put_order(const OrderRow& row) override { return sqlite::put_order(db_, row); }
  Result<void> set_cursor(const std::string& name, std::int64_t value) override {
    kept_.cursors[name] = value;
    return {};
  }
  Rows<OutboxRow> claim(const std::string& partner, std::int64_t now_ms, int limit, OutboxState to, int others) override {
    return sqlite::claim(db_, partner, now_ms, limit, to, others);
  }
  Rows<OutboxRow> recover(const std::string& partner) override { return sqlite::recover(db_, partner); }
  Result<void> hurry(const std::string& partner, std::int64_t beyond_ms) override { return sqlite::hurry(db_, partner, beyond_ms); }
  Result<void> put_disclosure(const DisclosureRow& row) override { return sqlite::put_disclosure(db_, row); }
  Result<void> put_bar(const BarRow& row) override { return sqlite::put_bar(db_, row); }
  Result<void> lift_bar(const std::string& partner, const std::string& subject) override { return sqlite::lift_bar(db_, partner, subject); }
  Result<void> strip_report(const std::string& report_id) override { return sqlite::strip_report(db_, report_id); }
  Result<void> forget_inbox(const std::string& source, const std::string& control_id, const std::string& content_hash) override {
    return sqlite::forget_inbox(db_, source, control_id, content_hash);
  }
  Result<bool> put_index(const IndexRow& row) override { return sqlite::put_index(db_, row); }
  Result<void> index_held(const std::string& partner, const std::string& handle, int version) override {
    return sqlite::index_held(db_, partner, handle, version);
  }
  Result<void> put_fetch(const FetchRow& row) override { return sqlite::put_fetch(db_, row); }
  Result<void> finish_fetch(std::int64_t id) override { return sqlite::finish_fetch(db_, id); }
  Result<void> postpone_fetch(std::int64_t id, std::int64_t next_ms) override { return sqlite::postpone_fetch(db_, id, next_ms); }

 private:
  // Known since it was read or written here: nobody else writes while this transaction is open. nested() takes back what it undoes.
  struct Kept {
    std::optional<std::optional<AuditRow>> head;  // of the audit chain
    std::optional<std::pair<std::string, std::string>> unheard_of;  // origin and number of which there is no version
    std::map<std::string, std::int64_t> cursors;  // set, not yet written
  };
  Kept kept_;
  std::set<std::string>& enqueued_;
};

}  // namespace huren::store::sqlite
