// The same moment as a clock in another zone shows it: what a hospital writes into its own records is in its own time.
// Promises: the instant stays. Refuses: moving a date without a time, which no clock showed.
#pragma once
#include "core/base/time.hpp"

namespace huren {

Timestamp in_offset(const Timestamp& t, int offset_minutes);

}  // namespace huren
