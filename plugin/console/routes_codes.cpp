// The code tables, and the workbench that maps the hospital's own items to the alliance's.
// Promises: a table is taken whole or not at all, every bad row told with line and column; what was accepted together is
//   one change in the history and undone together. Refuses: mapping anything that nobody accepted.
#include <algorithm>
#include <array>
#include <map>

#include "console/console.hpp"
#include "console/secret.hpp"
#include "core/base/csv.hpp"
#include "core/recognition/coverage.hpp"
#include "engine/codes.hpp"
#include "engine/files.hpp"

namespace huren::console {
namespace {

namespace fs = std::filesystem;
constexpr std::string_view kCatalogue = "catalogue.csv", kLocal = "local_items.csv";  // the hospital's own list of items; what they mean
constexpr std::array<std::string_view, 6> kCatalogueColumns{"code", "name", "pinyin", "unit", "loinc", "specimen"};
constexpr std::size_t kMostItems = 50'000;

bool known_table(std::string_view name) {
  const auto names = terminology::table_names();
  return std::find(names.begin(), names.end(), name) != names.end();
}

// local.toml as it is on disk: [codes] may name other files than the running engine reads.
config::Config on_disk(const Call& call) {
  return config::parse(engine::read_file(fs::path(call.console.ports.config_dir) / "local.toml").value_or(""), "local.toml").config;
}

fs::path file_of(const Call& call, std::string_view table) {
  if (table == kCatalogue) return fs::path(call.console.ports.config_dir) / "codes" / kCatalogue;
  return engine::codes_file(on_disk(call), call.console.ports.config_dir, table);
}

std::string own_text(const Call& call, std::string_view table) { return engine::read_file(file_of(call, table)).value_or(""); }

using Rows = std::vector<std::vector<std::string>>;

std::string csv_of(const Rows& rows) {
  std::string out;
  for (const auto& row : rows) {
    for (std::size_t i = 0; i < row.size(); ++i) out += (i ? "," : "") + to_csv_field(row[i]);
    out += '\n';
  }
  return out;
}

std::string at_column(const std::vector<std::string>& heading, const std::vector<std::string>& row, std::string_view name) {
  for (std::size_t i = 0; i < heading.size() && i < row.size(); ++i)
    if (heading[i] == name) return row[i];
  return {};
}

struct Facts { std::vector<terminology::LocalFacts> rows; Findings findings; };

Facts read_catalogue(std::string_view text) {
  Facts out;
  const auto add = [&](const std::string& where, std::string_view id, std::vector<std::string> args) {
    out.findings.push_back({Severity::error, {id, where, std::move(args)}});
  };
  if (text.empty()) return out;
  auto rows = parse_csv_rows(text);
  if (!rows) {
    out.findings.push_back({Severity::error, {rows.error().id, std::string(kCatalogue) + ": " + rows.error().where, rows.error().args}});
    return out;
  }
  if (rows->empty()) return out;
  const auto heading = rows->front().fields;
  for (const auto& name : heading)
    if (std::find(kCatalogueColumns.begin(), kCatalogueColumns.end(), name) == kCatalogueColumns.end()) add(std::string(kCatalogue) + ":1", "console.csv_column", {name.substr(0, 40)});
  if (std::find(heading.begin(), heading.end(), "code") == heading.end()) add(std::string(kCatalogue) + ":1", "console.csv_no_code", {});
  if (rows->size() > kMostItems) add(std::string(kCatalogue), "console.csv_too_long", {std::to_string(kMostItems)});
  if (!out.findings.empty()) return out;
  std::map<std::string, int> seen;
  for (std::size_t i = 1; i < rows->size(); ++i) {
    const auto& [line, fields] = (*rows)[i];
    const auto where = std::string(kCatalogue) + ":" + std::to_string(line);
    if (fields.size() > heading.size()) add(where, "console.csv_fields", {std::to_string(fields.size()), std::to_string(heading.size())});
    const auto cell = [&](const char* name) { return at_column(heading, fields, name); };
    terminology::LocalFacts f;
    f.code = cell("code");
    f.name = cell("name");
    f.pinyin = cell("pinyin");
    f.unit = cell("unit");
    f.loinc = cell("loinc");
    f.specimen = cell("specimen");
    if (f.code.empty()) add(where, "console.csv_no_value", {"code"});
    else if (const auto [first, fresh] = seen.emplace(f.code, line); !fresh) add(where, "console.csv_twice", {f.code, std::to_string(first->second)});
    out.rows.push_back(std::move(f));
  }
  return out;
}

Json table_json(const Call& call, const terminology::Set& set, std::string_view name) {
  Json columns = Json::array();
  for (const auto c : terminology::columns_of(name)) columns.push_back(c);
  const auto own = own_text(call, name);
  auto rows = Json::array();
  if (auto parsed = parse_csv(set.export_csv(name)))
    for (std::size_t i = 1; i < parsed->size(); ++i) rows.push_back((*parsed)[i]);
  return {{"table", name}, {"columns", std::move(columns)}, {"rows", std::move(rows)}, {"own", own}, {"version", own.empty() ? "" : digest(own)}};
}

terminology::Loaded loaded(const Call& call, const std::map<std::string, std::string>& instead = {}) {
  return engine::load_codes(on_disk(call), call.console.ports.config_dir, instead);
}

Findings errors_of(const Findings& all) {
  Findings out;
  for (const auto& f : all)
    if (f.severity == Severity::error && out.size() < 500) out.push_back(f);
  return out;
}

Answer tables(Call&) {
  auto names = Json::array();
  for (const auto name : terminology::table_names()) names.push_back(name);
  return ok({{"tables", std::move(names)}});
}

Answer table(Call& call) {
  const auto name = call.text("table");
  if (!known_table(name)) return failed({"console.unknown_object", "/table", {name}});
  const auto codes = loaded(call);
  if (!codes.set) return failed({"console.tables_faulty", name, {}}, errors_of(codes.findings));
  return ok(table_json(call, *codes.set, name));
}

std::optional<Answer> changed_meanwhile(Call& call, std::string_view table, const std::string& now) {
  const auto version = call.text("version");
  if (now.empty() ? version.empty() : version == digest(now)) return std::nullopt;
  const auto last = call.console.history.newest(std::string(table), "");
  return failed({"console.changed_meanwhile", std::string(table), {last ? last->who : "?", last ? at(call, last->at_ms) : "?"}});
}

Answer put(Call& call, std::string_view name, const std::string& text, const std::string& what, bool dry_run) {
  Findings faults;
  if (name == kCatalogue) {
    faults = read_catalogue(text).findings;
  } else {
    auto codes = loaded(call, {{std::string(name), text}});
    faults = errors_of(codes.findings);
    if (!codes.set && faults.empty()) faults.push_back({Severity::error, {"console.tables_faulty", std::string(name), {}}});
  }
  if (!faults.empty()) return failed({"console.not_imported", std::string(name), {std::to_string(faults.size())}}, faults);
  if (dry_run) return ok({{"saved", false}});
  const Change change{.id = "", .file = std::string(name), .who = call.session.user, .what = what, .part = "", .at_ms = call.context().clock.now_ms()};
  if (name == kCatalogue) {
    if (auto r = call.console.history.save(file_of(call, name), text, change); !r) return failed(r.error());
  } else {
    if (auto r = call.console.history.keep(file_of(call, name), change); !r) return failed(r.error());
    if (auto r = engine::put_codes(on_disk(call), call.console.ports.config_dir, {{std::string(name), text}}); !r) return failed(r.error());
  }
  if (auto r = note_change(call, std::string(name), what); !r) return failed(r.error());
  return ok({{"saved", true}});
}

Answer import(Call& call) {
  const auto name = call.text("table");
  if (!known_table(name) && name != kCatalogue) return failed({"console.unknown_object", "/table", {name}});
  const std::lock_guard lock(call.console.history.mutex());
  if (auto conflict = changed_meanwhile(call, name, own_text(call, name))) return std::move(*conflict);
  return put(call, name, call.text("csv"), "imported", call.flag("dry_run"));
}

Answer restore(Call& call) {
  const auto id = call.text("id");
  auto all = call.console.history.list();
  if (!all) return failed(all.error());
  const auto change = std::find_if(all->begin(), all->end(), [&](const Change& c) { return c.id == id; });
  if (change == all->end() || (!known_table(change->file) && change->file != kCatalogue)) return failed({"console.unknown_object", "/id", {id}});
  auto before = call.console.history.before(id);
  if (!before) return failed(before.error());
  const std::lock_guard lock(call.console.history.mutex());
  return put(call, change->file, *before, "restored", false);
}

Json suggestion_json(const terminology::Suggestion& s) {
  auto evidence = Json::array();
  for (const auto& e : s.evidence) evidence.push_back({{"zh", terminology::text(e, Language::zh)}, {"en", terminology::text(e, Language::en)}, {"points", e.points}});
  return {{"item", s.item}, {"panel", s.panel}, {"zh", s.zh}, {"en", s.en}, {"score", s.score}, {"evidence", std::move(evidence)}};
}

// Everything that doctors can order here: the catalogue, and what is mapped without standing in it.
std::vector<terminology::LocalFacts> all_items(const Call& call, const terminology::Set& set, const Date& today) {
  auto facts = read_catalogue(own_text(call, kCatalogue)).rows;
  std::map<std::string, bool> there;
  for (const auto& f : facts) there[f.code] = true;
  for (const auto& local : set.local_items()) {
    if (!terminology::holds(local.period, today) || !there.emplace(local.code, true).second) continue;
    terminology::LocalFacts f;
    f.code = local.code;
    f.name = local.name;
    f.unit = local.unit;
    facts.push_back(std::move(f));
  }
  return facts;
}

Answer mapping(Call& call) {
  const auto codes = loaded(call);
  if (!codes.set) return failed({"console.tables_faulty", std::string(kLocal), {}}, errors_of(codes.findings));
  const auto& context = call.context();
  const auto today = context.today();
  const auto facts = all_items(call, *codes.set, today);
  std::vector<recognition::PartnerAgreement> agreements;
  const auto config = on_disk(call);
  for (const auto& a : config.agreements)
    for (const auto& p : config.partners)
      if (p.code == a.partner) agreements.push_back({a, p.hospital});
  const auto report = recognition::coverage(*codes.set, facts, agreements, today);
  std::map<std::string, const terminology::LocalFacts*> by_code;
  for (const auto& f : facts) by_code.emplace(f.code, &f);
  auto rows = Json::array();
  int mapped = 0;
  for (const auto& r : report.rows) {
    const auto* f = by_code[r.code];
    const auto* item = codes.set->item(r.item, today);
    const auto* panel = codes.set->panel(r.panel, today);
    const bool is_mapped = !r.item.empty() || !r.panel.empty();
    mapped += is_mapped;
    Json row{{"code", r.code}, {"name", r.name}, {"unit", f ? f->unit : ""}, {"specimen", f ? f->specimen : ""}, {"item", r.item}, {"panel", r.panel},
             {"zh", item ? item->zh : panel ? panel->zh : ""}, {"en", item ? item->en : panel ? panel->en : ""}, {"verdict", recognition::word(r.verdict)}};
    auto reasons = Json::array();
    for (const auto& reason : r.reasons) {
      const Error words{reason.name, "", {reason.value}};
      reasons.push_back({{"zh", text(words, Language::zh)}, {"en", text(words, Language::en)}});
    }
    row["reasons"] = std::move(reasons);
    auto suggestions = Json::array();
    for (const auto& s : r.suggestions)
      if (suggestions.size() < 3) suggestions.push_back(suggestion_json(s));
    row["suggestions"] = std::move(suggestions);
    rows.push_back(std::move(row));
  }
  const auto own = own_text(call, kLocal), list = own_text(call, kCatalogue);
  return ok({{"version", own.empty() ? "" : digest(own)}, {"catalogue_version", list.empty() ? "" : digest(list)}, {"mapped", mapped}, {"recognisable", report.recognisable},
             {"advisory", report.advisory}, {"never", report.never}, {"items", std::move(rows)}});
}

// Words of the standard items and panels, for choosing by hand.
Answer items(Call& call) {
  const auto& set = *call.context().codes;
  const auto today = call.context().today();
  auto rows = Json::array();
  for (const auto& i : set.items())
    if (terminology::holds(i.period, today)) rows.push_back({{"item", i.code}, {"panel", ""}, {"zh", i.zh}, {"en", i.en}, {"pinyin", i.pinyin}, {"unit", i.unit}});
  for (const auto& p : set.panels())
    if (set.panel(p.code, today)) rows.push_back({{"item", ""}, {"panel", p.code}, {"zh", p.zh}, {"en", p.en}, {"pinyin", p.pinyin}, {"unit", ""}});
  return ok({{"items", std::move(rows)}});
}

// Many at once, one change: {"rows": [{code, name, item, panel, unit}]}; item and panel both empty: not mapped any more.
Answer accept(Call& call) {
  if (!call.body.contains("rows") || !call.body["rows"].is_array() || call.body["rows"].size() > kMostItems) return failed({"console.bad_body", "/rows", {}});
  const std::lock_guard lock(call.console.history.mutex());
  const auto own = own_text(call, kLocal);
  if (auto conflict = changed_meanwhile(call, kLocal, own)) return std::move(*conflict);
  auto parsed = own.empty() ? Result<Rows>(Rows{}) : parse_csv(own);
  if (!parsed) return failed(parsed.error());
  Rows rows = std::move(*parsed);
  if (rows.empty()) rows.push_back({"code", "name", "item", "panel", "unit"});
  for (const char* needed : {"code", "name", "item", "panel", "unit"})
    if (std::find(rows.front().begin(), rows.front().end(), needed) == rows.front().end()) rows.front().emplace_back(needed);
  const auto heading = rows.front();  // rows grow below
  const auto column = [&](std::string_view name) { return static_cast<std::size_t>(std::find(heading.begin(), heading.end(), name) - heading.begin()); };
  const auto code = column("code"), to = column("valid_to");
  std::map<std::string, std::size_t> places;  // the row that is in force: the last without an end
  for (std::size_t i = 1; i < rows.size(); ++i) {
    rows[i].resize(heading.size());
    if (to >= heading.size() || rows[i][to].empty()) places[rows[i][code]] = i;
  }
  std::vector<std::size_t> gone;
  for (const auto& wish : call.body["rows"]) {
    const auto field = [&](const char* key) { return wish.is_object() && wish.contains(key) && wish[key].is_string() ? wish[key].get<std::string>() : std::string(); };
    const auto name = field("code");
    if (name.empty()) return failed({"console.bad_body", "/rows", {}});
    const auto known = places.find(name);
    if (field("item").empty() && field("panel").empty()) {
      if (known != places.end()) gone.push_back(known->second);
      continue;
    }
    if (known == places.end()) {
      rows.emplace_back(heading.size());
      places[name] = rows.size() - 1;
      rows.back()[code] = name;
      rows.back()[column("name")] = field("name");
      rows.back()[column("unit")] = field("unit");
    }
    auto& row = rows[places[name]];
    row[column("item")] = field("item");
    row[column("panel")] = field("panel");
    if (!field("panel").empty()) row[column("unit")] = "";
  }
  std::sort(gone.rbegin(), gone.rend());
  for (const auto i : gone) rows.erase(rows.begin() + static_cast<std::ptrdiff_t>(i));
  return put(call, kLocal, csv_of(rows), "mapped", false);
}

Answer export_mapping(Call& call) {
  const auto name = call.text("table");
  if (name != kCatalogue && !known_table(name)) return failed({"console.unknown_object", "/table", {name}});
  return ok({{"table", name}, {"csv", own_text(call, name)}});
}

constexpr std::array kRoutes{
    Route{"GET", "/codes/tables", Right::read, true, &tables},
    Route{"POST", "/codes/table", Right::read, true, &table},
    Route{"POST", "/codes/import", Right::codes, true, &import},
    Route{"POST", "/codes/export", Right::read, true, &export_mapping},
    Route{"POST", "/codes/restore", Right::codes, true, &restore},
    Route{"GET", "/codes/items", Right::read, true, &items},
    Route{"GET", "/mapping", Right::read, true, &mapping},
    Route{"POST", "/mapping/accept", Right::codes, true, &accept},
};

}  // namespace

std::span<const Route> codes_routes() { return kRoutes; }

}  // namespace huren::console
