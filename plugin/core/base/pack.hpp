// Bytes packed with Zstandard (RFC 8878) and a dictionary of what our documents always say: a C0007 takes a twentieth (ADR 0018).
// Promises: unpack(pack(x)) == x; a frame names its dictionary, states its length and is sealed with a checksum, so a damaged
//   one is told from a good one; what was ever packed stays readable, without a dictionary and with each of schemas/pack.
// Refuses: a frame that would grow beyond the limit (told before anything is written), one without length, two in a row, a wrong seal
//   (pack.damaged); one whose dictionary this build does not have (pack.dictionary, by its number).
#pragma once
#include <cstddef>
#include <string>
#include <string_view>

#include "core/base/result.hpp"

namespace huren {

std::string pack(std::string_view bytes);
bool is_packed(std::string_view bytes);  // begins as a frame does; no text and no XML does
Result<std::string> unpack(std::string_view frame, std::size_t limit);
Result<void> unpacks(std::string_view frame, std::size_t limit);  // whether unpack would give something: nothing is kept

}  // namespace huren
