// Random tokens and password hashes.
// Promises: tokens of 256 bits from the system's generator; argon2id (RFC 9106) with its own salt and its costs in the text;
//   comparing takes as long whatever differs.
#pragma once
#include <string>
#include <string_view>

#include "core/base/result.hpp"

namespace huren::console {

Result<std::string> random_token();                              // 43 characters of base64url
Result<std::string> hash_password(std::string_view password);    // "$argon2id$v=19$m=..."
bool password_fits(const std::string& hash, std::string_view password);
bool same_secret(std::string_view a, std::string_view b);
std::string digest(std::string_view text);                       // SHA-256, hexadecimal

}  // namespace huren::console
