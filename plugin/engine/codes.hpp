// The hospital's vocabulary: the packaged tables with the hospital's own CSV files laid over them.
// Promises: several files are replaced together or not at all, whatever moment a crash comes at.
// Own files: those that [codes] names, and every codes/NAME.csv beside local.toml whose NAME is a table.
#pragma once
#include <filesystem>
#include <map>
#include <memory>
#include <string>

#include "core/config/config.hpp"
#include "core/terminology/terminology.hpp"

namespace huren::engine {

// Findings hold file and line; a set with errors is not used at all.
// instead: texts of tables that take the place of the hospital's own files, to try them.
terminology::Loaded load_codes(const config::Config& config, const std::string& config_dir, const std::map<std::string, std::string>& instead = {});
// Where the hospital's own file of a table lies.
std::filesystem::path codes_file(const config::Config& config, const std::string& config_dir, std::string_view table);
// table → text. Written beside their places and synced; then one rename decides, and whoever loads next ends what a crash
// left. Error engine.codes_unwritable: nothing was replaced.
Result<void> put_codes(const config::Config& config, const std::string& config_dir, const std::map<std::string, std::string>& texts);

}  // namespace huren::engine
