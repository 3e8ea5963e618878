// One step in the life of what a hospital asks another for about one patient: to take the patient over (referral), to read
// an examination (exam), to give an opinion (consult). Steps are facts: they are added, never changed; core/referral says
// what they amount to. Shapes of the events that make them: schemas/event/{referral,exam,consult}.*.
#pragma once
#include <string>
#include <string_view>
#include <vector>

#include "core/model/clinical_record.hpp"

namespace huren::model {

struct Wish {                      // asked for by the requester, granted by the other side
  std::string department, bed, note;
  Timestamp appointment;
  friend bool operator==(const Wish&, const Wish&) = default;
};

// What is to be read. The bytes of a pdf or an SCP-ECG travel and are kept as a document; images stay where they are.
struct Attachment {
  std::string kind;                // dicom | url | pdf | scp_ecg
  std::string title;
  std::string reference;           // dicom: study instance UID; url: address; else the document's number
  int bytes = 0;
  friend bool operator==(const Attachment&, const Attachment&) = default;
};

// One line of the transfer package: what belongs to it, whether or not it came.
struct PackageItem {
  std::string kind;                // "report" (C0007 in its own message) | "TRANSFER" | "C0001" | "C0053" | "C0006" | "C0045" | "summary"
  std::string origin, number, title;
  int version = 0;                 // 0: should be there and is not: the sender has none
  friend bool operator==(const PackageItem&, const PackageItem&) = default;
};

struct Step {
  std::string kind = "referral";   // referral | exam | consult
  std::string step;                // requested answered arrived no_show completed cancelled received problem
  std::string id;                  // of the request, as the requesting hospital numbers it
  std::string fact_id;             // names this step for ever; given by its author
  std::string by, from, to;        // organisation codes: who says so, who asks, who is asked
  int version = 1;                 // requested: 2 and up modify; completed: 2 and up amend
  Timestamp at;
  std::string outcome;             // answered: accepted declined redirected; completed: final corrected withdrawn; received: complete incomplete
  std::string reason;              // prose: why asked, declined, cancelled, what is wrong
  std::string priority, direction, follows;  // follows: the earlier request that this one answers, returns from or doubts
  std::string redirect_to;         // where to turn instead
  bool knew_arrival = false;       // cancelled: said although the patient had arrived
  Wish wish;
  Timestamp expires_at;
  std::vector<Code> diagnoses;
  Patient patient;                 // as its author knows the person
  Person person;                   // who asks, answers, reports
  std::string their_id;            // the asked hospital's own number (RF1-11)
  std::string category;            // exam: ecg | imaging | ultrasound | pathology
  Code service;
  std::string question;
  std::vector<Attachment> attachments;
  std::vector<PackageItem> package;
  friend bool operator==(const Step&, const Step&) = default;

  [[nodiscard]] std::string key() const { return from + '/' + id; }  // names the request on both sides
};

std::string to_json(const Step& step);
struct ParsedStep { std::optional<Step> step; Findings findings; };
ParsedStep step_from_json(std::string_view json, int assumed_offset_minutes);

// What a HIS submits: the step as far as it knows it, and what goes with it. referral.*/1, exam.*/1, consult.*/1
struct Enclosure {                 // a pdf or SCP-ECG of exam.requested
  std::string kind, title, content;  // content: the bytes
};
struct StepTaken {
  Step step;                       // id, at, outcome, ...; by, from and to are the engine's to fill
  std::string from_partner;        // whose request it is, where the id alone is not unique; "" : found by id
  std::string patient_id;          // the HIS's own number
  std::string to_partner;          // requested: partner code
  std::vector<ClinicalRecord> records;  // content only (kind, items, ...): identity is filled from step and patient
  std::vector<Enclosure> enclosures;
};
struct SummaryShared {             // record.summary.shared/1
  std::string patient_id, partner;
  ClinicalRecord record;           // C0001 or C0053
  struct Due { std::string what; Date on; };
  std::vector<Due> due;            // next visits, tests, renewals
  Timestamp at;
};

class Fields;
StepTaken read_step(Fields& fields, std::string_view kind, std::string_view step);
SummaryShared read_summary(Fields& fields);

}  // namespace huren::model
