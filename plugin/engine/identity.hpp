// Names for new things, and fingerprints of bytes.
#pragma once
#include <cstdint>
#include <string>
#include <string_view>

namespace huren::engine {

// 32 lower-case hex characters, RFC 9562 version 7: time first, so that new rows lie beside each other. Thread-safe.
std::string new_id(std::int64_t now_ms);
// A control id: MSH-10 holds 20 characters in 2.5.1, so 20 of base 32, time first. Thread-safe.
std::string new_control_id(std::int64_t now_ms);
std::string sha256(std::string_view bytes);  // 32 bytes
std::string sha256_hex(std::string_view bytes);
double jitter();  // [0, 1)

}  // namespace huren::engine
