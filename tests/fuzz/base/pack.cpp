// Any frame from a partner: unpacked within its limit or refused by name, both ways of asking agree, and what came out of one
// comes out again after packing; any bytes at all come back from their own packing.
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "core/base/pack.hpp"

using namespace huren;

namespace {

constexpr std::size_t kLimit = std::size_t{1} << 20;

void expect(bool holds) {
  if (!holds) std::abort();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view bytes(reinterpret_cast<const char*>(data), size);
  const auto whole = unpack(bytes, kLimit);
  const auto good = unpacks(bytes, kLimit);
  expect(static_cast<bool>(whole) == static_cast<bool>(good));
  if (whole) {
    expect(is_packed(bytes) && whole->size() <= kLimit);
    expect(*unpack(pack(*whole), whole->size()) == *whole);
  } else {
    expect(whole.error().id == good.error().id && (whole.error().id == "pack.damaged" || whole.error().id == "pack.dictionary"));
  }
  expect(*unpack(pack(bytes), bytes.size()) == bytes);
  return 0;
}
