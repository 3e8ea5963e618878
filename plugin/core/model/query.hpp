// results.list/1 and result.open/1: what the HIS asks and what it is told. Shapes: schemas/query/.
// Promises: the same checks and locations as events. order.check/1 is core/recognition's.
#pragma once
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/base/result.hpp"
#include "core/model/lab_report.hpp"

namespace huren::model {

struct ResultsListRequest {
  std::string patient_id, encounter_id, department;  // patient_id: the HIS's own number; an active encounter where the rules want one
  Person doctor;
  std::vector<std::string> items;  // standard item codes; empty: all
  Timestamp since;                 // collected at or after; absent: all
  int limit = 200;                 // rows, 1..1000
};
struct ResultsListRow {
  std::string result_id, report_id;      // huren's own
  Code item, local;                      // standard and the laboratory's own; item empty when unmapped
  std::string loinc, value_type, value, comparator, unit;
  ReferenceRange range;
  std::vector<std::string> flags;
  Status status = Status::unknown;
  bool critical = false;
  Timestamp collected_at, reported_at;
  int age_hours = -1;                    // from collection to the time of asking; -1: unknown
  Organisation origin, laboratory;
  Code method;
  std::string method_group, instrument;
  std::vector<std::string> marks;        // HR marks as claimed by the origin
  Code specimen;
  std::string source;                    // "own" or the partner's code
  std::string report_number;
  int version = 1;
  std::string banner;                    // "" | "corrected" | "retracted" | "superseded"
  Timestamp received_at;                 // of a partner's: when this copy came; absent: our own
  bool barred = false;                   // consent ended: stays in the record, not for new use
  std::string recognition;               // "" | "accepted" | "declined" | "revoked": the last word here
  bool viewed = false;                   // by a doctor of this hospital
  friend bool operator==(const ResultsListRow&, const ResultsListRow&) = default;
};
struct ExaminationRow {                  // what an examination found; its diagnosis text is not recognised and stands in the report alone
  std::string record_id;
  Code item;
  std::string findings;
  Timestamp reported_at;
  Organisation origin;
  std::string source;                    // "own" or the partner's code
  int version = 1;
  std::string banner;                    // "" | "corrected" | "retracted"
};
// A partner says that it has a result; report_id may be given to result.open, which has the report fetched.
struct ResultElsewhere {
  std::string report_id, source;
  Organisation origin;
  Code item;
  Timestamp collected_at, told_at;
  friend bool operator==(const ResultElsewhere&, const ResultElsewhere&) = default;
};
struct ResultsListAnswer {
  std::vector<ResultsListRow> results;
  bool more = false;                     // the limit cut the list
  std::vector<ResultElsewhere> elsewhere = {};
  std::vector<ExaminationRow> examinations = {};
};
struct ParsedResultsList { std::optional<ResultsListRequest> request; Findings findings; };
ParsedResultsList parse_results_list(std::string_view json, int assumed_offset_minutes);
std::string to_json(const ResultsListAnswer& answer);

struct ResultsTrendRequest {             // results.trend/1: one analyte over time
  std::string patient_id, encounter_id, department;
  Person doctor;
  std::string item;                      // standard item
  Timestamp since;                       // collected at or after; absent: all
};
struct ParsedResultsTrend { std::optional<ResultsTrendRequest> request; Findings findings; };
ParsedResultsTrend parse_results_trend(std::string_view json, int assumed_offset_minutes);

// suggestion.open/1, asked by adapters only: what a card's feedback belongs to. id: of the suggestion or of its card.
struct SuggestionOpenRequest { std::string id; };
struct SuggestionOpenAnswer {
  std::string suggestion_id, card_id, patient_id, encounter_id, doctor_id, department, order_id, order_item, state;
  std::vector<std::string> result_ids;
  std::vector<std::string> reasons, reasons_with_note;  // re-test reasons of today: without and with a note
};
struct ParsedSuggestionOpen { std::optional<SuggestionOpenRequest> request; Findings findings; };
ParsedSuggestionOpen parse_suggestion_open(std::string_view json);
std::string to_json(const SuggestionOpenAnswer& answer);

struct ResultOpenRequest {
  std::string result_id, report_id;      // one of them
  std::string patient_id, encounter_id, department;
  Person doctor;                         // every read is audited
  std::vector<std::string> want;         // "data" | "document" | "page"; empty: data
};
struct ResultOpenAnswer {
  std::string report_id, source, banner;
  std::optional<LabReport> report;       // data
  std::string document;                  // the C0007 bytes, base64 in JSON
  std::string page;                      // HTML
};
struct ParsedResultOpen { std::optional<ResultOpenRequest> request; Findings findings; };
ParsedResultOpen parse_result_open(std::string_view json, int assumed_offset_minutes);
std::string to_json(const ResultOpenAnswer& answer);

// {"findings":[{"severity","where","id","zh","en"}]}: a refused request's or event's faults in both languages.
std::string findings_json(const Findings& findings);

}  // namespace huren::model
