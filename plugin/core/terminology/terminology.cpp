#include "core/terminology/terminology.hpp"

#include <chrono>

#include "core/base/text.hpp"
#include "core/terminology/units.hpp"

namespace huren::terminology {
namespace {

int ordinal(const Date& d) { return d.year * 10000 + d.month * 100 + d.day; }
// "2026-11" as an end means the end of November.
int last_ordinal(const Date& d) { return d.year * 10000 + (d.month ? d.month : 99) * 100 + (d.day ? d.day : 99); }

template <class Index, class Rows>
auto find_on(const Index& index, const Rows& rows, std::string_view code, const Date& on) -> decltype(&rows.front()) {
  const auto it = index.find(code);
  if (it == index.end()) return nullptr;
  for (const auto i : it->second)
    if (holds(rows[i].period, on)) return &rows[i];
  return nullptr;
}

}  // namespace

bool holds(const Period& period, const Date& day) {
  return (!period.from.present() || ordinal(period.from) <= ordinal(day)) && (!period.to.present() || ordinal(day) <= last_ordinal(period.to));
}

Date day_of(std::int64_t epoch_ms, int offset_minutes) {
  const std::chrono::sys_time<std::chrono::milliseconds> local{std::chrono::milliseconds(epoch_ms + std::int64_t{offset_minutes} * 60'000)};
  const std::chrono::year_month_day day{std::chrono::floor<std::chrono::days>(local)};
  return {static_cast<int>(day.year()), static_cast<int>(static_cast<unsigned>(day.month())),
          static_cast<int>(static_cast<unsigned>(day.day()))};
}

const Item* Set::item(std::string_view code, const Date& on) const { return find_on(item_index_, items_, code, on); }
const Item* Set::item_by_loinc(std::string_view loinc, const Date& on) const { return find_on(loinc_index_, items_, loinc, on); }
const Panel* Set::panel(std::string_view code, const Date& on) const {
  const auto it = panel_index_.find(code);
  if (it == panel_index_.end()) return nullptr;
  const Panel& found = panels_[it->second.front()];
  for (const auto& member : found.members)
    if (holds(member.period, on)) return &found;
  return nullptr;
}

const LocalItem* Set::local_item(std::string_view local_code, const Date& on) const {
  return find_on(local_index_, local_items_, local_code, on);
}
const LocalItem* Set::local_item_of(std::string_view item, const Date& on) const {
  return find_on(local_of_item_index_, local_items_, item, on);
}
const Reason* Set::reason(std::string_view code, const Date& on) const { return find_on(reason_index_, reasons_, code, on); }
const Scope* Set::scope_of_mark(std::string_view mark, const Date& on) const {
  return find_on(mark_text_index_, scopes_, trim(mark), on);
}

std::optional<std::int64_t> Set::price_cents(std::string_view local_code, const Date& on) const {
  const auto* price = find_on(price_index_, prices_, local_code, on);
  return price ? std::optional(price->cents) : std::nullopt;
}

const Specimen* Set::specimen(std::string_view code_or_name) const {
  const auto it = specimen_index_.find(trim(code_or_name));
  return it == specimen_index_.end() ? nullptr : &specimens_[it->second];
}

const Department* Set::department(std::string_view code_or_name) const {
  const auto it = department_index_.find(trim(code_or_name));
  return it == department_index_.end() ? nullptr : &departments_[it->second];
}

std::string_view Set::method_group(std::string_view method_code_or_name) const {
  const auto it = method_index_.find(trim(method_code_or_name));
  return it == method_index_.end() ? std::string_view{} : std::string_view(method_groups_[it->second].code);
}

bool Set::covers(const Scope& scope, std::string_view region) const {
  if (scope.regions.empty()) return true;
  for (const auto& prefix : scope.regions)
    if (region.starts_with(prefix)) return true;
  return false;
}

std::optional<int> Set::window_days(const Item& item, const Date& on) const {
  if (const auto* own = find_on(window_index_, windows_, item.code, on)) return own->days;
  const auto* of_class = find_on(class_window_index_, windows_, item.cls, on);
  return of_class ? std::optional(of_class->days) : std::nullopt;
}

std::string_view Set::ucum(std::string_view printed, std::string_view item) const {
  const UnitText text(printed);
  const auto it = alias_index_.find(text.view());
  if (text.view().empty() || it == alias_index_.end()) return {};
  std::string_view general;
  for (const auto i : it->second) {
    if (!item.empty() && aliases_[i].item == item) return aliases_[i].ucum;
    if (aliases_[i].item.empty() && general.empty()) general = aliases_[i].ucum;
  }
  return general;
}

const UnitForm* Set::unit_form(const Item& item, std::string_view printed) const {
  for (const auto& form : item.units)
    if (form.as_printed && form.unit == printed) return &form;
  // A bare number is a unit of its own for ratios (INR); a form without unit belongs to items that are words.
  const std::string_view unit = trim(printed).empty() ? std::string_view("1") : ucum(printed, item.code);
  if (unit.empty()) return nullptr;
  for (const auto& form : item.units)
    if (form.unit == unit) return &form;
  return nullptr;
}

Result<double> Set::convert(const Item& item, double value, std::string_view from, std::string_view to) const {
  const UnitForm* a = unit_form(item, from);
  const UnitForm* b = unit_form(item, to);
  if (!a) return Error{"terminology.unit_unknown", item.code, {std::string(from), item.code}};
  if (!b) return Error{"terminology.unit_unknown", item.code, {std::string(to), item.code}};
  if (!a->method_group.empty() && !b->method_group.empty() && a->method_group != b->method_group)
    return Error{"terminology.unit_other_calibration", item.code, {std::string(from), std::string(to)}};
  if (a == b || (a->scale == b->scale && a->offset == b->offset)) return value;
  return (value * a->scale + a->offset - b->offset) / b->scale;
}

}  // namespace huren::terminology
