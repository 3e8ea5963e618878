// An engine with its console: what libhuren loads. It stands in the engine's place, so that the engine can be opened anew
// with changed partners, agreements and tables while the HIS and the browsers stay connected.
// Promises: a configuration that does not open leaves the former one running; calls of the HIS wait for the new engine by
//   their own deadlines; only the process that carries the traffic serves pages. Refuses: two engines at a time.
#pragma once
#include <memory>
#include <string>

#include "core/base/link.hpp"

namespace huren::console {

struct Setup {
  std::string config_dir, adapter_dir;  // adapter_dir empty: what local.toml says, else beside this module
  SpoolPort* spool = nullptr;
  HostHooks hooks;
};
Result<std::unique_ptr<EngineLink>> open_with_console(Setup setup);

}  // namespace huren::console
