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
#include "engine/context.hpp"
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

// What the console sees of an engine beside what the HIS does.
class OpenEngine : public EngineLink {
 public:
  [[nodiscard]] virtual const Context& context() const noexcept = 0;  // as long as the engine lives
  [[nodiscard]] virtual bool live() const noexcept = 0;               // holds the lease and carries the traffic
  // An event as the HIS submits one: on disk when it returns without an error (I1).
  virtual Result<void> submit(std::string_view type, std::string_view key, std::string_view json) noexcept = 0;
  // A question to a partner over its adapter, by the deadline.
  virtual Replied ask(const std::string& partner, const Message& question, std::uint32_t deadline_ms) = 0;
};

Result<std::unique_ptr<OpenEngine>> open_engine(EngineSetup setup);

// data_dir of the configuration as an absolute path.
std::string data_dir(const config::Config& config, const std::string& config_dir);

}  // namespace huren::engine
