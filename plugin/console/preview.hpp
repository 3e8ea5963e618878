// What other agreements would have made of last month's orders: the recorded checks decided again under them.
// Promises: nothing is written; the same rules as at order time. Refuses: guesses about orders for which no earlier result
//   was shown at all: they left no record, and the answer says how many were looked at.
#pragma once
#include <vector>

#include "console/http.hpp"
#include "engine/context.hpp"

namespace huren::console {

Result<Json> preview(const engine::Context& context, const std::vector<model::Agreement>& agreements);

}  // namespace huren::console
