// From checked rows to one set: typed members, indexes, and the faults that only show between rows.
#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <set>

#include "core/base/csv.hpp"
#include "core/base/embedded.hpp"
#include "core/base/text.hpp"
#include "core/terminology/tables.hpp"
#include "core/terminology/terminology.hpp"
#include "core/terminology/units.hpp"

#define XXH_INLINE_ALL
#include <xxhash.h>

namespace huren {
namespace embedded {
std::span<const File> codes();
}
namespace terminology {
namespace {

std::optional<double> number(std::string_view s) {
  double value = 0;
  if (s.empty() || std::from_chars(s.data(), s.data() + s.size(), value).ec != std::errc()) return std::nullopt;
  return value;
}
int whole(std::string_view s, int otherwise) {
  const auto value = number(s);
  return value ? static_cast<int>(*value) : otherwise;
}
bool yes(std::string_view s) { return s == "yes"; }
Date date(std::string_view s) { return parse_date(s).value_or(Date{}); }


}  // namespace

class Builder {
 public:
  explicit Builder(const std::map<std::string, Set::Rows, std::less<>>* base) {
    if (base) set_->tables_ = *base;
    for (const auto& spec : specs()) set_->tables_[std::string(spec.name)];
  }

  void read(const Table& table) {
    const TableSpec* spec = spec_of(table.name);
    if (!spec) {
      std::vector<std::string_view> names;
      for (const auto& s : specs()) names.push_back(s.name);
      fault("terminology.table_unknown", std::string(table.name), {std::string(closest(table.name, names))});
      return;
    }
    auto in = read_table(*spec, table.text);
    findings_.insert(findings_.end(), in.findings.begin(), in.findings.end());
    for (auto& row : in.rows) {
      lines_[{std::string(spec->name), row.key}] = row.line;
      set_->tables_[std::string(spec->name)][row.key] = std::move(row.fields);
    }
  }

  Loaded finish() {
    check_periods();
    take_specimens();
    take_methods();
    take_items();
    take_units();
    take_panels();
    take_windows();
    take_scopes();
    take_labs();
    take_reasons();
    take_rules();
    take_local_items();
    take_prices();
    take_departments();
    if (has_error(findings_)) return {nullptr, std::move(findings_)};
    index();
    stamp();
    return {set_, std::move(findings_)};
  }

 private:
  // One row by column name, with its place for faults.
  struct Row {
    const TableSpec& spec;
    const std::string& key;
    const std::vector<std::string>& fields;
    const std::string& operator[](std::string_view column) const { return fields[static_cast<std::size_t>(spec.place(column))]; }
    [[nodiscard]] Period period() const { return {date((*this)["valid_from"]), date((*this)["valid_to"])}; }
  };

  template <class Fn>
  void each(std::string_view table, Fn fn) {
    const TableSpec& spec = *spec_of(table);
    for (const auto& [key, fields] : set_->tables_.find(table)->second) fn(Row{spec, key, fields});
  }

  void fault(std::string_view id, std::string where, std::vector<std::string> args) {
    findings_.push_back({Severity::error, {id, std::move(where), std::move(args)}});
  }
  void fault(const Row& row, std::string_view column, std::string_view id, std::vector<std::string> args = {}) {
    const auto it = lines_.find({std::string(row.spec.name), row.key});
    std::string where(row.spec.name);
    where += it == lines_.end() ? ":(" + row.fields.front() + ")" : ":" + std::to_string(it->second);
    if (args.empty()) args = {row[column]};
    fault(id, where + ":" + std::string(column), std::move(args));
  }
  bool refers(const Row& row, std::string_view column, const std::set<std::string, std::less<>>& known) {
    if (row[column].empty() || known.contains(row[column])) return true;
    fault(row, column, "terminology.reference");
    return false;
  }

  // valid_from ≤ valid_to, and no two rows of one identity hold on the same day.
  void check_periods() {
    for (const auto& spec : specs()) {
      if (spec.place("valid_from") < 0) continue;
      std::string previous_identity;
      std::string previous_to;
      each(spec.name, [&](const Row& row) {
        const std::string &from = row["valid_from"], &to = row["valid_to"];
        if (!to.empty() && to < from) fault(row, "valid_to", "terminology.period", {from, to});
        std::string identity;
        for (const auto& column : spec.columns)
          if (column.key && column.name != "valid_from") identity += row[column.name] + '\x1f';
        // Rows are in key order, so those of one identity stand together by valid_from.
        if (!spec.may_overlap && identity == previous_identity && (previous_to.empty() || from <= previous_to))
          fault(row, "valid_from", "terminology.overlap", {row.fields.front(), from});
        previous_identity = std::move(identity);
        previous_to = to;
      });
    }
  }

  void take_specimens() {
    each("specimens.csv", [&](const Row& r) {
      set_->specimens_.push_back({r["specimen"], r["zh"], r["en"], list_of(r["aliases"])});
      specimen_codes_.insert(r["specimen"]);
    });
  }
  void take_methods() {
    each("method_groups.csv", [&](const Row& r) {
      set_->method_groups_.push_back({r["method_group"], r["zh"], r["en"], list_of(r["methods"])});
      method_codes_.insert(r["method_group"]);
    });
  }

  void take_items() {
    each("items.csv", [&](const Row& r) {
      Item item;
      item.code = r["code"];
      item.equals = r["equals"];
      item.zh = r["zh"];
      item.en = r["en"];
      item.pinyin = r["pinyin"];
      item.aliases = list_of(r["aliases"]);
      item.cls = r["class"];
      item.numeric = yes(r["numeric"]);
      item.unit = r["unit"];
      item.specimens = list_of(r["specimens"]);
      item.method_dependent = yes(r["method_dependent"]);
      item.plausible_low = number(r["plausible_low"]);
      item.plausible_high = number(r["plausible_high"]);
      item.critical_low = number(r["critical_low"]);
      item.critical_high = number(r["critical_high"]);
      item.period = r.period();
      item.source = r["source"];
      for (const auto& s : item.specimens)
        if (!specimen_codes_.contains(s)) fault(r, "specimens", "terminology.reference", {s});
      if (item.numeric && item.unit.empty()) fault(r, "unit", "terminology.required", {"unit"});
      if ((item.plausible_low && item.plausible_high && *item.plausible_low >= *item.plausible_high) ||
          (item.critical_low && item.critical_high && *item.critical_low >= *item.critical_high))
        fault(r, "plausible_low", "terminology.limits", {item.code});
      item_codes_.insert(item.code);
      classes_.insert("class:" + item.cls);
      set_->items_.push_back(std::move(item));
    });
    each("items.csv", [&](const Row& r) { refers(r, "equals", item_codes_); });
  }

  void take_units() {
    std::map<std::string, std::vector<Item*>, std::less<>> by_code;
    for (auto& item : set_->items_) by_code[item.code].push_back(&item);
    struct Holder { std::string item, key; };
    std::map<std::string, Holder, std::less<>> loincs;
    each("units.csv", [&](const Row& r) {
      const UnitForm form{r["unit"], r["loinc"], *number(r["scale"]), *number(r["offset"]), r["method_group"]};
      if (!refers(r, "item", item_codes_) || !refers(r, "method_group", method_codes_)) return;
      if (!(form.scale > 0)) return fault(r, "scale", "terminology.scale");
      const auto [known, fresh] = form.loinc.empty() ? std::pair{loincs.end(), true} : loincs.emplace(form.loinc, Holder{r["item"], r.key});
      if (!fresh && known->second.item != r["item"]) {
        // Told at the row that was just imported, whichever comes first by key.
        const bool earlier_is_new = !lines_.contains({"units.csv", r.key}) && lines_.contains({"units.csv", known->second.key});
        const auto& fields = earlier_is_new ? set_->tables_.find("units.csv")->second.at(known->second.key) : r.fields;
        const Row blamed{r.spec, earlier_is_new ? known->second.key : r.key, fields};
        fault(blamed, "loinc", "terminology.loinc_twice", {form.loinc, earlier_is_new ? r["item"] : known->second.item});
      }
      for (Item* item : by_code[r["item"]]) item->units.push_back(form);
    });
    each("items.csv", [&](const Row& r) {
      if (!yes(r["numeric"])) return;
      for (const Item* item : by_code[r["code"]]) {
        const auto base = std::find_if(item->units.begin(), item->units.end(), [&](const UnitForm& u) { return u.unit == item->unit; });
        if (base == item->units.end() || base->scale != 1 || base->offset != 0) return fault(r, "unit", "terminology.preferred_unit", {item->unit});
      }
    });
    std::set<std::pair<std::string, std::string>> seen;
    const auto alias = [&](std::string_view printed, const std::string& item, const std::string& ucum) {
      UnitText text(printed);
      if (seen.emplace(std::string(text.view()), item).second) set_->aliases_.push_back({std::string(text.view()), item, ucum});
    };
    std::set<std::string, std::less<>> units;
    for (const auto& item : set_->items_)
      for (const auto& u : item.units) units.insert(u.unit);
    each("unit_aliases.csv", [&](const Row& r) {
      if (!refers(r, "item", item_codes_)) return;
      if (UnitText(r["printed"]).view().empty()) return fault(r, "printed", "terminology.required", {"printed"});
      alias(r["printed"], r["item"], r["ucum"]);
    });
    for (const auto& u : units)
      if (!u.empty()) alias(u, "", u);
  }

  void take_panels() {
    each("panels.csv", [&](const Row& r) {
      if (!refers(r, "item", item_codes_)) return;
      // Rows are in key order: those of one panel stand together.
      if (panel_codes_.insert(r["panel"]).second) set_->panels_.push_back({r["panel"], r["zh"], r["en"], r["pinyin"], {}, r["source"]});
      set_->panels_.back().members.push_back({r["item"], yes(r["required"]), r.period()});
    });
    for (const auto& panel : set_->panels_)
      if (std::none_of(panel.members.begin(), panel.members.end(), [](const PanelMember& m) { return m.required; }))
        fault("terminology.panel_empty", "panels.csv:(" + panel.code + ")", {panel.code});
  }

  bool scope_known(const Row& r, std::string_view column) {
    const std::string& scope = r[column];
    if (scope.empty() || item_codes_.contains(scope) || classes_.contains(scope)) return true;
    fault(r, column, "terminology.reference");
    return false;
  }

  void take_windows() {
    each("windows.csv", [&](const Row& r) {
      if (scope_known(r, "scope")) set_->windows_.push_back({r["scope"], whole(r["days"], 0), r.period(), r["source"]});
    });
  }

  void take_scopes() {
    each("hr_scopes.csv", [&](const Row& r) { scope_codes_.insert(r["scope"]); });
    each("hr_scopes.csv", [&](const Row& r) {
      if (!refers(r, "parent", scope_codes_)) return;
      Scope scope{r["scope"], r["zh"], r["en"], r["parent"], list_of(r["marks"]), {}, r.period(), r["source"]};
      for (auto& region : list_of(r["regions"])) {
        if (region.size() > 6 || !std::all_of(region.begin(), region.end(), [](char c) { return c >= '0' && c <= '9'; }))
          return fault(r, "regions", "terminology.region", {region});
        scope.regions.push_back(std::move(region));
      }
      set_->scopes_.push_back(std::move(scope));
    });
  }

  void take_labs() {
    each("hr_marks.csv", [&](const Row& r) {
      if ((r["item"] == "*" || refers(r, "item", item_codes_)) && refers(r, "scope", scope_codes_))
        set_->marks_.push_back({r["lab"], r["item"], r["scope"], r.period(), r["source"]});
    });
    each("eqa.csv", [&](const Row& r) {
      if ((r["item"] == "*" || refers(r, "item", item_codes_)) && refers(r, "method_group", method_codes_))
        set_->eqa_.push_back({r["lab"], r["item"], r["method_group"], r["verdict"], r.period(), r["source"]});
    });
  }

  void take_reasons() {
    each("reasons.csv", [&](const Row& r) {
      set_->reasons_.push_back({r["reason"], r["zh"], r["en"], yes(r["counts_as_decline"]), yes(r["requires_note"]), r.period(), r["source"]});
    });
  }

  void take_rules() {
    each("rules.csv", [&](const Row& r) {
      if (!scope_known(r, "scope")) return;
      if (r["action"] == "window" && r["window_days"].empty()) return fault(r, "window_days", "terminology.required", {"window_days"});
      set_->rules_.push_back({r["rule"], r["agreement"], r["scope"], r["department"], r["situation"], whole(r["age_from"], 0),
                              whole(r["age_to"], -1), r["action"], whole(r["window_days"], 0), r["zh"], r["en"], r.period(), r["source"]});
    });
  }

  void take_local_items() {
    each("local_items.csv", [&](const Row& r) {
      if (r["item"].empty() == r["panel"].empty()) return fault(r, "item", "terminology.item_or_panel", {r["code"]});
      if (!refers(r, "item", item_codes_) || !refers(r, "panel", panel_codes_) || !refers(r, "specimen", specimen_codes_) ||
          !refers(r, "method_group", method_codes_))
        return;
      LocalItem local{r["code"], r["name"], r["item"], r["panel"], r["unit"], r["specimen"], r["method_group"], r.period(), r["source"]};
      if (!local.item.empty() && !local.unit.empty()) local_units_.emplace_back(r.key, local.item, local.unit);
      set_->local_items_.push_back(std::move(local));
    });
  }

  void take_prices() {
    each("prices.csv", [&](const Row& r) {
      const double yuan = *number(r["price"]);
      if (yuan < 0 || yuan > 1e7) return fault(r, "price", "terminology.price", {r["price"]});
      set_->prices_.push_back({r["code"], static_cast<std::int64_t>(std::llround(yuan * 100)), r.period()});
    });
  }

  void take_departments() {
    std::map<std::string, std::string, std::less<>> owners;  // name → code
    each("departments.csv", [&](const Row& r) {
      Department d{r["department"], r["zh"], r["en"], list_of(r["aliases"])};
      std::vector<std::string> names = d.aliases;
      names.insert(names.end(), {d.code, d.zh});
      for (const auto& name : names)
        if (const auto [known, fresh] = owners.emplace(name, d.code); !fresh && known->second != d.code)
          return fault(r, "aliases", "terminology.department_twice", {name, known->second});
      set_->departments_.push_back(std::move(d));
    });
  }

  void index() {
    Set& s = *set_;
    const auto at = [](auto& index, std::string_view key, std::size_t i) { index[key].push_back(static_cast<std::uint32_t>(i)); };
    for (std::size_t i = 0; i < s.items_.size(); ++i) {
      at(s.item_index_, s.items_[i].code, i);
      for (const auto& u : s.items_[i].units) {
        auto* places = u.loinc.empty() ? nullptr : &s.loinc_index_[u.loinc];
        if (places && (places->empty() || places->back() != i)) places->push_back(static_cast<std::uint32_t>(i));
      }
    }
    for (std::size_t i = 0; i < s.panels_.size(); ++i) at(s.panel_index_, s.panels_[i].code, i);
    for (std::size_t i = 0; i < s.local_items_.size(); ++i) {
      at(s.local_index_, s.local_items_[i].code, i);
      if (!s.local_items_[i].item.empty()) at(s.local_of_item_index_, s.local_items_[i].item, i);
    }
    for (std::size_t i = 0; i < s.prices_.size(); ++i) at(s.price_index_, s.prices_[i].code, i);
    for (std::size_t i = 0; i < s.reasons_.size(); ++i) at(s.reason_index_, s.reasons_[i].code, i);
    for (std::size_t i = 0; i < s.windows_.size(); ++i) {
      const std::string_view scope = s.windows_[i].scope;
      at(s.window_index_, scope, i);
      if (scope.starts_with("class:")) at(s.class_window_index_, scope.substr(6), i);
    }
    for (std::size_t i = 0; i < s.scopes_.size(); ++i) {
      at(s.scope_index_, s.scopes_[i].code, i);
      for (const auto& mark : s.scopes_[i].marks) at(s.mark_text_index_, mark, i);
    }
    for (std::size_t i = 0; i < s.aliases_.size(); ++i) at(s.alias_index_, s.aliases_[i].printed, i);
    for (auto& item : s.items_)
      for (auto& form : item.units) form.as_printed = s.unit_form(item, form.unit) == &form;
    for (std::size_t i = 0; i < s.specimens_.size(); ++i) {
      const auto n = static_cast<std::uint32_t>(i);
      s.specimen_index_.emplace(s.specimens_[i].code, n);
      s.specimen_index_.emplace(s.specimens_[i].zh, n);
      s.specimen_index_.emplace(s.specimens_[i].en, n);
      for (const auto& alias : s.specimens_[i].aliases) s.specimen_index_.emplace(alias, n);
    }
    for (std::size_t i = 0; i < s.method_groups_.size(); ++i) {
      const auto n = static_cast<std::uint32_t>(i);
      s.method_index_.emplace(s.method_groups_[i].code, n);
      s.method_index_.emplace(s.method_groups_[i].zh, n);
      for (const auto& method : s.method_groups_[i].methods) s.method_index_.emplace(method, n);
    }
    for (std::size_t i = 0; i < s.departments_.size(); ++i) {
      const auto n = static_cast<std::uint32_t>(i);
      s.department_index_.emplace(s.departments_[i].code, n);
      s.department_index_.emplace(s.departments_[i].zh, n);
      for (const auto& alias : s.departments_[i].aliases) s.department_index_.emplace(alias, n);
    }
    for (const auto& [key, item, unit] : local_units_)
      if (const auto it = s.item_index_.find(item); it != s.item_index_.end() && !s.unit_form(s.items_[it->second.front()], unit)) {
        const auto line = lines_.find({"local_items.csv", key});
        findings_.push_back({Severity::warning,
                             {"terminology.unit_not_of_item",
                              "local_items.csv:" + (line == lines_.end() ? "" : std::to_string(line->second)) + ":unit", {unit, item}}});
      }
  }

  // The version is the release and a hash over every table as it is exported.
  void stamp() {
    std::string all;
    for (const auto name : table_names()) all += std::string(name) + "\n" + set_->export_csv(name);
    const auto hash = XXH3_64bits(all.data(), all.size());
    std::string hex;
    for (int shift = 60; shift >= 0; shift -= 4) hex += "0123456789abcdef"[(hash >> shift) & 15U];
    const auto& release = set_->tables_.find("release.csv")->second;
    set_->version_ = (release.empty() ? std::string("local") : release.rbegin()->second.front()) + "-" + hex;
  }

  std::shared_ptr<Set> set_ = std::make_shared<Set>();
  Findings findings_;
  std::map<std::pair<std::string, std::string>, int> lines_;
  std::set<std::string, std::less<>> item_codes_, classes_, specimen_codes_, method_codes_, panel_codes_, scope_codes_;
  std::vector<std::tuple<std::string, std::string, std::string>> local_units_;
};

Loaded load(std::span<const Table> tables) {
  Builder builder(nullptr);
  for (const auto& table : tables) builder.read(table);
  return builder.finish();
}

Loaded extend(const Set& base, std::span<const Table> tables) {
  Builder builder(&base.tables_);
  for (const auto& table : tables) builder.read(table);
  return builder.finish();
}

std::shared_ptr<const Set> packaged() {
  static const std::shared_ptr<const Set> set = [] {
    std::vector<Table> tables;
    for (const auto& file : embedded::codes()) tables.push_back({file.name, file.text});
    return load(tables).set;  // unit test terminology/packaged shows that it is there
  }();
  return set;
}

std::span<const std::string_view> table_names() {
  static const std::vector<std::string_view> names = [] {
    std::vector<std::string_view> out;
    for (const auto& spec : specs()) out.push_back(spec.name);
    return out;
  }();
  return names;
}

std::vector<std::string_view> columns_of(std::string_view table) {
  std::vector<std::string_view> out;
  if (const auto* spec = spec_of(table))
    for (const auto& column : spec->columns) out.push_back(column.name);
  return out;
}

std::string Set::export_csv(std::string_view table) const {
  const auto* spec = spec_of(table);
  const auto it = spec ? tables_.find(spec->name) : tables_.end();
  if (it == tables_.end()) return {};
  std::string out;
  const auto write = [&out](const auto& fields, const auto& name_of) {
    bool first = true;
    for (const auto& field : fields) {
      if (!first) out += ',';
      out += to_csv_field(name_of(field));
      first = false;
    }
    out += '\n';
  };
  write(spec->columns, [](const Column& c) { return c.name; });
  for (const auto& [key, fields] : it->second) write(fields, [](const std::string& f) -> std::string_view { return f; });
  return out;
}

}  // namespace terminology
}  // namespace huren
