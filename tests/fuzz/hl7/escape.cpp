// Any text: escape and unescape are inverse on UTF-8; unescaping anything ends and keeps UTF-8 whole.
#include <cstdint>
#include <string_view>

#include "core/base/text.hpp"
#include "core/hl7/escape.hpp"
#include "tests/fuzz/hl7/expect.hpp"

using namespace huren::hl7;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const Delimiters odd{'$', '%', '*', '!', '@', '#'}, brief{'|', '^', '\0', '\0', '\0', '\0'};
  const auto shown = unescape(text, Delimiters{}, Formatting::plain);
  const auto kept = unescape(text, odd);
  expect(unescape(text, brief) == text);
  if (huren::invalid_utf8(text)) return 0;
  expect(!huren::invalid_utf8(shown) && !huren::invalid_utf8(kept));
  expect(unescape(escape(text), Delimiters{}) == text);
  expect(unescape(escape(text, odd), odd) == text);
  expect(unescape(escape_formatted(text), Delimiters{}) == text);
  return 0;
}
