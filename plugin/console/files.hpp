// The hospital's own files beside local.toml, changed through the console and huren-ctl: local.toml itself and CSV tables.
// Promises: a file is replaced whole or not at all; what it was before is kept in the data folder (console/history) with who
//   changed it, when and why, and can be put back; a change that rests on an older version is refused
//   (console.changed_meanwhile) and names who was faster.
#pragma once
#include <cstdint>
#include <filesystem>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "core/base/result.hpp"

namespace huren::console {

// Written beside its place, synced, moved.
Result<void> replace_file(const std::filesystem::path& path, std::string_view text, int mode);

struct Change {
  std::string id, file, who, what, part;  // part: "agreement.city" of local.toml; empty: the whole file
  std::int64_t at_ms = 0;
};

class History {
 public:
  explicit History(std::string folder) : folder_(std::move(folder)) {}
  // Keeps the file's present text: the caller puts a new one in its place.
  Result<void> keep(const std::filesystem::path& file, Change change);
  // The same, and puts the new one in its place.
  Result<void> save(const std::filesystem::path& file, std::string_view text, Change change);
  Result<std::vector<Change>> list() const;  // newest first
  Result<std::string> before(const std::string& id) const;  // the text as it was before that change
  std::optional<Change> newest(const std::string& file, const std::string& part) const;
  std::mutex& mutex() { return mutex_; }  // held from reading a version to saving over it

 private:
  std::string folder_;
  std::mutex mutex_;
};

}  // namespace huren::console
