#include "console/tables.hpp"

#include <algorithm>
#include <array>
#include <set>

#include "console/secret.hpp"
#include "core/base/csv.hpp"
#include "core/base/text.hpp"
#include "engine/codes.hpp"
#include "engine/files.hpp"

namespace huren::console {
namespace {

namespace fs = std::filesystem;
constexpr std::array<std::string_view, 6> kCatalogueColumns{"code", "name", "pinyin", "unit", "loinc", "specimen"};
constexpr std::size_t kMostItems = 50'000;

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

Findings errors_of(const Findings& all) {
  Findings out;
  for (const auto& f : all)
    if (f.severity == Severity::error && out.size() < 500) out.push_back(f);
  return out;
}

Refusal faulty(const terminology::Loaded& codes, std::string_view table) { return {{"console.tables_faulty", std::string(table), {}}, errors_of(codes.findings)}; }

// The columns that name a row, joined.
std::string key_of(const terminology::TableSpec& spec, const Values& row) {
  std::string key;
  for (const auto& column : spec.columns)
    if (column.key) {
      const auto it = row.find(std::string(column.name));
      key += (it == row.end() ? std::string() : std::string(trim(it->second))) + '\x1f';
    }
  return key;
}

Values named(const std::vector<std::string>& heading, const std::vector<std::string>& fields) {
  Values out;
  for (std::size_t i = 0; i < heading.size() && i < fields.size(); ++i) out[heading[i]] = fields[i];
  return out;
}

const char* word(terminology::Kind kind) {
  using K = terminology::Kind;
  switch (kind) {
    case K::code: return "code";
    case K::text: return "text";
    case K::list: return "list";
    case K::number: return "number";
    case K::whole: return "whole";
    case K::yes_no: return "yes_no";
    case K::date: return "date";
    case K::choice: return "choice";
  }
  return "text";
}

Json suggestion_json(const terminology::Suggestion& s) {
  auto evidence = Json::array();
  for (const auto& e : s.evidence) evidence.push_back({{"zh", terminology::text(e, Language::zh)}, {"en", terminology::text(e, Language::en)}, {"points", e.points}});
  return {{"item", s.item}, {"panel", s.panel}, {"zh", s.zh}, {"en", s.en}, {"score", s.score}, {"evidence", std::move(evidence)}};
}

// Everything that doctors can order here: the catalogue, and what is mapped without standing in it.
std::vector<terminology::LocalFacts> all_items(std::string_view catalogue, const terminology::Set& set, const Date& today) {
  auto facts = read_catalogue(catalogue).rows;
  std::set<std::string, std::less<>> there;
  for (const auto& f : facts) there.insert(f.code);
  for (const auto& local : set.local_items()) {
    if (!terminology::holds(local.period, today) || !there.insert(local.code).second) continue;
    terminology::LocalFacts f;
    f.code = local.code;
    f.name = local.name;
    f.unit = local.unit;
    facts.push_back(std::move(f));
  }
  return facts;
}

}  // namespace

Facts read_catalogue(std::string_view csv) {
  Facts out;
  const auto add = [&](const std::string& where, std::string_view id, std::vector<std::string> args) {
    out.findings.push_back({Severity::error, {id, where, std::move(args)}});
  };
  if (csv.empty()) return out;
  const std::string file(kCatalogue);
  if (const auto bad = invalid_utf8(csv)) {
    add(file + ":byte " + std::to_string(*bad), "terminology.not_utf8", {});
    return out;
  }
  auto rows = parse_csv_rows(csv);
  if (!rows) {
    out.findings.push_back({Severity::error, {rows.error().id, file + ": " + rows.error().where, rows.error().args}});
    return out;
  }
  if (rows->empty()) return out;
  const auto heading = rows->front().fields;
  for (const auto& name : heading)
    if (std::find(kCatalogueColumns.begin(), kCatalogueColumns.end(), name) == kCatalogueColumns.end()) add(file + ":1", "console.csv_column", {name.substr(0, 40)});
  if (std::find(heading.begin(), heading.end(), "code") == heading.end()) add(file + ":1", "console.csv_no_code", {});
  if (rows->size() > kMostItems) add(file, "console.csv_too_long", {std::to_string(kMostItems)});
  if (!out.findings.empty()) return out;
  std::map<std::string, int> seen;
  for (std::size_t i = 1; i < rows->size(); ++i) {
    const auto& [line, fields] = (*rows)[i];
    const auto where = file + ":" + std::to_string(line);
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

Result<std::string> with_row(const terminology::TableSpec& spec, const std::string& text, const Values& row, const std::optional<Values>& was, bool remove) {
  auto parsed = text.empty() ? Result<Rows>(Rows{}) : parse_csv(text);
  if (!parsed) return parsed.error();
  Rows rows = std::move(*parsed);
  if (rows.empty()) {
    rows.emplace_back();
    for (const auto& column : spec.columns) rows.front().emplace_back(column.name);
  }
  for (const auto& [name, value] : row) {
    if (spec.place(name) < 0) return Error{"console.unknown_object", "/row", {name.substr(0, 40)}};
    if (std::find(rows.front().begin(), rows.front().end(), name) == rows.front().end() && !value.empty()) rows.front().push_back(name);
  }
  const auto heading = rows.front();  // rows grow below
  auto place = rows.end();
  if (was) {
    const auto key = key_of(spec, *was);
    place = std::find_if(rows.begin() + 1, rows.end(), [&](const auto& fields) { return key_of(spec, named(heading, fields)) == key; });
  }
  if (remove) {
    if (place == rows.end()) return Error{"console.row_packaged", std::string(spec.name), {}};
    rows.erase(place);
    return csv_of(rows);
  }
  if (place == rows.end()) {
    rows.emplace_back();
    place = rows.end() - 1;
  }
  for (auto& fields : rows) fields.resize(std::max(fields.size(), heading.size()));
  for (std::size_t i = 0; i < heading.size(); ++i)
    if (const auto it = row.find(heading[i]); it != row.end()) (*place)[i] = std::string(trim(it->second));
  return csv_of(rows);
}

Result<std::string> with_mapping(const std::string& text, const std::vector<Mapped>& wishes) {
  auto parsed = text.empty() ? Result<Rows>(Rows{}) : parse_csv(text);
  if (!parsed) return parsed.error();
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
  for (const auto& wish : wishes) {
    if (wish.code.empty()) return Error{"console.bad_body", "/rows", {}};
    const auto known = places.find(wish.code);
    if (wish.item.empty() && wish.panel.empty()) {
      if (known != places.end()) gone.push_back(known->second);
      continue;
    }
    if (known == places.end()) {
      rows.emplace_back(heading.size());
      places[wish.code] = rows.size() - 1;
      rows.back()[code] = wish.code;
      rows.back()[column("name")] = wish.name;
      rows.back()[column("unit")] = wish.unit;
    }
    auto& row = rows[places[wish.code]];
    row[column("item")] = wish.item;
    row[column("panel")] = wish.panel;
    if (!wish.panel.empty()) row[column("unit")] = "";
  }
  std::sort(gone.rbegin(), gone.rend());
  gone.erase(std::unique(gone.begin(), gone.end()), gone.end());
  for (const auto i : gone) rows.erase(rows.begin() + static_cast<std::ptrdiff_t>(i));
  return csv_of(rows);
}

bool Tables::known(std::string_view table) {
  const auto names = terminology::table_names();
  return std::find(names.begin(), names.end(), table) != names.end();
}

config::Config Tables::config() const { return config::parse(engine::read_file(fs::path(config_dir_) / "local.toml").value_or(""), "local.toml").config; }

fs::path Tables::file_of(std::string_view table) const {
  if (table == kCatalogue) return fs::path(config_dir_) / "codes" / kCatalogue;
  return engine::codes_file(config(), config_dir_, table);
}

std::string Tables::own(std::string_view table) const { return engine::read_file(file_of(table)).value_or(""); }

terminology::Loaded Tables::load(const std::map<std::string, std::string>& instead) const { return engine::load_codes(config(), config_dir_, instead); }

Outcome Tables::shown(std::string_view table) const {
  const auto* spec = terminology::spec_of(table);
  if (!known(table) || !spec) return {.refused = Refusal{{"console.unknown_object", "/table", {std::string(table.substr(0, 40))}}}};
  const auto codes = load();
  if (!codes.set) return {.refused = faulty(codes, table)};
  const auto text = own(table);
  std::set<std::string, std::less<>> ours;
  if (!text.empty())
    for (const auto& row : terminology::read_table(*spec, text).rows) ours.insert(row.key);
  Json columns = Json::array(), fields = Json::array(), rows = Json::array(), mine = Json::array();
  for (const auto& c : spec->columns) {
    columns.push_back(c.name);
    Json choices = Json::array();
    if (!c.choices.empty())
      for (const auto choice : split(c.choices, '|')) choices.push_back(choice);
    fields.push_back({{"name", c.name}, {"kind", word(c.kind)}, {"required", c.required}, {"key", c.key}, {"choices", std::move(choices)}});
  }
  if (auto parsed = parse_csv(codes.set->export_csv(table)))
    for (std::size_t i = 1; i < parsed->size(); ++i) {
      mine.push_back(ours.contains(key_of(*spec, named(parsed->front(), (*parsed)[i]))));
      rows.push_back((*parsed)[i]);
    }
  return {.json = {{"table", table}, {"columns", std::move(columns)}, {"fields", std::move(fields)}, {"rows", std::move(rows)}, {"mine", std::move(mine)},
                   {"own", text}, {"version", text.empty() ? "" : digest(text)}}};
}

Outcome Tables::mapping(const Date& today) const {
  const auto codes = load();
  if (!codes.set) return {.refused = faulty(codes, kLocal)};
  const auto facts = all_items(own(kCatalogue), *codes.set, today);
  std::vector<recognition::PartnerAgreement> agreements;
  const auto configured = config();
  for (const auto& a : configured.agreements)
    for (const auto& p : configured.partners)
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
    mapped += !r.item.empty() || !r.panel.empty();
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
  const auto local = own(kLocal), list = own(kCatalogue);
  return {.json = {{"version", local.empty() ? "" : digest(local)}, {"catalogue_version", list.empty() ? "" : digest(list)}, {"mapped", mapped},
                   {"recognisable", report.recognisable}, {"advisory", report.advisory}, {"never", report.never}, {"items", std::move(rows)}}};
}

Result<std::string> Tables::row_text(std::string_view table, const Values& row, const std::optional<Values>& was, bool remove) const {
  const auto* spec = terminology::spec_of(table);
  if (!known(table) || !spec) return Error{"console.unknown_object", "/table", {std::string(table.substr(0, 40))}};
  Values whole;
  if (was && !remove)
    if (const auto codes = load(); codes.set)
      if (auto parsed = parse_csv(codes.set->export_csv(table)))
        for (std::size_t i = 1; i < parsed->size() && whole.empty(); ++i)
          if (auto there = named(parsed->front(), (*parsed)[i]); key_of(*spec, there) == key_of(*spec, *was)) whole = std::move(there);
  for (const auto& [name, value] : row) whole[name] = value;
  return with_row(*spec, own(table), whole, was, remove);
}

std::optional<Refusal> Tables::put(History& history, std::string_view table, const std::string& text, Change change, bool dry_run) const {
  Findings faults;
  if (table == kCatalogue) {
    faults = read_catalogue(text).findings;
  } else {
    auto codes = load({{std::string(table), text}});
    faults = errors_of(codes.findings);
    if (!codes.set && faults.empty()) faults.push_back({Severity::error, {"console.tables_faulty", std::string(table), {}}});
  }
  if (!faults.empty()) return Refusal{{"console.not_imported", std::string(table), {std::to_string(faults.size())}}, std::move(faults)};
  if (dry_run) return std::nullopt;
  change.file = std::string(table);
  if (table == kCatalogue) {
    if (auto r = history.save(file_of(table), text, std::move(change)); !r) return Refusal{r.error()};
    return std::nullopt;
  }
  if (auto r = history.keep(file_of(table), std::move(change)); !r) return Refusal{r.error()};
  if (auto r = engine::put_codes(config(), config_dir_, {{std::string(table), text}}); !r) return Refusal{r.error()};
  return std::nullopt;
}

Json standard_items(const terminology::Set& set, const Date& today) {
  auto rows = Json::array();
  for (const auto& i : set.items())
    if (terminology::holds(i.period, today)) rows.push_back({{"item", i.code}, {"panel", ""}, {"zh", i.zh}, {"en", i.en}, {"pinyin", i.pinyin}, {"unit", i.unit}});
  for (const auto& p : set.panels())
    if (set.panel(p.code, today)) rows.push_back({{"item", ""}, {"panel", p.code}, {"zh", p.zh}, {"en", p.en}, {"pinyin", p.pinyin}, {"unit", ""}});
  return {{"items", std::move(rows)}};
}

}  // namespace huren::console
