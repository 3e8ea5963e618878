// A configuration looked at before it is opened: what would keep the engine from opening with it, or its adapters from starting.
// Promises: every fault that reading can find, each in words; nothing is started, written or changed, so that an engine may run
//   meanwhile. Refuses: asking the network or the store (huren-ctl doctor does).
#pragma once
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "core/config/config.hpp"
#include "engine/clock.hpp"
#include "engine/loader.hpp"

namespace huren::engine {

// What an adapter needs of an engine when there is none.
class NoEngine final : public EngineServices {
 public:
  void log(Severity, std::string_view, std::initializer_list<Field>) noexcept override {}
  std::int64_t now_ms() noexcept override { return Clock().now_ms(); }
  Reply accept(const huren::Inbound&) noexcept override { return {}; }
};

// The adapters of one kind that the configuration names, each with all its peers.
struct WantedAdapter { std::string id; AdapterSetup setup; };
std::vector<WantedAdapter> wanted_adapters(const config::Config& config, const std::string& config_dir, std::string_view kind, EngineServices& services);

// A fault of the loader told where the configuration names that adapter; any other as it is.
Error located(Error error, const config::Config& config, std::string_view kind);

// Each adapter is made as the engine would make it, but not started. Absent: nothing is wrong with it.
struct TriedAdapter { std::string id; std::optional<Error> fault; };
std::vector<TriedAdapter> try_adapters(const config::Config& config, const std::string& config_dir, Loader& loader);

// Certificates, keys, authorities and revocation lists that are named, and the alliance's key: readable, and key and certificate fit.
Findings inspect_keys(const config::Config& config, const std::string& config_dir);

// All of it. adapter_dir: where huren-*.so lie if the configuration does not say.
Findings inspect(const config::Config& config, const std::string& config_dir, const std::string& adapter_dir);

}  // namespace huren::engine
