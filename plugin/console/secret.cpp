#include "console/secret.hpp"

#include <argon2.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/rand.h>

#include <algorithm>
#include <array>
#include <thread>

#include "core/base/text.hpp"
#include "engine/audit.hpp"

namespace huren::console {
namespace {

constexpr std::uint32_t kPasses = 3, kMemoryKib = 32 * 1024, kLanes = 1;

// Half of the machine at most: results go on moving while somebody guesses passwords.
HashGate& hashing() {
  static HashGate gate(std::clamp(static_cast<int>(std::thread::hardware_concurrency()) / 2, 1, 4), 4);
  return gate;
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

Result<HashGate::Pass> HashGate::enter(const std::string& from) {
  std::unique_lock lock(mutex_);
  const auto turn = [&] { return static_cast<int>(running_.size()) < at_once_ && !running_.contains(from); };
  if (!turn()) {
    if (static_cast<int>(queued_.size()) >= waiting_ || queued_.contains(from)) return Error{"console.busy", "", {}};
    const auto place = queued_.insert(from);
    free_.wait(lock, turn);
    queued_.erase(place);
  }
  running_.insert(from);
  return Pass(this, from);
}

void HashGate::leave(const std::string& from) {
  const std::lock_guard lock(mutex_);
  running_.erase(running_.find(from));
  free_.notify_all();
}

int HashGate::inside() const {
  const std::lock_guard lock(mutex_);
  return static_cast<int>(running_.size() + queued_.size());
}

Result<std::string> hash_password(std::string_view password, const std::string& from) {
  std::array<unsigned char, 16> salt{};
  if (RAND_bytes(salt.data(), static_cast<int>(salt.size())) != 1) return Error{"engine.no_random", "console", {}};
  std::array<char, 128> encoded{};
  const auto pass = hashing().enter(from);
  if (!pass) return pass.error();
  if (argon2id_hash_encoded(kPasses, kMemoryKib, kLanes, password.data(), password.size(), salt.data(), salt.size(), 32, encoded.data(), encoded.size()) != ARGON2_OK)
    return Error{"engine.no_random", "console", {}};
  return std::string(encoded.data());
}

Result<bool> password_fits(const std::string& hash, std::string_view password, const std::string& from) {
  const auto pass = hashing().enter(from);
  if (!pass) return pass.error();
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
