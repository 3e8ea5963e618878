// What this hospital itself measured before: the values that a page's trend arrows point from.
// Promises: the latest earlier value of each item, final or corrected, of the last year. Refuses: partners' values, other units.
#pragma once
#include <map>
#include <string>
#include <vector>

#include "core/cda/page.hpp"
#include "engine/context.hpp"

namespace huren::engine {

using PreviousValues = std::map<std::string, cda::PageOptions::Previous>;  // by standard item

// records: the store's records of the patient; shown: the report on the page.
Result<PreviousValues> previous_values(store::Reader& reader, const Context& context, const std::vector<std::string>& records, const store::ReportRow& shown,
                                       const model::LabReport& report);

}  // namespace huren::engine
