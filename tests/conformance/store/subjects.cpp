#include "../../../adapters/store/sqlite/store.hpp"
#include "subject.hpp"

namespace huren::test {

const std::vector<Subject>& subjects() {
  static const std::vector<Subject> all = {
      {"store.sqlite",
       &store_sqlite_entry,
       [](const TempDir& dir) {
         return Options{{"directory", dir.file("data")}};
       },
       {}},
  };
  return all;
}

}  // namespace huren::test
