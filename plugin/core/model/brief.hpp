// A report as the store keeps it, in compact records of our own: the head once (all that recognition reads of it), each
// observation with its result row, and the rest, which no decision and no card needs. A card is answered while a doctor
// waits, and a tree of JSON costs fifty times as much; what is told once takes a tenth of the room (ADR 0026).
// Promises: what was written is read back to the same members, for ever (the first byte tells the form).
// Refuses: a record that is cut, lengthened or of a form it does not know; a report of which an observation is missing.
#pragma once
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "core/model/lab_report.hpp"

namespace huren::model {

std::string brief_of(const LabReport& report);  // origin, number, version, status, patient, specimen, times; no observations
std::string brief_of(const Observation& observation);  // all but its place in the report and its notes
std::string rest_of(const LabReport& report);   // what both leave out: encounter, requester, conclusion, places, notes, telephone
[[nodiscard]] bool read_brief(std::string_view record, LabReport& into);
[[nodiscard]] bool read_brief(std::string_view record, Observation& into);
// The whole report; nullopt: a record is refused, or there are not as many observations as it had.
[[nodiscard]] std::optional<LabReport> whole_report(std::string_view brief, std::string_view rest, std::span<const std::string> observations);

}  // namespace huren::model
