// Walking a document's tree so that nothing is dropped in silence. Internal to core/cda.
// Promises: every element is either taken by a caller or kept as it stood, by a sweep over what nobody took; an attribute that
//   CDA data types do not have and a second of what CDA has once are kept too; locations are XPath-like, built on demand.
// Refuses: a document that would make it keep more pieces than anybody reads (cda.limit).
#pragma once
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/cda/document.hpp"
#include "core/cda/xml_tree.hpp"
#include "core/model/lab_report.hpp"

namespace huren::cda {

inline bool is(Node node, std::string_view name) { return name == node.name(); }

// The attributes that CDA data types have; null views: absent.
struct Attributes {
  std::string_view code, system, system_name, display, value, unit, root, extension, type, null, inclusive, assigner;
};
Attributes attributes(Node node);

class Walk {
 public:
  Walk(std::string_view source, int assumed_offset_minutes) : source_(source), offset_minutes_(assumed_offset_minutes) {}

  void take(Node node) {  // the caller answers for the element itself, not for what is in it
    if (node) node.data().marks |= kTaken;
  }
  void pass_over(Node node) {  // and here for all that is in it
    if (node) node.data().marks |= kKept;
  }
  void keep(Node node);
  void find(Severity severity, std::string_view id, Node node, std::vector<std::string> args = {});
  // Text of all text and CDATA children, trimmed. Element children are kept.
  std::string text(Node node);
  Timestamp time(Node node);            // from @value; absent when nullFlavor; cda.time when wrong (and kept)
  Timestamp time_of(Node node, std::string_view value);
  model::Code code(Node node);          // of a CD/CE element; originalText of an uncoded one is its code
  model::Organisation organisation(Node node);
  bool label(Node node);                // a name for what the place says already: its originalText is taken; true
  DocumentId id(Node node);             // of an II element; empty extension: reported
  // Calls fn(child) for each element child; false from fn: keep it.
  template <class Fn>
  void each(Node node, Fn&& fn) {
    for (Node child = node.first_child(); child; child = child.next_sibling()) {
      if (!child.is_element()) continue;  // text: the sweep's
      if (fn(child)) take(child);
      else keep(child);
    }
  }
  // Once everything is read: keeps what nobody took.
  void sweep(Node root);

  Findings findings;
  std::vector<Kept> kept;

 private:
  enum : std::uint8_t { kTaken = 1, kText = 2, kKept = 4, kIndexed = 8 };
  void keep_as(Node node, std::string_view xml);
  void keep_repeated(Node parent);
  std::string location(Node node);  // "/ClinicalDocument/component/structuredBody/component[2]/section"
  std::uint32_t position(Node node);

  std::string_view source_;
  int offset_minutes_;
  bool flooded_ = false;
  std::vector<std::uint32_t> positions_;  // among siblings of the same name; 0: the only one
};

}  // namespace huren::cda
