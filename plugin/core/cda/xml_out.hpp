// Writes XML into one string: escapes, closes what it opened, and refuses what XML 1.0 cannot carry.
// Not pugixml's writer: that one turns control characters into illegal references, lets bad UTF-8 pass and normalises CR away.
// Promises: line ends of text survive; the first unwritable character is remembered with its place.
#pragma once
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/base/result.hpp"

namespace huren::cda {

class XmlOut {
 public:
  explicit XmlOut(std::size_t reserve) { out_.reserve(reserve); }

  // For the error's location: member of the model, and its index (-1: none).
  XmlOut& place(std::string_view member, int index = -1) {
    member_ = member;
    index_ = index;
    return *this;
  }

  XmlOut& raw(std::string_view markup) {  // constant markup, well-formed in itself
    end_tag();
    out_ += markup;
    return *this;
  }
  XmlOut& open(std::string_view name) {
    end_tag();
    out_ += '<';
    out_ += name;
    stack_.push_back(name);
    in_tag_ = true;
    return *this;
  }
  XmlOut& attr(std::string_view name, std::string_view value) {
    out_ += ' ';
    out_ += name;
    out_ += "=\"";
    escape(value, true);
    out_ += '"';
    return *this;
  }
  XmlOut& raw_attr(std::string_view attributes) {  // constant, with its leading blank
    out_ += attributes;
    return *this;
  }
  // The attribute, or nothing when the value is empty (an empty extension or value is invalid CDA).
  XmlOut& attr_if(std::string_view name, std::string_view value) { return value.empty() ? *this : attr(name, value); }
  XmlOut& text(std::string_view value) {
    end_tag();
    escape(value, false);
    return *this;
  }
  XmlOut& close() {
    const auto name = stack_.back();
    stack_.pop_back();
    if (in_tag_) {
      out_ += "/>";
      in_tag_ = false;
    } else {
      out_ += "</";
      out_ += name;
      out_ += '>';
    }
    return *this;
  }
  XmlOut& element(std::string_view name, std::string_view value) { return open(name).text(value).close(); }

  [[nodiscard]] bool failed() const { return fault_.has_value(); }
  // The whole text, or cda.unwritable with the place.
  Result<std::string> finish();

 private:
  void end_tag() {
    if (!in_tag_) return;
    out_ += '>';
    in_tag_ = false;
  }
  void escape(std::string_view value, bool attribute);

  std::string out_;
  std::vector<std::string_view> stack_;
  std::string_view member_;
  int index_ = -1;
  bool in_tag_ = false;
  std::optional<Error> fault_;
};

}  // namespace huren::cda
