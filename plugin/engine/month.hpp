// The month's figures from the store's own rows, and the same figures from nothing but the audit trail.
// Promises: both give the same bytes while the audit chain is whole; a test compares them.
#pragma once
#include "core/config/config.hpp"
#include "core/recognition/figures.hpp"
#include "core/referral/figures.hpp"
#include "huren/store.hpp"

namespace huren::engine {

Result<void> figures_from_store(store::Reader& reader, recognition::Figures& into);
// chain: told what is wrong with the links on the way; the figures of a broken chain are worth what its finder says.
Result<void> figures_from_audit(store::Store& store, recognition::Figures& into, Findings& chain);

// The requests (referrals, readings, consultations) first asked in [from_ms, to_ms), ready to be counted (core/referral/figures).
Result<std::vector<referral::Counted>> counted_requests(store::Reader& reader, const config::Config& config, std::int64_t from_ms, std::int64_t to_ms, std::int64_t now_ms);

}  // namespace huren::engine
