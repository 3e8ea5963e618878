#include "core/mapping/feed_map.hpp"

#include <algorithm>
#include <span>

#include "core/base/embedded.hpp"
#include "core/base/text.hpp"
#include "core/base/toml.hpp"
#include "core/mapping/members.hpp"

namespace huren::embedded {
std::span<const File> feed_maps();
}

namespace huren::mapping {
namespace {

constexpr std::string_view kSuffix = ".toml";

class MapReader {
 public:
  MapReader(std::string_view file_name, ParsedMap& out) : file_name_(file_name), out_(out) {}

  void run(const toml::table& root) {
    map_.name = std::string(file_name_.substr(0, file_name_.rfind('.')));
    static const std::vector<std::string_view> keys{"title", "dates", "from", "tables", "defaults", "drop"};
    for (const auto& [key, node] : root) {
      if (key == "title") map_.title = text(node);
      else if (key == "dates") read_dates(node);
      else if (key == "from") each(node, [&](std::string_view member, const toml::node& n) { read_take(member, n); });
      else if (key == "tables") each(node, [&](std::string_view member, const toml::node& n) { read_table(member, n); });
      else if (key == "defaults") each(node, [&](std::string_view member, const toml::node& n) { read_default(member, n); });
      else if (key == "drop") read_drop(node);
      else unknown(key.str(), node, keys);
    }
    if (!has_error(out_.findings)) out_.map = std::move(map_);
  }

 private:
  void fault(std::string_view id, const toml::node& at, std::vector<std::string> args = {}) {
    out_.findings.push_back({Severity::error, {id, std::string(file_name_) + ':' + std::to_string(at.source().begin.line), std::move(args)}});
  }

  void unknown(std::string_view key, const toml::node& at, const std::vector<std::string_view>& known) {
    const auto likely = closest(key, known);
    if (likely.empty()) fault("mapping.map_unknown", at);
    else fault("mapping.map_unknown_like", at, {std::string(likely)});
  }

  std::string text(const toml::node& node) {
    if (const auto* s = node.as_string()) return s->get();
    fault("mapping.map_type", node, {"\"...\""});
    return {};
  }

  // One string or several.
  std::vector<std::pair<std::string, const toml::node*>> texts(const toml::node& node) {
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

  template <class Take>
  void each(const toml::node& node, Take take) {
    const auto* table = node.as_table();
    if (!table) return fault("mapping.map_type", node, {"[...]"});
    for (const auto& [key, value] : *table) take(key.str(), value);
  }

  bool known_member(std::string_view member, const toml::node& at, const std::vector<std::string_view>& among) {
    if (std::find(among.begin(), among.end(), member) != among.end()) return true;
    unknown(member, at, among);
    return false;
  }

  std::optional<hl7::Path> path(const std::string& text, const toml::node& at) {
    auto parsed = hl7::parse_path(text);
    if (parsed && parsed->field > 0) return *parsed;
    fault("mapping.map_path", at);
    return std::nullopt;
  }

  void read_dates(const toml::node& node) {
    for (const auto& [form, at] : texts(node)) {
      if (date_form_is_good(form)) map_.dates.push_back(form);
      else fault("mapping.map_date_form", *at);
    }
  }

  void read_take(std::string_view member, const toml::node& node) {
    if (!known_member(member, node, member_names())) return;
    FeedMap::Take take{std::string(member), {}};
    for (const auto& [place, at] : texts(node))
      if (auto p = path(place, *at)) take.places.push_back(std::move(*p));
    auto& list = member.starts_with("observation.") ? map_.observation : map_.report;
    list.push_back(std::move(take));
  }

  void read_table(std::string_view member, const toml::node& node) {
    if (!known_member(member, node, translated_names())) return;
    auto& table = map_.tables[std::string(member)];
    each(node, [&](std::string_view theirs, const toml::node& ours) {
      auto word = text(ours);
      if (check_word(member, word, ours)) table[std::string(theirs)] = std::move(word);
    });
  }

  void read_default(std::string_view member, const toml::node& node) {
    if (!known_member(member, node, member_names())) return;
    auto word = text(node);
    if (check_word(member, word, node)) map_.defaults[std::string(member)] = std::move(word);
  }

  // Words of closed sets and times are checked here, not when the first message comes.
  bool check_word(std::string_view member, const std::string& word, const toml::node& at) {
    if (member == "patient_class") {
      static constexpr std::string_view words[] = {"outpatient", "inpatient", "emergency", "checkup"};
      if (std::find(std::begin(words), std::end(words), word) != std::end(words)) return true;
      fault("mapping.map_value", at, {"outpatient | inpatient | emergency | checkup"});
      return false;
    }
    model::LabReport report;
    model::Observation observation;
    const auto target = member.starts_with("observation.") ? observation_member(observation, member) : report_member(report, member);
    if (assign(target, word, 0, map_.dates)) return true;
    const bool sex = std::holds_alternative<model::Sex*>(target), status = std::holds_alternative<model::Status*>(target);
    if (sex) fault("mapping.map_value", at, {"male | female | unknown | not_stated"});
    else if (status) fault("mapping.map_value", at, {"final | corrected | preliminary | cannot_obtain | withdrawn | unknown"});
    else fault("mapping.map_type", at, {"2026-11-22"});
    return false;
  }

  void read_drop(const toml::node& node) {
    const auto* list = node.as_array();
    if (!list) return fault("mapping.map_type", node, {"[[drop]]"});
    static const std::vector<std::string_view> keys{"place", "values"};
    for (const auto& item : *list) {
      FeedMap::Drop drop;
      each(item, [&](std::string_view key, const toml::node& value) {
        if (key == "place") {
          if (auto p = path(text(value), value)) drop.place = std::move(*p);
        } else if (key == "values") {
          for (auto& [word, at] : texts(value)) drop.values.push_back(word);
        } else {
          unknown(key, value, keys);
        }
      });
      if (drop.place.segment != "OBX") fault("mapping.map_path", item);
      map_.drop.push_back(std::move(drop));
    }
  }

  std::string_view file_name_;
  ParsedMap& out_;
  FeedMap map_;
};

}  // namespace

ParsedMap parse_map(std::string_view text, std::string_view file_name) {
  ParsedMap out;
  if (const auto bad = invalid_utf8(text)) {
    out.findings.push_back({Severity::error, {"text.undecodable", std::string(file_name), {std::to_string(*bad), "UTF-8"}}});
    return out;
  }
  const auto parsed = toml::parse(text);
  if (parsed) {
    MapReader(file_name, out).run(parsed.table());
  } else {
    const auto& e = parsed.error();
    out.findings.push_back({Severity::error, {"mapping.map_syntax", std::string(file_name) + ':' + std::to_string(e.source().begin.line), {std::string(e.description())}}});
  }
  return out;
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
