// Warns before our own certificate runs out: 30, 7 and 1 day ahead, once each, and daily once it has.
// Promises: a renewed certificate starts afresh. Refuses: a clock of its own.
#pragma once
#include <cstdint>

#include "huren/adapter.hpp"

namespace huren::common {

class ExpiryWatch {
 public:
  // Logs tls.certificate_expiring or tls.certificate_expired to the engine when a step was reached. not_after_ms 0:
  // none.
  void check(EngineServices& engine, const std::string& certificate, std::int64_t not_after_ms);

 private:
  std::int64_t watched_ = 0;
  int last_step_ = 0;
};

}  // namespace huren::common
