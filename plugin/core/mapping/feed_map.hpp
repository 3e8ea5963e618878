// How one HIS or LIS product deviates from the standard, or speaks a language of its own, as data: schemas/mapping/NAME.toml.
// Promises: all faults of a file at once, each "product.toml:17 from.patient.sex" with what to do; of HL7 v2 a map states
//   deviations only, so the empty map is the plain ORU^R01; of tables and XML it states everything.
// Refuses: unknown members, places that do not parse, names that SQL could read otherwise, tables for members that have none.
#pragma once
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/base/result.hpp"
#include "core/hl7/path.hpp"
#include "core/mapping/place.hpp"

namespace huren::mapping {

using Words = std::map<std::string, std::string>;

struct Take {                        // where a member comes from: the first place that holds something
  std::string member;                // "patient.local_id", "specimen.collected_at"; of an observation: "observation.unit"
  std::vector<Place> places;
};
struct Condition {                   // values empty: there is something there; else: one of them stands there
  Place place;
  std::vector<std::string> values;
  bool negated = false;
};
struct When {                        // what else holds where all conditions do
  std::vector<Condition> all;
  std::vector<Take> from;
  Words values;                      // member → constant
  bool skip = false;                 // not an event at all: a report that nobody approved yet
  [[nodiscard]] bool speaks_of(bool observation) const;  // some member of that half
};

// How the rows of one event are found in a database. Names are checked: nothing but letters, digits, _ and Chinese.
struct TableRead {
  std::string table;                 // "lis.v_result"
  std::vector<std::string> key;      // the columns that name one event; rows with the same key belong together
  std::string order;                 // order of the rows of one event
  std::string cursor;                // grows with every change; or:
  std::string flag, pending, done, failed;  // a column that says what waits, its words for that, taken, refused
  bool cursor_is_time = false;
  int overlap_s = 300;               // what may still appear behind the cursor: transactions that commit late
};
struct TableWrite {                  // where recognised results go
  std::string table;
  std::vector<std::string> key;      // columns that name one recognised result
  std::vector<std::pair<std::string, std::string>> columns;  // column → member of the report, or decision.*, result.*
};

// One kind of event that a product of tables or XML tells.
struct EventMap {
  std::string name, type;            // "report", "lab.report.released/1"
  std::vector<Condition> match;      // XML: what tells it from others
  Place items;                       // XML: the repeated element of a report
  std::vector<Take> from;
  Words defaults;
  std::vector<When> when;
  std::vector<Condition> drop;       // rows or elements that are no observations
  std::optional<TableRead> read;
};

// What a service of XML is asked and answers (adapters/his/soap_xml).
struct SoapMap {
  std::string space = "urn:huren:his:1";      // the vendor's namespace
  std::string operation = "Submit", parameter = "message", result = "SubmitResult";  // the service that we offer
  std::string answer = "<Response><Code>{code}</Code><Message>{text}</Message></Response>";
  std::string accepted = "0", refused = "1", busy = "2";  // {code}
  struct Call {                      // what the vendor offers; empty operation: nothing
    std::string operation, action, request, result;
    std::string space;               // where it differs
  };
  Call pull, push;                   // pull: asks for new events; push: tells a recognised result
  Place pulled;                      // the repeated element of an answer, one event each
  std::string pull_cursor;           // place in the last event that the next request names as {cursor}
  Condition pushed_well;             // what a good answer to push looks like
  bool declared = false;
};

struct FeedMap {
  enum class Kind { hl7v2, table, xml } kind = Kind::hl7v2;
  std::string name, title;
  std::vector<Take> report, observation;             // of hl7v2
  std::map<std::string, Words> tables;               // member → their word → ours ("patient.sex": "男" → "male")
  std::vector<std::string> dates;                    // further forms: "yyyy-MM-dd HH:mm:ss", "yyyy/M/d"
  Words defaults;                                    // member → value where the message has none
  std::vector<When> when;                            // of hl7v2
  std::vector<Condition> drop;                       // observations that are none: pictures, section headings
  std::vector<EventMap> events;                      // of tables and XML
  std::optional<TableWrite> write;
  SoapMap soap;
};

struct ParsedMap { std::optional<FeedMap> map; Findings findings; };  // absent when has_error(findings)
ParsedMap parse_map(std::string_view toml, std::string_view file_name);

// A packaged map (schemas/mapping/NAME.toml, compiled in); nullptr: no such map. "" is "plain".
const FeedMap* packaged_map(std::string_view name);
std::vector<std::string_view> packaged_map_names();

}  // namespace huren::mapping
