// Any bytes as a product's map, and what stands behind "#---" as a sample of that product: the map reads whole or its faults
// are told with their place, and whatever map came of it reads the sample without breaking a promise.
#include <cstdint>

#include "core/mapping/feed_map.hpp"
#include "tests/fuzz/mapping/sample.hpp"

using namespace huren;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size > 1 << 15) return 0;
  const std::string_view bytes(reinterpret_cast<const char*>(data), size);
  constexpr std::string_view kMark = "\n#---\n";
  const auto mark = bytes.find(kMark);
  const auto parsed = mapping::parse_map(bytes.substr(0, mark), "p.toml");
  expect(parsed.map.has_value() != has_error(parsed.findings));
  for (const auto& f : parsed.findings) expect(f.error.where.starts_with("p.toml"));
  if (parsed.map && mark != std::string_view::npos) fuzz::read_sample(*parsed.map, bytes.substr(mark + kMark.size()));
  return 0;
}
