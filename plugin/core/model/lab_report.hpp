// A laboratory report and its observations: the shape that every wire format is read into and written from.
#pragma once
#include <optional>
#include <string>
#include <vector>

#include "core/model/patient.hpp"

namespace huren::model {

// HL7 table 0085 (OBX-11) in words; the same set serves whole reports (OBR-25).
enum class Status {
  final_result,     // F
  corrected,        // C
  preliminary,      // P, R, S
  cannot_obtain,    // X
  withdrawn,        // D, W: deleted or posted to the wrong patient
  unknown           // anything else; never passes as good
};

struct Organisation {
  std::string code;  // alliance code, e.g. the unified social credit code (GB 32100)
  std::string name;
  friend bool operator==(const Organisation&, const Organisation&) = default;
};

struct Person {
  std::string id;  // staff number in its organisation
  std::string name;
  friend bool operator==(const Person&, const Person&) = default;
};

struct Specimen {
  std::string id;
  Code type;               // alliance specimen code: "serum", "plasma", "whole_blood", "urine", "csf", "stool", ...; sender's own name in name
  Timestamp collected_at;  // windows count from here
  Timestamp received_at;
  friend bool operator==(const Specimen&, const Specimen&) = default;
};

struct ReferenceRange {
  std::string text;  // as printed: "3.9-6.1", "<5.0"
  std::optional<double> low, high;
  friend bool operator==(const ReferenceRange&, const ReferenceRange&) = default;
};

struct Observation {
  std::string set_id;            // place in the report, "1"...
  Code local;                    // the performing laboratory's own item
  Code standard;                 // alliance item: code such as "GLU"; empty when unmapped
  std::string loinc;             // empty when unknown
  std::string value_type;        // "NM" number, "SN" <5.0 and the like, "ST" text, "CWE" coded
  std::string value;             // as reported, never converted
  std::string comparator;        // "<", ">", "<=", ">=" or empty; value then holds the number
  std::string unit;              // as reported
  ReferenceRange range;
  std::vector<std::string> flags;  // HL7 0078: H L HH LL A AA N ...
  Status status = Status::final_result;
  Code method;
  std::string method_group;      // alliance method group; empty when unknown
  std::string instrument;
  Organisation performer;        // performing laboratory
  std::vector<std::string> marks;  // HR scopes as claimed by the sender: "全国HR", "鄂HR"
  Timestamp observed_at;         // OBX-14; absent: the specimen's collection time holds
  std::vector<std::string> notes;
  friend bool operator==(const Observation&, const Observation&) = default;
};

// One version of one report. (origin.code, number) names the report for ever; version counts from 1.
struct LabReport {
  Organisation origin;           // hospital that issued it
  std::string number;            // the origin's own report number
  int version = 1;
  Status status = Status::final_result;
  Code panel;                    // what was ordered (OBR-4), local
  std::string category;          // DE04.30.018.00 free text, "生化"
  std::string order_number;      // placer order
  Patient patient;
  std::string patient_class;     // "outpatient" | "inpatient" | "emergency" | "checkup" | ""
  std::string encounter_id;      // at the origin
  std::string department;        // requesting department
  Code diagnosis;                // ICD-10; context only, never recognised
  Specimen specimen;
  std::vector<Observation> observations;
  Person requester, author, verifier;
  Timestamp reported_at;         // release
  std::string conclusion;        // report text, DE04.50.130.00
  std::vector<std::string> notes;
  std::string amendment_reason;  // versions > 1
  friend bool operator==(const LabReport&, const LabReport&) = default;
};

const char* hl7_status(Status status);       // F C P X W; U for unknown
Status status_from_hl7(std::string_view code);
const char* status_word(Status status);      // "final" "corrected" "preliminary" "cannot_obtain" "withdrawn" "unknown"
Status status_from_word(std::string_view word);

}  // namespace huren::model
