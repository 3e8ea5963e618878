// An engine with its console: what libhuren loads. It stands in the engine's place, so that the engine can be opened anew
// with changed partners, agreements and tables while the HIS and the browsers stay connected.
// Promises: a configuration with faults stops nothing, and one that does not open leaves the former one running; calls of the HIS wait for the new engine by
//   their own deadlines; only the process that carries the traffic serves pages. Refuses: two engines at a time.
#pragma once
#include <memory>
#include <string>

#include "core/base/link.hpp"
#include "core/base/result.hpp"

namespace huren::console {

struct Setup {
  std::string config_dir, adapter_dir;  // adapter_dir empty: what local.toml says, else beside this module
  std::string toml{};                   // opened first instead of local.toml's text; empty: that
  SpoolPort* spool = nullptr;
  HostHooks hooks;
};
Result<std::unique_ptr<EngineLink>> open_with_console(Setup setup);
// What would keep it from opening that text.
Findings inspect(const std::string& config_dir, const std::string& adapter_dir, const std::string& toml);

}  // namespace huren::console
