// What came of each member that a map speaks of, for huren-ctl try: never for a log, because it holds what the product said.
#pragma once
#include <string>
#include <vector>

namespace huren::mapping {

struct Traced {
  std::string member;
  enum class How { taken, table, condition, fallback, nothing } how = How::taken;
  std::string place;           // where it was found, or all places where it was looked for
  std::string theirs, ours;
  std::string at;              // "OBX[2]", "row 2": of an observation; "" of the report
};
using Trace = std::vector<Traced>;

}  // namespace huren::mapping
