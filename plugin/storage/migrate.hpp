// Numbered schema files, applied once each, forward only, each in one transaction with its entry in huren_migration.
// Promises: a file of somebody else or of a newer huren is refused with words and left untouched.
#pragma once
#include <cstdint>
#include <span>

#include "core/base/embedded.hpp"
#include "core/base/result.hpp"
#include "storage/sqlite.hpp"

namespace huren::storage {

// files: 0001_name.sql ... in any order. application_id: SQLite's, says which kind of huren file this is.
Result<void> migrate(Database& db, std::int32_t application_id, std::span<const embedded::File> files);

}  // namespace huren::storage
