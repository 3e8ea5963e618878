// The results of one report that were collected at one time, in one record of our own: item, position, status, whether each
// counts, brief. Twenty-five rows of a table cost twenty-five insertions; one row with such a record costs one.
// Promises: what was written is read back, the last position first; the first byte tells the form, for ever. A reader passes
//   over a result without copying anything of it.
// Refuses: a record that is cut, lengthened, of a form it does not know or that announces more than it can hold: next() is
//   false and whole() says so. Nothing is read outside the record.
#pragma once
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "huren/store.hpp"

namespace huren::store::sqlite {

std::string packed(const std::vector<const ResultRow*>& results);  // position, item, status, current and brief of each

struct PackedResult {  // views into the record
  std::string_view item, status, brief;
  int position = 0;
  bool current = false;
};

class ResultPack {
 public:
  explicit ResultPack(std::string_view record);
  bool next(PackedResult& into);
  [[nodiscard]] bool whole() const { return good_ && left_ == 0 && at_ == end_; }  // after next() gave false

 private:
  std::uint64_t number();
  std::string_view piece(std::uint64_t size);
  bool fail();

  const char* at_;
  const char* end_;
  std::uint64_t left_ = 0;
  std::optional<std::string_view> status_;  // of all of them
  std::optional<std::uint32_t> above_;         // the position of the result before
  bool good_ = true;
};

}  // namespace huren::store::sqlite
