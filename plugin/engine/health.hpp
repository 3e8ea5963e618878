// What an operator needs to see, as one JSON object: huren_health, the metrics and `huren-ctl doctor` show the same.
// Promises: no patient data (I7), no partner is asked, nothing is waited for. Refuses: to fail: what cannot be read is said.
#pragma once
#include <chrono>
#include <memory>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "core/base/link.hpp"
#include "engine/context.hpp"
#include "engine/pump.hpp"

namespace huren::engine {

class Health {
 public:
  Health(const Context& context, SpoolPort& spool, std::string config_dir, const std::vector<std::unique_ptr<Pump>>& pumps)
      : context_(context), spool_(spool), config_dir_(std::move(config_dir)), pumps_(pumps), started_ms_(context.clock.now_ms()) {}
  nlohmann::ordered_json report(bool live) const;

 private:
  nlohmann::ordered_json partners(const store::Depths& depths, bool live) const;
  nlohmann::ordered_json certificates() const;

  const Context& context_;
  SpoolPort& spool_;
  const std::string config_dir_;
  const std::vector<std::unique_ptr<Pump>>& pumps_;
  const std::int64_t started_ms_;
  const std::chrono::steady_clock::time_point started_ = std::chrono::steady_clock::now();
};

}  // namespace huren::engine
