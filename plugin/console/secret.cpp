#include "console/secret.hpp"

#include <argon2.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/rand.h>

#include <algorithm>
#include <array>
#include <mutex>

#include "core/base/text.hpp"
#include "engine/audit.hpp"

namespace huren::console {
namespace {

constexpr std::uint32_t kPasses = 3, kMemoryKib = 32 * 1024, kLanes = 1;

// One at a time: a crowd of guesses must not take the hospital's memory.
std::mutex& hashing() {
  static std::mutex mutex;
  return mutex;
}

}  // namespace

Result<std::string> random_token() {
  std::string raw(32, '\0');
  if (RAND_bytes(reinterpret_cast<unsigned char*>(raw.data()), static_cast<int>(raw.size())) != 1) return Error{"engine.no_random", "console", {}};
  auto text = base64_encode(raw);
  std::replace(text.begin(), text.end(), '+', '-');
  std::replace(text.begin(), text.end(), '/', '_');
  text.erase(std::find(text.begin(), text.end(), '='), text.end());
  return text;
}

Result<std::string> hash_password(std::string_view password) {
  std::array<unsigned char, 16> salt{};
  if (RAND_bytes(salt.data(), static_cast<int>(salt.size())) != 1) return Error{"engine.no_random", "console", {}};
  std::array<char, 128> encoded{};
  const std::lock_guard lock(hashing());
  if (argon2id_hash_encoded(kPasses, kMemoryKib, kLanes, password.data(), password.size(), salt.data(), salt.size(), 32, encoded.data(), encoded.size()) != ARGON2_OK)
    return Error{"engine.no_random", "console", {}};
  return std::string(encoded.data());
}

bool password_fits(const std::string& hash, std::string_view password) {
  const std::lock_guard lock(hashing());
  return argon2id_verify(hash.c_str(), password.data(), password.size()) == ARGON2_OK;
}

bool same_secret(std::string_view a, std::string_view b) { return a.size() == b.size() && CRYPTO_memcmp(a.data(), b.data(), a.size()) == 0; }

std::string digest(std::string_view text) {
  std::array<unsigned char, 32> out{};
  unsigned size = 0;
  EVP_Digest(text.data(), text.size(), out.data(), &size, EVP_sha256(), nullptr);
  return engine::hex({reinterpret_cast<const char*>(out.data()), out.size()});
}

}  // namespace huren::console
