#include "core/hl7/writer.hpp"

#include <algorithm>

#include "core/base/text.hpp"
#include "core/hl7/dictionary.hpp"
#include "core/hl7/scan.hpp"

namespace huren::hl7 {

std::string_view structure_of(std::string_view type, std::string_view trigger) {
  std::string key(type);
  key += '^';
  key += trigger;
  const auto& events = dictionary().events;
  const auto it = events.find(key);
  return it == events.end() ? std::string_view() : std::string_view(it->second);
}

Writer& Writer::segment(std::string_view name) {
  const auto upper = [](char c) { return c >= 'A' && c <= 'Z'; };
  const auto upper_or_digit = [&](char c) { return upper(c) || (c >= '0' && c <= '9'); };
  if (!fault_ && !(name.size() == 3 && upper(name[0]) && upper_or_digit(name[1]) && upper_or_digit(name[2])))
    fault_ = Error{"hl7.write_segment", "", {std::string(name.substr(0, 8))}};
  if (!out_.view().empty()) out_.add('\r');
  out_.add(name);
  name_ = name;
  field_ = rep_ = comp_ = sub_ = at_field_ = at_rep_ = at_comp_ = at_sub_ = 0;
  return *this;
}

void Writer::header_segment(std::string_view name, const Header& h) {
  segment(name);
  out_.add(d_.field);
  for (const char c : {d_.component, d_.repetition, d_.escape, d_.subcomponent, d_.truncation})
    if (c != '\0') out_.add(c);
  at_field_ = 2;
  const auto party = [&](int n, const std::string& hd, const std::string& first) {
    if (!hd.empty() && d_ == Delimiters{}) field(n).raw(hd);
    else set(n, first);
  };
  party(3, h.sending_app_hd, h.sending_app);
  party(4, h.sending_facility_hd, h.sending_facility);
  party(5, h.receiving_app_hd, h.receiving_app);
  party(6, h.receiving_facility_hd, h.receiving_facility);
  set(7, h.time);
}

Writer& Writer::envelope(std::string_view name, const Header& h) {
  header_segment(name, h);
  return set(11, h.control_id);
}

Writer& Writer::msh(const Header& h) {
  header_segment("MSH", h);
  set(9, {h.type, h.trigger, h.structure.empty() ? structure_of(h.type, h.trigger) : std::string_view(h.structure)});
  set(10, h.control_id);
  set(11, h.processing_id.empty() ? "P" : h.processing_id);
  set(12, h.version.empty() ? "2.5.1" : h.version);
  set(15, h.accept_ack);
  set(16, h.application_ack);
  set(18, h.charset);
  set(21, h.profile);
  return *this;
}

char* Writer::open_with_room(std::size_t n) {
  // The two usual ways on, quickly: to a later field, to a later component of the same field.
  int* at = nullptr;
  int target = 0;
  char delimiter = d_.field;
  if (field_ > at_field_ && !(rep_ | comp_ | sub_)) {
    at = &at_field_;
    target = field_;
    at_rep_ = at_comp_ = 0;
  } else if (field_ == at_field_ && rep_ == at_rep_ && comp_ > at_comp_ && sub_ == 0 && d_.component != '\0' && field_ > 0) {
    at = &at_comp_;
    target = comp_;
    delimiter = d_.component;
  } else {
    open();
    return out_.room(n);
  }
  const auto steps = static_cast<std::size_t>(target - *at);
  *at = target;
  at_sub_ = 0;
  char* to = out_.room(steps + n);
  *to = delimiter;  // usually the only one
  if (steps > 1) std::fill_n(to + 1, steps - 1, delimiter);
  out_.added(steps);
  return to + steps;
}

void Writer::open() {
  if (field_ > at_field_) {
    out_.add(std::string(static_cast<std::size_t>(field_ - at_field_), d_.field));
    at_field_ = field_;
    at_rep_ = at_comp_ = at_sub_ = 0;
  }
  bool back = field_ < at_field_ || field_ == 0;
  const auto reach = [&](int target, int& at, char delimiter) {
    if (target > at && !back) {
      if (delimiter == '\0') back = true;
      out_.add(std::string(static_cast<std::size_t>(target - at), delimiter));
      at = target;
      return true;
    }
    back = back || target < at;
    return false;
  };
  if (reach(rep_, at_rep_, d_.repetition)) at_comp_ = at_sub_ = 0;
  if (reach(comp_, at_comp_, d_.component)) at_sub_ = 0;
  reach(sub_, at_sub_, d_.subcomponent);
  if (back && !fault_) fault_ = Error{"hl7.write_order", name_ + '-' + std::to_string(field_), {}};
}

Writer& Writer::text(std::string_view value) {
  if (value.empty()) return *this;
  char* const to = open_with_room(value.size());
  for (std::size_t i = 0; i < value.size(); ++i) {  // usually nothing is special: copied while looking
    if (special_[static_cast<unsigned char>(value[i])]) {
      out_.added(i);
      std::string rest;
      append_escaped(rest, value.substr(i), d_);
      out_.add(rest);
      return *this;
    }
    to[i] = value[i];
  }
  out_.added(value.size());
  return *this;
}

Writer& Writer::formatted(std::string_view value) {
  if (value.empty()) return *this;
  open();
  std::string text;
  append_escaped_formatted(text, value, d_);
  out_.add(text);
  return *this;
}

Writer& Writer::raw(std::string_view value) {
  if (value.empty()) return *this;
  open();
  out_.add(value);
  return *this;
}

Writer& Writer::null() { return raw("\"\""); }

Writer& Writer::set(int n, std::initializer_list<std::string_view> components) {
  field(n);
  int c = 0;
  for (const auto value : components) component(++c).text(value);
  return *this;
}

Writer& Writer::add(std::initializer_list<std::string_view> components) {
  if (at_field_ == field_) repeat();
  int c = 0;
  for (const auto value : components) component(++c).text(value);
  return *this;
}

Result<std::string> Writer::finish() const {
  if (fault_) return *fault_;
  const auto out = out_.view();
  if (const auto bad = invalid_utf8(out)) {
    const auto line = out.rfind('\r', *bad);
    return Error{"hl7.write_utf8", std::string(out.substr(line == std::string_view::npos ? 0 : line + 1, 3)), {}};
  }
  std::string text;
  text.reserve(out.size() + 1);
  text = out;
  text += '\r';
  return text;
}

void Writer::Buffer::grow(std::size_t n) {
  const std::size_t bigger = std::max<std::size_t>(4096, (size_ + n) * 2);
  auto fresh = std::make_unique_for_overwrite<char[]>(bigger);
  std::copy_n(data_.get(), size_, fresh.get());
  data_ = std::move(fresh);
  capacity_ = bigger;
}

Result<std::string> Writer::finish(Charset charset) const {
  auto text = finish();
  return text && charset != Charset::utf8 ? from_utf8(*text, charset) : text;
}

}  // namespace huren::hl7
