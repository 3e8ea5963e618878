// JSON written straight into one string: a card is answered while a doctor waits, a report is written
// for every message, and a tree of nodes costs ten times as much.
// Promises: members in the order given, no blanks, every string escaped. Refuses: text that is not UTF-8 (the readers check it).
#pragma once
#include <cstdint>
#include <cstring>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>

#include "core/base/text_out.hpp"

namespace huren {

class JsonWriter {
 public:
  // room: of an earlier text, which need not be made and cleared again.
  explicit JsonWriter(std::size_t likely_size = 4096, std::string room = {}) : out_(likely_size, std::move(room)) {}
  JsonWriter& open(char bracket) {
    char* at = comma(out_.room(2));
    *at++ = bracket;
    out_.used(at);
    fresh_ = true;
    return *this;
  }
  JsonWriter& close(char bracket) {
    out_.add(bracket);
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
  JsonWriter& value(std::int64_t number);
  JsonWriter& value(int number) { return value(std::int64_t{number}); }
  JsonWriter& raw(std::string_view json) {
    char* at = comma(out_.room(json.size() + 1));
    out_.used(put(at, json));
    return *this;
  }
  template <class T>
  JsonWriter& member(std::string_view name, const T& v) {
    return key(name).value(v);
  }
  template <std::size_t n, class T>
  JsonWriter& member(const char (&name)[n], const T& v) {
    if constexpr (std::is_convertible_v<const T&, std::string_view>) return text(name, v);
    else return key(name).value(v);
  }
  // A member whose name the compiler knows and whose value is text: in one step, as nearly all of a report are.
  template <std::size_t n>
  JsonWriter& text(const char (&name)[n], std::string_view value) {
    if (value.size() > kShort && !plain(value)) return key(name).value(value);
    char* at = comma(out_.room(n + (value.size() > kShort ? 1 : kEscape) * value.size() + 6));
    *at++ = '"';
    std::memcpy(at, name, n - 1);
    at += n - 1;
    std::memcpy(at, "\":\"", 3);
    at = value.size() > kShort ? put(at + 3, value) : put_escaped(at + 3, value);
    *at++ = '"';
    out_.used(at);
    return *this;
  }
  // A text that comes in pieces: open_text(), the pieces, close_text().
  JsonWriter& open_text() { return open('"'); }
  JsonWriter& piece(std::string_view part);
  JsonWriter& close_text() { return close('"'); }
  JsonWriter& some(std::string_view name, std::string_view text) {  // left out when empty
    return text.empty() ? *this : member(name, text);
  }
  template <std::size_t n>
  JsonWriter& some(const char (&name)[n], std::string_view value) {
    return value.empty() ? *this : text(name, value);
  }
  template <class List>
  JsonWriter& texts(std::string_view name, const List& list) {
    key(name).open('[');
    for (const auto& text : list) value(std::string_view(text));
    return close(']');
  }
  template <std::size_t n>
  JsonWriter& both(const char (&name)[n], std::string_view zh, std::string_view en) {
    return key(name).open('{').text("zh", zh).text("en", en).close('}');
  }
  // Where a value stands that write() writes; what stands there can be written again without being made again.
  struct Stretch { std::size_t from = 0, to = 0; };
  template <class Write>
  Stretch written(Write write) {
    const std::size_t from = out_.size() + (fresh_ ? 0 : 1);  // behind the comma
    write();
    return {from, out_.size()};
  }
  JsonWriter& again(const Stretch& stretch) {
    char* at = comma(out_.room(stretch.to - stretch.from + 1));
    out_.used(put(at, out_.view(stretch.from, stretch.to)));
    return *this;
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
  [[nodiscard]] std::string_view view() const { return out_.view(); }
  [[nodiscard]] std::string take() { return out_.take(); }
  [[nodiscard]] std::string room() && { return std::move(out_).room(); }  // for another one

 private:
  static constexpr std::size_t kEscape = 6;  // a byte may become \u00XX
  static constexpr std::size_t kShort = 64;  // looked at and copied in one go
  static std::uint64_t special(Eight x) { return x.control() | x.has('"') | x.has('\\'); }
  static bool plain(std::string_view text) { return all_plain(text, [](Eight x) { return special(x); }); }  // nothing to escape
  static char* put_escaped(char* at, std::string_view text);  // behind it
  char* comma(char* at) {
    if (!fresh_) *at++ = ',';
    fresh_ = false;
    return at;
  }
  TextOut out_;
  bool fresh_ = true;
};

}  // namespace huren
