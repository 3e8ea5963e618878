// A patient as PID, both ways; the same in every message. Inside core/mapping.
#pragma once
#include <string_view>

#include "core/hl7/writer.hpp"
#include "core/mapping/read_context.hpp"

namespace huren::mapping {

void put_pid(hl7::Writer& w, const model::Patient& patient, std::string_view assigner);  // assigner: of the HIS's own number
void read_pid(const hl7::Segment& pid, const ReadContext& context, model::Patient& into);

}  // namespace huren::mapping
