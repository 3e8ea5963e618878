// What a new agreement also sends: the reports of its last backfill_days, for patients whose tie holds.
// Promises: each step and its place commit together, so a crash sends nothing twice and passes over nothing; never faster
//   than asked. Refuses: what the partner has received already, what the agreement does not let go.
#pragma once
#include <vector>

#include "engine/context.hpp"

namespace huren::engine::exchange {

struct BackfillStep { int sent = 0; bool done = false; };
// Looks on from where the last step ended; sends at most `most` reports.
Result<BackfillStep> backfill_step(const Context& context, const model::Agreement& agreement, int most);

struct BackfillState {
  std::int64_t began_ms = 0, looked_to_ms = 0, sent = 0;  // looked_to: stored time of the last report looked at; 0: not begun
  bool done = false;
};
Result<BackfillState> backfill_state(store::Reader& reader, const model::Agreement& agreement);

}  // namespace huren::engine::exchange
