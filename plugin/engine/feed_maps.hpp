// The maps that feeds of HL7 v2 are read by: packaged ones and files beside the configuration.
// Promises: each file is read once a process; a map with faults stops the engine from starting, all its faults told first.
// Maps of tables and XML belong to their adapters.
#pragma once
#include <map>
#include <string>
#include <vector>

#include "core/base/result.hpp"
#include "core/config/config.hpp"
#include "core/mapping/feed_map.hpp"
#include "huren/adapter.hpp"

namespace huren::engine {

// Checks every feed's map; names of files become absolute paths in config.
Findings load_feed_maps(config::Config& config, const std::string& config_dir);
Findings check_feed_maps(config::Config& config, const std::string& config_dir);  // the same, and keeps none: an engine may run
// The feeds of each adapter with what the engine adds to their options; after either.
std::map<std::string, std::vector<Peer>> feeds_by_adapter(const config::Config& config, const std::string& config_dir);
const mapping::FeedMap* feed_map(const std::string& name);  // as in config; nullptr: not one of HL7 v2

}  // namespace huren::engine
