#include "core/model/json_fields.hpp"

#include <algorithm>

#include "core/base/text.hpp"
#include "core/base/text_out.hpp"
#include "core/model/json_mark.hpp"

namespace huren::model {
namespace {

std::size_t code_points(std::string_view text) {
  return static_cast<std::size_t>(
      std::count_if(text.begin(), text.end(), [](char c) { return (static_cast<unsigned char>(c) & 0xC0u) != 0x80u; }));
}

}  // namespace

std::string JsonPlace::text() const {
  if (!above_) return std::string(name_);
  auto out = above_->text();
  out += '/';
  out += name_;
  if (element_) out += '/' + std::to_string(index_);
  return out;
}

Fields::Fields(const Json& value, const JsonPlace& place, Source& source)
    : value_(value), place_(place), source_(source), first_asked_(source.asked.size()), is_object_(value.is_object()) {
  if (!is_object_) wrong_type(place_, "object");
  else
    for (const auto member : value_) {
      const auto bit = place_of(member.key());
      const auto mark = std::uint64_t{1} << bit;
      several_ |= there_ & mark;
      there_ |= mark;
      index_[bit] = member.index();
    }
}

bool Fields::has(std::string_view name) const { return static_cast<bool>(value_.find(name)); }

std::string Fields::at(std::string_view name) const { return JsonPlace(place_, name); }

void Fields::fault(std::string_view id, std::string where, std::vector<std::string> args) {
  source_.findings.push_back({Severity::error, {id, std::move(where), std::move(args)}});
}

void Fields::remark(std::string_view id, std::string where, std::vector<std::string> args) {
  source_.findings.push_back({Severity::warning, {id, std::move(where), std::move(args)}});
}

void Fields::wrong_type(std::string where, const char* wanted) { fault("model.wrong_type", std::move(where), {wanted}); }

Json Fields::find(std::string_view name, Need need) {
  source_.asked.push_back(name);
  if (!is_object_) return {};
  const auto bit = place_of(name);
  const auto mark = std::uint64_t{1} << bit;
  if (there_ & mark) {
    auto value = several_ & mark ? value_.find(name) : value_.other(index_[bit]);
    if (value && value.key() == name) {
      if (!(found_ & mark)) ++found_count_;  // two names with one mark count once: finish() then looks at all of them
      found_ |= mark;
      return value;
    }
  }
  if (need == Need::required && !source_.stored) fault("model.missing_member", at(name), {std::string(name)});
  return {};
}

Json Fields::array(std::string_view name, std::size_t max_count, Need need) {
  const auto value = find(name, need);
  if (!value) return {};
  if (!value.is_array()) {
    wrong_type(at(name), "array");
    return {};
  }
  if (value.size() > max_count && !source_.stored) {
    fault("model.too_many", at(name), {std::to_string(max_count)});
    return {};
  }
  if (value.size() == 0 && need == Need::required && !source_.stored) {
    fault("model.empty", at(name), {std::string(name)});
    return {};
  }
  return value;
}

// The place is put together only where there is something to tell of it. index: within a list; -1: the member itself.
bool Fields::check_text(std::string_view value, std::string_view name, int index, std::size_t limit, Lines lines) {
  if (source_.stored) return true;
  const auto where = [&] { return index < 0 ? at(name) : at(name) + '/' + std::to_string(index); };
  if (value.size() > limit && code_points(value) > limit) {
    fault("model.too_long", where(), {std::to_string(limit)});
    return false;
  }
  const auto refused = [lines](char c) {
    const auto u = static_cast<unsigned char>(c);
    if (u == 0x7F) return true;
    if (u >= 0x20) return false;
    return lines == Lines::one || (c != '\t' && c != '\r' && c != '\n');
  };
  if (!all_plain(value, [](Eight x) { return x.control() | x.has('\x7F'); }) && std::any_of(value.begin(), value.end(), refused)) {
    fault("model.control_character", where());
    return false;
  }
  return true;
}

void Fields::text(std::string_view name, std::string& into, Need need, std::size_t limit, Lines lines) {
  const auto value = find(name, need);
  if (!value) return;
  if (!value.is_string()) return wrong_type(at(name), "string");
  const auto given = value.string();
  if (given.empty() && need == Need::required && !source_.stored) return fault("model.empty", at(name), {std::string(name)});
  if (check_text(given, name, -1, limit, lines)) into = given;
}

std::optional<std::string_view> Fields::said(std::string_view name, std::initializer_list<std::string_view> words, Need need) {
  const auto value = find(name, need);
  if (!value) return std::nullopt;
  if (!value.is_string()) return wrong_type(at(name), "string"), std::nullopt;
  const auto given = value.string();
  if (source_.stored || std::find(words.begin(), words.end(), given) != words.end()) return given;
  std::string all;
  for (const auto w : words) {
    if (w.empty()) continue;
    all += all.empty() ? "" : " | ";
    all += w;
  }
  fault("model.not_a_word", at(name), {all});
  return std::nullopt;
}

void Fields::word(std::string_view name, std::string& into, std::initializer_list<std::string_view> words, Need need) {
  if (const auto given = said(name, words, need)) into = *given;
}

void Fields::integer(std::string_view name, int& into, int low, int high, Need need) {
  const auto value = find(name, need);
  if (!value) return;
  const auto& node = value.node();
  if (node.kind != JsonKind::integer && node.kind != JsonKind::natural) return wrong_type(at(name), "integer");
  const bool huge = node.kind == JsonKind::natural && node.natural > static_cast<std::uint64_t>(high);
  const auto given = huge ? 0 : node.kind == JsonKind::natural ? static_cast<std::int64_t>(node.natural) : node.integer;
  if (huge || given < low || given > high) return fault("model.out_of_range", at(name), {std::to_string(low), std::to_string(high)});
  into = static_cast<int>(given);
}

void Fields::boolean(std::string_view name, bool& into, Need need) {
  const auto value = find(name, need);
  if (!value) return;
  if (value.kind() != JsonKind::boolean) return wrong_type(at(name), "boolean");
  into = value.node().boolean;
}

void Fields::number(std::string_view name, std::optional<double>& into) {
  const auto value = find(name, Need::optional);
  if (!value) return;
  const auto& node = value.node();
  switch (node.kind) {
    case JsonKind::real: into = node.real; break;
    case JsonKind::integer: into = static_cast<double>(node.integer); break;
    case JsonKind::natural: into = static_cast<double>(node.natural); break;
    default: wrong_type(at(name), "number");
  }
}

void Fields::time(std::string_view name, Timestamp& into, Need need) {
  const auto value = find(name, need);
  if (!value) return;
  if (!value.is_string()) return wrong_type(at(name), "string");
  if (const auto parsed = parse_iso_time(value.string(), source_.offset_minutes)) into = *parsed;
  else fault("model.bad_time", at(name));
}

void Fields::date(std::string_view name, Date& into, Need need) {
  const auto value = find(name, need);
  if (!value) return;
  if (!value.is_string()) return wrong_type(at(name), "string");
  const auto given = value.string();
  const bool iso = given.size() == 4 || (given.size() > 4 && given[4] == '-');  // JSON knows one form of a date
  const auto parsed = parse_date(given);
  if (iso && parsed) into = *parsed;
  else fault("model.bad_date", at(name));
}

void Fields::texts(std::string_view name, std::vector<std::string>& into, std::size_t limit, Lines lines, Need need) {
  const auto value = array(name, kMaxList, need);
  if (!value) return;
  std::size_t i = 0;
  for (const auto item : value) {
    const auto index = i++;
    const auto where = [&] { return at(name) + '/' + std::to_string(index); };
    if (!item.is_string()) {
      wrong_type(where(), "string");
      continue;
    }
    const auto given = item.string();
    if (given.empty()) fault("model.empty", where(), {std::string(name)});
    else if (check_text(given, name, static_cast<int>(index), limit, lines)) into.emplace_back(given);
  }
}

void Fields::finish() {
  if (!is_object_ || source_.stored) return;
  if (found_count_ == value_.size()) return;
  const std::vector<std::string_view> asked(source_.asked.begin() + static_cast<std::ptrdiff_t>(first_asked_), source_.asked.end());
  std::vector<std::string_view> unknown;
  for (const auto member : value_)
    if (std::find(asked.begin(), asked.end(), member.key()) == asked.end()) unknown.push_back(member.key());
  std::sort(unknown.begin(), unknown.end());
  for (const auto key : unknown) {
    const auto likely = closest(key, asked);
    const auto where = at(shown_name(key));
    if (likely.empty()) fault("model.unknown_member", where);
    else fault("model.unknown_member_like", where, {std::string(likely)});
  }
}

}  // namespace huren::model
