// Copies of a database while it is in use, and the way back.
// Promises: a backup is one moment, checked, and complete or absent; a restore is one rename, and what stood there
//   before stays beside it under a name. Refuses: a backup that does not check out or is of another kind.
#pragma once
#include <cstdint>
#include <string>

#include "core/base/result.hpp"
#include "storage/sqlite.hpp"

namespace huren::storage {

// Writers go on meanwhile. target must not exist.
Result<void> back_up(const std::string& database, const std::string& target, const std::string& vfs);

// Nobody may have the database open (the caller holds the lease). Returns where the former one is; "": there was none.
Result<std::string> restore(const std::string& backup, const std::string& database, std::int32_t application_id);

// Every page, index and foreign key; slow on large files.
Result<void> check_all(Database& db);

}  // namespace huren::storage
