#include "core/cda/lab_value.hpp"

#include <array>
#include <charconv>
#include <functional>
#include <span>
#include <string>
#include <unordered_map>

#include "core/base/csv.hpp"
#include "core/base/decimal.hpp"
#include "core/base/embedded.hpp"

namespace huren {
namespace embedded {
std::span<const File> cda_tables();
}
namespace cda {
namespace {

bool digit(char c) { return c >= '0' && c <= '9'; }

struct Hash : std::hash<std::string_view> {
  using is_transparent = void;
};
using Units = std::unordered_map<std::string, std::string, Hash, std::equal_to<>>;

// schemas/cda/units.csv: printed,ucum
const Units& units() {
  static const auto table = [] {
    Units out;
    for (const auto& file : embedded::cda_tables()) {
      if (file.name != "units.csv") continue;
      if (auto rows = parse_csv(file.text))
        for (std::size_t i = 1; i < rows->size(); ++i)
          if ((*rows)[i].size() >= 2) out.emplace((*rows)[i][0], (*rows)[i][1]);
    }
    return out;
  }();
  return table;
}

}  // namespace

bool is_real(std::string_view text) {
  std::size_t i = 0;
  if (i < text.size() && (text[i] == '+' || text[i] == '-')) ++i;
  std::size_t digits = 0;
  while (i < text.size() && digit(text[i])) ++i, ++digits;
  if (i < text.size() && text[i] == '.') {
    ++i;
    while (i < text.size() && digit(text[i])) ++i, ++digits;
  }
  if (digits == 0) return false;
  if (i < text.size() && (text[i] == 'e' || text[i] == 'E')) {
    ++i;
    if (i < text.size() && (text[i] == '+' || text[i] == '-')) ++i;
    const auto from = i;
    while (i < text.size() && digit(text[i])) ++i;
    if (i == from) return false;
  }
  return i == text.size();
}

bool split_pair(std::string_view text, char separator, std::string_view& left, std::string_view& right) {
  const auto at = text.find(separator);
  if (at == std::string_view::npos) return false;
  left = text.substr(0, at);
  right = text.substr(at + 1);
  return !left.empty() && !right.empty() && digit(left[0]) && digit(right[0]) && is_real(left) && is_real(right);
}

ValueShape shape_of(const model::Observation& o) {
  if (!o.comparator.empty()) {
    const bool known = o.comparator == "<" || o.comparator == ">" || o.comparator == "<=" || o.comparator == ">=";
    return known && is_real(o.value) ? ValueShape::bound : ValueShape::text;
  }
  if (o.value_type == "NM") return o.value.empty() || is_real(o.value) ? ValueShape::number : ValueShape::text;
  if (o.value_type == "SN") {
    std::string_view left, right;
    if (split_pair(o.value, ':', left, right)) return ValueShape::ratio;
    if (split_pair(o.value, '-', left, right) && left != right) return ValueShape::interval;
    if (is_real(o.value)) return ValueShape::interval;  // low = high
    return ValueShape::text;
  }
  return o.value_type == "CWE" ? ValueShape::coded : ValueShape::text;
}

std::string number_text(double value) {
  std::array<char, 32> buffer;
  // Between these to_chars never writes an exponent: it would be longer.
  if (value >= 0.001 && value < 100'000)
    if (char* const quick = put_decimal(buffer.data(), value)) return {buffer.data(), quick};
  const auto end = std::to_chars(buffer.data(), buffer.data() + buffer.size(), value).ptr;
  return {buffer.data(), end};
}

std::string_view result_code(const std::vector<std::string>& flags) {
  for (const auto& f : flags)
    if (!f.empty() && f != "N") return "2";
  return flags.empty() ? "" : "1";
}

std::string_view ucum_of(std::string_view printed) {
  const auto it = units().find(printed);
  return it == units().end() ? std::string_view{} : std::string_view(it->second);
}

}  // namespace cda
}  // namespace huren
