#include "core/cda/rule_tests.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <map>
#include <set>
#include <span>

#include "core/base/csv.hpp"
#include "core/base/embedded.hpp"
#include "core/base/text.hpp"
#include "core/base/time.hpp"
#include "core/cda/lab_value.hpp"
#include "core/cda/oids.hpp"
#include "core/cda/profile.hpp"
#include "core/model/patient.hpp"

namespace huren {
namespace embedded {
std::span<const File> cda_tables();
}
namespace cda {
namespace {

std::vector<std::vector<std::string>> table(std::string_view name) {
  for (const auto& file : embedded::cda_tables())
    if (file.name == name)
      if (auto rows = parse_csv(file.text); rows && !rows->empty()) {
        rows->erase(rows->begin());
        return std::move(*rows);
      }
  return {};
}

double number(std::string_view text) {
  double v = 0;
  if (text.starts_with('+')) text.remove_prefix(1);
  std::from_chars(text.data(), text.data() + text.size(), v);
  return v;
}

// LOINC's check digit (mod 10).
bool loinc(std::string_view text) {
  const auto dash = text.find('-');
  if (dash == std::string_view::npos || dash == 0 || dash > 7 || dash + 2 != text.size()) return false;
  int sum = 0;
  bool twice = true;
  for (auto i = dash; i-- > 0; twice = !twice) {
    if (text[i] < '0' || text[i] > '9') return false;
    int d = text[i] - '0';
    if (twice && (d *= 2) > 9) d -= 9;
    sum += d;
  }
  return text[dash + 1] - '0' == (10 - sum % 10) % 10;
}

bool oid_or_uuid(std::string_view text) {
  if (is_oid(text)) return true;
  if (text.size() != 36) return false;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const bool dash = i == 8 || i == 13 || i == 18 || i == 23;
    const char c = text[i];
    const bool hex = (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');
    if (dash ? c != '-' : !hex) return false;
  }
  return true;
}

bool icd10(std::string_view text) {  // letter, digit, digit or letter, then more
  if (text.size() < 3 || text.size() > 20) return false;
  const auto digit = [](char c) { return c >= '0' && c <= '9'; };
  if (text[0] < 'A' || text[0] > 'Z' || !digit(text[1])) return false;
  if (!digit(text[2]) && (text[2] < 'A' || text[2] > 'Z')) return false;
  return text.size() == 3 || text[3] == '.' || digit(text[3]) || text[3] == 'x';
}

bool data_element(std::string_view text) {  // DEnn.nn.nnn.nn (WS/T 363)
  constexpr std::string_view shape = "DE##.##.###.##";
  if (text.size() != shape.size()) return false;
  for (std::size_t i = 0; i < shape.size(); ++i)
    if (shape[i] == '#' ? text[i] < '0' || text[i] > '9' : text[i] != shape[i]) return false;
  return true;
}

bool known_element(const std::string& text) {
  static const auto known = [] {
    std::set<std::string> out{"DE04.30.019.00", "DE04.30.017.00", "DE04.30.015.00", "DE04.30.016.00", "DE04.50.134.00", "DE04.50.135.00",
                              "DE02.10.027.00", "DE04.30.018.00", "DE04.50.130.00", "DE08.10.026.00", "DE08.10.013.00", "DE06.00.179.00",
                              "DE05.01.024.00", "DE05.01.025.00"};
    for (const auto& row : items()) out.insert(row.element);
    return out;
  }();
  return known.contains(text);
}

struct Scaled {
  std::string dimension;
  double factor = 1;  // to the dimension's base
};

struct Part {
  std::string_view unit, family;
  double factor;
};
constexpr std::array kParts{
    Part{"kg", "mass", 1e3},     Part{"g", "mass", 1},        Part{"mg", "mass", 1e-3},     Part{"ug", "mass", 1e-6},  Part{"ng", "mass", 1e-9},
    Part{"pg", "mass", 1e-12},   Part{"mol", "mol", 1},       Part{"mmol", "mol", 1e-3},    Part{"umol", "mol", 1e-6}, Part{"nmol", "mol", 1e-9},
    Part{"pmol", "mol", 1e-12},  Part{"kU", "units", 1e3},    Part{"U", "units", 1},        Part{"mU", "units", 1e-3}, Part{"uU", "units", 1e-6},
    Part{"k[IU]", "units", 1e3}, Part{"[IU]", "units", 1},    Part{"m[IU]", "units", 1e-3}, Part{"u[IU]", "units", 1e-6},
    Part{"10*12", "count", 1e12}, Part{"10*9", "count", 1e9}, Part{"10*6", "count", 1e6},   Part{"10*3", "count", 1e3},
    Part{"L", "volume", 1},      Part{"dL", "volume", 0.1},   Part{"mL", "volume", 1e-3},   Part{"uL", "volume", 1e-6},
};

// Concentrations of one kind compare (g/dL with mg/L); every other unit only with itself.
Scaled scaled(std::string_view ucum) {
  const auto find = [](std::string_view unit) {
    return std::find_if(kParts.begin(), kParts.end(), [&](const Part& p) { return p.unit == unit; });
  };
  const auto slash = ucum.find('/');
  const auto above = find(ucum.substr(0, slash));
  if (slash != std::string_view::npos && above != kParts.end()) {
    const auto below = find(ucum.substr(slash + 1));
    if (below != kParts.end()) return {std::string(above->family) + "/" + std::string(below->family), above->factor / below->factor};
  }
  return {std::string(ucum), 1};
}

struct PlausibleRow {
  std::string ucum, low, high;
};
const std::multimap<std::string, PlausibleRow>& plausible() {
  static const auto rows = [] {
    std::multimap<std::string, PlausibleRow> out;
    for (auto& r : table("plausible.csv"))
      if (r.size() == 5) out.emplace(r[0], PlausibleRow{r[2], r[3], r[4]});
    return out;
  }();
  return rows;
}

bool unit_fits(const std::string& code, std::string_view printed) {
  const auto [from, to] = plausible().equal_range(code);
  const auto ucum = ucum_of(trim(printed));
  if (from == to || ucum.empty()) return true;  // an unknown item, or a unit that another rule reports
  const auto unit = scaled(ucum);
  return std::any_of(from, to, [&](const auto& row) { return scaled(row.second.ucum).dimension == unit.dimension; });
}

bool value_fits(const std::string& code, std::string_view printed, std::string_view text) {
  const auto [from, to] = plausible().equal_range(code);
  const auto ucum = ucum_of(trim(printed));
  if (from == to || ucum.empty() || !is_real(text)) return true;
  const auto unit = scaled(ucum);
  for (auto row = from; row != to; ++row) {
    const auto wanted = scaled(row->second.ucum);
    if (wanted.dimension != unit.dimension) continue;
    const double value = number(text) * unit.factor / wanted.factor;
    if (!row->second.low.empty() && value < number(row->second.low)) return false;
    if (!row->second.high.empty() && value > number(row->second.high)) return false;
  }
  return true;
}

}  // namespace

const std::vector<ValueRow>& value_rows() {
  static const auto rows = [] {
    std::vector<ValueRow> out;
    for (auto& r : table("valuesets.csv"))
      if (r.size() == 3) out.push_back({r[0], r[1], r[2]});
    return out;
  }();
  return rows;
}

bool in_value_set(std::string_view set, std::string_view code) {
  return std::any_of(value_rows().begin(), value_rows().end(), [&](const ValueRow& r) { return r.set == set && r.code == code; });
}

std::optional<bool> run_test(std::string_view name, const std::vector<std::string>& a) {
  const std::string empty;
  const auto& first = a.empty() ? empty : a[0];
  if (name == "time") return parse_hl7_time(first, 480).has_value();
  if (name == "real") return is_real(first);
  if (name == "date") return first.size() <= 8 ? parse_date(first).has_value() : parse_hl7_time(first, 480).has_value();
  if (name == "unit_fits" && a.size() == 2) return unit_fits(first, a[1]);
  if (name == "value_fits" && a.size() == 3) return value_fits(first, a[1], a[2]);
  if (name == "before" && a.size() == 2) {
    const auto x = parse_hl7_time(a[0], 480), y = parse_hl7_time(a[1], 480);
    if (!x || !y) return true;
    const auto coarse = x->precision < y->precision ? x->precision : y->precision;
    if (coarse <= Precision::day) return to_hl7_time(*x).substr(0, 8) <= to_hl7_time(*y).substr(0, 8) || x->epoch_ms <= y->epoch_ms;
    return x->epoch_ms <= y->epoch_ms;
  }
  if (name == "resident_id") return first.empty() || !model::normal_resident_id(first).empty();
  if (name == "loinc") return first.empty() || loinc(first);
  if (name == "oid") return first.empty() || oid_or_uuid(first);
  if (name == "icd10") return first.empty() || icd10(first);
  if (name == "icd10_system") return is_icd10(first);
  if (name == "data_element") return data_element(first);
  if (name == "known_element") return known_element(first);
  if (name == "known_unit") return trim(first).empty() || !ucum_of(trim(first)).empty();
  return std::nullopt;
}

}  // namespace cda
}  // namespace huren
