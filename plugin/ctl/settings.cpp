// huren-ctl config, probe: partners and agreements of local.toml as the console edits them, with the same history; the way to a
// partner step by step. Promises: what does not parse as a whole is not written; what was there before can be put back.
#include <algorithm>
#include <map>
#include <nlohmann/json.hpp>

#include "console/files.hpp"
#include "console/preview.hpp"
#include "console/probe.hpp"
#include "core/config/edit.hpp"
#include "core/config/values.hpp"
#include "ctl/place.hpp"
#include "ctl/progress.hpp"
#include "engine/audit.hpp"
#include "engine/files.hpp"

namespace huren::ctl {
namespace {

namespace fs = std::filesystem;
constexpr const char* kFile = "local.toml";

fs::path file_of(const Place& place) { return fs::path(place.config_dir) / kFile; }
std::string read(const Place& place) { return engine::read_file(file_of(place)).value_or(""); }
console::History history_of(const Place& place) { return console::History(place.data + "/console/history"); }

bool good_path(std::string_view path) {
  const auto dot = path.find('.');
  const auto table = path.substr(0, dot), name = dot == path.npos ? std::string_view() : path.substr(dot + 1);
  return (table == "partner" || table == "agreement") && !name.empty() && name.size() <= 64 && name.find_first_not_of("abcdefghijklmnopqrstuvwxyz0123456789_") == name.npos;
}

using Assignments = std::map<std::string, std::optional<std::string>>;
std::optional<Assignments> values_of(Place& place, const std::vector<std::string>& words) {
  Assignments values;
  for (const auto& a : words) {
    const auto equals = a.find('=');
    if (equals == a.npos || equals == 0) {
      place.failed({"ctl.config_assignment", "KEY=VALUE", {a}});
      return std::nullopt;
    }
    const auto value = a.substr(equals + 1);
    values[a.substr(0, equals)] = value.empty() ? std::nullopt : std::optional(value);
  }
  return values;
}

int put(Place& place, const std::string& path, const std::string& text, const char* what, bool dry_run) {
  const auto parsed = config::parse(text, kFile);
  if (has_error(parsed.findings)) {
    for (const auto& f : parsed.findings) place.failed(f.error);
    place.failed({"console.not_saved", path, {}});
    return kUnusable;
  }
  if (dry_run) {
    place.out << config::table_text(text, path);
    return kOk;
  }
  auto history = history_of(place);
  const auto now = engine::Clock().now_ms();
  if (auto r = history.save(file_of(place), text, {.id = "", .file = kFile, .who = operator_name(), .what = what, .part = path, .at_ms = now}); !r) {
    place.failed(r.error());
    return kUnusable;
  }
  if (place.open_store()) {
    auto noted = place.store->transact([&](store::Unit& unit) { return engine::audit(unit, now, "console.changed", {operator_name(), "config:" + path, what}, {}); });
    if (!noted) place.failed(noted.error());
  }
  place.out << place.say("已保存；在管理页面点“立即生效”，或 systemctl reload huren-agent 后生效", "saved; in force by the console's button or systemctl reload huren-agent") << "\n";
  return kOk;
}

}  // namespace

int config_show(Place& place, const std::string& path) {
  auto list = nlohmann::ordered_json::array();
  std::vector<std::vector<std::string>> table{{place.say("表", "table"), place.say("项", "key"), place.say("值", "value")}};
  for (const auto& s : config::read_sections(read(place), kFile).rows) {
    const auto name = s.table + "." + s.name;
    if (s.name.empty() || (!path.empty() && name != path)) continue;
    nlohmann::ordered_json values;
    for (const auto& [key, value] : s.values) {
      values[key] = value.text;
      if (value.line > 0) table.push_back({name, key, value.text});
    }
    list.push_back({{"table", name}, {"values", std::move(values)}});
  }
  return print_rows(place, list, table);
}

int config_set(Place& place, const std::string& path, const std::vector<std::string>& assignments, bool dry_run) {
  if (!good_path(path)) {
    place.failed({"ctl.config_path", "TABLE", {path}});
    return kUnusable;
  }
  const auto values = values_of(place, assignments);
  if (!values) return kUnusable;
  auto text = config::edit_table(read(place), path, *values);
  if (!text) {
    place.failed(text.error());
    return kUnusable;
  }
  return put(place, path, *text, "saved", dry_run);
}

int config_remove(Place& place, const std::string& path, bool dry_run) {
  const auto there = read(place);
  if (!good_path(path)) {
    place.failed({"ctl.config_path", "TABLE", {path}});
    return kUnusable;
  }
  const auto rows = config::read_sections(there, kFile).rows;
  if (std::none_of(rows.begin(), rows.end(), [&](const auto& s) { return s.table + "." + s.name == path; })) {
    place.failed({"ctl.no_table", "", {path}});
    return kUnusable;
  }
  auto text = config::remove_table(there, path);
  if (!text) {
    place.failed(text.error());
    return kUnusable;
  }
  return put(place, path, *text, "removed", dry_run);
}

int config_history(Place& place) {
  auto all = history_of(place).list();
  auto list = nlohmann::ordered_json::array();
  std::vector<std::vector<std::string>> table{{"id", place.say("时间", "time"), place.say("谁", "who"), place.say("做了什么", "what"), place.say("对象", "object")}};
  if (all)
    for (const auto& c : *all) {
      const auto at = local_time(c.at_ms, place.config.hospital.offset_minutes), object = c.part.empty() ? c.file : c.part;
      list.push_back({{"id", c.id}, {"at", json_time(c.at_ms, place.config.hospital.offset_minutes)}, {"who", c.who}, {"what", c.what}, {"object", object}});
      table.push_back({c.id, at, c.who, c.what, object});
    }
  return print_rows(place, list, table);
}

int config_restore(Place& place, const std::string& id, bool dry_run) {
  auto history = history_of(place);
  const auto all = history.list();
  const auto before = history.before(id);
  const auto change = all ? std::find_if(all->begin(), all->end(), [&](const auto& c) { return c.id == id && c.file == kFile; }) : std::vector<console::Change>::const_iterator{};
  if (!all || !before || change == all->end()) {
    place.failed({"ctl.no_change", "", {id, "config"}});
    return kUnusable;
  }
  std::string text = read(place);
  if (!config::table_text(text, change->part).empty()) {
    auto without = config::remove_table(text, change->part);
    if (!without) {
      place.failed(without.error());
      return kUnusable;
    }
    text = std::move(*without);
  }
  if (const auto was = config::table_text(*before, change->part); !was.empty()) text += (text.ends_with("\n\n") ? "" : "\n") + was;
  return put(place, change->part, text, "restored", dry_run);
}

// What the table's keys would have made of the suggestions of the last month; nothing is written.
int config_preview(Place& place, const std::string& path, const std::vector<std::string>& assignments) {
  const auto values = values_of(place, assignments);
  if (!values) return kUnusable;
  if (!good_path(path) || !path.starts_with("agreement.")) {
    place.failed({"ctl.config_path", "TABLE", {path}});
    return kUnusable;
  }
  auto text = config::edit_table(read(place), path, *values);
  if (!text) {
    place.failed(text.error());
    return kUnusable;
  }
  const auto parsed = config::parse(*text, kFile);
  if (has_error(parsed.findings)) {
    for (const auto& f : parsed.findings) place.failed(f.error);
    return kUnusable;
  }
  return with_context(place, [&](const engine::Context& context) {
    const Progress progress(place, place.say("正在按新协议重算", "deciding again"));
    const auto effect = console::preview(context, parsed.config.agreements);
    if (!effect) {
      place.failed(effect.error());
      return kUnusable;
    }
    if (place.json) {
      place.out << effect->dump(2) << "\n";
      return kOk;
    }
    const auto counts = [](const nlohmann::ordered_json& c) {
      std::string words;
      for (const auto& [outcome, n] : c.items()) words += (words.empty() ? "" : ", ") + outcome + " " + std::to_string(n.get<int>());
      return words;
    };
    std::vector<std::vector<std::string>> table{{place.say("项目", "item"), place.say("医嘱", "orders"), place.say("当时", "then"), place.say("按新协议", "now")}};
    for (const auto& row : (*effect)["items"]) table.push_back({row["item"], std::to_string(row["orders"].get<int>()), counts(row["before"]), counts(row["after"])});
    print_table(place.out, table);
    const auto n = [&](const char* key) { return std::to_string((*effect)[key].get<int>()); };
    place.out << place.say("近 ", "orders of the last ") << n("days") << place.say(" 天的医嘱 ", " days: ") << n("orders") << place.say("，结果不同 ", ", different: ") << n("changed")
              << place.say("，已清理无法重算 ", ", gone: ") << n("unreadable") << "\n";
    return kOk;
  });
}

// to: HOST:PORT, or a partner of local.toml with what stands there.
int probe(Place& place, const std::string& to, std::string server_name, std::string fingerprint) {
  std::string address = to;
  bool tls = true;
  for (const auto& partner : place.config.partners) {
    if (partner.code != to) continue;
    const auto option = [&](const char* key) {
      const auto it = partner.options.find(key);
      return it == partner.options.end() ? std::string() : it->second;
    };
    address = option("address");
    tls = option("tls") != "false";
    if (server_name.empty()) server_name = option("server_name");
    if (fingerprint.empty()) fingerprint = option("certificate_sha256");
  }
  const auto file = [&](const char* key) {
    const auto it = place.config.listener.find(key);
    return it == place.config.listener.end() || it->second.empty() ? std::string() : (fs::path(place.config_dir) / it->second).string();
  };
  const auto found = console::probe({.address = address, .server_name = server_name, .fingerprint = fingerprint, .certificate = file("certificate"), .private_key = file("private_key"),
                                     .trust = file("trust"), .tls = tls, .timeout_ms = 5000, .now_ms = engine::Clock().now_ms()});
  if (place.json) {
    place.out << found.dump(2) << "\n";
    return found["ok"] ? kOk : kFindings;
  }
  for (const auto& step : found["steps"]) {
    const std::string state = step["state"];
    place.out << (state == "ok" ? "[ok]   " : state == "failed" ? "[FAIL] " : "[--]   ") << step["step"].get<std::string>() << "  " << step["found"].get<std::string>() << "\n";
    if (state == "failed") place.out << "       -> " << step["error"][place.language == Language::zh ? "zh" : "en"].get<std::string>() << "\n";
  }
  return found["ok"] ? kOk : kFindings;
}

}  // namespace huren::ctl
