// JSON written straight into one string: a card is answered while a doctor waits, a report is written
// for every message, and a tree of nodes costs ten times as much.
// Promises: members in the order given, no blanks, every string escaped. Refuses: text that is not UTF-8 (the readers check it).
#pragma once
#include <cstdint>
#include <cstring>
#include <string>
#include <string_view>

#include "core/base/text_out.hpp"

namespace huren {

class JsonWriter {
 public:
  explicit JsonWriter(std::size_t likely_size = 4096) : out_(likely_size) {}
  JsonWriter& open(char bracket) {
    char* at = comma(out_.room(2));
    *at++ = bracket;
    out_.used(at);
    fresh_ = true;
    return *this;
  }
  JsonWriter& close(char bracket) {
    char* at = out_.room(1);
    *at++ = bracket;
    out_.used(at);
    fresh_ = false;
    return *this;
  }
  template <std::size_t n>
  JsonWriter& key(const char (&name)[n]) {  // as below; a name whose length the compiler knows is copied without a call
    char* at = comma(out_.room(n + 3));
    *at++ = '"';
    std::memcpy(at, name, n - 1);
    at += n - 1;
    *at++ = '"';
    *at++ = ':';
    out_.used(at);
    fresh_ = true;
    return *this;
  }
  JsonWriter& key(std::string_view name) {  // a name of the program's own: nothing in it needs escaping
    char* at = comma(out_.room(name.size() + 4));
    *at++ = '"';
    at = put(at, name);
    *at++ = '"';
    *at++ = ':';
    out_.used(at);
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
    char* at = comma(out_.room(json.size() + 1));
    out_.used(put(at, json));
    return *this;
  }
  template <class T>
  JsonWriter& member(std::string_view name, const T& v) {
    return key(name).value(v);
  }
  // A member whose name the compiler knows and whose value is text: in one step, as nearly all of a report are.
  template <std::size_t n>
  JsonWriter& text(const char (&name)[n], std::string_view value) {
    if (!plain(value)) return key(name).value(value);
    char* at = comma(out_.room(n + value.size() + 6));
    *at++ = '"';
    std::memcpy(at, name, n - 1);
    at += n - 1;
    std::memcpy(at, "\":\"", 3);
    at = put(at + 3, value);
    *at++ = '"';
    out_.used(at);
    return *this;
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
  // A place to come back to, as if nothing had been written since.
  struct Place {
    std::size_t size;
    bool fresh;
    friend bool operator==(const Place&, const Place&) = default;
  };
  [[nodiscard]] Place place() const { return {out_.size(), fresh_}; }
  void back_to(const Place& place) {
    out_.cut(place.size);
    fresh_ = place.fresh;
  }
  [[nodiscard]] std::string take() { return out_.take(); }

 private:
  static bool plain(std::string_view text) {  // nothing to escape
    return all_plain(text, [](Eight x) { return x.control() | x.has('"') | x.has('\\'); });
  }
  char* comma(char* at) {
    if (!fresh_) *at++ = ',';
    fresh_ = false;
    return at;
  }
  TextOut out_;
  bool fresh_ = true;
};

}  // namespace huren
