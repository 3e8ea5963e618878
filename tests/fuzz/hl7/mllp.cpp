// Any stream, cut in any way: the same events, and memory within the limit. First byte: how it is cut.
#include <algorithm>
#include <cstdint>
#include <string>
#include <string_view>

#include "core/hl7/mllp.hpp"
#include "tests/fuzz/hl7/expect.hpp"

using namespace huren::hl7;

namespace {

std::string events(std::string_view bytes, std::size_t step) {
  MllpDecoder d(64);
  std::string out;
  const auto drain = [&] {
    while (const auto e = d.next()) {
      out += static_cast<char>('0' + static_cast<int>(e->kind));
      out += e->error.id;
      out += e->bytes;
      out += '\n';
    }
  };
  for (std::size_t i = 0; i < bytes.size(); i += step) {
    d.feed(bytes.substr(i, std::min(step, bytes.size() - i)));
    expect(d.buffered() <= 65);
    drain();
  }
  d.close();
  drain();
  return out;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size < 2) return 0;
  const std::string_view bytes(reinterpret_cast<const char*>(data + 1), size - 1);
  expect(events(bytes, bytes.size()) == events(bytes, 1U + data[0] % 32));
  return 0;
}
