// Any file: every message given lies inside it, begins with MSH, and messages() counts them.
#include <cstdint>
#include <string_view>

#include "core/hl7/batch.hpp"
#include "tests/fuzz/hl7/expect.hpp"

using namespace huren::hl7;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view bytes(reinterpret_cast<const char*>(data), size);
  const auto file = read_batch(bytes, 100);
  if (!file) return 0;
  std::size_t n = 0;
  const char* last = bytes.data();
  for (const auto& b : file->batches)
    for (const auto m : b.messages) {
      expect(m.starts_with("MSH") && m.data() >= last && m.data() + m.size() <= bytes.data() + bytes.size());
      last = m.data() + m.size();
      ++n;
      (void)Message::view(m);
    }
  expect(n == file->messages() && n > 0 && n <= 100);
  return 0;
}
