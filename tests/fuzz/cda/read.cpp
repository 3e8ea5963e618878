// Any bytes read as a lab report: no crash, and a report that was read is written and read as itself; its page holds no script.
#include <cstdint>
#include <string_view>

#include "core/cda/lab_document.hpp"
#include "core/cda/page.hpp"
#include "tests/fuzz/cda/expect.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace huren;
  const std::string_view bytes(reinterpret_cast<const char*>(data), size);
  const auto read = cda::read_lab_report(bytes, {});
  for (const auto& f : read.findings) expect(catalogue_entry(f.error.id) != nullptr);
  expect(read.report.has_value() != has_error(read.findings));
  if (!read.report) return 0;
  const auto written = cda::write_lab_report(*read.report, {});
  expect(static_cast<bool>(written));
  const auto again = cda::read_lab_report(*written, {});
  expect(again.report == read.report);
  expect(again.kept.empty());
  const auto page = cda::page(bytes, {}, {});
  expect(page && page->find("<script") == std::string::npos);
  return 0;
}
