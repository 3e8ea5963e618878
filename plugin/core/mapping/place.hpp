// Where something stands at a product: PID-3.1 in HL7 v2, a column of a table, Report/Item[@code='GLU']/Value in XML.
// Promises: what parses can be looked up without further checks. Refuses: names that SQL could read as anything but a name.
#pragma once
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/cda/xml_tree.hpp"
#include "core/hl7/path.hpp"

namespace huren::mapping {

struct XmlStep {
  std::string name;                // local name; "*": any
  std::string where, wanted;       // [@code='GLU'], [Code='GLU']: attribute "@code" or child; empty: none
};
struct XmlPath {
  bool from_root = false;          // begins with /: from the document, not from the repeated element
  std::vector<XmlStep> steps;
  std::string attribute;           // the last step is @name
};

struct Place {
  std::string text;                // as the map writes it; of a table: the column
  hl7::Path path;
  XmlPath xml;
};

std::optional<XmlPath> parse_xml_path(std::string_view text);
// The elements that a path names, from here; at most 100,000.
std::vector<cda::Node> nodes_at(cda::Node from, const XmlPath& path);
// The text of the first one that has any, or its attribute; blanks around it removed.
std::string text_at(cda::Node from, const XmlPath& path);
std::string_view local_name(std::string_view qualified);  // without prefix

// A name as SQL reads it without quotes: a letter, then letters, digits, _; Chinese characters count as letters.
bool sql_name(std::string_view name);
bool sql_table(std::string_view name);  // with a schema and a catalogue before it, by dots

}  // namespace huren::mapping
