#include "engine/feed_maps.hpp"

#include <filesystem>
#include <map>
#include <mutex>

#include "engine/engine.hpp"
#include "engine/files.hpp"

namespace huren::engine {
namespace {

constexpr std::size_t kMostBytes = 1 << 20;

struct Files {
  std::mutex mutex;
  std::map<std::string, mapping::FeedMap> by_path;  // nodes stay where they are
};
Files& files() {  // never destroyed: the applier may read while the process exits
  static auto& all = *new Files;
  return all;
}

Findings read_feed_maps(config::Config& config, const std::string& config_dir, bool keep) {
  Findings out;
  for (auto& feed : config.feeds) {
    if (mapping::packaged_map(feed.mapping)) continue;
    const auto path = std::filesystem::absolute(std::filesystem::path(config_dir) / feed.mapping).lexically_normal();
    const auto text = read_file(path);
    if (!text || text->size() > kMostBytes) {
      out.push_back({Severity::error, {"feed.no_map", "feed." + feed.name + ".mapping", {feed.mapping}}});
      continue;
    }
    auto parsed = mapping::parse_map(*text, path.filename().string());
    for (auto& f : parsed.findings) out.push_back(std::move(f));
    if (!parsed.map) continue;
    feed.mapping = path.string();
    if (!keep) continue;
    const std::lock_guard lock(files().mutex);
    files().by_path.insert_or_assign(feed.mapping, std::move(*parsed.map));
  }
  return out;
}

}  // namespace

Findings load_feed_maps(config::Config& config, const std::string& config_dir) { return read_feed_maps(config, config_dir, true); }
Findings check_feed_maps(config::Config& config, const std::string& config_dir) { return read_feed_maps(config, config_dir, false); }

std::map<std::string, std::vector<Peer>> feeds_by_adapter(const config::Config& config, const std::string& config_dir) {
  std::map<std::string, std::vector<Peer>> out;
  for (const auto& f : config.feeds) {
    auto& peer = out[f.adapter].emplace_back(Peer{f.name, f.options});
    peer.options["mapping"] = f.mapping;
    peer.options["state_dir"] = std::filesystem::absolute(data_dir(config, config_dir)).string();
    peer.options["offset_minutes"] = std::to_string(config.hospital.offset_minutes);
  }
  return out;
}

const mapping::FeedMap* feed_map(const std::string& name) {
  const auto* map = mapping::packaged_map(name);
  if (!map) {
    const std::lock_guard lock(files().mutex);
    if (const auto it = files().by_path.find(name); it != files().by_path.end()) map = &it->second;
  }
  return map && map->kind == mapping::FeedMap::Kind::hl7v2 ? map : nullptr;
}

}  // namespace huren::engine
