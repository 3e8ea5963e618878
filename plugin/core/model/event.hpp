// What crosses huren.h inwards: one struct an event type, read from JSON. Shapes: schemas/event/*.schema.json.
// Promises: every fault of a body is found with its JSON pointer, in one pass. Refuses: unknown members (a typo is a fault).
#pragma once
#include <map>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "core/base/result.hpp"
#include "core/model/lab_report.hpp"
#include "core/model/referral.hpp"

namespace huren::model {

struct PatientRegistered { Patient patient; bool update = false; };          // patient.registered/1, patient.updated/1
// patient.merged/1: two records are one person's, and patient_id is the one that stays. patient.unmerged/1: they are not.
struct PatientMerged { std::string patient_id, prior_id; bool undone = false; Timestamp at{}; };
struct EncounterStarted { std::string patient_id, encounter_id, patient_class, department; Person doctor; Timestamp at; };  // encounter.started/1
struct EncounterEnded { std::string patient_id, encounter_id; Timestamp at; };  // encounter.ended/1
struct ConsentChanged { std::string patient_id, partner; bool given = true; Timestamp at; };  // consent.given/1, consent.withdrawn/1
struct LabReportReleased { LabReport report; };                              // lab.report.released/1, lab.report.amended/1 (version > 1)
struct LabReportWithdrawn { std::string number; int version = 0; std::string reason; Timestamp at; };  // lab.report.withdrawn/1

// lab.order.placed/1: what the laboratory (ours, or a partner that tests for us) is asked to do.
struct LabOrder {
  std::string order_id, patient_id, encounter_id, department, priority;  // priority: routine | urgent | stat
  Person doctor;
  std::vector<Code> items;     // the hospital's own
  Code specimen;
  std::string reason;          // re-test reason code, where the order repeats a test; empty: what the doctor declined with
  Timestamp at;
};
struct LabOrderPlaced { LabOrder order; };
struct LabOrderCancelled { std::string order_id, patient_id, reason; Person doctor; Timestamp at; };  // lab.order.cancelled/1; reason: free text

// recognition.decided/1, recognition.revoked/1: what the doctor did with one suggestion of one order.check card.
struct RecognitionDecided {
  std::string decision_id;
  std::string suggestion_id;         // as given in the card; empty when decided from the result list
  std::string order_id, order_item;  // local item code of the order
  std::string outcome;               // "accepted" | "declined" | "revoked"
  std::string reason;                // re-test reason code; required for declined
  std::string note;                  // where the reason asks for one
  std::string patient_id, encounter_id, department;
  Person doctor;
  std::vector<std::string> result_ids;  // huren result ids that were used or declined
  Timestamp at;
};
struct ResultViewed { std::string patient_id, encounter_id; Person doctor; std::vector<std::string> result_ids; Timestamp at; };  // result.viewed/1
struct RetractionAcknowledged { std::string notice_id; Person doctor; Timestamp at; };  // result.retraction_acknowledged/1

using Event = std::variant<PatientRegistered, PatientMerged, EncounterStarted, EncounterEnded, StepTaken, SummaryShared, ConsentChanged, LabReportReleased,
                           LabReportWithdrawn, LabOrderPlaced, LabOrderCancelled, RecognitionDecided, ResultViewed, RetractionAcknowledged>;

bool known_event_type(std::string_view type);  // "lab.report.released/1"
const std::vector<std::string_view>& event_types();
const std::vector<std::string_view>& query_topics();

// json: UTF-8, syntax already checked or not. Findings hold JSON pointers ("/report/observations/2/value").
// assumed_offset_minutes: the hospital's own zone, for times without an offset.
struct ParsedEvent { std::optional<Event> event; Findings findings; };  // event absent when has_error(findings)
ParsedEvent parse_event(std::string_view type, std::string_view json, int assumed_offset_minutes);

// The report as it is kept in the store and shown by results.list: the same shape as in the event.
std::string to_json(const LabReport& report);
struct ParsedReport { std::optional<LabReport> report; Findings findings; };
ParsedReport lab_report_from_json(std::string_view json, int assumed_offset_minutes);
std::string to_json(const LabOrder& order);
std::optional<LabOrder> lab_order_from_json(std::string_view json, int assumed_offset_minutes);
std::string to_json(const Patient& patient);
std::optional<Patient> patient_from_json(std::string_view json);

}  // namespace huren::model
