// The hospital's vocabulary: the packaged tables with the hospital's own CSV files laid over them.
// Own files: those that [codes] names, and every codes/NAME.csv beside local.toml whose NAME is a table.
#pragma once
#include <memory>
#include <string>

#include "core/config/config.hpp"
#include "core/terminology/terminology.hpp"

namespace huren::engine {

// Findings hold file and line; a set with errors is not used at all.
terminology::Loaded load_codes(const config::Config& config, const std::string& config_dir);

}  // namespace huren::engine
