// Where reading stood, in a small file of its own: read at start, replaced whole.
// Promises: what keep() returned without an error for is on disk, all of it; a file that cannot be read is a fault, not a
//   fresh start. Losing it costs reading again, nothing else: what was taken before is known by its content.
#pragma once
#include <map>
#include <string>

#include "core/base/result.hpp"

namespace huren::common {

class Places {
 public:
  Places(std::string file, std::string name) : file_(std::move(file)), name_(std::move(name)) {}
  Result<void> load();
  [[nodiscard]] std::string get(const std::string& what) const;
  Result<void> keep(const std::string& what, const std::string& value);

 private:
  std::string file_, name_;
  std::map<std::string, std::string> values_;
};

}  // namespace huren::common
