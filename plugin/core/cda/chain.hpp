// The versions of one document: which arrival takes effect.
// Promises: pure; the arrivals of a chain without forks end at the same newest version in any order; every refusal is named.
// Refuses: forks (two documents that claim the same version, or replace the same parent), an older version that arrives late.
#pragma once
#include <string_view>
#include <vector>

#include "core/cda/document.hpp"

namespace huren::cda {

enum class Arrival {
  first,      // nothing of this set is held
  newer,      // replaces what is held
  gap,        // newer, but a version between is missing: takes effect, the gap is reported
  same,       // this very document is held already
  older,      // a later version is held: kept for the record, takes no effect
  fork,       // another document with this version, or one that replaces something not in the chain: refused
  addendum,   // APND: belongs beside its parent, replaces nothing
  foreign     // another setId
};
struct Link { DocumentId id; int version = 0; bool withdrawn = false; };
struct Chain { DocumentId set; std::vector<Link> links; };  // versions ascending

struct Placed { Arrival arrival = Arrival::first; Findings findings; };
Placed place(const Chain& held, const Head& incoming);
// The chain with the arrival in it; unchanged for same, fork and foreign.
Chain with(Chain held, const Head& incoming, bool withdrawn);

}  // namespace huren::cda
