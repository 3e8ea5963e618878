// Who may look at a patient's data: a doctor with an encounter that is open for this patient (domain §8).
#pragma once
#include "core/model/patient.hpp"
#include "engine/context.hpp"

namespace huren::engine {

// records: all that the HIS says are this person's, the one asked for among them.
struct Access { store::PatientRow patient; model::Patient person; std::vector<std::string> records; };
// Errors query.unknown_patient, query.no_encounter.
Result<Access> enter(store::Reader& reader, const Context& context, const std::string& patient_id, const std::string& encounter_id);

}  // namespace huren::engine
