// What time alone brings about: a suggestion that nobody answered becomes ignored, a retraction that nobody acknowledged is
// told again and escalated, requests between hospitals run late or out, and recognised results are judged again when the code tables have changed.
// Promises: runs on the applier's thread, in its transactions, a batch a time. Refuses: decisions in a doctor's name (I11):
//   ignored is counted and never sent.
#pragma once
#include "engine/context.hpp"

namespace huren::engine {

// true: something was done, and there may be more.
Result<bool> look_after(const Context& context);

}  // namespace huren::engine
