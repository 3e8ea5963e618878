// The engine and its console as a loadable module: one exported symbol, looked up by libhuren (core/base/link.hpp).
#include <boost/dll/runtime_symbol_info.hpp>

#include "console/keeper.hpp"

namespace {

std::string own_folder() { return boost::dll::this_line_location().parent_path().string(); }

huren::Result<std::unique_ptr<huren::EngineLink>> open(const std::string& config_dir, const std::string& toml, huren::SpoolPort* spool, const huren::HostHooks& hooks) {
  return huren::console::open_with_console({.config_dir = config_dir, .adapter_dir = own_folder(), .toml = toml, .spool = spool, .hooks = hooks});
}

huren::Findings inspect(const std::string& config_dir, const std::string& toml) { return huren::console::inspect(config_dir, own_folder(), toml); }

}  // namespace

extern "C" __attribute__((visibility("default"))) const huren::EngineEntry huren_engine_entry{HUREN_ENGINE_SIGNATURE, &open, &inspect};
