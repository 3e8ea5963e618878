// One write a commit instead of two a page: a VFS over another that gathers what SQLite appends to a WAL until it syncs.
// Promises: when a sync, a read, a truncation or the closing of that file begins, nothing is held back; a write that fails is
//   told by the call that made it, with the code of the VFS below, and its bytes are forgotten, never written later.
// Refuses: connections that do not sync each commit (other readers would look for frames that nobody has written) or that spill
//   their cache in mid-transaction (a roll-back would leave frames behind): Database sees to both. Where overwriting is not
//   power-safe SQLite goes on writing after the sync of a commit: there nothing is gathered.
#pragma once
#include <sqlite3.h>

#include <string>

namespace huren::storage {

// Registered while it lives; it must outlive the connections that were opened by its name.
class GatheringVfs {
 public:
  explicit GatheringVfs(sqlite3_vfs& below);
  ~GatheringVfs();
  GatheringVfs(const GatheringVfs&) = delete;
  GatheringVfs& operator=(const GatheringVfs&) = delete;
  [[nodiscard]] const std::string& name() const { return name_; }

 private:
  std::string name_;
  sqlite3_vfs vfs_{};
};

}  // namespace huren::storage
