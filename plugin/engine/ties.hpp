// Whether an agreement alone would let a report go, and the end of the reason why.
#pragma once
#include "core/model/lab_report.hpp"
#include "engine/context.hpp"

namespace huren::engine {

// Whether an agreement in force with this basis lets the report go to the partner by itself.
bool may_leave(const Context& context, const std::string& partner, const std::string& basis, const model::LabReport& report);
Result<void> close_tie(store::Unit& unit, const std::string& patient_id, const std::string& partner, const std::string& basis, const std::string& reference,
                       std::int64_t to_ms);

}  // namespace huren::engine
