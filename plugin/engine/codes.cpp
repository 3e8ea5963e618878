#include "engine/codes.hpp"

#include <list>

#include "engine/files.hpp"

namespace huren::engine {

namespace fs = std::filesystem;

terminology::Loaded load_codes(const config::Config& config, const std::string& config_dir) {
  std::list<std::string> texts;
  std::vector<terminology::Table> tables;
  Findings missing;
  const auto add = [&](std::string_view table, const fs::path& path, bool required) {
    if (auto text = read_file(path)) {
      texts.push_back(std::move(*text));
      tables.push_back({table, texts.back()});
    } else if (required) {
      missing.push_back({Severity::error, Error{"engine.file_missing", path.filename().string(), {path.filename().string()}}});
    }
  };
  const fs::path dir(config_dir);
  for (const auto table : terminology::table_names()) {
    const std::string* named = table == "local_items.csv" ? &config.local_items : table == "prices.csv" ? &config.prices : nullptr;
    if (named && !named->empty())
      add(table, dir / *named, true);
    else
      add(table, dir / "codes" / table, false);
  }
  if (!missing.empty()) return {nullptr, missing};
  return terminology::extend(*terminology::packaged(), tables);
}

}  // namespace huren::engine
