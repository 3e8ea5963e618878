#include "engine/exchange/digest.hpp"

#include "engine/identity.hpp"

namespace huren::engine::exchange {

std::string content_digest(const model::LabReport& report) {
  std::string text = report.number + '\n' + std::to_string(report.version) + '\n' + model::status_word(report.status) + '\n';
  for (const auto& o : report.observations)
    text += o.local.code + '|' + o.comparator + '|' + o.value + '|' + o.unit + '|' + model::status_word(o.status) + '\n';
  return sha256_hex(text);
}

std::int64_t release_ms(const model::LabReport& report) {
  if (report.reported_at.present()) return report.reported_at.epoch_ms;
  return report.specimen.collected_at.present() ? report.specimen.collected_at.epoch_ms : 0;
}

}  // namespace huren::engine::exchange
