// Text that may come from anywhere: UTF-8 checks, ASCII identifiers, charsets.
// Promises: an undecodable byte is an offset in the answer. Refuses: replacement characters, guessing without saying so.
#pragma once
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/base/result.hpp"

namespace huren {

// Offset of the first byte that is not well-formed UTF-8 (overlong, surrogate, > U+10FFFF, cut); nullopt: all good.
std::optional<std::size_t> invalid_utf8(std::string_view bytes);

bool printable_ascii(std::string_view s);            // 0x20..0x7E only
std::string_view trim(std::string_view s);           // ASCII blanks and line ends
std::vector<std::string_view> split(std::string_view s, char separator);
std::string upper_ascii(std::string_view s);
bool equal_ascii_nocase(std::string_view a, std::string_view b);
// The closest candidate within edit distance 3, for "did you mean"; empty when none is close.
std::string_view closest(std::string_view word, const std::vector<std::string_view>& candidates);

enum class Charset { ascii, utf8, gb18030, latin1 };
// Labels met in MSH-18, XML declarations and content types ("GB 18030-2000", "UNICODE UTF-8", "gb2312", "GBK", "utf8"...).
// gb2312 and gbk read as gb18030, their superset. nullopt: a label that is not supported (UTF-16 among them).
std::optional<Charset> charset_from_label(std::string_view label);
// Strict. Error text.undecodable with where = "byte N".
Result<std::string> to_utf8(std::string_view bytes, Charset from);
Result<std::string> from_utf8(std::string_view utf8, Charset to);

std::string base64_encode(std::string_view bytes);
std::optional<std::string> base64_decode(std::string_view text);  // blanks and line ends allowed between

}  // namespace huren
