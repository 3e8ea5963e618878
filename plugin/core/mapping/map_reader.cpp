// A map's top and the parts that all kinds of products share: places, constants, conditions.
#include "core/mapping/map_reader.hpp"

#include <algorithm>
#include <charconv>

#include "core/base/text.hpp"
#include "core/mapping/event_members.hpp"
#include "core/mapping/members.hpp"

namespace huren::mapping {
namespace {

using Kind = FeedMap::Kind;

class MapReader {
 public:
  MapReader(std::string_view file_name, ParsedMap& out) : in_(file_name, out.findings), out_(out) { map_.name = std::string(file_name.substr(0, file_name.rfind('.'))); }

  void run(const toml::table& root) {
    // What the other keys are read by comes first, wherever it stands.
    for (const auto* early : {"kind", "dates"})
      in_.each(root, [&](std::string_view key, const toml::node& node) {
        if (key == early) read(key, node);
      });
    in_.each(root, [&](std::string_view key, const toml::node& node) {
      if (key != "kind" && key != "dates") read(key, node);
    });
    if (map_.kind != Kind::hl7v2 && map_.events.empty() && !has_error(out_.findings)) in_.fault("mapping.map_no_event", root);
    if (!has_error(out_.findings)) out_.map = std::move(map_);
  }

 private:
  void read(std::string_view key, const toml::node& node) {
    static const std::vector<std::string_view> keys{"title", "kind", "dates", "from", "tables", "defaults", "drop", "when", "event", "write", "soap"};
    if (!in_.known(key, node, keys)) return;
    const MapScope scope{map_.kind, "lab.report.released/1"};
    const bool hl7 = map_.kind == Kind::hl7v2;
    if (key == "title") map_.title = in_.text(node);
    else if (key == "kind") read_kind(node);
    else if (key == "dates") read_dates(node);
    else if (key == "tables") in_.each(node, [&](std::string_view member, const toml::node& n) { read_table(member, n); });
    else if (key == "event" && !hl7) read_events(node);
    else if (key == "write" && !hl7) map_.write = read_write(in_, node);
    else if (key == "soap" && map_.kind == Kind::xml) map_.soap = read_soap(in_, node);
    else if (!hl7 || key == "event" || key == "write" || key == "soap") in_.fault("mapping.map_misplaced", node, {key == "event" || key == "write" ? "kind = \"table\" | \"xml\"" : key == "soap" ? "kind = \"xml\"" : "[event.NAME]"});
    else if (key == "from") read_from(in_, scope, node, [&](Take t) { (t.member.starts_with("observation.") ? map_.observation : map_.report).push_back(std::move(t)); });
    else if (key == "defaults") read_constants(in_, scope, map_.dates, node, map_.defaults);
    else if (key == "when") in_.every(node, [&](const toml::node& n) { map_.when.push_back(read_when(in_, scope, map_.dates, n)); });
    else in_.every(node, [&](const toml::node& n) { read_drop(scope, n); });
  }

  void read_kind(const toml::node& node) {
    const auto word = in_.text(node);
    if (word == "table") map_.kind = Kind::table;
    else if (word == "xml") map_.kind = Kind::xml;
    else if (word != "hl7v2") in_.fault("mapping.map_value", node, {"hl7v2 | table | xml"});
  }

  void read_dates(const toml::node& node) {
    for (const auto& [form, at] : in_.texts(node)) {
      if (date_form_is_good(form)) map_.dates.push_back(form);
      else in_.fault("mapping.map_date_form", *at);
    }
  }

  // In the order of the file, which toml++ does not keep: patients come before what speaks of them.
  void read_events(const toml::node& node) {
    std::vector<std::pair<toml::source_index, EventMap>> found;
    in_.each(node, [&](std::string_view name, const toml::node& n) { found.emplace_back(n.source().begin.line, read_event(in_, map_.kind, map_.dates, name, n)); });
    std::stable_sort(found.begin(), found.end(), [](const auto& a, const auto& b) { return a.first < b.first; });
    for (auto& [line, event] : found) map_.events.push_back(std::move(event));
  }

  void read_table(std::string_view member, const toml::node& node) {
    // Flat events have words of their own; what they may be is checked with the event.
    const bool flat = map_.kind != Kind::hl7v2 && !member.starts_with("observation.") && !member.starts_with("patient.");
    if (!flat && !in_.known(member, node, translated_names())) return;
    auto& table = map_.tables[std::string(member)];
    const auto& names = translated_names();
    const bool checked = std::find(names.begin(), names.end(), member) != names.end();
    in_.each(node, [&](std::string_view theirs, const toml::node& ours) {
      auto word = in_.text(ours);
      if (!checked || check_word(in_, {map_.kind, "lab.report.released/1"}, map_.dates, member, word, ours)) table[std::string(theirs)] = std::move(word);
    });
  }

  void read_drop(const MapScope& scope, const toml::node& item) {
    auto condition = read_condition(in_, scope, item);
    if (condition.place.path.segment != "OBX") in_.fault("mapping.map_path", item);
    map_.drop.push_back(std::move(condition));
  }

  MapValues in_;
  ParsedMap& out_;
  FeedMap map_;
};

}  // namespace

std::optional<Place> read_place(MapValues& in, const MapScope& scope, const std::string& text, const toml::node& at) {
  Place place{.text = text, .path = {}, .xml = {}};
  if (scope.kind == Kind::hl7v2) {
    auto parsed = hl7::parse_path(text);
    if (parsed && parsed->field > 0) {
      place.path = std::move(*parsed);
      return place;
    }
    in.fault("mapping.map_path", at);
  } else if (scope.kind == Kind::table) {
    if (sql_name(text)) return place;
    in.fault("mapping.map_column", at);
  } else {
    if (auto parsed = parse_xml_path(text)) {
      place.xml = std::move(*parsed);
      return place;
    }
    in.fault("mapping.map_xml_path", at);
  }
  return std::nullopt;
}

void read_from(MapValues& in, const MapScope& scope, const toml::node& node, const std::function<void(Take)>& take) {
  const auto names = member_names(scope.type);
  in.each(node, [&](std::string_view member, const toml::node& places) {
    if (!in.known(member, places, names)) return;
    Take t{std::string(member), {}};
    for (const auto& [place, at] : in.texts(places))
      if (auto p = read_place(in, scope, place, *at)) t.places.push_back(std::move(*p));
    take(std::move(t));
  });
}

bool check_word(MapValues& in, const MapScope& scope, const std::vector<std::string>& dates, std::string_view member, const std::string& word, const toml::node& at) {
  for (const auto& flat : flat_members(scope.type)) {
    if (flat.name != member || flat.kind != FlatKind::time || read_time(word, 0, dates)) continue;
    in.fault("mapping.map_type", at, {"2026-11-22"});
    return false;
  }
  if (!flat_members(scope.type).empty()) return true;
  if (member == "patient_class") {
    static constexpr std::string_view words[] = {"outpatient", "inpatient", "emergency", "checkup"};
    if (std::find(std::begin(words), std::end(words), word) != std::end(words)) return true;
    in.fault("mapping.map_value", at, {"outpatient | inpatient | emergency | checkup"});
    return false;
  }
  model::LabReport report;
  model::Observation observation;
  const auto target = member.starts_with("observation.") ? observation_member(observation, member) : report_member(report, member);
  if (assign(target, word, 0, dates)) return true;
  const bool sex = std::holds_alternative<model::Sex*>(target), status = std::holds_alternative<model::Status*>(target);
  if (sex) in.fault("mapping.map_value", at, {"male | female | unknown | not_stated"});
  else if (status) in.fault("mapping.map_value", at, {"final | corrected | preliminary | cannot_obtain | withdrawn | unknown"});
  else in.fault("mapping.map_type", at, {"2026-11-22"});
  return false;
}

void read_constants(MapValues& in, const MapScope& scope, const std::vector<std::string>& dates, const toml::node& node, Words& into) {
  const auto names = member_names(scope.type);
  in.each(node, [&](std::string_view member, const toml::node& value) {
    if (!in.known(member, value, names)) return;
    auto word = in.text(value);
    if (check_word(in, scope, dates, member, word, value)) into[std::string(member)] = std::move(word);
  });
}

Condition read_condition(MapValues& in, const MapScope& scope, const toml::node& node) {
  static const std::vector<std::string_view> keys{"place", "is", "is_not", "values", "present"};
  Condition out;
  in.each(node, [&](std::string_view key, const toml::node& value) {
    if (!in.known(key, value, keys)) return;
    if (key == "place") {
      if (auto p = read_place(in, scope, in.text(value), value)) out.place = std::move(*p);
    } else if (key == "present") {
      out.negated = !in.flag(value);
    } else {
      out.values = in.words(value);
      out.negated = key == "is_not";
    }
  });
  const auto* table = node.as_table();
  if (table && !table->contains("place")) in.fault("mapping.map_condition", node);
  return out;
}

When read_when(MapValues& in, const MapScope& scope, const std::vector<std::string>& dates, const toml::node& node) {
  static const std::vector<std::string_view> keys{"if", "from", "values", "skip"};
  When out;
  in.each(node, [&](std::string_view key, const toml::node& value) {
    if (!in.known(key, value, keys)) return;
    if (key == "if") in.every(value, [&](const toml::node& n) { out.all.push_back(read_condition(in, scope, n)); });
    else if (key == "from") read_from(in, scope, value, [&](Take t) { out.from.push_back(std::move(t)); });
    else if (key == "values") read_constants(in, scope, dates, value, out.values);
    else out.skip = in.flag(value);
  });
  if (out.all.empty()) in.fault("mapping.map_condition", node);
  return out;
}

ParsedMap parse_map(std::string_view text, std::string_view file_name) {
  ParsedMap out;
  if (const auto bad = invalid_utf8(text)) {
    out.findings.push_back({Severity::error, {"text.undecodable", std::string(file_name), {std::to_string(*bad), "UTF-8"}}});
    return out;
  }
  const auto parsed = toml::parse(text);
  if (parsed) {
    MapReader(file_name, out).run(parsed.table());
    // toml++ gives keys by name: people read a file from its top.
    const auto line = [&](const Finding& f) {
      int number = 0;
      const auto digits = std::string_view(f.error.where).substr(file_name.size() + 1);
      std::from_chars(digits.data(), digits.data() + digits.size(), number);
      return number;
    };
    std::stable_sort(out.findings.begin(), out.findings.end(), [&](const Finding& a, const Finding& b) { return line(a) < line(b); });
  } else {
    const auto& e = parsed.error();
    out.findings.push_back({Severity::error, {"mapping.map_syntax", std::string(file_name) + ':' + std::to_string(e.source().begin.line), {std::string(e.description())}}});
  }
  return out;
}

}  // namespace huren::mapping
