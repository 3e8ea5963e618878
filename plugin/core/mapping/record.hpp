// A product's rows or XML into events, as its map says; the same for his.db_view, his.soap_xml and huren-ctl try.
// Promises: an event is whole and checked (model::parse_event found nothing wrong) or is not there and the findings say why,
//   with the row or element and the column or path; a report's version is 0: huren counts. No patient data in findings.
// Refuses: guessing a status; more than 2,000 rows or elements in one event.
#pragma once
#include <map>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "core/cda/xml_tree.hpp"
#include "core/mapping/feed_map.hpp"
#include "core/mapping/trace.hpp"

namespace huren::mapping {

using Record = std::map<std::string, std::string>;  // a row: column in lower case → text; null and blank are left out

struct RecordOptions {
  int offset_minutes = 480;      // zone of times without an offset
  std::string origin_code, origin_name;  // the hospital's own
  Trace* trace = nullptr;
};

struct MappedEvent {
  std::string type, key, json;   // key: what names it at the product
};
struct Mapped {
  std::vector<MappedEvent> events;  // of rows one at most
  bool skipped = false;             // the map says that it is none, or none yet
  Findings findings;
};

inline constexpr std::size_t kMostItems = 2000;

Mapped map_rows(const FeedMap& map, const EventMap& event, std::span<const Record> rows, const RecordOptions& options);
// Everything in the document: the first [event] whose match holds takes it. at: the element (the root, or one of many).
Mapped map_element(const FeedMap& map, cda::Node at, const RecordOptions& options);
Mapped map_xml(const FeedMap& map, std::string_view bytes, std::string_view charset_label, const RecordOptions& options);

std::string lower_ascii(std::string_view name);  // how columns are compared

}  // namespace huren::mapping
