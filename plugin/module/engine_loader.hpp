// The engine as a second module, loaded beside libhuren.so (or from engine.path).
// Promises: absolute path, rtld_now | rtld_local; the signature is compared before anything else is touched; the library
//   is let go after the engine. Refuses: an engine of another build.
#pragma once
#include <memory>
#include <string>

#include "core/base/link.hpp"

namespace huren::module {

class Engine {
 public:
  virtual ~Engine() = default;
  [[nodiscard]] virtual EngineLink& link() = 0;
};

// where: a folder that holds huren-engine.so, or the module's file; "": beside libhuren.
Result<std::unique_ptr<Engine>> load_engine(const std::string& where, const std::string& config_dir, const std::string& toml, SpoolPort* spool, const HostHooks& hooks);
// What would keep that engine from opening the text (EngineEntry); a running one is left alone.
Findings inspect_by_engine(const std::string& where, const std::string& config_dir, const std::string& toml);

}  // namespace huren::module
