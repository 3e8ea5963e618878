// Notices: what huren tells the HIS through huren_poll. Shapes: schemas/notice/.
// Promises: every notice has notice_id, topic and at; the rest stands in "body". Delivered until acknowledged.
#pragma once
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/base/result.hpp"
#include "core/model/lab_report.hpp"

namespace huren::model {

struct NoticeHead { std::string notice_id; Timestamp at; };

struct ResultReceived {            // result.received/1: a partner's report is there for a patient of ours
  std::string patient_id;          // the HIS's own number
  std::string report_id, report_number, source;
  Organisation origin;
  int version = 1;
  Code panel;
  Timestamp collected_at, reported_at;
  int observations = 0;
  bool critical = false;
};

struct ResultRetracted {           // result.retracted/1: what a doctor saw or used is corrected or withdrawn; must be acknowledged
  std::string patient_id;
  std::string report_id;           // the version that was seen
  std::string new_report_id;       // the version that replaces it; empty when withdrawn
  std::string report_number, source;
  Organisation origin;
  std::string kind;                // "corrected" | "withdrawn" | "reassigned" (another person's) | "disqualified" (its quality mark ended)
  std::string reason;
  Person doctor;                   // whom it concerns
  std::string use;                 // "viewed" | "recognised"
  std::vector<std::string> decision_ids;
  struct Change { Code item; std::string old_value, new_value, unit; };
  std::vector<Change> changes;     // analytes whose value differs
  std::string department{};        // where the doctor used it, when known
};

struct RecognitionRecorded {       // recognition.recorded/1: a decision took effect; its sentence for the patient's record (病历)
  std::string decision_id, outcome, patient_id, encounter_id, order_id, order_item;
  Person doctor;
  std::string zh, en;              // the sentence
  std::vector<std::string> result_ids;
};

struct DeliveryParked {            // delivery.parked/1: a message waits for a person
  std::string message_id, message_type, partner, subject;
  Error reason{"", "", {}};
  int attempts = 0;
  std::string cause_zh{}, cause_en{};  // fill {0} of the reason's sentence; its args do where both are empty
};

struct EventRejected {             // event.rejected/1: a submitted event that cannot be used; it is kept and visible
  std::string type, key;
  Findings findings;
};

std::string to_json(const NoticeHead& head, const ResultReceived& notice);
std::string to_json(const NoticeHead& head, const ResultRetracted& notice);
// The notice again, for those above the doctor: nobody acknowledged it in time. first: the notice as it was written.
std::optional<std::string> escalated(const NoticeHead& head, std::string_view first, const Person& to);
std::string to_json(const NoticeHead& head, const RecognitionRecorded& notice);
std::string to_json(const NoticeHead& head, const DeliveryParked& notice);
std::string to_json(const NoticeHead& head, const EventRejected& notice);

}  // namespace huren::model
