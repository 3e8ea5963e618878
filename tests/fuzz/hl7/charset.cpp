// Any bytes in any charset: decoded text is UTF-8, what is refused is located, and decoding is repeatable.
#include <cstdint>
#include <string_view>

#include "core/base/text.hpp"
#include "core/hl7/charset.hpp"
#include "tests/fuzz/hl7/expect.hpp"

using namespace huren;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view bytes(reinterpret_cast<const char*>(data), size);
  (void)hl7::declared_charset(bytes);
  for (const auto fallback : {std::optional<Charset>{}, std::optional(Charset::utf8), std::optional(Charset::gb18030),
                              std::optional(Charset::latin1), std::optional(Charset::ascii)}) {
    for (const bool trust : {false, true}) {
      const auto d = hl7::decode(bytes, fallback, trust);
      if (!d) {
        expect(d.error().id == "hl7.undecodable" || d.error().id == "hl7.charset_unsupported");
        continue;
      }
      if (d->as_is) expect(!invalid_utf8(bytes));
      else expect(!invalid_utf8(d->text));
    }
  }
  return 0;
}
