// Laboratory orders as OML^O21: placed and cancelled, with the earlier results that a doctor took over or passed by.
// Promises: one ORDER group an item, the earlier result of that item in its PRIOR_RESULT group (which begins with PID, or
//   its ORC would read as the next order: v2.5.1 §4.4.6), the reason for testing again in OBR-48, for a cancellation in ORC-16.
// Refuses: an order without an id, an item or a time.
#pragma once
#include <string>
#include <vector>

#include "core/base/result.hpp"
#include "core/mapping/oru.hpp"
#include "core/model/event.hpp"

namespace huren::mapping {

struct PriorResult {
  std::string order_item;              // the ordered item that it stands for; one that was not ordered: the first
  model::LabReport report;
  std::vector<std::size_t> positions;  // observations that the decision names
};

struct OrderMessage {
  model::LabOrder order;
  model::Patient patient;
  bool cancelled = false;
  model::Code reason;                  // placed: why the test is repeated; cancelled: why
  std::vector<PriorResult> prior;
};

Result<std::string> write_order(const OrderMessage& message, const Envelope& envelope);

}  // namespace huren::mapping
