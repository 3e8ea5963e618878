// How one HIS or LIS product deviates from the standard, as data: schemas/mapping/NAME.toml.
// Promises: all faults of a file at once, each "product.toml:17" with what to do; a map states deviations only, so the
//   empty map is the plain ORU^R01. Refuses: unknown members, paths that do not parse, tables for members that have none.
#pragma once
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/base/result.hpp"
#include "core/hl7/path.hpp"

namespace huren::mapping {

struct FeedMap {
  struct Take {                       // where a member comes from: the first place that holds something
    std::string member;               // "patient.local_id", "specimen.collected_at"; of an observation: "unit", "local.code"
    std::vector<hl7::Path> places;
  };
  struct Drop {                       // observations that are none: pictures, section headings
    hl7::Path place;
    std::vector<std::string> values;  // any of them
  };
  std::string name, title;
  std::vector<Take> report, observation;
  std::map<std::string, std::map<std::string, std::string>> tables;  // member → their word → ours ("patient.sex": "男" → "male")
  std::vector<std::string> dates;     // further forms: "yyyy-MM-dd HH:mm:ss", "yyyy/M/d"
  std::map<std::string, std::string> defaults;                      // member → value where the message has none
  std::vector<Drop> drop;
};

struct ParsedMap { std::optional<FeedMap> map; Findings findings; };  // absent when has_error(findings)
ParsedMap parse_map(std::string_view toml, std::string_view file_name);

// A packaged map (schemas/mapping/NAME.toml, compiled in); nullptr: no such map. "" is "plain".
const FeedMap* packaged_map(std::string_view name);
std::vector<std::string_view> packaged_map_names();

}  // namespace huren::mapping
