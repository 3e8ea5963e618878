// Which charset a message's bytes are in, and the bytes as UTF-8, before anything is split on delimiters:
// in GBK and GB18030 a second byte may be 7C 5E 7E 5C.
// Promises: MSH-18 is found even when hospital names in MSH-3..6 are in GBK; a guess is a finding; an undecodable byte
//   is an error at its segment and field. Refuses: UTF-16/32 and unknown labels, by name; replacement characters.
#pragma once
#include <optional>
#include <string>
#include <string_view>

#include "core/base/result.hpp"
#include "core/base/text.hpp"

namespace huren::hl7 {

// MSH-18's first repetition as it stands in the raw bytes; empty: absent.
std::string declared_charset(std::string_view bytes);

struct Decoded {
  Charset charset = Charset::utf8;
  bool as_is = true;        // the bytes are UTF-8 already: use them, text is empty
  std::string text;         // otherwise: UTF-8
  Findings findings;
};
// Errors: hl7.charset_unsupported (MSH-18), hl7.undecodable (at "PID-5", args byte offset and charset).
Result<Decoded> decode(std::string_view bytes, std::optional<Charset> fallback, bool trust_fallback = false);

std::string_view msh18_label(Charset charset);  // as table 0211 writes it; "" for ASCII

}  // namespace huren::hl7
