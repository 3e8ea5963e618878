// huren-ctl codes map, set, remove, history, restore; huren-ctl calendar: what the console's pages of tables and mapping do.
#include <algorithm>
#include <nlohmann/json.hpp>

#include "console/calendar.hpp"
#include "console/tables.hpp"
#include "ctl/place.hpp"
#include "engine/audit.hpp"
#include "engine/codes.hpp"

namespace huren::ctl {
namespace {

using Json = nlohmann::ordered_json;

console::History history_of(const Place& place) { return console::History(place.data + "/console/history"); }

int refuse(Place& place, const Error& error, const Findings& findings = {}) {
  for (const auto& f : findings) place.failed(f.error);
  place.failed(error);
  return kUnusable;
}

// Written with history and audit, as the console writes it.
int put(Place& place, std::string_view table, const std::string& text, const char* what, bool dry_run) {
  const console::Tables tables(place.config_dir);
  auto history = history_of(place);
  const auto now = engine::Clock().now_ms();
  const console::Change change{.id = "", .file = "", .who = operator_name(), .what = what, .part = "", .at_ms = now};
  if (const auto refused = tables.put(history, table, text, change, dry_run)) return refuse(place, refused->error, refused->findings);
  if (dry_run) {
    place.out << place.say("没有错误；演练，未改动", "no faults; a dry run, unchanged") << "\n";
    return kOk;
  }
  if (place.open_store()) {
    auto noted = place.store->transact([&](store::Unit& unit) { return engine::audit(unit, now, "console.changed", {operator_name(), "config:" + std::string(table), what}, {}); });
    if (!noted) place.failed(noted.error());
  }
  place.out << place.say("已保存；在管理页面点“立即生效”，或 systemctl reload huren-agent 后生效", "saved; in force by the console's button or systemctl reload huren-agent") << "\n";
  return kOk;
}

std::string file_name(const std::string& table) { return table.ends_with(".csv") ? table : table + ".csv"; }

std::optional<console::Values> assignments_of(Place& place, const std::vector<std::string>& words) {
  console::Values out;
  for (const auto& w : words) {
    const auto equals = w.find('=');
    if (equals == w.npos || equals == 0) {
      place.failed({"ctl.config_assignment", "KEY=VALUE", {w}});
      return std::nullopt;
    }
    out[w.substr(0, equals)] = w.substr(equals + 1);
  }
  return out;
}

Date today_of(const Place& place) { return terminology::day_of(engine::Clock().now_ms(), place.config.hospital.offset_minutes); }

bool is_mapped(const Json& row) { return !row["item"].get<std::string>().empty() || !row["panel"].get<std::string>().empty(); }

std::string target(const Json& what) { return what["item"].get<std::string>().empty() ? what["panel"].get<std::string>() : what["item"].get<std::string>(); }

}  // namespace

int map_list(Place& place, const MapWishes& wishes) {
  const auto outcome = console::Tables(place.config_dir).mapping(today_of(place));
  if (outcome.refused) return refuse(place, outcome.refused->error, outcome.refused->findings);
  const char* language = place.language == Language::zh ? "zh" : "en";
  auto list = Json::array();
  std::vector<std::vector<std::string>> table{{place.say("本院代码", "code"), place.say("名称", "name"), place.say("单位", "unit"), place.say("标准项目", "item"),
                                               place.say("能否互认", "verdict"), place.say("建议（分数）与依据", "suggestion (score) and evidence")}};
  for (const auto& row : outcome.json["items"]) {
    if (wishes.show != "all" && is_mapped(row) != (wishes.show == "mapped")) continue;
    if (!wishes.find.empty() && (row["code"].get<std::string>() + " " + row["name"].get<std::string>() + " " + target(row)).find(wishes.find) == std::string::npos) continue;
    if (static_cast<int>(list.size()) == wishes.limit) break;
    list.push_back(row);
    std::string words;
    if (!row["suggestions"].empty()) {
      const auto& s = row["suggestions"][0];
      words = target(s) + " " + s[language].get<std::string>() + " (" + std::to_string(s["score"].get<int>()) + ")";
      for (const auto& e : s["evidence"]) words += "; " + e[language].get<std::string>();
    }
    table.push_back({row["code"], row["name"], row["unit"], target(row), row["verdict"], words});
  }
  if (place.json) {
    auto out = outcome.json;
    out["items"] = std::move(list);
    place.out << out.dump(2) << "\n";
    return kOk;
  }
  print_table(place.out, table);
  const auto n = [&](const char* key) { return std::to_string(outcome.json[key].get<int>()); };
  place.err << place.say("已对照 ", "mapped ") << n("mapped") << " / " << outcome.json["items"].size() << place.say("；可互认 ", "; recognisable ") << n("recognisable")
            << place.say("，仅供参考 ", ", advisory ") << n("advisory") << place.say("，不能互认 ", ", never ") << n("never") << "\n";
  return kOk;
}

// words: "CODE" takes its first suggestion, "CODE=ITEM" that item or panel. least: every unmapped one whose suggestion scores so much.
int map_accept(Place& place, const std::vector<std::string>& words, int least, bool dry_run) {
  const console::Tables tables(place.config_dir);
  const auto outcome = tables.mapping(today_of(place));
  if (outcome.refused) return refuse(place, outcome.refused->error, outcome.refused->findings);
  const auto codes = tables.load();
  std::map<std::string, std::string> wanted;
  for (const auto& w : words) wanted[w.substr(0, w.find('='))] = w.find('=') == w.npos ? "" : w.substr(w.find('=') + 1);
  std::vector<console::Mapped> wishes;
  for (const auto& row : outcome.json["items"]) {
    const auto code = row["code"].get<std::string>();
    console::Mapped m{.code = code, .name = row["name"], .unit = row["unit"], .item = "", .panel = ""};
    const auto it = wanted.find(code);
    const bool by_score = least > 0 && !is_mapped(row) && !row["suggestions"].empty() && row["suggestions"][0]["score"].get<int>() >= least;
    if (it != wanted.end() && !it->second.empty()) {
      (codes.set && codes.set->panel(it->second, today_of(place)) ? m.panel : m.item) = it->second;
    } else if (it != wanted.end() || by_score) {
      if (row["suggestions"].empty()) return refuse(place, {"ctl.map_nothing", code, {code}});
      m.item = row["suggestions"][0]["item"];
      m.panel = row["suggestions"][0]["panel"];
    } else {
      continue;
    }
    if (it != wanted.end()) wanted.erase(it);
    place.out << m.code << "  " << m.name << " -> " << (m.item.empty() ? m.panel : m.item) << "\n";
    wishes.push_back(std::move(m));
  }
  if (!wanted.empty()) return refuse(place, {"ctl.map_unknown", wanted.begin()->first, {wanted.begin()->first}});
  if (wishes.empty()) return refuse(place, {"ctl.map_none", "--score", {std::to_string(least)}});
  const auto text = console::with_mapping(tables.own(console::kLocal), wishes);
  if (!text) return refuse(place, text.error());
  return put(place, console::kLocal, *text, "mapped", dry_run);
}

int map_remove(Place& place, const std::vector<std::string>& items, bool dry_run) {
  const console::Tables tables(place.config_dir);
  const auto codes = tables.load();
  std::vector<console::Mapped> wishes;
  for (const auto& code : items) {
    if (!codes.set || !codes.set->local_item(code, today_of(place))) return refuse(place, {"ctl.map_unknown", code, {code}});
    wishes.push_back({.code = code, .name = "", .unit = "", .item = "", .panel = ""});
  }
  const auto text = console::with_mapping(tables.own(console::kLocal), wishes);
  if (!text) return refuse(place, text.error());
  return put(place, console::kLocal, *text, "mapped", dry_run);
}

int codes_row(Place& place, const std::string& table, const std::vector<std::string>& words, bool remove, bool dry_run) {
  const auto values = assignments_of(place, words);
  if (!values) return kUnusable;
  const auto* spec = terminology::spec_of(file_name(table));
  if (!spec || !console::Tables::known(spec->name)) return refuse(place, {"ctl.codes_table", "", {table, table_list()}});
  for (const auto& [name, value] : *values)
    if (spec->place(name) < 0) {
      std::string columns;
      for (const auto& column : spec->columns) columns += (columns.empty() ? "" : ", ") + std::string(column.name);
      return refuse(place, {"ctl.codes_column", "", {file_name(table), name, columns}});
    }
  const console::Tables tables(place.config_dir);
  const auto text = tables.row_text(file_name(table), *values, *values, remove);  // the row of the same key, or a new one
  if (!text) return refuse(place, text.error());
  return put(place, file_name(table), *text, remove ? "removed" : "saved", dry_run);
}

int codes_catalogue(Place& place, const std::string& text, bool dry_run) { return put(place, console::kCatalogue, text, "imported", dry_run); }

int codes_history(Place& place) {
  auto all = history_of(place).list();
  auto list = Json::array();
  std::vector<std::vector<std::string>> table{{"id", place.say("时间", "time"), place.say("谁", "who"), place.say("做了什么", "what"), place.say("编码表", "table")}};
  if (all)
    for (const auto& c : *all) {
      if (!console::Tables::known(c.file) && c.file != console::kCatalogue) continue;
      const auto at = local_time(c.at_ms, place.config.hospital.offset_minutes);
      list.push_back({{"id", c.id}, {"at", json_time(c.at_ms, place.config.hospital.offset_minutes)}, {"who", c.who}, {"what", c.what}, {"table", c.file}});
      table.push_back({c.id, at, c.who, c.what, c.file});
    }
  return print_rows(place, list, table);
}

int codes_restore(Place& place, const std::string& id, bool dry_run) {
  auto history = history_of(place);
  const auto all = history.list();
  const auto before = history.before(id);
  if (all && before)
    for (const auto& c : *all)
      if (c.id == id && (console::Tables::known(c.file) || c.file == console::kCatalogue)) return put(place, c.file, *before, "restored", dry_run);
  return refuse(place, {"ctl.no_change", "", {id, "codes"}});
}

int calendar(Place& place) {
  const auto codes = engine::load_codes(place.config, place.config_dir);
  if (!codes.set) return refuse(place, {"console.tables_faulty", "", {}}, codes.findings);
  const auto ends = console::calendar(place.config, place.config_dir, *codes.set, engine::Clock().now_ms());
  if (place.json) {
    place.out << ends.dump(2) << "\n";
    return kOk;
  }
  const auto word = [&](const std::string& kind) {
    return kind == "certificate" ? place.say("本院证书", "own certificate") : kind == "trust" ? place.say("信任机构", "trusted authority") : kind == "agreement" ? place.say("协议", "agreement")
           : kind == "eqa" ? place.say("室间质评", "EQA pass") : place.say("HR 标识", "HR mark");
  };
  std::vector<std::vector<std::string>> table{{place.say("截止", "until"), place.say("类别", "kind"), place.say("名称", "name"), place.say("状态", "state")}};
  bool over = false;
  for (const auto& row : ends["rows"]) {
    over = over || row["over"].get<bool>();
    table.push_back({row["until"], word(row["kind"]), row["name"], row["over"].get<bool>() ? place.say("已到期", "over") : ""});
  }
  print_table(place.out, table);
  return over ? kFindings : kOk;
}

}  // namespace huren::ctl
