// The TOML of a map, node by node, with every fault at its file, line and key. Inside core/mapping.
#pragma once
#include <functional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "core/base/toml.hpp"
#include "core/mapping/feed_map.hpp"

namespace huren::mapping {

// Reading of single values: what every part of a map is made of.
class MapValues {
 public:
  MapValues(std::string_view file_name, Findings& findings) : file_name_(file_name), findings_(findings) {}

  void fault(std::string_view id, const toml::node& at, std::vector<std::string> args = {});
  void unknown(std::string_view key, const toml::node& at, const std::vector<std::string_view>& known);
  bool known(std::string_view key, const toml::node& at, const std::vector<std::string_view>& among);
  std::string text(const toml::node& node);
  bool flag(const toml::node& node);
  int number(const toml::node& node, int least, int most);
  std::vector<std::pair<std::string, const toml::node*>> texts(const toml::node& node);  // one string or several
  std::vector<std::string> words(const toml::node& node);
  // Each member of a table, with its key told in faults.
  void each(const toml::node& node, const std::function<void(std::string_view, const toml::node&)>& take);
  // A table, or each of a list of tables.
  void every(const toml::node& node, const std::function<void(const toml::node&)>& take);

 private:
  std::string_view file_name_;
  Findings& findings_;
  std::vector<std::string> keys_;  // from the root to here
};

// What members a part may speak of, and how its places are written.
struct MapScope {
  FeedMap::Kind kind = FeedMap::Kind::hl7v2;
  std::string type = "lab.report.released/1";
};

std::optional<Place> read_place(MapValues& in, const MapScope& scope, const std::string& text, const toml::node& at);
void read_from(MapValues& in, const MapScope& scope, const toml::node& node, const std::function<void(Take)>& take);
void read_constants(MapValues& in, const MapScope& scope, const std::vector<std::string>& dates, const toml::node& node, Words& into);
Condition read_condition(MapValues& in, const MapScope& scope, const toml::node& node);
When read_when(MapValues& in, const MapScope& scope, const std::vector<std::string>& dates, const toml::node& node);
// Words of closed sets and times are checked here, not when the first message comes.
bool check_word(MapValues& in, const MapScope& scope, const std::vector<std::string>& dates, std::string_view member, const std::string& word, const toml::node& at);
EventMap read_event(MapValues& in, FeedMap::Kind kind, const std::vector<std::string>& dates, std::string_view name, const toml::node& node);
TableWrite read_write(MapValues& in, const toml::node& node);
SoapMap read_soap(MapValues& in, const toml::node& node);

}  // namespace huren::mapping
