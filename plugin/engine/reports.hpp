// One version of a lab report into the store, whoever made it, and what follows from it: earlier versions retire, those
// who saw or recognised them are told (I10), partners get it. Used by events (ours) and by the inbox (theirs).
// Promises: everything happens in the caller's Unit, so all of it or nothing. Refuses: a version older than the latest.
#pragma once
#include <string>
#include <vector>

#include "core/mapping/decision_message.hpp"
#include "core/model/lab_report.hpp"
#include "engine/context.hpp"
#include "engine/referral/matching.hpp"

namespace huren::engine {

// The identifiers of a patient that matching may use, in normal form: resident_id, passport, health_card, ...
std::vector<std::pair<std::string, std::string>> verified_ids(const model::Patient& patient);

// Fills Observation::standard (and its name) from the hospital's own items, the alliance code or the LOINC.
void standardise(model::LabReport& report, const terminology::Set& codes, const model::Hospital& hospital, std::int64_t now_ms, bool own);

// A report with all of its rows that follows from it alone, made while nobody holds the store's writer. Whose it is (source,
// patient_id) and its bytes (hl7, document) are the caller's to fill in.
struct Rendered {
  model::LabReport report;
  store::ReportRow row;
  std::vector<store::ResultRow> results;
  std::string message{};  // of our own report: its ORU^R01 without a document, for send_report
};
Rendered render(model::LabReport report, bool own);
// The whole report of a row as the store gave it; nullopt: its content was taken away, or is damaged.
std::optional<model::LabReport> report_in(const store::ReportRow& row);
// Error report.old_version when the store has this version or a later one. May be called again for the same report, when
// the transaction of the first call was undone.
Result<void> put_report(store::Unit& unit, const Context& context, Rendered& rendered);

// Appended to a notice's id when it is told again to those above the doctor; either id may be acknowledged.
inline constexpr const char* kEscalated = "-escalated";

// Between a partner's code and its doctor's id in views: a character that no id may hold.
inline constexpr char kPartnerDoctor = '\x1f';

// One of our doctors who saw or used a report, under which of our records, and how: "viewed" | "recognised".
struct Told { std::string doctor, patient_id, use; };
// All of them, of any version of the report; those of a partner are told by its own huren.
Result<std::vector<Told>> own_audience(store::Unit& unit, const store::ReportRow& row);
// A doctor who decided on or opened a version that is no longer the current one is told at once (I10).
Result<void> tell_of_newer(store::Unit& unit, const Context& context, const store::ReportRow& seen, const Told& told);
// A doctor is told what ended although the report stands: kind reassigned (it is not that patient's), disqualified.
Result<void> tell_that(store::Unit& unit, const Context& context, const store::ReportRow& row, const Told& told, const std::string& kind,
                       const std::string& reason);
// The report turned out to be another person's: it leaves the record, and whoever saw it there is told (I10, I12).
Result<void> unmatch(store::Unit& unit, const Context& context, const store::ReportRow& row);
// Our patient whom the report is about; nobody when none fits, or more than one: then a person must decide (I12).
Result<Matched> match_patient(store::Unit& unit, const Context& context, const model::LabReport& report);
// Whether an agreement lets this report go: its items, and neither preliminary nor withdrawn.
bool covers(const model::Agreement& agreement, const model::LabReport& report);

// A value that endangers the patient: told first, and before all else on the way.
bool critical(const model::LabReport& report);

// Into the outbox for this partner, with its times and, unless the row says otherwise, as HL7 v2 in UTF-8.
Result<void> enqueue(store::Unit& unit, const Context& context, const config::Partner& partner, store::OutboxRow row);

// To every partner that an agreement and a tie name, and to every one that ever received an earlier version.
Result<void> distribute(store::Unit& unit, const Context& context, const store::ReportRow& row, const model::LabReport& report, std::string_view written = {});
// The same for one partner, when a tie comes after the report. written: the message without a document, where it is at hand.
Result<void> send_report(store::Unit& unit, const Context& context, const store::ReportRow& row, const model::LabReport& report,
                         const config::Partner& partner, int lane = 1, std::string_view written = {});

// One outbox row for a partner; lane 0 goes first.
Result<void> send(store::Unit& unit, const Context& context, const config::Partner& partner, const std::string& control_id, const std::string& type,
                  std::string body, const std::string& order_key, const std::string& subject, int lane = 1);

// A notice for the HIS. json: the whole of it (core/model/notice.hpp). The same id again changes nothing.
// The notice delivery.parked/1 for a row that now waits for a person.
bool wants_person(store::OutboxState state);
Result<void> tell_parked(store::Unit& unit, const Context& context, const store::OutboxRow& row, const store::Settlement& settlement);
Result<void> notify(store::Unit& unit, const Context& context, const std::string& id, const std::string& topic, std::string json);
// result.received/1 for a matched report of a partner. local_id: of the patient whose it is.
Result<void> notify_received(store::Unit& unit, const Context& context, const store::ReportRow& row, const model::LabReport& report, const std::string& local_id);

// "origin/number": names all versions of a report in outbox subjects and references.
inline std::string subject_of(const std::string& origin, const std::string& number) { return origin + "/" + number; }

// "origin/number/version#item": one result, the same on both sides.
std::string reference(const mapping::ResultRef& ref);

}  // namespace huren::engine
