// Any XML behind the gate that transfer documents pass: a vendor's messages and SOAP envelopes are read by the same scanner,
// under the same limits, and never by a second parser that could see them otherwise.
// Promises and refuses what xml_guard.hpp does; elements that a browser would run are names like others here, because
//   nothing of it is ever shown.
#pragma once
#include <memory>
#include <string>
#include <string_view>

#include "core/base/result.hpp"
#include "core/cda/document.hpp"
#include "core/cda/xml_tree.hpp"

namespace huren::cda {

class XmlDocument {
 public:
  // charset_label: what was declared outside the document; empty: none. Errors: cda.* with where "byte N" of the UTF-8 text.
  static Result<std::unique_ptr<XmlDocument>> read(std::string_view bytes, std::string_view charset_label, Limits limits = {});
  XmlDocument(const XmlDocument&) = delete;
  XmlDocument& operator=(const XmlDocument&) = delete;
  [[nodiscard]] Node root() { return {tree_, 0}; }
  [[nodiscard]] std::string_view source(Node node) const { return std::string_view(text_).substr(node.data().at, node.data().to - node.data().at); }  // as it stood
  [[nodiscard]] const Findings& findings() const { return findings_; }  // a guessed or doubtful encoding

 private:
  XmlDocument() = default;
  std::string text_;
  Tree tree_;  // views into text_
  Findings findings_;
};

}  // namespace huren::cda
