// A product's message, rows or document, read by a map of that product; what a map promises is checked.
#pragma once
#include <string_view>

#include "core/base/text.hpp"
#include "core/hl7/message.hpp"
#include "core/mapping/oru.hpp"
#include "core/mapping/record.hpp"
#include "core/model/event.hpp"
#include "tests/fuzz/hl7/expect.hpp"

namespace huren::fuzz {

// "column=value" a line, an empty line between two rows.
inline std::vector<mapping::Record> rows_of(std::string_view text) {
  std::vector<mapping::Record> rows(1);
  for (const auto line : split(text, '\n')) {
    if (line.empty()) rows.emplace_back();
    else if (const auto mark = line.find('='); mark != std::string_view::npos && mark + 1 < line.size()) rows.back()[mapping::lower_ascii(line.substr(0, mark))] = std::string(line.substr(mark + 1));
  }
  return rows;
}

// An event is whole and good, or is not there and something was said.
inline void check(const mapping::Mapped& mapped) {
  for (const auto& e : mapped.events) {
    const auto parsed = model::parse_event(e.type, e.json, 480);
    expect(parsed.event.has_value() && !has_error(parsed.findings));
    expect(!invalid_utf8(e.json));
  }
  expect(!mapped.events.empty() || mapped.skipped || has_error(mapped.findings));
}

inline void read_sample(const mapping::FeedMap& map, std::string_view sample) {
  if (map.kind == mapping::FeedMap::Kind::xml) return check(mapping::map_xml(map, sample, "", {}));
  if (map.kind == mapping::FeedMap::Kind::table) {
    const auto rows = rows_of(sample);
    for (const auto& event : map.events) check(mapping::map_rows(map, event, rows, {}));
    return;
  }
  const auto message = hl7::Message::view(sample, {});
  if (!message) return;
  mapping::Trace trace;
  mapping::OruOptions options;
  options.map = &map;
  options.trace = &trace;
  const auto read = mapping::read_oru(*message, options);
  expect(!has_error(read.findings) || read.reports.empty());
  for (const auto& f : read.findings) expect(!text(f.error, Language::zh).empty());
}

}  // namespace huren::fuzz
