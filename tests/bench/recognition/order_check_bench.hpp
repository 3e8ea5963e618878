// order.check against a store of ten million results, which is built once into the folder.
#pragma once
#include <string>

namespace huren::bench {
// Prints figures and bars; false: a bar was missed.
bool order_check(const std::string& scratch);
}  // namespace huren::bench
