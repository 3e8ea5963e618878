// Writes XML into one string: escapes, closes what it opened, and refuses what XML 1.0 cannot carry.
// Not pugixml's writer: that one turns control characters into illegal references, lets bad UTF-8 pass and normalises CR away.
// Promises: line ends of text survive; the first unwritable character is remembered with its place.
#pragma once
#include <cstddef>
#include <cstring>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/base/result.hpp"
#include "core/base/text_out.hpp"

namespace huren::cda {

class XmlOut {
 public:
  explicit XmlOut(std::size_t expected, std::string room = {}) : out_(expected, std::move(room)) {}

  // For the error's location: member of the model, and its index (-1: none).
  XmlOut& place(std::string_view member, int index = -1) {
    member_ = member;
    index_ = index;
    return *this;
  }

  XmlOut& raw(std::string_view markup) {  // constant markup, well-formed in itself
    end_tag();
    out_.add(markup);
    return *this;
  }
  XmlOut& open(std::string_view name) {
    end_tag();
    char* at = out_.room(name.size() + 1);
    *at++ = '<';
    out_.used(put(at, name));
    stack_.push_back(name);
    in_tag_ = true;
    return *this;
  }
  XmlOut& attr(std::string_view name, std::string_view value) {
    if (!plain(value)) return escaped_attr(name, value);
    char* at = out_.room(name.size() + value.size() + 4);
    *at++ = ' ';
    at = put(put(at, name), "=\"");
    at = put(at, value);
    *at++ = '"';
    out_.used(at);
    return *this;
  }
  XmlOut& raw_attr(std::string_view attributes) {  // constant, with its leading blank
    out_.add(attributes);
    return *this;
  }
  // The attribute, or nothing when the value is empty (an empty extension or value is invalid CDA).
  XmlOut& attr_if(std::string_view name, std::string_view value) { return value.empty() ? *this : attr(name, value); }
  // One value between constant pieces of markup, the usual line of a report, in one step: as text, or in an attribute's quotes.
  // quoted() goes on with an open tag unless `before` begins one. Half the time of writing a report.
  template <std::size_t n, std::size_t m>
  XmlOut& text(const char (&before)[n], std::string_view value, const char (&after)[m]) {
    return between<false>(before, value, after);
  }
  template <std::size_t n, std::size_t m>
  XmlOut& quoted(const char (&before)[n], std::string_view value, const char (&after)[m]) {
    return between<true>(before, value, after);
  }
  template <std::size_t n, std::size_t m>
  XmlOut& quoted_some(const char (&before)[n], std::string_view value, const char (&after)[m]) {  // nothing when the value is empty
    return value.empty() ? *this : quoted(before, value, after);
  }
  XmlOut& text(std::string_view value) {
    end_tag();
    if (plain(value)) out_.add(value);
    else escape(value, false);
    return *this;
  }
  XmlOut& close() {
    const auto name = stack_.back();
    stack_.pop_back();
    if (in_tag_) {
      out_.add("/>");
      in_tag_ = false;
    } else {
      char* at = out_.room(name.size() + 3);
      at = put(put(at, "</"), name);
      *at++ = '>';
      out_.used(at);
    }
    return *this;
  }
  XmlOut& element(std::string_view name, std::string_view value) {
    if (!plain(value)) return open(name).text(value).close();
    end_tag();
    char* at = out_.room(2 * name.size() + value.size() + 5);
    *at++ = '<';
    at = put(at, name);
    *at++ = '>';
    at = put(put(put(at, value), "</"), name);
    *at++ = '>';
    out_.used(at);
    return *this;
  }
  // What write() writes, whole elements; the second time it is copied from `written`, which starts empty.
  template <class Write>
  XmlOut& repeat(std::string& written, Write write) {
    end_tag();
    if (!written.empty()) return raw(written);
    const auto from = out_.size();
    write();
    written = out_.view().substr(from);
    return *this;
  }

  [[nodiscard]] bool failed() const { return fault_.has_value(); }
  // The whole text, or cda.unwritable with the place.
  Result<std::string> finish();
  Result<std::string_view> look();  // the same, as long as this lives and nothing more is written
  [[nodiscard]] std::string room() && { return std::move(out_).room(); }

 private:
  template <bool attribute, std::size_t n, std::size_t m>
  XmlOut& between(const char (&before)[n], std::string_view value, const char (&after)[m]) {
    if (!attribute || before[0] == '<') end_tag();
    if (!plain(value)) {
      out_.add({before, n - 1});
      escape(value, attribute);
      out_.add({after, m - 1});
      return *this;
    }
    char* at = out_.room(n + value.size() + m);
    std::memcpy(at, before, n - 1);
    at = put(at + n - 1, value);
    std::memcpy(at, after, m - 1);
    out_.used(at + m - 1);
    return *this;
  }
  void end_tag() {
    if (!in_tag_) return;
    out_.add('>');
    in_tag_ = false;
  }
  static bool plain(std::string_view value);  // ASCII, and nothing that is escaped in any place
  XmlOut& escaped_attr(std::string_view name, std::string_view value);
  void escape(std::string_view value, bool attribute);

  TextOut out_;
  std::vector<std::string_view> stack_;
  std::string_view member_;
  int index_ = -1;
  bool in_tag_ = false;
  bool doubtful_ = false;  // a value that is not UTF-8 by itself
  std::optional<Error> fault_;
};

}  // namespace huren::cda
