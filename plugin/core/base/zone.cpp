#include "core/base/zone.hpp"

namespace huren {

Timestamp in_offset(const Timestamp& t, int offset_minutes) {
  if (t.precision < Precision::hour) return t;
  auto moved = from_epoch_ms(t.epoch_ms, offset_minutes);
  moved.precision = t.precision;
  return moved;
}

}  // namespace huren
