// From bytes to a tree and to the head that every kind has: identity, version, kind, what it replaces. Internal to core/cda.
// Promises: the tree is the gate's own; what the head needs is read without keeping, so the header is still whole.
// Refuses: another root than ClinicalDocument of urn:hl7-org:v3; choosing when template and code name different kinds.
#pragma once
#include <memory>
#include <pugixml.hpp>
#include <string>
#include <string_view>

#include "core/base/result.hpp"
#include "core/cda/document.hpp"
#include "core/cda/xml_guard.hpp"
#include "core/cda/xml_in.hpp"

namespace huren::cda {

struct Parsed {
  std::string text, charset;  // UTF-8; what it was decoded from
  Tree tree;                  // views into text
  std::string_view source;    // the root element as it stood
  [[nodiscard]] Node root() { return {tree, 0}; }
};
// Gate, tree, root element and its namespace (a prefix bound to it is dropped); findings of the gate go to `findings`.
Result<std::unique_ptr<Parsed>> parse_document(std::string_view bytes, const ReadOptions& options, Findings& findings);

Head read_head(Node root, Walk& walk, const TransferIdentity& transfer);  // no keeping: reads what every kind has
// Its id and set id are those that huren gives: its narrative repeats the entries.
bool written_by_huren(const Head& head);
// The same tree for XPath and for showing narratives, prefix dropped likewise.
void load_tree(const Parsed& parsed, pugi::xml_document& into);
int number_of(std::string_view text);  // digits alone and above zero; else 0

}  // namespace huren::cda
