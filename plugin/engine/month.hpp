// The month's figures from the store's own rows, and the same figures from nothing but the audit trail.
// Promises: both give the same bytes while the audit chain is whole; a test compares them.
#pragma once
#include "core/recognition/figures.hpp"
#include "huren/store.hpp"

namespace huren::engine {

Result<void> figures_from_store(store::Reader& reader, recognition::Figures& into);
// chain: told what is wrong with the links on the way; the figures of a broken chain are worth what its finder says.
Result<void> figures_from_audit(store::Store& store, recognition::Figures& into, Findings& chain);

}  // namespace huren::engine
