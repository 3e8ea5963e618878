#include <algorithm>

#include "core/base/text.hpp"
#include "core/mapping/map_reader.hpp"

namespace huren::mapping {

void MapValues::fault(std::string_view id, const toml::node& at, std::vector<std::string> args) {
  std::string where = std::string(file_name_) + ':' + std::to_string(at.source().begin.line);
  for (std::size_t i = 0; i < keys_.size(); ++i) where += (i == 0 ? " " : ".") + keys_[i];
  findings_.push_back({Severity::error, {id, std::move(where), std::move(args)}});
}

void MapValues::unknown(std::string_view key, const toml::node& at, const std::vector<std::string_view>& known) {
  const auto likely = closest(key, known);
  if (likely.empty()) fault("mapping.map_unknown", at);
  else fault("mapping.map_unknown_like", at, {std::string(likely)});
}

bool MapValues::known(std::string_view key, const toml::node& at, const std::vector<std::string_view>& among) {
  if (std::find(among.begin(), among.end(), key) != among.end()) return true;
  unknown(key, at, among);
  return false;
}

std::string MapValues::text(const toml::node& node) {
  if (const auto* s = node.as_string()) return s->get();
  fault("mapping.map_type", node, {"\"...\""});
  return {};
}

bool MapValues::flag(const toml::node& node) {
  if (const auto* b = node.as_boolean()) return b->get();
  fault("mapping.map_type", node, {"true | false"});
  return false;
}

int MapValues::number(const toml::node& node, int least, int most) {
  const auto* n = node.as_integer();
  if (n && n->get() >= least && n->get() <= most) return static_cast<int>(n->get());
  fault("mapping.map_type", node, {std::to_string(least) + ".." + std::to_string(most)});
  return least;
}

std::vector<std::pair<std::string, const toml::node*>> MapValues::texts(const toml::node& node) {
  std::vector<std::pair<std::string, const toml::node*>> out;
  const auto take = [&](const toml::node& item) {
    auto word = text(item);
    if (item.is_string()) out.emplace_back(std::move(word), &item);
  };
  if (const auto* list = node.as_array())
    for (const auto& item : *list) take(item);
  else take(node);
  return out;
}

std::vector<std::string> MapValues::words(const toml::node& node) {
  std::vector<std::string> out;
  for (auto& [word, at] : texts(node)) out.push_back(std::move(word));
  return out;
}

void MapValues::each(const toml::node& node, const std::function<void(std::string_view, const toml::node&)>& take) {
  const auto* table = node.as_table();
  if (!table) return fault("mapping.map_type", node, {"[...]"});
  for (const auto& [key, value] : *table) {
    keys_.emplace_back(key.str());
    take(key.str(), value);
    keys_.pop_back();
  }
}

void MapValues::every(const toml::node& node, const std::function<void(const toml::node&)>& take) {
  if (node.is_table()) return take(node);
  const auto* list = node.as_array();
  if (!list) return fault("mapping.map_type", node, {"[[...]]"});
  for (const auto& item : *list) take(item);
}

}  // namespace huren::mapping
