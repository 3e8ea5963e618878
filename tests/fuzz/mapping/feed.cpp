// Any bytes as what a product sends, read by each of the packaged maps: the first byte says by which.
#include <cstdint>

#include "tests/fuzz/mapping/sample.hpp"

using namespace huren;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size < 1 || size > 1 << 16) return 0;
  static const auto names = mapping::packaged_map_names();
  const auto* map = mapping::packaged_map(names[data[0] % names.size()]);
  expect(map != nullptr);
  fuzz::read_sample(*map, {reinterpret_cast<const char*>(data) + 1, size - 1});
  return 0;
}
