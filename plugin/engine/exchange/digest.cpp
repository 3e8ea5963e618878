#include "engine/exchange/digest.hpp"

#include "engine/identity.hpp"

namespace huren::engine::exchange {

std::string content_digest(const model::LabReport& report) {
  std::string text = report.number + '\n' + std::to_string(report.version) + '\n' + model::status_word(report.status) + '\n';
  text.reserve(text.size() + report.observations.size() * 64);
  const auto add = [&](std::string_view part, char behind) {
    text += part;
    text += behind;
  };
  for (const auto& o : report.observations) {
    add(o.local.code, '|');
    add(o.comparator, '|');
    add(o.value, '|');
    add(o.unit, '|');
    add(model::status_word(o.status), '\n');
  }
  return sha256_hex(text);
}

std::int64_t release_ms(const model::LabReport& report) {
  if (report.reported_at.present()) return report.reported_at.epoch_ms;
  return report.specimen.collected_at.present() ? report.specimen.collected_at.epoch_ms : 0;
}

}  // namespace huren::engine::exchange
