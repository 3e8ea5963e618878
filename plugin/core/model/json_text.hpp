// Writes one JSON object as text, member by member: no tree in between, for what is written for every message.
// Promises: members that hold nothing are left out; numbers and escapes as nlohmann's dump() writes them.
// Refuses: nothing; text is UTF-8 by the time it is in the model.
#pragma once
#include <string>
#include <string_view>
#include <vector>

#include "core/base/time.hpp"

namespace huren::model {

class JsonText {
 public:
  explicit JsonText(std::size_t expected) { out_.reserve(expected); }

  void put(std::string_view name, std::string_view text);
  void put(std::string_view name, const std::string& text) { put(name, std::string_view(text)); }
  void put(std::string_view name, const char* text) { put(name, std::string_view(text)); }
  void put(std::string_view name, const Timestamp& time);
  void put(std::string_view name, const std::vector<std::string>& texts);
  void number(std::string_view name, double value);
  void integer(std::string_view name, std::int64_t value);
  // write(): members; when it wrote none the part is left out, unless it must stand.
  template <class Write>
  void object(std::string_view name, Write write, bool must_stand = false) {
    part(name, '{', '}', write, must_stand);
  }
  // write(): any number of element() calls.
  template <class Write>
  void list(std::string_view name, Write write, bool must_stand = false) {
    part(name, '[', ']', write, must_stand);
  }
  template <class Write>
  void element(Write write) {
    comma();
    out_ += '{';
    write();
    out_ += '}';
  }
  template <class Write>
  std::string whole(Write write) {
    out_ += '{';
    write();
    out_ += '}';
    return std::move(out_);
  }

 private:
  template <class Write>
  void part(std::string_view name, char open, char close, Write write, bool must_stand) {
    const auto before = out_.size();
    key(name);
    out_ += open;
    const auto inside = out_.size();
    write();
    if (out_.size() == inside && !must_stand) return out_.resize(before);
    out_ += close;
  }
  void comma() {
    if (out_.back() != '{' && out_.back() != '[') out_ += ',';
  }
  void key(std::string_view name);
  void quoted(std::string_view text);

  std::string out_;
};

}  // namespace huren::model
