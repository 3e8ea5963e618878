#include "core/model/json_fields.hpp"

#include <algorithm>

#include "core/base/text.hpp"

namespace huren::model {
namespace {

using nlohmann::json;

std::size_t code_points(std::string_view text) {
  return static_cast<std::size_t>(
      std::count_if(text.begin(), text.end(), [](char c) { return (static_cast<unsigned char>(c) & 0xC0u) != 0x80u; }));
}

// A member's name as it may be shown: a host could put anything there, even a person's name.
std::string shown_name(std::string_view name) {
  if (name.empty() || name.size() > 64 || !printable_ascii(name)) return "*";
  std::string out;
  for (const char c : name) {  // RFC 6901 §3
    if (c == '~') out += "~0";
    else if (c == '/') out += "~1";
    else out += c;
  }
  return out;
}

// Builds the tree and keeps the path of what is being read.
class TreeBuilder : public nlohmann::json_sax<json> {
 public:
  explicit TreeBuilder(Findings& findings) : findings_(findings) {}
  json take() { return std::move(root_); }

  bool null() override { return put(nullptr); }
  bool boolean(bool value) override { return put(value); }
  bool number_integer(number_integer_t value) override { return put(value); }
  bool number_unsigned(number_unsigned_t value) override { return put(value); }
  bool number_float(number_float_t value, const string_t&) override { return put(value); }
  bool string(string_t& value) override { return put(std::move(value)); }
  bool binary(binary_t&) override { return false; }
  bool start_object(std::size_t) override { return open(json::object()); }
  bool start_array(std::size_t) override { return open(json::array()); }
  bool end_object() override { return close(); }
  bool end_array() override { return close(); }
  bool key(string_t& name) override {
    auto& frame = stack_.back();
    frame.key = name;
    if (frame.value->contains(name)) findings_.push_back({Severity::error, {"model.doubled_member", path(), {}}});
    return true;
  }
  bool parse_error(std::size_t position, const std::string&, const nlohmann::detail::exception&) override {
    findings_.push_back({Severity::error, {"model.json_syntax", "", {std::to_string(position)}}});
    return false;
  }

 private:
  struct Frame {
    json* value;
    std::string key;
  };

  [[nodiscard]] std::string path() const {
    std::string out;
    for (const auto& frame : stack_) {
      out += '/';
      out += frame.value->is_array() ? std::to_string(frame.value->size() - (&frame == &stack_.back() ? 0u : 1u)) : shown_name(frame.key);
    }
    return out;
  }
  json* place(json value) {
    if (stack_.empty()) {
      root_ = std::move(value);
      return &root_;
    }
    auto& frame = stack_.back();
    if (frame.value->is_array()) {
      frame.value->push_back(std::move(value));
      return &frame.value->back();
    }
    return &((*frame.value)[frame.key] = std::move(value));
  }
  template <class T>
  bool put(T&& value) {
    place(json(std::forward<T>(value)));
    return true;
  }
  bool open(json value) {
    if (stack_.size() == kMaxDepth) {
      findings_.push_back({Severity::error, {"model.too_deep", path(), {std::to_string(kMaxDepth)}}});
      return false;
    }
    json* placed = place(std::move(value));
    stack_.push_back({placed, {}});
    return true;
  }
  bool close() {
    stack_.pop_back();
    return true;
  }

  Findings& findings_;
  json root_;
  std::vector<Frame> stack_;
};

}  // namespace

std::optional<json> parse_tree(std::string_view text, Findings& findings) {
  if (const auto bad = invalid_utf8(text)) {
    findings.push_back({Severity::error, {"text.undecodable", "", {std::to_string(*bad), "UTF-8"}}});
    return std::nullopt;
  }
  TreeBuilder builder(findings);
  if (!json::sax_parse(text, &builder)) return std::nullopt;
  return builder.take();
}

Fields::Fields(const json& value, std::string path, Source& source)
    : value_(value), path_(std::move(path)), source_(source), is_object_(value.is_object()) {
  asked_.reserve(24);
  if (!is_object_) wrong_type(path_, "object");
}

bool Fields::has(const char* name) const { return is_object_ && value_.contains(name); }

std::string Fields::at(std::string_view name) const { return path_ + '/' + std::string(name); }

void Fields::fault(std::string_view id, std::string where, std::vector<std::string> args) {
  source_.findings.push_back({Severity::error, {id, std::move(where), std::move(args)}});
}

void Fields::remark(std::string_view id, std::string where, std::vector<std::string> args) {
  source_.findings.push_back({Severity::warning, {id, std::move(where), std::move(args)}});
}

void Fields::wrong_type(std::string where, const char* wanted) { fault("model.wrong_type", std::move(where), {wanted}); }

const json* Fields::find(const char* name, Need need) {
  asked_.emplace_back(name);
  if (!is_object_) return nullptr;
  const auto it = value_.find(name);
  if (it != value_.end()) return &*it;
  if (need == Need::required && !source_.stored) fault("model.missing_member", at(name), {name});
  return nullptr;
}

const json* Fields::array(const char* name, std::size_t max_count, Need need) {
  const auto* value = find(name, need);
  if (!value) return nullptr;
  if (!value->is_array()) {
    wrong_type(at(name), "array");
    return nullptr;
  }
  if (value->size() > max_count && !source_.stored) {
    fault("model.too_many", at(name), {std::to_string(max_count)});
    return nullptr;
  }
  if (value->empty() && need == Need::required && !source_.stored) {
    fault("model.empty", at(name), {name});
    return nullptr;
  }
  return value;
}

// The place is put together only where there is something to tell of it. index: within a list; -1: the member itself.
bool Fields::check_text(const std::string& value, const char* name, int index, std::size_t limit, Lines lines) {
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
  if (std::any_of(value.begin(), value.end(), refused)) {
    fault("model.control_character", where());
    return false;
  }
  return true;
}

void Fields::text(const char* name, std::string& into, Need need, std::size_t limit, Lines lines) {
  const auto* value = find(name, need);
  if (!value) return;
  if (!value->is_string()) return wrong_type(at(name), "string");
  const auto& given = value->get_ref<const std::string&>();
  if (given.empty() && need == Need::required && !source_.stored) return fault("model.empty", at(name), {name});
  if (check_text(given, name, -1, limit, lines)) into = given;
}

void Fields::word(const char* name, std::string& into, std::initializer_list<std::string_view> words, Need need) {
  const auto* value = find(name, need);
  if (!value) return;
  if (!value->is_string()) return wrong_type(at(name), "string");
  const auto& given = value->get_ref<const std::string&>();
  if (source_.stored || std::find(words.begin(), words.end(), given) != words.end()) {
    into = given;
    return;
  }
  std::string all;
  for (const auto w : words) {
    if (w.empty()) continue;
    all += all.empty() ? "" : " | ";
    all += w;
  }
  fault("model.not_a_word", at(name), {all});
}

void Fields::integer(const char* name, int& into, int low, int high, Need need) {
  const auto* value = find(name, need);
  if (!value) return;
  if (!value->is_number_integer()) return wrong_type(at(name), "integer");
  const bool huge = value->is_number_unsigned() && value->get<std::uint64_t>() > static_cast<std::uint64_t>(high);
  if (huge || value->get<std::int64_t>() < low || value->get<std::int64_t>() > high)
    return fault("model.out_of_range", at(name), {std::to_string(low), std::to_string(high)});
  into = value->get<int>();
}

void Fields::boolean(const char* name, bool& into, Need need) {
  const auto* value = find(name, need);
  if (!value) return;
  if (!value->is_boolean()) return wrong_type(at(name), "boolean");
  into = value->get<bool>();
}

void Fields::number(const char* name, std::optional<double>& into) {
  const auto* value = find(name, Need::optional);
  if (!value) return;
  if (!value->is_number()) return wrong_type(at(name), "number");
  into = value->get<double>();
}

void Fields::time(const char* name, Timestamp& into, Need need) {
  const auto* value = find(name, need);
  if (!value) return;
  if (!value->is_string()) return wrong_type(at(name), "string");
  if (const auto parsed = parse_iso_time(value->get_ref<const std::string&>(), source_.offset_minutes)) into = *parsed;
  else fault("model.bad_time", at(name));
}

void Fields::date(const char* name, Date& into, Need need) {
  const auto* value = find(name, need);
  if (!value) return;
  if (!value->is_string()) return wrong_type(at(name), "string");
  const auto& given = value->get_ref<const std::string&>();
  const bool iso = given.size() == 4 || (given.size() > 4 && given[4] == '-');  // JSON knows one form of a date
  const auto parsed = parse_date(given);
  if (iso && parsed) into = *parsed;
  else fault("model.bad_date", at(name));
}

void Fields::texts(const char* name, std::vector<std::string>& into, std::size_t limit, Lines lines, Need need) {
  const auto* value = array(name, kMaxList, need);
  if (!value) return;
  for (std::size_t i = 0; i < value->size(); ++i) {
    const auto& item = (*value)[i];
    const auto where = [&] { return at(name) + '/' + std::to_string(i); };
    if (!item.is_string()) {
      wrong_type(where(), "string");
      continue;
    }
    const auto& given = item.get_ref<const std::string&>();
    if (given.empty()) fault("model.empty", where(), {name});
    else if (check_text(given, name, static_cast<int>(i), limit, lines)) into.push_back(given);
  }
}

void Fields::finish() {
  if (!is_object_ || source_.stored) return;
  for (const auto& [key, value] : value_.get_ref<const json::object_t&>()) {
    if (std::find(asked_.begin(), asked_.end(), key) != asked_.end()) continue;
    const auto likely = closest(key, asked_);
    const auto where = at(shown_name(key));
    if (likely.empty()) fault("model.unknown_member", where);
    else fault("model.unknown_member_like", where, {std::string(likely)});
  }
}

}  // namespace huren::model
