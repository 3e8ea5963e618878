// The parts of a result message that an order's PRIOR RESULT group shares with ORU^R01. Inside core/mapping.
#pragma once
#include "core/hl7/writer.hpp"
#include "core/model/lab_report.hpp"

namespace huren::mapping {

void put_order(hl7::Writer& w, const model::LabReport& report);  // ORC, OBR and the report's notes
void put_observation(hl7::Writer& w, const model::Observation& observation, model::Status of_report);  // OBX and its notes

}  // namespace huren::mapping
