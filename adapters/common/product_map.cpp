#include "adapters/common/product_map.hpp"

#include <charconv>
#include <filesystem>
#include <fstream>
#include <iterator>

namespace huren::common {
namespace {

constexpr std::uintmax_t kMostBytes = 1 << 20;

std::string told(const Peer& feed, const char* key) {
  const auto it = feed.options.find(key);
  return it == feed.options.end() ? std::string() : it->second;
}

}  // namespace

Result<mapping::FeedMap> product_map(const Peer& feed, const std::string& config_dir, const std::string& section, EngineServices& engine) {
  const auto name = told(feed, "mapping");
  if (const auto* packaged = mapping::packaged_map(name)) return *packaged;
  const auto file = std::filesystem::path(config_dir) / name;
  std::error_code ec;
  const auto bytes = std::filesystem::file_size(file, ec);
  if (ec || bytes > kMostBytes) return Error{"feed.no_map", section + ".mapping", {name}};
  std::ifstream in(file, std::ios::binary);
  auto parsed = mapping::parse_map(std::string(std::istreambuf_iterator<char>(in), {}), file.filename().string());
  for (const auto& f : parsed.findings) engine.log(Severity::error, "feed.map_fault", {{"name", section}, {"why", line(f.error)}});
  if (!parsed.map) return parsed.findings.front().error;
  return std::move(*parsed.map);
}

int offset_minutes(const Peer& feed) {
  const auto text = told(feed, "offset_minutes");
  int out = 480;
  std::from_chars(text.data(), text.data() + text.size(), out);
  return out;
}

std::string state_file(const Peer& feed, const std::string& config_dir, const std::string& suffix) {
  const auto folder = told(feed, "state_dir");
  return (std::filesystem::path(folder.empty() ? config_dir : folder) / ("feed-" + feed.code + suffix)).string();
}

}  // namespace huren::common
