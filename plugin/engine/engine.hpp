// One hospital's engine: made from a checked configuration, run by its own threads, asked through EngineLink.
// Promises: opening fails with words or gives a working engine; one process holds the store's lease and runs the pumps,
//   listeners and the applier, others answer queries; closing loses nothing that was accepted.
// Refuses: touching Poco's globals, the process's signals, locale or working directory.
#pragma once
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "core/base/link.hpp"
#include "core/config/config.hpp"
#include "engine/clock.hpp"
#include "huren/adapter.hpp"

namespace huren::engine {

struct EngineSetup {
  config::Config config;
  std::string config_dir;                     // relative paths of the configuration start here
  std::string adapter_dir;                    // where huren-*.so lie
  SpoolPort* spool = nullptr;                 // outlives the engine
  HostHooks hooks;
  std::vector<const AdapterEntry*> builtin;   // adapters linked in (tests)
  std::shared_ptr<const Clock> clock;         // null: the system's
  std::function<void(const store::OutboxRow&)> delivered{};  // told on a pump's thread of each row whose receipt is on disk
};

Result<std::unique_ptr<EngineLink>> open_engine(EngineSetup setup);

// data_dir of the configuration as an absolute path.
std::string data_dir(const config::Config& config, const std::string& config_dir);

}  // namespace huren::engine
