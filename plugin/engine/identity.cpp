#include "engine/identity.hpp"

#include <openssl/evp.h>

#include <array>
#include <random>

namespace huren::engine {
namespace {

std::mt19937_64& generator() {
  thread_local std::mt19937_64 g = [] {
    std::random_device source;
    std::seed_seq seed{source(), source(), source(), source(), source(), source(), source(), source()};
    return std::mt19937_64(seed);
  }();
  return g;
}

std::string digits(std::uint64_t value, int count, int bits, const char* alphabet) {
  std::string out(static_cast<std::size_t>(count), '0');
  for (int i = count - 1; i >= 0; --i) {
    out[static_cast<std::size_t>(i)] = alphabet[value & ((1U << bits) - 1)];
    value >>= bits;
  }
  return out;
}

}  // namespace

std::string new_id(std::int64_t now_ms) {
  const std::uint64_t high = (static_cast<std::uint64_t>(now_ms) << 16) | 0x7000U | (generator()() & 0xFFFU);
  const std::uint64_t low = (generator()() & 0x3FFFFFFFFFFFFFFFU) | 0x8000000000000000U;
  return digits(high, 16, 4, "0123456789abcdef") + digits(low, 16, 4, "0123456789abcdef");
}

std::string new_control_id(std::int64_t now_ms) {
  constexpr const char* alphabet = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";
  return digits(static_cast<std::uint64_t>(now_ms), 9, 5, alphabet) + digits(generator()(), 11, 5, alphabet);
}

std::string sha256(std::string_view bytes) {
  static EVP_MD* const algorithm = EVP_MD_fetch(nullptr, "SHA256", nullptr);  // looked up once; it uses the processor's own instructions
  std::array<unsigned char, EVP_MAX_MD_SIZE> digest{};
  unsigned size = 0;
  if (EVP_Digest(bytes.data(), bytes.size(), digest.data(), &size, algorithm, nullptr) != 1) throw std::bad_alloc();
  return {reinterpret_cast<const char*>(digest.data()), size};
}

std::string sha256_hex(std::string_view bytes) {
  std::string out;
  out.reserve(64);
  for (const char c : sha256(bytes)) {
    const auto byte = static_cast<unsigned char>(c);
    out += "0123456789abcdef"[byte >> 4];
    out += "0123456789abcdef"[byte & 15U];
  }
  return out;
}

double jitter() { return std::uniform_real_distribution<double>(0.0, 1.0)(generator()); }

}  // namespace huren::engine
