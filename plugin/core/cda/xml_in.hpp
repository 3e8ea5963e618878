// Walking a parsed document so that nothing is dropped in silence. Internal to core/cda.
// Promises: every element is either understood by a caller or handed to keep(); locations are XPath-like, built on demand.
#pragma once
#include <optional>
#include <pugixml.hpp>
#include <string>
#include <string_view>
#include <vector>

#include "core/cda/document.hpp"
#include "core/model/lab_report.hpp"

namespace huren::cda {

inline bool is(pugi::xml_node node, std::string_view name) { return name == node.name(); }

std::string location(pugi::xml_node node);  // "/ClinicalDocument/component/structuredBody/component[2]/section"

// The attributes that CDA data types have, in one walk; null views: absent.
struct Attributes {
  std::string_view code, system, system_name, display, value, unit, root, extension, type, null, inclusive, assigner;
  bool other = false;  // one that carries meaning and is none of these
};
Attributes attributes(pugi::xml_node node);

class Walk {
 public:
  Walk(std::string_view source, int assumed_offset_minutes) : source_(source), offset_minutes_(assumed_offset_minutes) {}

  void keep(pugi::xml_node node);
  void find(Severity severity, std::string_view id, pugi::xml_node node, std::vector<std::string> args = {});
  // Text of all text and CDATA children, trimmed. Element children are kept.
  std::string text(pugi::xml_node node);
  Timestamp time(pugi::xml_node node);            // from @value; absent when nullFlavor; cda.time when wrong (and kept)
  Timestamp time_of(pugi::xml_node node, std::string_view value);
  model::Code code(pugi::xml_node node);          // of a CD/CE element; originalText of an uncoded one is its code
  model::Organisation organisation(pugi::xml_node node, bool keep_rest = true);
  DocumentId id(pugi::xml_node node);             // of an II element; empty extension: reported
  // Calls fn(child) for each element child; false from fn: keep it.
  template <class Fn>
  void each(pugi::xml_node node, Fn&& fn) {
    for (pugi::xml_node child = node.first_child(); child; child = child.next_sibling()) {
      if (child.type() != pugi::node_element) {
        if (child.type() != pugi::node_comment) keep_text(child);
        continue;
      }
      if (!fn(child)) keep(child);
    }
  }

  Findings findings;
  std::vector<Kept> kept;

 private:
  void keep_text(pugi::xml_node node);
  std::string_view source_;
  int offset_minutes_;
};

}  // namespace huren::cda
