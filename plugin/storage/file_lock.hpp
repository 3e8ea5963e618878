// An advisory lock on a file beside a database, taken around every write and its checkpoint.
// Why, when SQLite locks by itself: SQLite before 3.51.3 (Debian 12 has 3.40) can lose a committed transaction when one
//   connection restarts the WAL while another checkpoints ("WAL-reset bug"). Who writes and checkpoints under this lock
//   never meets another who does, in this process or the next.
// Promises: the system releases it when the process dies. Refuses: recursion.
#pragma once
#include <optional>
#include <string>

#include "core/base/result.hpp"
#include "storage/sqlite.hpp"

namespace huren::storage {

std::string folder_of(const std::string& path);
// A new file is its owner's alone, unless its folder lets the group write: then processes of several accounts share it.
void share_like_folder(int file, const std::string& path);

class FileLock {
 public:
  static std::string beside(const std::string& database) { return database + ".lock"; }
  explicit FileLock(std::string path) : path_(std::move(path)) {}
  ~FileLock();
  FileLock(const FileLock&) = delete;
  FileLock& operator=(const FileLock&) = delete;
  Result<void> take(Clock::time_point until);  // Error storage.busy when the time has passed
  void release();

 private:
  std::string path_;
  int file_ = -1;
};

}  // namespace huren::storage
