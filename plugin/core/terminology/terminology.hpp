// The alliance's vocabulary as one immutable, versioned set: items, units, panels, windows, HR scopes, EQA, reasons, rules.
// Promises: a set is built from CSV text whole or not at all, every bad row told as "items.csv:12" with its column; each
//   row is effective-dated and keeps its provenance; the same text gives the same version for ever, so that a decision
//   can be replayed. Lookups neither allocate nor throw.
// Refuses: a conversion by unit pair alone (the factor belongs to the analyte); guesses: what the tables lack is absent.
#pragma once
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "core/base/result.hpp"
#include "core/base/time.hpp"

namespace huren::terminology {

// From and to are inclusive days; an absent end is open.
struct Period {
  Date from, to;
  friend bool operator==(const Period&, const Period&) = default;
};
bool holds(const Period& period, const Date& day);
// The calendar day of an instant in a hospital's own zone.
Date day_of(std::int64_t epoch_ms, int offset_minutes);

// One unit in which an item is reported: value in the item's preferred unit = value × scale + offset.
struct UnitForm {
  std::string unit;          // UCUM
  std::string loinc;         // the code that this unit system has; empty: none
  double scale = 1, offset = 0;
  std::string method_group;  // a unit that tells the calibration (mg/L{FEU}); empty: it does not
  bool as_printed = false;   // who prints it so means it: no other reading of the same signs (the set's own finding)
};

struct Item {
  std::string code;          // alliance item: "GLU"
  std::string equals;        // the item that it satisfies, same quantity in the preferred unit: "BUN" → "UREA"; usually empty
  std::string zh, en;
  std::string pinyin;        // initials of the Chinese name, upper case
  std::vector<std::string> aliases;
  std::string cls;           // "chemistry", "electrolyte", "lipid", "haematology", "coagulation", "tumour_marker", ...
  bool numeric = true;       // false: a word or a code is the result
  std::string unit;          // preferred, UCUM; "1" for a pure number, empty when not numeric
  std::vector<std::string> specimens;
  bool method_dependent = false;
  std::optional<double> plausible_low, plausible_high, critical_low, critical_high;  // in the preferred unit
  std::vector<UnitForm> units;
  Period period;
  std::string source;
};

struct PanelMember { std::string item; bool required = true; Period period; };  // a member joins and leaves on its own days
struct Panel { std::string code, zh, en, pinyin; std::vector<PanelMember> members; std::string source; };

struct Specimen { std::string code, zh, en; std::vector<std::string> aliases; };

struct Window { std::string scope; int days = 0; Period period; std::string source; };  // scope: item or "class:lipid"; days 0: never

struct Scope {             // 互认范围: 全国HR, 京津冀HR, 鄂HR
  std::string code, zh, en, parent;
  std::vector<std::string> marks;    // as written on reports
  std::vector<std::string> regions;  // GB/T 2260 prefixes without trailing zeros; empty: everywhere
  Period period;
  std::string source;
};

struct Mark { std::string lab, item, scope; Period period; std::string source; };  // item "*": all; lab: organisation code
struct Eqa { std::string lab, item, method_group, verdict; Period period; std::string source; };  // verdict: passed | failed | withdrawn

struct Reason {            // why a test is repeated (办法 art. 14 and local lists)
  std::string code, zh, en;
  bool counts_as_decline = true, requires_note = false;
  Period period;
  std::string source;
};

struct MethodGroup { std::string code, zh, en; std::vector<std::string> methods; };  // methods: codes and names that belong to it

// A rule of one agreement, item, department, situation or age band. Empty fields match everything.
struct Rule {
  std::string code;
  std::string agreement, scope, department, situation;  // scope: item or "class:lipid"
  int age_from = 0, age_to = -1;  // completed years, inclusive; -1: open
  std::string action;             // "advise" | "never" | "window"
  int window_days = 0;
  std::string zh, en;
  Period period;
  std::string source;
};

// A hospital's own item and what it means. Exactly one of item and panel is set.
struct LocalItem {
  std::string code, name;
  std::string item, panel;
  std::string unit;          // as this hospital prints it
  std::string specimen;      // empty: any that the item allows
  std::string method_group;  // this hospital's own method, for method-dependent items
  Period period;
  std::string source;
};

// A clinical department: what each system calls it, under one code. Rules and figures go by the code.
struct Department { std::string code, zh, en; std::vector<std::string> aliases; };

struct Price { std::string code; std::int64_t cents = 0; Period period; };  // code: local item

struct Table { std::string_view name, text; };  // "items.csv" (a folder before it is dropped) and its CSV text
class Set;
struct Loaded { std::shared_ptr<const Set> set; Findings findings; };  // set absent when has_error(findings)

// The packaged tables (schemas/codes), compiled in.
std::shared_ptr<const Set> packaged();
// A set of these tables alone. A table that is not given is empty.
Loaded load(std::span<const Table> tables);
// The base with further tables: rows of the same table replace the base's where their key is the same, others join.
// What a hospital keeps: local_items.csv, prices.csv, departments.csv, hr_marks.csv, eqa.csv, windows.csv, reasons.csv, rules.csv, ...
Loaded extend(const Set& base, std::span<const Table> tables);
// Table names in the order in which they are exported and hashed.
std::span<const std::string_view> table_names();
// The columns of a table, as its heading must have them (any order; optional columns may be left out).
std::vector<std::string_view> columns_of(std::string_view table);

class Set {
 public:
  Set() = default;
  Set(const Set&) = delete;
  Set& operator=(const Set&) = delete;

  [[nodiscard]] const std::string& version() const { return version_; }  // "2026.11-9f3c0a12b4d5e6f7": release and content

  [[nodiscard]] const Item* item(std::string_view code, const Date& on) const;
  [[nodiscard]] const Item* item_by_loinc(std::string_view loinc, const Date& on) const;
  [[nodiscard]] const Panel* panel(std::string_view code, const Date& on) const;  // with at least one member on that day
  [[nodiscard]] const LocalItem* local_item(std::string_view local_code, const Date& on) const;
  // This hospital's own single item for a standard one: its unit and method.
  [[nodiscard]] const LocalItem* local_item_of(std::string_view item, const Date& on) const;
  [[nodiscard]] std::optional<std::int64_t> price_cents(std::string_view local_code, const Date& on) const;
  [[nodiscard]] const Specimen* specimen(std::string_view code_or_name) const;
  [[nodiscard]] const Department* department(std::string_view code_or_name) const;
  [[nodiscard]] const Reason* reason(std::string_view code, const Date& on) const;
  [[nodiscard]] const Scope* scope_of_mark(std::string_view mark, const Date& on) const;
  [[nodiscard]] bool covers(const Scope& scope, std::string_view region) const;
  [[nodiscard]] std::optional<int> window_days(const Item& item, const Date& on) const;
  [[nodiscard]] std::string_view method_group(std::string_view method_code_or_name) const;  // empty: unknown

  // What a printed unit means: "x10^9/L" → "10*9/L"; a unit that is UCUM already comes back. Empty: not known.
  // item narrows an alias that means different things for different analytes; may be empty.
  [[nodiscard]] std::string_view ucum(std::string_view printed, std::string_view item) const;
  // Units as printed or in UCUM. Errors terminology.unit_unknown, terminology.unit_other_calibration.
  [[nodiscard]] Result<double> convert(const Item& item, double value, std::string_view from, std::string_view to) const;
  [[nodiscard]] const UnitForm* unit_form(const Item& item, std::string_view printed) const;

  [[nodiscard]] const std::vector<Item>& items() const { return items_; }
  [[nodiscard]] const std::vector<Panel>& panels() const { return panels_; }
  [[nodiscard]] const std::vector<LocalItem>& local_items() const { return local_items_; }
  [[nodiscard]] const std::vector<Scope>& scopes() const { return scopes_; }
  [[nodiscard]] const std::vector<Mark>& marks() const { return marks_; }
  [[nodiscard]] const std::vector<Eqa>& eqa() const { return eqa_; }
  [[nodiscard]] const std::vector<Reason>& reasons() const { return reasons_; }
  [[nodiscard]] const std::vector<Rule>& rules() const { return rules_; }
  [[nodiscard]] const std::vector<Window>& windows() const { return windows_; }
  [[nodiscard]] const std::vector<Specimen>& specimens() const { return specimens_; }
  [[nodiscard]] const std::vector<Department>& departments() const { return departments_; }
  [[nodiscard]] const std::vector<MethodGroup>& method_groups() const { return method_groups_; }

  // One table as CSV: heading and rows in key order. load of all exported tables gives the same version.
  [[nodiscard]] std::string export_csv(std::string_view table) const;

 private:
  friend class Builder;
  friend Loaded extend(const Set& base, std::span<const Table> tables);
  using Rows = std::map<std::string, std::vector<std::string>>;  // key → fields in columns_of order
  std::map<std::string, Rows, std::less<>> tables_;
  std::string version_;
  std::vector<Item> items_;
  std::vector<Panel> panels_;
  std::vector<LocalItem> local_items_;
  std::vector<Price> prices_;
  std::vector<Specimen> specimens_;
  std::vector<Window> windows_;
  std::vector<Scope> scopes_;
  std::vector<Mark> marks_;
  std::vector<Eqa> eqa_;
  std::vector<Reason> reasons_;
  std::vector<Rule> rules_;
  std::vector<MethodGroup> method_groups_;
  std::vector<Department> departments_;
  // Keys view into the members above; positions because several periods may share a code.
  // With the standard hash the library would walk through an index of up to twenty keys instead of asking it.
  struct TextHash {
    std::size_t operator()(std::string_view text) const { return std::hash<std::string_view>{}(text); }
  };
  using Index = std::unordered_map<std::string_view, std::vector<std::uint32_t>, TextHash>;
  Index item_index_, loinc_index_, panel_index_, local_index_, local_of_item_index_, price_index_, reason_index_, mark_text_index_, scope_index_;
  Index window_index_, class_window_index_;  // by scope; by class
  std::unordered_map<std::string_view, std::uint32_t, TextHash> specimen_index_, method_index_, department_index_;
  struct Alias { std::string printed, item, ucum; };  // printed: as normal_unit leaves it
  std::vector<Alias> aliases_;
  Index alias_index_;
};

}  // namespace huren::terminology
