// huren-ctl hl7 show|check|roundtrip|send|listen: messages from files and over MLLP, without any configuration.
// Exit codes: 0 clean (sent: accepted), 1 findings of severity error (sent: refused), 2 unreadable (sent: no answer).
#pragma once
#include <ostream>
#include <span>
#include <string>

namespace huren::ctl {

int hl7_command(std::span<const std::string> args, std::ostream& out, std::ostream& err);

}  // namespace huren::ctl
