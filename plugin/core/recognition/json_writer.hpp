// JSON written straight into one string: a card is answered while a doctor waits, and a tree of nodes costs ten times as much.
// Promises: members in the order given, no blanks, every string escaped. Refuses: text that is not UTF-8 (the readers check it).
#pragma once
#include <cstdint>
#include <cstring>
#include <string>
#include <string_view>

namespace huren::recognition {

class JsonWriter {
 public:
  explicit JsonWriter(std::size_t likely_size = 4096) : out_(likely_size, '\0') {}
  JsonWriter& open(char bracket) {
    char* at = comma(room(2));
    *at++ = bracket;
    used(at);
    fresh_ = true;
    return *this;
  }
  JsonWriter& close(char bracket) {
    char* at = room(1);
    *at++ = bracket;
    used(at);
    fresh_ = false;
    return *this;
  }
  JsonWriter& key(std::string_view name) {  // a name of the program's own: nothing in it needs escaping
    char* at = comma(room(name.size() + 4));
    *at++ = '"';
    std::memcpy(at, name.data(), name.size());
    at += name.size();
    *at++ = '"';
    *at++ = ':';
    used(at);
    fresh_ = true;
    return *this;
  }
  JsonWriter& value(std::string_view text);
  JsonWriter& value(const char* text) { return value(std::string_view(text)); }
  JsonWriter& value(const std::string& text) { return value(std::string_view(text)); }
  JsonWriter& value(bool yes) { return raw(yes ? "true" : "false"); }
  JsonWriter& value(std::int64_t number) { return raw(std::to_string(number)); }
  JsonWriter& value(int number) { return raw(std::to_string(number)); }
  JsonWriter& raw(std::string_view json) {
    char* at = comma(room(json.size() + 1));
    std::memcpy(at, json.data(), json.size());
    used(at + json.size());
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
  [[nodiscard]] std::string take() {
    out_.resize(used_);
    return std::move(out_);
  }

 private:
  char* room(std::size_t bytes) {  // where to write so many
    if (out_.size() - used_ < bytes) out_.resize(2 * out_.size() + bytes);
    return out_.data() + used_;
  }
  void used(const char* end) { used_ = static_cast<std::size_t>(end - out_.data()); }
  char* comma(char* at) {
    if (!fresh_) *at++ = ',';
    fresh_ = false;
    return at;
  }
  std::string out_;  // its first used_ bytes count
  std::size_t used_ = 0;
  bool fresh_ = true;
};

}  // namespace huren::recognition
