// What the engine tells every his adapter of a feed beside its own options: the product's map, the hospital's zone, a place
// for small files. Refuses: a map with faults, all of which are logged with file, line and key.
#pragma once
#include <string>

#include "core/mapping/feed_map.hpp"
#include "huren/adapter.hpp"

namespace huren::common {

// The packaged map of that name, or a TOML file beside the configuration.
Result<mapping::FeedMap> product_map(const Peer& feed, const std::string& config_dir, const std::string& section, EngineServices& engine);
int offset_minutes(const Peer& feed);
std::string state_file(const Peer& feed, const std::string& config_dir, const std::string& suffix);  // of this feed alone

}  // namespace huren::common
