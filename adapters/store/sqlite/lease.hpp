// The right to run the pumps: an advisory lock on a file, gone with the process however it ends.
// (And the mark of whoever has the store open: shared, taken alone by a restore.)
// Promises: one holder a machine, two stores in one process exclude each other too; a forked child does not hold it on.
#pragma once
#include <mutex>
#include <string>

#include "core/base/result.hpp"

namespace huren::store::sqlite {

class Lease {
 public:
  explicit Lease(std::string path) : path_(std::move(path)) {}
  ~Lease();
  Lease(const Lease&) = delete;
  Lease& operator=(const Lease&) = delete;
  enum class Kind { alone, shared };
  Result<bool> take(Kind kind = Kind::alone);  // true: ours, also when it was before

 private:
  std::string path_;
  std::mutex mutex_;
  int slot_ = -1;
};

}  // namespace huren::store::sqlite
