// A result message cut into one group an OBR, whatever order its structure has (ORU^R01, OUL^R21, R22, R24).
// Promises: every segment is in a group, or in front of all, or told as left over. Refuses: nothing.
#pragma once
#include <string_view>
#include <vector>

#include "core/hl7/message.hpp"

namespace huren::mapping {

struct ObservationGroup {
  hl7::Segment obx;
  std::vector<hl7::Segment> notes;
};

struct OrderGroup {
  hl7::Segment pid, pv1, orc, obr, spm;
  std::vector<hl7::Segment> notes;
  std::vector<ObservationGroup> observations;
  std::vector<hl7::Segment> others;  // Z-segments and the like that stand in this group
};

struct Groups {
  std::vector<OrderGroup> orders;
  std::vector<hl7::Segment> left_over;  // observations without an order, second specimens, notes of nobody
};

Groups cut(const hl7::Message& message);

}  // namespace huren::mapping
