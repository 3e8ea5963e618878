// The gate's second half: UTF-8 text is well-formed, bounded and inert XML, or is refused at a byte. Internal to core/cda.
// Promises: one pass, no allocation per node; one root and nothing after it; no DTD, processing instruction, undeclared entity,
//   duplicate attribute, or text that two parsers read differently; a stylesheet in the prolog is reported, not followed.
// Refuses: elements, handlers and schemes that a browser would run; repairing.
#pragma once
#include <cstddef>
#include <string>

#include "core/base/result.hpp"
#include "core/cda/document.hpp"
#include "core/cda/xml_tree.hpp"

namespace huren::cda {

struct RootSpan {
  std::size_t begin = 0, end = 0;  // of the root element, from its '<' to past its last '>'
};
// A std::string, for the NUL after its last byte; the tree holds views into it. Errors: cda.* with where "byte N".
Result<RootSpan> scan_xml(const std::string& text, const Limits& limits, Tree& tree, Findings& findings);

inline std::string at_byte(std::size_t offset) { return "byte " + std::to_string(offset); }

}  // namespace huren::cda
