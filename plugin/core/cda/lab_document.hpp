// A laboratory report as C0007 检验报告 (WS/T 500.7) or IHE XD-LAB, written and read.
// Promises: writing is pure and deterministic; what WS/T 500.7 lacks (range, flag, LOINC, method, instrument, performing
//   laboratory, HR mark) stands in ordinary CDA R2 elements; read(write(r)) == r for every report that is canonical (below).
// Refuses: characters that XML cannot carry, a report without origin or number; content dropped in silence (see `kept`).
#pragma once
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/cda/document.hpp"
#include "core/model/lab_report.hpp"

namespace huren::cda {

struct LabWriteOptions {
  Mode mode = Mode::cn;
  Kind kind = Kind::lab_report;            // or xd_lab
  std::optional<DocumentId> id;            // default: document_id(origin.code, number, version)
  std::optional<Timestamp> effective_time; // default: report.reported_at
};

// UTF-8 bytes with XML declaration. Errors: cda.no_identity, cda.unwritable (where: the member of the report).
Result<std::string> write_lab_report(const model::LabReport& report, const LabWriteOptions& options);
// The same bytes, packed (core/base/pack.hpp). Whole they are only in a room that the thread keeps: the heap does not like
// to give and take seventy thousand bytes for each report.
Result<std::string> write_packed_lab_report(const model::LabReport& report, const LabWriteOptions& options);

struct LabRead {
  std::optional<model::LabReport> report;  // absent when the bytes are refused or the document is not a lab report
  Head head;
  Findings findings;                       // where: XPath-like
  std::vector<Kept> kept;                  // not placed in the report; each also a finding
};
LabRead read_lab_report(std::string_view bytes, const ReadOptions& options);

// The canonical form, i.e. what a report reads back as after it was written: texts trimmed of outer blanks, CR LF as LF,
// value types NM SN ST CWE only (a comparator makes SN, a number that XML's double does not know makes ST),
// code systems by their word ("LN", "I10", "ICD-10", "L") where one is known, no offset on times coarser than an hour,
// names of organisations and persons without any id kept, empty notes and flags gone.
void make_canonical(model::LabReport& report);
model::LabReport canonical(model::LabReport report);

}  // namespace huren::cda
