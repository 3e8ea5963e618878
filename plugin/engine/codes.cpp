#include "engine/codes.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <list>
#include <set>
#include <sstream>

#include "engine/files.hpp"

namespace huren::engine {

namespace fs = std::filesystem;

fs::path codes_file(const config::Config& config, const std::string& config_dir, std::string_view table) {
  const std::string* named = table == "local_items.csv" ? &config.local_items : table == "prices.csv" ? &config.prices : nullptr;
  return named && !named->empty() ? fs::path(config_dir) / *named : fs::path(config_dir) / "codes" / table;
}

namespace {

// Decided and perhaps not ended: the names of the tables whose files NAME.csv.new are to take their places, a line each.
fs::path decision_file(const std::string& config_dir) { return fs::path(config_dir) / "codes" / "import.decided"; }

bool sync(const fs::path& path, int flags) {
  const int file = ::open(path.c_str(), flags | O_CLOEXEC);
  if (file < 0) return false;
  const bool good = ::fsync(file) == 0;
  return ::close(file) == 0 && good;
}

bool write_synced(const fs::path& path, std::string_view text) {
  std::error_code ec;
  fs::create_directories(path.parent_path(), ec);
  {
    std::ofstream file(path, std::ios::binary | std::ios::trunc);
    if (!(file << text).flush()) return false;
  }
  return sync(path, O_RDWR);
}

fs::path fresh(const fs::path& target) { return target.string() + ".new"; }

// What was decided takes its place; done twice, or by two at once, it is the same. The tables that could not be moved yet
// are returned: their new texts count, where they lie.
std::set<std::string> end_import(const config::Config& config, const std::string& config_dir) {
  std::set<std::string> waiting;
  const auto decided = read_file(decision_file(config_dir));
  if (!decided) return waiting;
  std::istringstream names(*decided);
  std::error_code ec;
  for (std::string name; std::getline(names, name);)
    for (const auto table : terminology::table_names()) {
      if (table != name) continue;
      const auto target = codes_file(config, config_dir, table);
      fs::rename(fresh(target), target, ec);
      if (ec && ec != std::errc::no_such_file_or_directory) waiting.insert(name);
      sync(target.parent_path(), O_RDONLY | O_DIRECTORY);
    }
  if (waiting.empty()) fs::remove(decision_file(config_dir), ec);
  return waiting;
}

}  // namespace

Result<void> put_codes(const config::Config& config, const std::string& config_dir, const std::map<std::string, std::string>& texts) {
  end_import(config, config_dir);
  std::string names;
  std::error_code ec;
  const auto give_up = [&](const fs::path& where) -> Result<void> {
    for (const auto& [name, text] : texts) fs::remove(fresh(codes_file(config, config_dir, name)), ec);
    return Error{"engine.codes_unwritable", where.filename().string(), {where.filename().string()}};
  };
  for (const auto& [name, text] : texts) {
    const auto target = codes_file(config, config_dir, name);
    if (!write_synced(fresh(target), text) || !sync(target.parent_path(), O_RDONLY | O_DIRECTORY)) return give_up(target);
    names += name + "\n";
  }
  const auto decision = decision_file(config_dir);
  if (!write_synced(fresh(decision), names)) return give_up(decision);
  fs::rename(fresh(decision), decision, ec);
  if (ec) return give_up(decision);
  sync(decision.parent_path(), O_RDONLY | O_DIRECTORY);
  end_import(config, config_dir);
  return {};
}

terminology::Loaded load_codes(const config::Config& config, const std::string& config_dir, const std::map<std::string, std::string>& instead) {
  const auto waiting = end_import(config, config_dir);
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
    if (auto text = read_file(waiting.contains(std::string(table)) ? fresh(path) : path)) {
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
