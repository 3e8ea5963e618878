// What recognition reads of a report, in compact records of our own beside the whole report: the head once, and each
// observation with its result row. A card is answered while a doctor waits, and a tree of JSON costs fifty times as much.
// Promises: what was written is read back to the same members, for ever (the first byte tells the form).
// Refuses: a record that is cut, lengthened or of a form it does not know: false, and the caller reads the whole report.
// Left out: what no decision and no card needs (encounter, requester, conclusion, places, notes, telephone).
#pragma once
#include <string>
#include <string_view>

#include "core/model/lab_report.hpp"

namespace huren::model {

std::string brief_of(const LabReport& report);  // origin, number, version, status, patient, specimen, times; no observations
std::string brief_of(const Observation& observation);
[[nodiscard]] bool read_brief(std::string_view record, LabReport& into);
[[nodiscard]] bool read_brief(std::string_view record, Observation& into);

}  // namespace huren::model
