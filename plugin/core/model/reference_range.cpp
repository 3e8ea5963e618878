#include "core/model/reference_range.hpp"

#include <charconv>
#include <cmath>

#include "core/base/decimal.hpp"
#include "core/base/text.hpp"

namespace huren::model {
namespace {

// Takes a separator from the front of s: hyphen, double hyphen, tilde, dashes in their Unicode forms, 至.
bool take_separator(std::string_view& s) {
  s = trim(s);
  if (s.starts_with('-') && !s.starts_with("--")) {  // the usual one
    s = trim(s.substr(1));
    return true;
  }
  for (const std::string_view mark : {"--", "-", "~", "～", "－", "–", "—", "至"})
    if (s.starts_with(mark)) {
      s = trim(s.substr(mark.size()));
      return true;
    }
  return false;
}

// A number from the front of s.
std::optional<double> take_number(std::string_view& s) {
  s = trim(s);
  const bool plus = s.starts_with('+') && !s.starts_with("+-");
  double value = 0;
  if (const auto size = read_decimal(s.substr(plus ? 1 : 0), value)) {
    s.remove_prefix(size + (plus ? 1 : 0));
    return value;
  }
  const char* begin = s.data() + (plus ? 1 : 0);
  const auto [end, error] = std::from_chars(begin, s.data() + s.size(), value);
  if (error != std::errc{} || !std::isfinite(value) || end == begin) return std::nullopt;
  s.remove_prefix(static_cast<std::size_t>(end - s.data()));
  return value;
}

}  // namespace

std::optional<double> read_number(std::string_view text) {
  auto rest = trim(text);
  double plain = 0;
  if (!rest.empty() && read_decimal(rest, plain) == rest.size()) return plain;
  if (rest.empty() || rest.find_first_not_of("+-.0123456789") != std::string_view::npos || rest.starts_with("+-")) return std::nullopt;
  const auto value = take_number(rest);
  return rest.empty() ? value : std::nullopt;
}

Compared read_comparator(std::string_view text) {
  const auto s = trim(text);
  if (s.empty() || std::string_view("<>\xE2\xEF").find(s.front()) == s.npos) return {"", s};  // none of the forms begins so
  struct Form { std::string_view printed, comparator; };
  for (const auto& f : {Form{"<=", "<="}, Form{">=", ">="}, Form{"≤", "<="}, Form{"≥", ">="}, Form{"≦", "<="}, Form{"≧", ">="},
                        Form{"＜", "<"}, Form{"＞", ">"}, Form{"<", "<"}, Form{">", ">"}})
    if (s.starts_with(f.printed)) return {f.comparator, trim(s.substr(f.printed.size()))};
  return {"", s};
}

namespace {

// "3.9-6.1", as nearly all are: two numbers and one hyphen. false: perhaps another form.
bool read_usual(std::string_view text, Bounds& bounds) {
  double low = 0, high = 0;
  const auto first = read_decimal(text, low);
  if (first == 0 || first == text.size() || text[first] != '-') return false;
  const auto rest = text.substr(first + 1);
  if (rest.starts_with('-') || rest.empty() || read_decimal(rest, high) != rest.size()) return false;
  if (low <= high) bounds = {low, high};
  return true;
}

}  // namespace

Bounds read_bounds(std::string_view printed) {
  const auto text = trim(printed);
  Bounds bounds;
  if (read_usual(text, bounds)) return bounds;
  const auto compared = read_comparator(text);
  if (!compared.comparator.empty()) {
    if (const auto bound = read_number(compared.rest)) (compared.comparator.front() == '<' ? bounds.high : bounds.low) = bound;
    return bounds;
  }
  std::string_view s = text;
  const auto low = take_number(s);
  if (!low) return bounds;
  // "-5--2" is a hyphen and a negative bound; "0.4--8" and "-3--3" hold a doubled hyphen.
  const bool doubled = trim(s).starts_with("--");
  if (!take_separator(s)) return bounds;
  auto high = take_number(s);
  if (high && doubled && *low < -*high) high = -*high;
  if (!high || !trim(s).empty() || *low > *high) return bounds;
  return {low, high};
}

ReferenceRange read_range(std::string_view printed) {
  const auto bounds = read_bounds(printed);
  return {std::string(trim(printed)), bounds.low, bounds.high};
}

std::string print_number(double value) {
  char buffer[400];  // the longest double in plain digits
  if (char* const quick = put_decimal(buffer, value)) return {buffer, quick};
  const auto end = std::to_chars(buffer, buffer + sizeof buffer, value, std::chars_format::fixed).ptr;
  return {buffer, end};
}

void complete_range(ReferenceRange& range) {
  if (!range.low && !range.high) {
    if (range.text.empty()) return;
    const auto bounds = read_bounds(range.text);
    range.low = bounds.low;
    range.high = bounds.high;
    if (const auto text = trim(range.text); text.size() != range.text.size()) range.text = std::string(text);
    return;
  }
  if (!range.text.empty()) return;
  if (range.low && range.high) range.text = print_number(*range.low) + '-' + print_number(*range.high);
  else range.text = range.low ? ">=" + print_number(*range.low) : "<=" + print_number(*range.high);
}

}  // namespace huren::model
