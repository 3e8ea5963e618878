// A transfer document other than a lab report: examination report, summaries, discharge, consultation, referral.
// Its content is a list of items by key; schemas/cda/sections.csv says which keys a kind has and where each stands.
#pragma once
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/base/result.hpp"
#include "core/model/lab_report.hpp"

namespace huren::model {

struct RecordItem {
  std::string key;    // "chief_complaint", "diagnosis", "medication", ...
  std::string value;  // text, or the number of a measurement
  std::string unit;
  Code code;          // coded items: diagnosis, method, operation
  Timestamp at;       // when it holds or happened
  friend bool operator==(const RecordItem&, const RecordItem&) = default;
};

struct LinkedReport {  // a lab report that travels beside the document
  std::string origin, number, title;
  int version = 1;
  friend bool operator==(const LinkedReport&, const LinkedReport&) = default;
};

// One version of one document; (origin.code, number) names it for ever, as with lab reports.
struct ClinicalRecord {
  std::string kind;              // "C0006", "C0001", "C0053", "C0049", "C0045", "TRANSFER"
  Organisation origin;
  std::string number;
  int version = 1;
  Status status = Status::final_result;  // final_result, corrected, preliminary, withdrawn
  Patient patient;
  std::string patient_class, encounter_id, department, order_number;
  Code service;                  // the examination or the consultation that was asked for
  Timestamp encounter_from, encounter_to;
  Person requester, author, verifier;
  Organisation recipient;        // to whom the patient goes
  Person recipient_person;
  Timestamp written_at;
  std::vector<RecordItem> items;
  std::vector<LinkedReport> reports;
  std::string amendment_reason;
  friend bool operator==(const ClinicalRecord&, const ClinicalRecord&) = default;
};

std::string to_json(const ClinicalRecord& record);
struct ParsedRecord { std::optional<ClinicalRecord> record; Findings findings; };
ParsedRecord clinical_record_from_json(std::string_view json, int assumed_offset_minutes);

}  // namespace huren::model
