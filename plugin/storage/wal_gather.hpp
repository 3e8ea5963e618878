// One write a commit instead of two a page, and one for pages that lie together when a checkpoint carries them into the
// database: a VFS over another that gathers what SQLite appends to a WAL until it syncs, and what a checkpoint writes until it is done.
// And a WAL that grows by whole MiB, of zeros, so that most syncs are of a file that has kept its length (ADR 0031); zeros that find
// no room are nobody's fault, and not told.
// Promises: when a sync, a read, a truncation or the closing of that file begins, or a checkpoint has written its last page, nothing
//   is held back; a write that fails is told by the call that made it, with the code of the VFS below, and its bytes are forgotten,
//   never written later. One that fails when a checkpoint is done is told by the truncation or sync that comes next.
// Refuses: connections that do not sync each commit (other readers would look for frames that nobody has written) or that spill
//   their cache in mid-transaction (a roll-back would leave frames behind): Database sees to both. Where overwriting is not
//   power-safe SQLite goes on writing after the sync of a commit: there nothing is gathered. Nor of a checkpoint that leaves part
//   of the WAL for later, because a reader needs it: behind such a one SQLite syncs nothing, and nobody could be told.
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
