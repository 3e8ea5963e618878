// Writes one JSON object as text, member by member: no tree in between, for what is written for every message.
// Promises: members that hold nothing are left out; numbers and escapes as nlohmann's dump() writes them.
// Refuses: nothing; text is UTF-8 by the time it is in the model.
#pragma once
#include <string>
#include <string_view>
#include <vector>

#include "core/base/json_writer.hpp"
#include "core/base/time.hpp"

namespace huren::model {

class JsonText {
 public:
  explicit JsonText(std::size_t expected) : json_(expected) {}

  // Names stand in the program: their length is known where they are written.
  template <std::size_t n>
  void put(const char (&name)[n], std::string_view text) {
    if (!text.empty()) json_.text(name, text);
  }
  template <std::size_t n>
  void put(const char (&name)[n], const Timestamp& time) {
    if (time.present()) put(name, to_iso_time(time));
  }
  template <std::size_t n>
  void put(const char (&name)[n], const std::vector<std::string>& texts) {
    if (!texts.empty()) json_.texts(name, texts);
  }
  void number(std::string_view name, double value);
  void integer(std::string_view name, std::int64_t value) { json_.member(name, value); }
  // write(): members; when it wrote none the part is left out, unless it must stand.
  template <std::size_t n, class Write>
  void object(const char (&name)[n], Write write, bool must_stand = false) {
    part(name, '{', '}', write, must_stand);
  }
  // write(): any number of element() calls.
  template <std::size_t n, class Write>
  void list(const char (&name)[n], Write write, bool must_stand = false) {
    part(name, '[', ']', write, must_stand);
  }
  template <class Write>
  void element(Write write) {
    json_.open('{');
    write();
    json_.close('}');
  }
  template <class Write>
  std::string whole(Write write) {
    element(write);
    return json_.take();
  }

 private:
  template <std::size_t n, class Write>
  void part(const char (&name)[n], char open, char close, Write write, bool must_stand) {
    const auto before = json_.place();
    json_.key(name).open(open);
    const auto inside = json_.place();
    write();
    if (json_.place() == inside && !must_stand) json_.back_to(before);
    else json_.close(close);
  }

  JsonWriter json_;
};

}  // namespace huren::model
