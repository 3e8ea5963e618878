// huren-ctl recognise CASE.json [--explain] [--json] [--lang zh|en]: the decision on one self-contained case, a line a check;
//   --explain: every check of every result looked at, else only what stands in the way.
// huren-ctl recognise --dry-run [--csv|--json] CASE.json...: what would have been suggested over all orders, by item and reason.
// Exit codes: 0 done, 1 done with findings (warnings on err), 2 could not be done. Needs no configuration and no store.
#pragma once
#include <ostream>
#include <span>
#include <string>

namespace huren::ctl {
int recognise_command(std::span<const std::string> args, std::ostream& out, std::ostream& err);
}  // namespace huren::ctl
