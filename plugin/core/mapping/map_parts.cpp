// The parts of a map of tables or XML: events, how rows are found, where results go, how a vendor's service is spoken to.
#include <algorithm>

#include "core/base/text.hpp"
#include "core/mapping/event_members.hpp"
#include "core/mapping/map_reader.hpp"
#include "core/mapping/write_back.hpp"

namespace huren::mapping {
namespace {

using Kind = FeedMap::Kind;

std::string column(MapValues& in, const toml::node& node) {
  auto name = in.text(node);
  if (node.is_string() && !sql_name(name)) in.fault("mapping.map_column", node);
  return name;
}

std::vector<std::string> columns(MapValues& in, const toml::node& node) {
  std::vector<std::string> out;
  for (auto& [name, at] : in.texts(node)) {
    if (!sql_name(name)) in.fault("mapping.map_column", *at);
    out.push_back(std::move(name));
  }
  return out;
}

std::string table_name(MapValues& in, const toml::node& node) {
  auto name = in.text(node);
  if (node.is_string() && !sql_table(name)) in.fault("mapping.map_column", node);
  return name;
}

TableRead read_read(MapValues& in, const toml::node& node) {
  static const std::vector<std::string_view> keys{"table", "key", "order", "cursor", "cursor_is_time", "overlap_s", "flag", "pending", "done", "failed"};
  TableRead out;
  in.each(node, [&](std::string_view key, const toml::node& value) {
    if (!in.known(key, value, keys)) return;
    if (key == "table") out.table = table_name(in, value);
    else if (key == "key") out.key = columns(in, value);
    else if (key == "order") out.order = column(in, value);
    else if (key == "cursor") out.cursor = column(in, value);
    else if (key == "cursor_is_time") out.cursor_is_time = in.flag(value);
    else if (key == "overlap_s") out.overlap_s = in.number(value, 0, 86'400);
    else if (key == "flag") out.flag = column(in, value);
    else if (key == "pending") out.pending = in.text(value);
    else if (key == "done") out.done = in.text(value);
    else out.failed = in.text(value);
  });
  if (out.table.empty() || out.key.empty()) in.fault("mapping.map_read", node);
  if (out.cursor.empty() == out.flag.empty()) in.fault("mapping.map_cursor", node);
  if (!out.flag.empty() && (out.pending.empty() || out.done.empty() || out.failed.empty())) in.fault("mapping.map_flag", node);
  return out;
}

}  // namespace

EventMap read_event(MapValues& in, Kind kind, const std::vector<std::string>& dates, std::string_view name, const toml::node& node) {
  static const std::vector<std::string_view> keys{"type", "match", "items", "from", "defaults", "when", "drop", "read"};
  EventMap out;
  out.name = std::string(name);
  // Which members are right depends on the type.
  const auto& types = mapped_types();
  bool foreign = false;
  in.each(node, [&](std::string_view key, const toml::node& value) {
    if (key != "type") return;
    out.type = in.text(value);
    if (!value.is_string() || std::find(types.begin(), types.end(), out.type) != types.end()) return;
    foreign = true;
    if (!closest(out.type, types).empty()) return in.unknown(out.type, value, types);
    std::string all;
    for (const auto type : types) all += (all.empty() ? "" : ", ") + std::string(type);
    in.fault("mapping.map_no_type", value, {out.type, all});
  });
  if (out.type.empty()) in.fault("mapping.map_event_type", node);
  const MapScope scope{kind, out.type};
  in.each(node, [&](std::string_view key, const toml::node& value) {
    if (key == "type" || !in.known(key, value, keys)) return;
    if (foreign && (key == "from" || key == "defaults" || key == "when")) return;  // its members are not known
    if (key == "match" && kind == Kind::xml) in.every(value, [&](const toml::node& n) { out.match.push_back(read_condition(in, scope, n)); });
    else if (key == "items" && kind == Kind::xml) {
      if (auto p = read_place(in, scope, in.text(value), value)) out.items = std::move(*p);
    }
    else if (key == "from") read_from(in, scope, value, [&](Take t) { out.from.push_back(std::move(t)); });
    else if (key == "defaults") read_constants(in, scope, dates, value, out.defaults);
    else if (key == "when") in.every(value, [&](const toml::node& n) { out.when.push_back(read_when(in, scope, dates, n)); });
    else if (key == "drop") in.every(value, [&](const toml::node& n) { out.drop.push_back(read_condition(in, scope, n)); });
    else if (key == "read" && kind == Kind::table) out.read = read_read(in, value);
    else in.fault("mapping.map_misplaced", value, {key == "read" ? "kind = \"table\"" : "kind = \"xml\""});
  });
  if (kind == Kind::table && !out.read) in.fault("mapping.map_read", node);
  return out;
}

TableWrite read_write(MapValues& in, const toml::node& node) {
  static const std::vector<std::string_view> keys{"table", "key", "columns"};
  TableWrite out;
  in.each(node, [&](std::string_view key, const toml::node& value) {
    if (!in.known(key, value, keys)) return;
    if (key == "table") out.table = table_name(in, value);
    else if (key == "key") out.key = columns(in, value);
    else in.each(value, [&](std::string_view name, const toml::node& member) {
      if (!sql_name(name)) in.fault("mapping.map_column", member);
      auto from = in.text(member);
      if (member.is_string() && in.known(from, member, written_names())) out.columns.emplace_back(std::string(name), std::move(from));
    });
  });
  const auto has = [&](const std::string& c) { return std::any_of(out.columns.begin(), out.columns.end(), [&](const auto& column) { return column.first == c; }); };
  if (out.table.empty() || out.key.empty() || !std::all_of(out.key.begin(), out.key.end(), has)) in.fault("mapping.map_write", node);
  return out;
}

SoapMap read_soap(MapValues& in, const toml::node& node) {
  static const std::vector<std::string_view> keys{"namespace", "operation", "parameter", "result", "answer", "accepted", "refused", "busy", "pull", "push"};
  static const std::vector<std::string_view> call_keys{"namespace", "operation", "action", "request", "result", "items", "cursor", "good"};
  SoapMap out;
  out.declared = true;
  const MapScope scope{Kind::xml, "lab.report.released/1"};
  const auto name = [&](const toml::node& value) {
    auto text = in.text(value);
    const auto path = parse_xml_path(text);
    if (value.is_string() && (!path || path->steps.size() != 1 || path->from_root || !path->attribute.empty() || !printable_ascii(text))) in.fault("mapping.map_xml_path", value);
    return text;
  };
  in.each(node, [&](std::string_view key, const toml::node& value) {
    if (!in.known(key, value, keys)) return;
    if (key == "namespace") out.space = in.text(value);
    else if (key == "operation") out.operation = name(value);
    else if (key == "parameter") out.parameter = name(value);
    else if (key == "result") out.result = name(value);
    else if (key == "answer") out.answer = in.text(value);
    else if (key == "accepted") out.accepted = in.text(value);
    else if (key == "refused") out.refused = in.text(value);
    else if (key == "busy") out.busy = in.text(value);
    else {
      auto& call = key == "pull" ? out.pull : out.push;
      in.each(value, [&](std::string_view k, const toml::node& v) {
        if (!in.known(k, v, call_keys)) return;
        if (k == "namespace") call.space = in.text(v);
        else if (k == "operation") call.operation = name(v);
        else if (k == "action") call.action = in.text(v);
        else if (k == "request") call.request = in.text(v);
        else if (k == "result") call.result = name(v);
        else if (k == "items" && key == "pull") {
          if (auto p = read_place(in, scope, in.text(v), v)) out.pulled = std::move(*p);
        } else if (k == "cursor" && key == "pull") out.pull_cursor = in.text(v);
        else if (k == "good" && key == "push") out.pushed_well = read_condition(in, scope, v);
        else in.fault("mapping.map_misplaced", v, {key == "pull" ? "[soap.push]" : "[soap.pull]"});
      });
      if (call.operation.empty() || call.request.empty()) in.fault("mapping.map_call", value);
    }
  });
  return out;
}

}  // namespace huren::mapping
