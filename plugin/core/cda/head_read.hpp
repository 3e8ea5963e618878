// From bytes to a tree and to the head that every kind has: identity, version, kind, what it replaces. Internal to core/cda.
// Promises: the gate stands before the parser; what the head needs is read without keeping, so the header is still whole.
// Refuses: another root than ClinicalDocument of urn:hl7-org:v3; choosing when template and code name different kinds.
#pragma once
#include <memory>
#include <string>
#include <string_view>

#include "core/base/result.hpp"
#include "core/cda/document.hpp"
#include "core/cda/xml_guard.hpp"
#include "core/cda/xml_in.hpp"

namespace huren::cda {

// The tree lives in admitted.text (parsed in place). source: the root element as it stood; a view of the caller's bytes where
// they were UTF-8, so they must outlive it.
struct Parsed {
  Admitted admitted;
  std::string_view source;
  std::string transcoded;
  pugi::xml_document document;
  pugi::xml_node root;
};
// Gate, parser, root element and its namespace; findings of the gate go to `findings`.
Result<std::unique_ptr<Parsed>> parse_document(std::string_view bytes, const ReadOptions& options, Findings& findings);

Head read_head(pugi::xml_node root, Walk& walk, const TransferIdentity& transfer);  // no keeping: reads what every kind has
int number_of(std::string_view text);  // digits alone and above zero; else 0

}  // namespace huren::cda
