#include "engine/identity.hpp"

#include <Poco/DigestEngine.h>
#include <Poco/SHA2Engine.h>

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

std::string sha256_hex(std::string_view bytes) {
  Poco::SHA2Engine engine(Poco::SHA2Engine::SHA_256);
  engine.update(bytes.data(), bytes.size());
  return Poco::DigestEngine::digestToHex(engine.digest());
}

double jitter() { return std::uniform_real_distribution<double>(0.0, 1.0)(generator()); }

}  // namespace huren::engine
