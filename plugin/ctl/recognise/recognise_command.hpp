// huren-ctl recognise CASE.json [--explain] [--lang zh|en]: the decision on one self-contained case, as JSON.
// huren-ctl recognise --dry-run [--csv] CASE.json...: what would have been suggested over all orders, by item and reason.
// Exit codes: 0 done, 1 done with findings (warnings on err), 2 could not be done. Needs no configuration and no store.
#pragma once
#include <ostream>
#include <span>
#include <string>

namespace huren::ctl {
int recognise_command(std::span<const std::string> args, std::ostream& out, std::ostream& err);
}  // namespace huren::ctl
