// What is checked before anything is stored or asked: identifiers, size, encoding, syntax, known names.
// JSON is read by events only: nlohmann's tree ends the process when memory runs out in the middle of building it.
// Refuses: looking inside: what a body means is the engine's to say.
#pragma once
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "core/base/result.hpp"

namespace huren::module {

inline constexpr std::size_t kMaxIdentifier = 128;

// argument: its name in huren.h, for the words.
Result<std::string_view> identifier(const char* text, const char* argument);
Result<std::string_view> bytes(const void* data, std::uint32_t size, std::int64_t limit, const char* argument);
Result<void> known_event(std::string_view type);
Result<void> known_topic(std::string_view topic);
bool is_json(std::string_view content_type);
Result<void> json_charset(std::string_view content_type);  // JSON is UTF-8, RFC 8259 §8.1
Result<void> json_text(std::string_view body);             // UTF-8, then syntax

std::string notice_id(std::string_view notice_json);       // its top member; "" when there is none

struct KnownTypes { std::vector<std::string_view> events, queries; };
const KnownTypes& known_types();  // schemas/catalog/types.csv

}  // namespace huren::module
