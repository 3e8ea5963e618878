#include "core/mapping/order_message.hpp"

#include <algorithm>

#include "core/hl7/writer.hpp"
#include "core/mapping/header.hpp"
#include "core/mapping/oru_parts.hpp"
#include "core/mapping/pid.hpp"
#include "core/mapping/words.hpp"

namespace huren::mapping {
namespace {

// Table 0485.
std::string_view priority_code(std::string_view priority) {
  if (priority == "stat") return "S";
  return priority == "urgent" ? "A" : "R";
}

void put_prior(hl7::Writer& w, const PriorResult& prior) {
  put_pid(w, prior.report.patient, prior.report.origin.code);
  put_order(w, prior.report);
  for (const auto position : prior.positions)
    if (position < prior.report.observations.size()) put_observation(w, prior.report.observations[position], prior.report.status);
}

}  // namespace

Result<std::string> write_order(const OrderMessage& m, const Envelope& envelope) {
  const auto& order = m.order;
  if (order.order_id.empty()) return Error{"mapping.order_missing", "ORC-2", {"ORC-2"}};
  if (order.items.empty()) return Error{"mapping.order_missing", "OBR-4", {"OBR-4"}};
  if (!order.at.present()) return Error{"mapping.order_missing", "ORC-9", {"ORC-9"}};

  hl7::Writer w;
  put_msh(w, "OML", "O21", "OML_O21", envelope);
  put_pid(w, m.patient, envelope.sender);
  w.segment("PV1").set(1, "1").set(2, "U").set(3, order.department).set(19, order.encounter_id);
  const auto ordered = [&](const PriorResult& p) {
    return std::any_of(order.items.begin(), order.items.end(), [&](const model::Code& i) { return i.code == p.order_item; });
  };
  for (std::size_t i = 0; i < order.items.size(); ++i) {
    const auto& item = order.items[i];
    // A placer number names one OBR (v2.5.1 §4.5.1.2); the doctor's order is the group of them.
    const std::string placer = order.items.size() == 1 ? order.order_id : order.order_id + "-" + std::to_string(i + 1);
    w.segment("ORC").set(1, m.cancelled ? "CA" : "NW").set(2, {placer, envelope.sender}).set(4, {order.order_id, envelope.sender});
    w.set(9, order.at).set(12, {order.doctor.id, order.doctor.name});
    if (m.cancelled) w.set(16, {m.reason.code, m.reason.name, m.reason.system});
    w.set(17, {"", order.department});
    w.segment("TQ1").set(1, "1").set(9, priority_code(order.priority));
    w.segment("OBR").set(1, std::to_string(i + 1)).set(2, {placer, envelope.sender}).set(4, {item.code, item.name, "L"});
    w.set(16, {order.doctor.id, order.doctor.name});
    if (!m.cancelled && !(m.reason == model::Code{})) w.set(48, {m.reason.code, m.reason.name, m.reason.system});
    if (!(order.specimen == model::Code{})) w.segment("SPM").set(1, "1").set(4, {order.specimen.code, order.specimen.name, "L"});
    for (const auto& prior : m.prior)
      if (prior.order_item == item.code || (i == 0 && !ordered(prior))) put_prior(w, prior);
  }
  return w.finish(envelope.charset);
}

}  // namespace huren::mapping
