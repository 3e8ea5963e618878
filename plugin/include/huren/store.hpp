// huren.store/1: the verbs of a store. Engine ↔ store adapter; private to huren, both ship together.
// Promises: a transaction that returned a value is on disk (synchronous FULL), all of it or nothing; concurrent
//   transactions may share one sync (group commit); reads inside a Unit see the Unit's own writes.
// Refuses: SQL through the interface, partner I/O, a clock (times are passed in, epoch ms UTC), any decision.
// Threads: Store's functions from any thread; a Unit or Reader only inside the call that it was given to.
#pragma once
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/base/result.hpp"

namespace huren::store {

struct PatientRow {
  std::string id;        // huren's own
  std::string local_id;  // the HIS's number, unique
  std::string json;      // model::Patient
  std::vector<std::pair<std::string, std::string>> verified_ids;  // (type, normal value) that matching may use; indexed
};

struct TieRow {          // why a patient's results may go to a partner
  std::string patient_id, partner, basis, reference;  // basis: referral | contract | consent; reference: referral id
  std::int64_t from_ms = 0, to_ms = 0;                // to 0: open
};

// One version of a report. report_id = origin + '/' + number names all versions of it.
struct ReportRow {
  std::string id;             // huren's own, one per version
  std::string origin, number;
  int version = 1;
  std::string status;         // model::status_word
  std::string source;         // partner code, or "" when ours
  std::string patient_id;     // "" : unmatched and invisible (I12)
  std::vector<std::pair<std::string, std::string>> verified_ids;  // of the patient in the report: finds it when the patient registers
  std::string rest;           // model::rest_of the report: what its briefs leave out
  std::string hl7;            // the ORU^R01 as it came, UTF-8; "" of our own: it is written anew for whoever gets it
  std::string document;       // the C0007 bytes; may be handed over packed (core/base/pack.hpp), comes back as they are
  std::int64_t stored_ms = 0;
  bool current = true;        // false: superseded or withdrawn
  std::int64_t reported_ms = 0;  // release at the origin: the day that both sides compare
  std::string digest;         // of the content, the same at both ends (engine/exchange/digest.hpp); "" : taken away
  std::string brief{};        // model::brief_of the report; "": its content was taken away
  std::vector<std::string> observations{};  // as read: the briefs of its results by position; what is put comes with the results
  std::int64_t inbox = 0;     // the inbox row whose body hl7 is: the bytes lie there and stay while this row names it; 0: none
};

struct ResultRow {            // one observation of one version, what order.check reads
  std::string id;             // report_id and position, "ID.0"
  std::string report_id;      // ReportRow::id
  std::string patient_id;
  std::string item;           // standard item; "" unmapped
  int position = 0;           // index into the report's observations
  std::string status;         // model::status_word
  std::int64_t collected_ms = 0;
  bool current = true;
  std::string brief{};        // model::brief_of the observation
};

// committed: the peer has it (CA) and owes the application acknowledgement that the message asks for, until next_ms.
enum class OutboxState { waiting, claimed, on_wire, delivered, refused, doubtful, parked, cancelled, committed };
const char* word(OutboxState state);

struct OutboxRow {
  std::int64_t id = 0;
  std::string message_id;     // the message's own; the body is stored once per message, whatever the number of partners
  std::string control_id{};   // MSH-10 where it is another (a relayed message: its sender's ids need not be unique); "": message_id
  std::string partner;
  std::string type;           // "ORU^R01"
  std::string content_type;
  std::string body;
  std::string order_key;      // order holds per (order_key, partner); a patient's id, "" : none
  std::string subject;        // report "origin/number" or decision id: who ever received what
  int lane = 1;               // 0 critical, 1 routine
  OutboxState state = OutboxState::waiting;
  int attempts = 0;
  std::int64_t next_ms = 0, created_ms = 0, changed_ms = 0;
  std::int64_t expires_ms = 0; // not sent any more from then on; 0: never
  std::string remark;         // catalogue line of the last outcome, no patient data
};

// give_back: the attempt counted at claim is taken off again (the message provably never left).
// A row that a person releases (from refused, doubtful, parked or cancelled to waiting) counts its attempts anew, from 1.
// at_ms: when it was settled; 0: not known, the row keeps the time of its claim.
struct Settlement { std::int64_t id = 0; OutboxState state = OutboxState::delivered; std::int64_t next_ms = 0; std::string remark; bool give_back = false; std::int64_t at_ms = 0; };

struct InboxRow {
  std::int64_t id = 0;
  std::string source;         // partner code or "feed:NAME", as proved
  std::string control_id;     // MSH-10
  std::string content_hash;   // SHA-256 of body, 32 bytes
  std::string content_type, body;
  std::string verdict;        // "AA" | "AE" | "AR": what was found; "CE" | "CR": not even taken (enhanced mode)
  std::string ack;            // the answer's bytes, given again to a duplicate
  std::string state;          // "received" (to apply) | "applied" | "refused" | "parked"
  std::string remark;
  std::int64_t received_ms = 0;
};
struct InboxVerdict { enum Kind { stored, duplicate, same_id_other_content } kind = stored; InboxRow earlier; std::int64_t id = 0; };  // id: of the row that now holds it

struct ParkedEvent { std::int64_t id = 0; std::string type, key, remark; std::int64_t parked_ms = 0; };

struct NoticeRow { std::string id, topic, json; std::int64_t created_ms = 0, leased_until_ms = 0, acknowledged_ms = 0; };

struct DecisionRow {
  std::string id, suggestion_id, order_id, order_item, outcome, reason, note, patient_id, doctor_id, department;
  std::vector<std::string> result_ids;  // "origin/number#item" references survive on both sides; see result_refs
  std::vector<std::string> result_refs;
  std::string source;                   // "" decided here, else the partner that told us
  std::int64_t at_ms = 0;
  std::int64_t saved_cents = 0;         // price of what was not repeated; 0 unless accepted
  std::string item{};                   // standard item or panel that order_item means; "" not known
  std::string partner{};                // whose results were used: partner codes joined by "+", "own" among them; "" not known
};

// One card as one doctor was shown it for the first time. The same card again is not written again.
struct SuggestionRow {
  std::string id;             // the card's uuid, which follows from order and results
  std::string doctor_id;
  std::string accepting;      // the uuid that a decision names; "": the card informs and suggests nothing
  std::string patient_id, department, order_item, item, outcome, partner;  // as in DecisionRow; outcome: of the order
  std::int64_t check = 0;     // CheckRow::seq
  std::int64_t shown_ms = 0;
};

// One order.check that showed something, as it can be decided again (engine/checks.hpp writes and reads the texts).
struct CheckRow {
  std::int64_t seq = 0;       // the store's
  std::int64_t at_ms = 0;
  std::string patient_id, doctor_id;
  std::string codes, setting; // keys of kept(): the tables and the agreements that it rested on
  std::string basis, answer;  // bytes
};

// One link of the audit chain (engine/audit.hpp): what happened, told by opaque ids.
struct AuditRow {
  std::int64_t seq = 0;       // 1, 2, 3 ... without a gap
  std::int64_t at_ms = 0;
  std::string event, who, object, outcome;
  std::string fields;         // JSON object of texts
  std::string hash;           // 32 bytes over the row and the hash before it
};

struct ViewRow {                      // kind: shown | viewed | recognised; patient_id: the record under which it was seen
  std::string report_id, doctor_id, kind; std::int64_t at_ms = 0; std::string patient_id{};
};

// The life of one suggestion, from the moment it was first shown to what a doctor made of it, or nothing.
struct OfferRow {
  std::string id, card_id;              // the uuids of the card, the same for the same order and results
  std::string patient_id, encounter_id, doctor_id, department, order_id, order_item;
  std::vector<std::string> result_ids;  // what accepting it means
  std::string state = "open";           // open | accepted | declined | ignored
  std::string decision_id;              // of accepted and declined
  std::int64_t shown_ms = 0, changed_ms = 0;
};

// A result that a decision of this hospital rests on, and how its quality mark stood then or was last judged:
// pass | advise | fail.
struct UseRow { std::int64_t seq = 0; std::string decision_id, result_id, report_id, quality; };

// The HIS said that two records are one person's: reading either shows both. to_ms 0: still so.
struct MergeRow { std::string prior_id, patient_id; std::int64_t from_ms = 0, to_ms = 0; };

struct OrderRow { std::string id, patient_id, json, state; std::int64_t at_ms = 0; };  // json: model::LabOrder; state: placed | cancelled

struct RetractionRow {                  // one open duty to be told: I10
  std::string notice_id, report_id, doctor_id; std::int64_t at_ms = 0, acknowledged_ms = 0, escalated_ms = 0;
};

// ---- what is exchanged otherwise than by the outbox (engine/exchange)
// A subject was given to a partner: how "pull" a report in an answer, "index" an entry without values.
struct DisclosureRow { std::string subject, partner, how, query; std::int64_t at_ms = 0; };
// Consent ended. partner: who was told (our subject) or who told us (theirs). removed: the copy is gone.
struct BarRow { std::string partner, subject; bool removed = false; std::int64_t at_ms = 0; };
// A partner says that it holds a report: which person (keyed token), which items, taken when; no value, no name.
struct IndexRow {
  std::string partner, handle;      // handle: keyed name of the report, the same for all its versions
  int version = 1;
  std::vector<std::string> tokens;  // of the person's verified identifiers; empty: the report is withdrawn
  std::vector<std::string> items;
  std::int64_t collected_ms = 0, at_ms = 0;
};
struct IndexEntry { std::string partner, handle, item; int version = 1; std::int64_t collected_ms = 0, at_ms = 0; };
// A question to a partner that waits to be asked, in the background. reason: "encounter" | "open".
struct FetchRow {
  std::int64_t id = 0;
  std::string partner, patient_id, reason, reference, doctor_id;  // reference: encounter id, or the index entry's handle
  std::int64_t asked_ms = 0, next_ms = 0, until_ms = 0;           // until: after that nobody waits for the answer
  int attempts = 0;
};
// The newest version of one report as one side holds it.
struct HeldRow { std::string origin, number, report_id, digest; int version = 1; std::int64_t reported_ms = 0; };

// What a hospital asked another, or was asked, for one patient (core/referral). key = asker's organisation + '/' + number.
struct ReferralRow {            // what its steps amount to; made anew with every step
  std::string key, kind;        // referral | exam | consult
  std::string partner, patient_id, state, priority, their_patient;  // their_patient: the partner's own number, of patients not matched
  bool ours = true;             // we asked
  std::int64_t asked_ms = 0, changed_ms = 0;
  std::int64_t due_ms = 0;      // when the clock has something to say; 0: nothing
  int told = 0;                 // how often it said that something is overdue
  std::string package;          // "" none | complete | incomplete
};
struct FactRow {                // one step; json: model::Step
  std::string referral, fact_id;
  std::string source;           // what brought it: "event TYPE KEY" | "PARTNER CONTROL_ID" | "huren" (an own confirmation or objection)
  std::string json;
  std::int64_t at_ms = 0, stored_ms = 0;
};
struct ReferralFilter {         // empty members: any
  std::string patient_id, partner, kind, state;
  bool unmatched = false;       // of patients who are nobody of ours (yet)
  std::int64_t changed_since_ms = 0;
  int limit = 200;
};

// A document beside lab reports, or an enclosure: one version.
struct RecordRow {
  std::string id, referral, kind, origin, number, source, patient_id;  // patient_id "": not matched, invisible (I12)
  int version = 1;
  std::string status, json;     // final corrected withdrawn other_patient; json: model::ClinicalRecord, "" for an enclosure
  std::string document;         // the bytes
  std::int64_t stored_ms = 0;
  bool current = true;
  std::string control_id{}, content_hash{};  // of the message that brought a shared summary (InboxRow): it goes with it
};

// A patient of a partner who may be one of ours: a person decides.
struct DoubtRow {
  std::string id, partner, their_id, patient_id;
  std::string theirs;           // model::Patient as the partner knows the person
  std::string evidence;         // core/model/matching, JSON
  int score = 0;
  std::string state = "open";   // open | confirm, reject (a person said so, to take effect) | confirmed | rejected
  std::string decided_by;
  std::int64_t at_ms = 0, decided_ms = 0;
};

struct PartnerDepth { std::string partner; std::int64_t waiting = 0, oldest_waiting_ms = 0, parked = 0; };
struct Depths { std::int64_t outbox_waiting = 0, outbox_parked = 0, outbox_committed = 0, inbox_waiting = 0, notices_open = 0, retractions_open = 0, retractions_escalated = 0, unmatched = 0, oldest_waiting_ms = 0; std::vector<PartnerDepth> partners; };

class Reader {
 public:
  virtual ~Reader() = default;
  virtual Result<std::optional<PatientRow>> patient_by_local_id(const std::string& local_id) = 0;  // verified_ids: patient() alone tells them
  virtual Result<std::optional<PatientRow>> patient(const std::string& id) = 0;
  virtual Result<std::vector<PatientRow>> patients_by_verified_id(const std::string& type, const std::string& value) = 0;
  virtual Result<std::vector<TieRow>> ties(const std::string& patient_id) = 0;
  virtual Result<std::vector<ReportRow>> report_versions(const std::string& origin, const std::string& number) = 0;  // ascending
  virtual Result<std::optional<ReportRow>> report(const std::string& id) = 0;
  virtual Result<std::optional<TieRow>> tie(const std::string& patient_id, const std::string& partner, const std::string& basis,
                                            const std::string& reference) = 0;
  virtual Result<std::optional<ReportRow>> report_head(const std::string& id) = 0;         // brief, but no rest, observations, hl7, document, ids
  virtual Result<std::vector<ReportRow>> reports_of(const std::string& patient_id) = 0;    // newest first, without hl7 and document
  virtual Result<std::vector<ReportRow>> unmatched_reports(const std::string& id_type, const std::string& id_value) = 0;
  virtual Result<std::vector<ResultRow>> results_of(const std::string& patient_id, const std::vector<std::string>& items,
                                                    std::int64_t collected_since_ms) = 0;  // current ones, newest first
  virtual Result<std::optional<ResultRow>> result(const std::string& id) = 0;
  virtual Result<std::vector<ResultRow>> results_in(const std::string& report_id) = 0;     // by position
  virtual Result<std::vector<std::string>> receivers(const std::string& subject) = 0;      // partners ever sent this subject
  virtual Result<std::vector<ViewRow>> audience(const std::string& origin, const std::string& number) = 0;
  virtual Result<std::optional<DecisionRow>> decision(const std::string& id) = 0;
  virtual Result<std::vector<DecisionRow>> decisions(std::int64_t from_ms, std::int64_t to_ms) = 0;      // by time
  virtual Result<std::vector<std::string>> shown_to(const std::string& patient_id, const std::string& doctor_id) = 0;  // ids of suggestions
  // Every showing that a card's uuid or the uuid of its suggestion names, first shown first.
  virtual Result<std::vector<SuggestionRow>> showings(const std::string& uuid) = 0;
  virtual Result<std::vector<SuggestionRow>> suggestions(std::int64_t from_ms, std::int64_t to_ms) = 0;  // by time
  virtual Result<std::optional<CheckRow>> check_record(std::int64_t seq) = 0;
  virtual Result<std::optional<std::string>> kept(const std::string& kind, const std::string& key) = 0;
  virtual Result<std::vector<AuditRow>> audit(std::int64_t after_seq, int limit) = 0;      // in order
  virtual Result<std::optional<AuditRow>> audit_head() = 0;                                // the newest
  virtual Result<std::vector<OutboxRow>> outbox(const std::string& partner, std::optional<OutboxState> state, int limit) = 0;  // without body
  virtual Result<std::optional<OutboxRow>> outbox_row(const std::string& partner, const std::string& message_id) = 0;         // without body
  virtual Result<std::optional<OutboxRow>> outbox_entry(std::int64_t id) = 0;              // without body
  virtual Result<std::vector<OutboxRow>> overdue(const std::string& partner, std::int64_t now_ms, int limit) = 0;  // committed, next_ms passed; without body
  virtual Result<std::vector<InboxRow>> inbox_next(int limit) = 0;                         // state received, oldest first
  virtual Result<std::int64_t> inbox_newest() = 0;                                         // id of the newest to apply; 0: none
  virtual Result<std::optional<OutboxRow>> outbox_whole(std::int64_t id) = 0;              // with body; "" where prune() dropped it
  virtual Result<std::vector<OutboxRow>> outbox_newest(const std::string& partner, std::optional<OutboxState> state, int limit) = 0;  // without body
  virtual Result<std::vector<InboxRow>> inbox_stopped(int limit) = 0;                      // refused or parked, newest first, without body
  virtual Result<std::optional<InboxRow>> inbox_whole(std::int64_t id) = 0;                // with body; "" where it was dropped
  virtual Result<std::vector<ParkedEvent>> parked_events(int limit) = 0;
  virtual Result<std::vector<RetractionRow>> open_retractions() = 0;
  virtual Result<std::optional<NoticeRow>> notice(const std::string& id) = 0;
  virtual Result<std::vector<DecisionRow>> decisions_on(const std::string& report_id) = 0;   // decided here, any outcome
  virtual Result<std::vector<DecisionRow>> decisions_of_order(const std::string& patient_id, const std::string& order_id) = 0;  // decided here
  virtual Result<std::vector<UseRow>> uses_after(std::int64_t seq, int limit) = 0;           // of decisions that stand as accepted
  virtual Result<std::optional<OfferRow>> offer(const std::string& id) = 0;        // its own uuid or its card's
  virtual Result<std::vector<OfferRow>> offers_open(std::int64_t shown_before_ms, int limit) = 0;  // oldest first
  virtual Result<std::vector<std::string>> same_person(const std::string& patient_id) = 0;   // all records joined by merges, the surviving one first
  virtual Result<std::vector<MergeRow>> merges(const std::string& prior_id) = 0;             // newest first
  virtual Result<std::optional<OrderRow>> order(const std::string& id) = 0;
  virtual Result<std::vector<FactRow>> facts(const std::string& referral) = 0;
  virtual Result<std::optional<ReferralRow>> referral(const std::string& key) = 0;
  virtual Result<std::vector<ReferralRow>> referrals(const ReferralFilter& filter) = 0;    // newest change first
  virtual Result<std::vector<ReferralRow>> referrals_asked(std::int64_t from_ms, std::int64_t to_ms) = 0;
  virtual Result<std::vector<ReferralRow>> referrals_due(std::int64_t now_ms, int limit) = 0;
  virtual Result<std::optional<RecordRow>> record(const std::string& id) = 0;
  virtual Result<std::vector<RecordRow>> records_of(const std::string& patient_id) = 0;    // newest first, without document
  virtual Result<std::vector<RecordRow>> records_with(const std::string& referral) = 0;    // the same
  virtual Result<std::vector<RecordRow>> record_versions(const std::string& kind, const std::string& origin, const std::string& number) = 0;
  virtual Result<std::vector<PatientRow>> patients_like(const std::string& hint) = 0;      // by a hint of core/model/matching
  virtual Result<std::vector<DoubtRow>> doubts(const std::string& state, int limit) = 0;   // state "": all
  virtual Result<std::vector<DoubtRow>> doubts_about(const std::string& partner, const std::string& their_id) = 0;
  virtual Result<std::int64_t> cursor(const std::string& name) = 0;                        // 0 when never set
  virtual Result<Depths> depths(std::int64_t now_ms) = 0;
  virtual Result<bool> disclosed(const std::string& subject, const std::string& partner, const std::string& how) = 0;
  virtual Result<std::optional<BarRow>> bar(const std::string& partner, const std::string& subject) = 0;
  virtual Result<std::vector<IndexEntry>> index_entries(const std::vector<std::string>& tokens, std::int64_t collected_since_ms) = 0;  // newest first
  virtual Result<std::vector<FetchRow>> fetches_due(const std::string& partner, std::int64_t now_ms, int limit) = 0;
  // Newest versions, current or withdrawn, with from_ms <= reported_ms < to_ms; by number. source "": our own.
  virtual Result<std::vector<HeldRow>> held(const std::string& source, std::int64_t from_ms, std::int64_t to_ms) = 0;
  // Our own current reports in the order they were stored, after a place, without hl7 and document; seq: the places.
  virtual Result<std::vector<std::pair<std::int64_t, ReportRow>>> own_reports(std::int64_t after_seq, std::int64_t stored_since_ms, int limit) = 0;
  virtual Result<std::vector<OutboxRow>> outbox_of(const std::string& subject, const std::string& partner) = 0;  // all states, oldest first, without body
};

class Unit : public Reader {
 public:
  // A savepoint: what fn wrote is undone when it returns an error, and only that.
  virtual Result<void> nested(const std::function<Result<void>()>& fn) = 0;
  virtual Result<void> put_patient(const PatientRow& row) = 0;                             // by id
  virtual Result<void> put_tie(const TieRow& row) = 0;
  virtual Result<void> put_hints(const std::string& patient_id, const std::vector<std::string>& hints) = 0;  // replaces the earlier ones
  virtual Result<bool> put_fact(const FactRow& row) = 0;                                   // false: this very step is there
  virtual Result<void> put_referral(const ReferralRow& row) = 0;                           // by key
  virtual Result<void> put_record(const RecordRow& row) = 0;                               // earlier versions stop being current
  virtual Result<void> match_record(const std::string& id, const std::string& patient_id, const std::string& status) = 0;
  // Content and bytes away, nobody's; what names it stays.
  virtual Result<void> strip_record(const std::string& id) = 0;
  virtual Result<void> put_doubt(const DoubtRow& row) = 0;                                 // by id
  virtual Result<void> put_report(const ReportRow& row, const std::vector<ResultRow>& results) = 0;  // ids and patient of the results are the report's, whatever stands there
  virtual Result<void> match_report(const std::string& report_id, const std::string& patient_id) = 0;
  virtual Result<void> retire_report(const std::string& report_id) = 0;                    // current = false, its results too
  virtual Result<void> enqueue(const OutboxRow& row) = 0;
  virtual Result<void> settle(const std::vector<Settlement>& settlements) = 0;
  virtual Result<InboxVerdict> receive(const InboxRow& row) = 0;                           // de-duplicates on source + control id + hash
  virtual Result<void> finish_inbox(std::int64_t id, const std::string& state, const std::string& remark) = 0;
  virtual Result<void> park_event(const ParkedEvent& event) = 0;
  virtual Result<void> put_notice(const NoticeRow& row) = 0;                               // an id that exists is left as it is
  virtual Result<std::optional<NoticeRow>> lease_notice(std::int64_t now_ms, std::int64_t until_ms) = 0;
  virtual Result<void> unlease_notice(const std::string& id) = 0;
  virtual Result<bool> acknowledge_notice(const std::string& id, std::int64_t now_ms) = 0; // false: no such notice
  virtual Result<void> put_decision(const DecisionRow& row) = 0;                           // by id; the last word counts in stats
  virtual Result<void> put_view(const ViewRow& row) = 0;
  virtual Result<void> put_suggestion(const SuggestionRow& row) = 0;                       // (id, doctor) that exists is left as it is
  virtual Result<std::int64_t> put_check_record(const CheckRow& row) = 0;                  // its seq
  virtual Result<void> keep(const std::string& kind, const std::string& key, const std::string& bytes) = 0;  // once for ever
  virtual Result<void> put_audit(const AuditRow& row) = 0;                                 // Error store.audit_order unless seq is the next
  virtual Result<void> put_retraction(const RetractionRow& row) = 0;
  virtual Result<void> acknowledge_retraction(const std::string& notice_id, const std::string& doctor_id, std::int64_t now_ms) = 0;
  virtual Result<void> escalate_retraction(const std::string& notice_id, const std::string& doctor_id, std::int64_t now_ms) = 0;
  virtual Result<void> put_use(const UseRow& row) = 0;                                     // by decision and result
  virtual Result<void> put_offer(const OfferRow& row) = 0;                       // by id
  virtual Result<void> put_merge(const MergeRow& row) = 0;                                 // by prior and from_ms
  virtual Result<void> put_order(const OrderRow& row) = 0;                                 // by id
  virtual Result<void> set_cursor(const std::string& name, std::int64_t value) = 0;
  // Claims up to limit rows whose time has come: state to claimed or on_wire, attempts + 1, in this transaction (I3).
  // At most one row per (order_key, partner) is in flight, the oldest first (I5). Lane 0 before the others, lanes before
  // age; of limit, `others` places are kept for lanes other than 0 where they have due rows, so that none starves.
  virtual Result<std::vector<OutboxRow>> claim(const std::string& partner, std::int64_t now_ms, int limit, OutboxState to, int others = 0) = 0;
  // After a crash: the rows left claimed or on_wire, state as it was, for the caller to judge and settle.
  virtual Result<std::vector<OutboxRow>> recover(const std::string& partner) = 0;
  // Waiting rows whose time lies beyond this are due now: the clock has gone back since it was set.
  virtual Result<void> hurry(const std::string& partner, std::int64_t beyond_ms) = 0;
  virtual Result<void> put_disclosure(const DisclosureRow& row) = 0;                       // by subject, partner, how
  virtual Result<void> put_bar(const BarRow& row) = 0;                                     // by partner and subject
  virtual Result<void> lift_bar(const std::string& partner, const std::string& subject) = 0;
  // Takes the content of one version away: results, bytes and records; what names it stays, so that a correction finds its readers.
  virtual Result<void> strip_report(const std::string& report_id) = 0;
  // The bytes of a message that took effect, now rather than when prune() comes by; row and answer stay.
  virtual Result<void> forget_inbox(const std::string& source, const std::string& control_id, const std::string& content_hash) = 0;
  virtual Result<bool> put_index(const IndexRow& row) = 0;                                 // false: the store knows a newer version
  // The report itself came in this version: its index entries up to it are not shown any more.
  virtual Result<void> index_held(const std::string& partner, const std::string& handle, int version) = 0;
  virtual Result<void> put_fetch(const FetchRow& row) = 0;                                 // one open row for (partner, patient, reason, reference)
  virtual Result<void> finish_fetch(std::int64_t id) = 0;
  virtual Result<void> postpone_fetch(std::int64_t id, std::int64_t next_ms) = 0;          // attempts + 1
};

// Work that rides in a transaction which somebody else commits anyway, after all of its own work: so that what it is about
// (new outbox rows of its partner) and what it does (claim them) share one sync. Its failure undoes nothing but itself.
// Never blocks, never calls the store. [thread: whoever commits]
class Rider {
 public:
  virtual ~Rider() = default;
  // Whether it comes along. enqueued: rows of its partner() were put into the outbox by this transaction.
  virtual bool wants(bool enqueued) noexcept = 0;
  virtual Result<void> ride(Unit& unit) = 0;             // after wants() said true, at most once
  virtual void landed(bool on_disk) noexcept = 0;        // always after wants() said true
  [[nodiscard]] virtual const std::string& partner() const = 0;
};

class Store {
 public:
  virtual ~Store() = default;
  // An error from fn undoes all of it. Again::may: when a transaction that fn shares is undone because of somebody else, fn may be
  // called again, as if for the first time; that spares it a savepoint.
  enum class Again { no, may };
  virtual Result<void> transact(const std::function<Result<void>(Unit&)>& fn, Again again) = 0;
  Result<void> transact(const std::function<Result<void>(Unit&)>& fn) { return transact(fn, Again::no); }
  virtual Result<void> read(const std::function<Result<void>(Reader&)>& fn) = 0;    // one snapshot
  // From now on the rider is asked at every commit, until drop(), which waits for a commit in progress. false: this store
  // does not carry riders; they look after themselves.
  virtual bool carry(Rider& /*rider*/) { return false; }
  virtual void drop(Rider& /*rider*/) noexcept {}
  // The right to run the pumps: held by one process at a time, released by the system when it dies.
  virtual Result<bool> take_lease() = 0;
  // Upkeep, beside everything else. backup: one moment, checked, complete or absent; file must not exist.
  virtual Result<void> backup(const std::string& /*file*/) { return Error{"store.not_offered", "store", {"backup"}}; }
  virtual Result<void> check() { return Error{"store.not_offered", "store", {"check"}}; }  // every page and index; slow
  // Drops bodies of messages that all partners have, bodies of inbox messages that took effect, acknowledged notices,
  // all from before before_ms; at most limit rows are looked at. Never what is undelivered or waits for a person, never
  // reports, decisions or audit. true: a whole round is done.
  virtual Result<bool> prune(std::int64_t /*before_ms*/, int /*limit*/) { return Error{"store.not_offered", "store", {"prune"}}; }
  // Drops check records from before before_ms, at most limit; the showings stay and count. true: none is left.
  virtual Result<bool> prune_checks(std::int64_t /*before_ms*/, int /*limit*/) { return Error{"store.not_offered", "store", {"prune_checks"}}; }
};

}  // namespace huren::store
