// Versions of reports whose sender counts none.
#pragma once
#include "engine/context.hpp"
#include "core/model/lab_report.hpp"

namespace huren::engine {

// What is sent again under the same number, changed, is the next version and a correction. The report must be standardised.
// false: it says nothing that the newest version does not say.
Result<bool> number_version(store::Unit& unit, const Context& context, model::LabReport& report);

}  // namespace huren::engine
