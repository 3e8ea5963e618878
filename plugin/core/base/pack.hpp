// Bytes packed with Zstandard (RFC 8878): what is long and repeats itself, CDA documents above all, takes a tenth.
// Promises: unpack(pack(x)) == x; a frame states its length and carries a checksum, so a damaged one is told from a good one.
// Refuses: a frame that would grow beyond the limit (told before anything is written), one without length, two in a row.
#pragma once
#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

namespace huren {

std::string pack(std::string_view bytes);
bool is_packed(std::string_view bytes);  // begins as a frame does; no text and no XML does
std::optional<std::string> unpack(std::string_view frame, std::size_t limit);
bool unpacks(std::string_view frame, std::size_t limit);  // whether unpack would give something: nothing is kept

}  // namespace huren
