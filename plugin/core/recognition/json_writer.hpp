// JSON written straight into one string: a card is answered while a doctor waits, and a tree of nodes costs ten times as much.
// Promises: members in the order given, no blanks, every string escaped. Refuses: text that is not UTF-8 (the readers check it).
#pragma once
#include <cstdint>
#include <string>
#include <string_view>

namespace huren::recognition {

class JsonWriter {
 public:
  explicit JsonWriter(std::size_t likely_size = 4096) { out_.reserve(likely_size); }
  JsonWriter& open(char bracket) {
    comma();
    out_ += bracket;
    fresh_ = true;
    return *this;
  }
  JsonWriter& close(char bracket) {
    out_ += bracket;
    fresh_ = false;
    return *this;
  }
  JsonWriter& key(std::string_view name) {
    comma();
    quote(name);
    out_ += ':';
    fresh_ = true;
    return *this;
  }
  JsonWriter& value(std::string_view text) {
    comma();
    quote(text);
    return *this;
  }
  JsonWriter& value(const char* text) { return value(std::string_view(text)); }
  JsonWriter& value(const std::string& text) { return value(std::string_view(text)); }
  JsonWriter& value(bool yes) { return raw(yes ? "true" : "false"); }
  JsonWriter& value(std::int64_t number) { return raw(std::to_string(number)); }
  JsonWriter& value(int number) { return raw(std::to_string(number)); }
  JsonWriter& raw(std::string_view json) {
    comma();
    out_ += json;
    return *this;
  }
  template <class T>
  JsonWriter& member(std::string_view name, const T& v) {
    return key(name).value(v);
  }
  JsonWriter& some(std::string_view name, std::string_view text) {  // left out when empty
    return text.empty() ? *this : member(name, text);
  }
  template <class List>
  JsonWriter& texts(std::string_view name, const List& list) {
    key(name).open('[');
    for (const auto& text : list) value(std::string_view(text));
    return close(']');
  }
  JsonWriter& both(std::string_view name, std::string_view zh, std::string_view en) {
    return key(name).open('{').member("zh", zh).member("en", en).close('}');
  }
  [[nodiscard]] std::string take() { return std::move(out_); }

 private:
  void comma() {
    if (!fresh_) out_ += ',';
    fresh_ = false;
  }
  void quote(std::string_view s);
  std::string out_;
  bool fresh_ = true;
};

}  // namespace huren::recognition
