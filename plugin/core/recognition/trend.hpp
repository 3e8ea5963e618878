// One analyte over time, own and partners' results in one series: converted for display, the original kept.
// Promises: values of different calibration or method group never stand in one line; what cannot be compared is shown apart.
// Refuses: withdrawn, replaced and preliminary results; results whose person did not match.
#pragma once
#include <string>
#include <vector>

#include "core/recognition/order_check.hpp"

namespace huren::recognition {

struct TrendPoint {
  std::size_t candidate = 0;       // index into Input::candidates
  Timestamp at;
  std::optional<double> value;     // in unit; absent: a word, or not convertible
  std::string original, original_unit, comparator;
  std::string source;              // "own" or the partner's code
  std::string method_group;        // empty: unknown
  int line = 0;                    // points of one line may be joined; a method break begins another
  bool break_before = false;       // first point after a change of method
  bool critical = false, outside_range = false;
};
struct Trend {
  std::string item, unit;
  std::vector<TrendPoint> points;  // oldest first
  int lines = 0;
};
// input.orders and situation are not looked at.
Trend trend(const Input& input, std::string_view item);
std::string to_json(const Trend& trend);
// results.trend/1: the same, each point with the result, laboratory and method behind it.
std::string to_json(const Input& input, const Trend& trend);

}  // namespace huren::recognition
