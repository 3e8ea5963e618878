#include "core/mapping/feed_map.hpp"

#include <algorithm>
#include <span>

#include "core/base/embedded.hpp"

namespace huren::embedded {
std::span<const File> feed_maps();
}

namespace huren::mapping {
namespace {

constexpr std::string_view kSuffix = ".toml";

}  // namespace

bool When::speaks_of(bool observation) const {
  const auto is = [&](const std::string& member) { return member.starts_with("observation.") == observation; };
  return std::any_of(from.begin(), from.end(), [&](const Take& t) { return is(t.member); }) ||
         std::any_of(values.begin(), values.end(), [&](const auto& v) { return is(v.first); });
}

const FeedMap* packaged_map(std::string_view name) {
  static const auto all = [] {
    std::map<std::string, FeedMap, std::less<>> maps;
    for (const auto& file : embedded::feed_maps()) {
      auto parsed = parse_map(file.text, file.name);
      if (parsed.map) maps.emplace(parsed.map->name, std::move(*parsed.map));
    }
    return maps;
  }();
  const auto it = all.find(name.empty() ? std::string_view("plain") : name);
  return it == all.end() ? nullptr : &it->second;
}

std::vector<std::string_view> packaged_map_names() {
  std::vector<std::string_view> names;
  for (const auto& file : embedded::feed_maps()) names.push_back(file.name.substr(0, file.name.size() - kSuffix.size()));
  std::sort(names.begin(), names.end());
  return names;
}

}  // namespace huren::mapping
