// Patients and their encounters as ADT: A01 and A04 begin, A03 ends, A04 registers, A08 updates, A40 merges, A37 takes a merge
//   back. Both ways.
// Promises: reading what was written gives the same events; what a HIS sends (A28, A31, A05 and the like) is read as what it
//   means here. Refuses: a message without PID; a merge without the number that goes.
#pragma once
#include <string>
#include <vector>

#include "core/base/result.hpp"
#include "core/hl7/message.hpp"
#include "core/mapping/oru.hpp"
#include "core/model/event.hpp"

namespace huren::mapping {

Result<std::string> write_adt(const model::PatientRegistered& event, const Envelope& envelope);  // A04, A08
Result<std::string> write_adt(const model::EncounterStarted& event, const model::Patient& patient, const Envelope& envelope);  // A01, A04
Result<std::string> write_adt(const model::EncounterEnded& event, const model::Patient& patient, const Envelope& envelope);    // A03

// prior: the record that goes (A40) or that is one of its own again (A37, whose event in v2.5.1 is "unlink").
Result<std::string> write_adt(const model::PatientMerged& event, const model::Patient& patient, const model::Patient& prior, const Envelope& envelope);

// In the order in which they hold: the patient first, then the encounter (where PV1-19 names one).
struct AdtRead { std::vector<model::Event> events; Findings findings; };  // events empty when has_error(findings)
AdtRead read_adt(const hl7::Message& message, const OruOptions& options = {});

}  // namespace huren::mapping
