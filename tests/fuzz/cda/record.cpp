// Any bytes read as a record: no crash, and a record that was read is written and read as itself.
#include <cstdint>
#include <string_view>

#include "core/cda/page.hpp"
#include "core/cda/record_document.hpp"
#include "tests/fuzz/cda/expect.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace huren;
  const std::string_view bytes(reinterpret_cast<const char*>(data), size);
  const auto read = cda::read_record(bytes, {});
  expect(read.record.has_value() != has_error(read.findings));
  if (!read.record) return 0;
  const auto written = cda::write_record(*read.record, {});
  if (!written) {  // only an identity may be missing
    expect(written.error().id == "cda.no_identity");
    return 0;
  }
  expect(cda::read_record(*written, {}).record == read.record);
  expect(static_cast<bool>(cda::page(bytes, {}, {})));
  return 0;
}
