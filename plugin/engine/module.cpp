// The engine as a loadable module: one exported symbol, looked up by libhuren (core/base/link.hpp).
#include <filesystem>
#include <fstream>
#include <sstream>

#include <boost/dll/runtime_symbol_info.hpp>

#include "engine/engine.hpp"

namespace {

huren::Result<std::unique_ptr<huren::EngineLink>> open(const std::string& config_dir, huren::SpoolPort* spool, const huren::HostHooks& hooks) {
  std::ifstream in(std::filesystem::path(config_dir) / "local.toml", std::ios::binary);
  std::stringstream text;
  text << in.rdbuf();
  auto parsed = huren::config::parse(text.str(), "local.toml");
  for (const auto& f : parsed.findings)
    if (f.severity == huren::Severity::error) return f.error;
  std::string adapters = parsed.config.adapter_dir;
  if (adapters.empty()) adapters = boost::dll::this_line_location().parent_path().string();
  return huren::engine::open_engine({.config = std::move(parsed.config), .config_dir = config_dir, .adapter_dir = adapters, .spool = spool,
                                     .hooks = hooks, .builtin = {}, .clock = nullptr});
}

}  // namespace

extern "C" __attribute__((visibility("default"))) const huren::EngineEntry huren_engine_entry{HUREN_ENGINE_SIGNATURE, &open};
