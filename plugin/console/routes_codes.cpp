// The code tables, and the workbench that maps the hospital's own items to the alliance's (console/tables.hpp).
#include <algorithm>
#include <array>

#include "console/console.hpp"
#include "console/secret.hpp"
#include "console/tables.hpp"

namespace huren::console {
namespace {

constexpr std::size_t kMostRows = 50'000;

Tables tables_of(const Call& call) { return Tables(call.console.ports.config_dir); }

Answer answer(const Outcome& outcome) { return outcome.refused ? failed(outcome.refused->error, outcome.refused->findings) : ok(outcome.json); }

Answer tables(Call&) {
  auto names = Json::array();
  for (const auto name : terminology::table_names()) names.push_back(name);
  return ok({{"tables", std::move(names)}});
}

Answer table(Call& call) { return answer(tables_of(call).shown(call.text("table"))); }

std::optional<Answer> changed_meanwhile(Call& call, std::string_view table, const std::string& now) {
  const auto version = call.text("version");
  if (now.empty() ? version.empty() : version == digest(now)) return std::nullopt;
  const auto last = call.console.history.newest(std::string(table), "");
  return failed({"console.changed_meanwhile", std::string(table), {last ? last->who : "?", last ? at(call, last->at_ms) : "?"}});
}

Answer put(Call& call, std::string_view name, const std::string& text, const std::string& what, bool dry_run) {
  const Change change{.id = "", .file = "", .who = call.session.user, .what = what, .part = "", .at_ms = call.context().clock.now_ms()};
  if (const auto refused = tables_of(call).put(call.console.history, name, text, change, dry_run)) return failed(refused->error, refused->findings);
  if (dry_run) return ok({{"saved", false}});
  if (auto r = note_change(call, std::string(name), what); !r) return failed(r.error());
  return ok({{"saved", true}});
}

Answer import(Call& call) {
  const auto name = call.text("table");
  if (!Tables::known(name) && name != kCatalogue) return failed({"console.unknown_object", "/table", {name.substr(0, 40)}});
  const std::lock_guard lock(call.console.history.mutex());
  if (auto conflict = changed_meanwhile(call, name, tables_of(call).own(name))) return std::move(*conflict);
  return put(call, name, call.text("csv"), "imported", call.flag("dry_run"));
}

std::optional<Values> values_of(const Call& call, const char* key) {
  if (!call.body.contains(key) || !call.body[key].is_object()) return std::nullopt;
  Values out;
  for (const auto& [name, value] : call.body[key].items())
    if (value.is_string()) out[name] = value.get<std::string>();
  return out;
}

// One row made, changed or taken out: {"table", "version", "row": {column: text}, "was": {key column: text}, "remove"}.
Answer row(Call& call) {
  const auto name = call.text("table");
  const std::lock_guard lock(call.console.history.mutex());
  if (!Tables::known(name)) return failed({"console.unknown_object", "/table", {name.substr(0, 40)}});
  if (auto conflict = changed_meanwhile(call, name, tables_of(call).own(name))) return std::move(*conflict);
  const bool remove = call.flag("remove");
  const auto text = tables_of(call).row_text(name, values_of(call, "row").value_or(Values{}), values_of(call, "was"), remove);
  if (!text) return failed(text.error());
  return put(call, name, *text, remove ? "removed" : "saved", call.flag("dry_run"));
}

Answer restore(Call& call) {
  const auto id = call.text("id");
  auto all = call.console.history.list();
  if (!all) return failed(all.error());
  const auto change = std::find_if(all->begin(), all->end(), [&](const Change& c) { return c.id == id; });
  if (change == all->end() || (!Tables::known(change->file) && change->file != kCatalogue)) return failed({"console.unknown_object", "/id", {id}});
  auto before = call.console.history.before(id);
  if (!before) return failed(before.error());
  const std::lock_guard lock(call.console.history.mutex());
  return put(call, change->file, *before, "restored", false);
}

Answer mapping(Call& call) { return answer(tables_of(call).mapping(call.context().today())); }
Answer items(Call& call) { return ok(standard_items(*call.context().codes, call.context().today())); }

// Many at once, one change: {"rows": [{code, name, item, panel, unit}]}; item and panel both empty: not mapped any more.
Answer accept(Call& call) {
  if (!call.body.contains("rows") || !call.body["rows"].is_array() || call.body["rows"].size() > kMostRows) return failed({"console.bad_body", "/rows", {}});
  const std::lock_guard lock(call.console.history.mutex());
  const auto own = tables_of(call).own(kLocal);
  if (auto conflict = changed_meanwhile(call, kLocal, own)) return std::move(*conflict);
  std::vector<Mapped> wishes;
  for (const auto& wish : call.body["rows"]) {
    const auto field = [&](const char* key) { return wish.is_object() && wish.contains(key) && wish[key].is_string() ? wish[key].get<std::string>() : std::string(); };
    wishes.push_back({field("code"), field("name"), field("unit"), field("item"), field("panel")});
  }
  const auto text = with_mapping(own, wishes);
  if (!text) return failed(text.error());
  return put(call, kLocal, *text, "mapped", false);
}

Answer export_own(Call& call) {
  const auto name = call.text("table");
  if (name != kCatalogue && !Tables::known(name)) return failed({"console.unknown_object", "/table", {name.substr(0, 40)}});
  return ok({{"table", name}, {"csv", tables_of(call).own(name)}});
}

constexpr std::array kRoutes{
    Route{"GET", "/codes/tables", Right::read, true, &tables},
    Route{"POST", "/codes/table", Right::read, true, &table},
    Route{"POST", "/codes/row", Right::codes, true, &row},
    Route{"POST", "/codes/import", Right::codes, true, &import},
    Route{"POST", "/codes/export", Right::read, true, &export_own},
    Route{"POST", "/codes/restore", Right::codes, true, &restore},
    Route{"GET", "/codes/items", Right::read, true, &items},
    Route{"GET", "/mapping", Right::read, true, &mapping},
    Route{"POST", "/mapping/accept", Right::codes, true, &accept},
};

}  // namespace

std::span<const Route> codes_routes() { return kRoutes; }

}  // namespace huren::console
