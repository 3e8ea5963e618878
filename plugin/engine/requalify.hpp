// Whether a recognised result still deserves it: marks and EQA passes can be withdrawn for days gone by (domain.md §2, §5).
// Promises: after a change of the code tables every decision that stands is judged again, a batch at a time; a doctor is told
//   when quality was good at the decision and no longer is. Refuses: to judge what was never good: that was the doctor's choice.
#pragma once
#include "engine/context.hpp"

namespace huren::engine {

// "pass" | "advise" | "fail": the quality check of one result (domain.md §5) by the tables of today.
std::string quality_now(const Context& context, const store::ReportRow& report, std::size_t position, std::int64_t at_ms);
// One batch; false: that was the last one under these tables.
Result<bool> judge_again(store::Unit& unit, const Context& context);
// Whether judge_again has work.
Result<bool> must_judge_again(store::Reader& reader, const Context& context);

}  // namespace huren::engine
