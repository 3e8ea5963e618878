// The rules run over whatever the gate lets through; every finding has its sentence.
#include <cstdint>
#include <string_view>

#include "core/cda/rules.hpp"
#include "tests/fuzz/cda/expect.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace huren;
  const auto checked = cda::check({reinterpret_cast<const char*>(data), size}, {});
  for (const auto& f : checked.findings) expect(catalogue_entry(f.error.id) != nullptr);
  return 0;
}
