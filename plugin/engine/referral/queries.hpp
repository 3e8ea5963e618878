// referral.list/1 and record.open/1 from local data; examinations beside the results of results.list/1.
// Promises: a look at a request or a document is noted with who looked. Refuses: a document without an open encounter, of
//   another patient, or of one who did not match (I12); the diagnosis text of an examination as something to recognise.
#pragma once
#include "core/model/query.hpp"
#include "engine/context.hpp"

namespace huren::engine {

Result<std::string> referral_list(const Context& context, std::string_view json);
Result<std::string> record_open(const Context& context, std::string_view json);
Result<void> add_examinations(store::Unit& unit, const Context& context, const std::vector<std::string>& patients, std::int64_t since_ms, model::ResultsListAnswer& into);

}  // namespace huren::engine
