#include "engine/codes.hpp"

#include <list>

#include "engine/files.hpp"

namespace huren::engine {

namespace fs = std::filesystem;

fs::path codes_file(const config::Config& config, const std::string& config_dir, std::string_view table) {
  const std::string* named = table == "local_items.csv" ? &config.local_items : table == "prices.csv" ? &config.prices : nullptr;
  return named && !named->empty() ? fs::path(config_dir) / *named : fs::path(config_dir) / "codes" / table;
}

terminology::Loaded load_codes(const config::Config& config, const std::string& config_dir, const std::map<std::string, std::string>& instead) {
  std::list<std::string> texts;
  std::vector<terminology::Table> tables;
  Findings missing;
  for (const auto table : terminology::table_names()) {
    if (const auto given = instead.find(std::string(table)); given != instead.end()) {
      tables.push_back({table, given->second});
      continue;
    }
    const auto path = codes_file(config, config_dir, table);
    const bool required = path.parent_path() != fs::path(config_dir) / "codes";  // named in [codes]
    if (auto text = read_file(path)) {
      texts.push_back(std::move(*text));
      tables.push_back({table, texts.back()});
    } else if (required) {
      missing.push_back({Severity::error, Error{"engine.file_missing", path.filename().string(), {path.filename().string()}}});
    }
  }
  if (!missing.empty()) return {nullptr, missing};
  return terminology::extend(*terminology::packaged(), tables);
}

}  // namespace huren::engine
