// Patients and their encounters as ADT: A01 and A04 begin, A03 ends, A04 registers, A08 updates. Both ways.
// Promises: reading what was written gives the same events; what a HIS sends (A28, A31, A05 and the like) is read as what it
//   means here. Refuses: A40 and A37, which have no event yet, by name; a message without PID.
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

// In the order in which they hold: the patient first, then the encounter (where PV1-19 names one).
struct AdtRead { std::vector<model::Event> events; Findings findings; };  // events empty when has_error(findings)
AdtRead read_adt(const hl7::Message& message, const OruOptions& options = {});

}  // namespace huren::mapping
