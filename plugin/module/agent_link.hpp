// The engine when it runs as huren-agent: every question goes over the local socket.
// Promises: every function is back by its deadline, agent or no agent; a bell or a log line of the agent reaches the host
//   as one of an engine in this process would; an agent that comes back is found by itself.
// Refuses: to keep anything: what the HIS submitted is in the spool, which the agent reads by itself.
#pragma once
#include <memory>
#include <string>

#include "module/engine_loader.hpp"

namespace huren::module {

std::unique_ptr<Engine> reach_agent(const std::string& socket, const HostHooks& hooks);

}  // namespace huren::module
