// The profile's rules (schemas/cda/rules/*.csv), run over a document: template ids, data elements, value sets, cardinalities,
// value against range against flag, units.
// Promises: rules are data (an XPath context, an XPath condition, a sentence in zh and en); every broken rule is one finding.
#pragma once
#include <string>
#include <string_view>
#include <vector>

#include "core/cda/document.hpp"

namespace huren::cda {

struct Rule {
  std::string id, kinds, context, condition, zh, en, source;
  Severity severity = Severity::error;
};
const std::vector<Rule>& rules();

struct Checked { Head head; Findings findings; bool readable = false; };
// Gate, reader and rules together. Rule findings: Error{"cda.rule", where, {rule id, zh, en}}.
Checked check(std::string_view bytes, const ReadOptions& options);

// The conformance statement (packaging/doc/CDA-CONFORMANCE.md): generated from the rules, Markdown.
std::string conformance_statement();

}  // namespace huren::cda
