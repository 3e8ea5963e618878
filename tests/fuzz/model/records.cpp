// Any bytes where a report's records should stand, up to a line feed each: head, rest, observations. What is read is
// written again and read to the same; nothing is read beyond a record.
#include <cstdint>
#include <cstdlib>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "core/model/brief.hpp"

using namespace huren::model;

namespace {

void expect(bool holds) {
  if (!holds) std::abort();
}

std::vector<std::string> briefs_of(const LabReport& report) {
  std::vector<std::string> out;
  for (const auto& o : report.observations) out.push_back(brief_of(o));
  return out;
}

// A bound may be no number, which is not equal to itself: the records are compared.
void same(const LabReport& a, const LabReport& b) {
  expect(brief_of(a) == brief_of(b) && rest_of(a) == rest_of(b) && briefs_of(a) == briefs_of(b));
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  std::vector<std::string> records(1);
  for (std::size_t i = 0; i < size; ++i)
    if (data[i] == '\n' && records.size() < 8) records.emplace_back();
    else records.back().push_back(static_cast<char>(data[i]));
  for (const auto& record : records) {
    const auto alone = std::make_unique<char[]>(record.size());  // so that a sanitizer sees a step beyond its end
    record.copy(alone.get(), record.size());
    LabReport head, again;
    if (read_brief({alone.get(), record.size()}, head)) {
      expect(read_brief(brief_of(head), again));
      same(head, again);
    }
    Observation o, o_again;
    if (read_brief({alone.get(), record.size()}, o)) {
      expect(read_brief(brief_of(o), o_again));
      expect(brief_of(o) == brief_of(o_again));
    }
  }
  if (records.size() < 2) return 0;
  const auto report = whole_report(records[0], records[1], std::span(records).subspan(2));
  if (!report) return 0;
  const auto again = whole_report(brief_of(*report), rest_of(*report), briefs_of(*report));
  expect(again.has_value());
  same(*report, *again);
  return 0;
}
