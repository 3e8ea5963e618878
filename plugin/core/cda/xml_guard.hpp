// The gate before any XML parser: bytes from a partner become strict UTF-8 and well-formed, bounded XML, or are refused.
// Promises: one pass, no allocation per node; a specific error for each fault; afterwards a parser sees no DTD, no processing
//   instruction, no undeclared entity, no duplicate attribute, one root and nothing after it.
// Refuses: guessing an encoding without saying so, repairing.
#pragma once
#include <string>
#include <string_view>

#include "core/base/result.hpp"
#include "core/cda/document.hpp"

namespace huren::cda {

struct Admitted {
  std::string text;       // UTF-8, from the root's '<' to its end; BOM and XML declaration removed
  std::string charset;    // "UTF-8", "GB18030", "UTF-16LE", ...
  Findings findings;      // warnings: a guessed or doubtful encoding
};

// Strict UTF-8 of the whole input, BOM removed, XML not yet looked at. Errors as admit().
Result<Admitted> decoded(std::string_view bytes, std::string_view charset_label, const Limits& limits);
// charset_label: what was declared outside the document; empty: none. Errors: cda.* with where "byte N" of the UTF-8 text.
Result<Admitted> admit(std::string_view bytes, std::string_view charset_label, const Limits& limits);

}  // namespace huren::cda
