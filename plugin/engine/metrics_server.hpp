// GET /metrics and GET /health on a loopback address, for Prometheus and for people. Nothing else, nothing that changes anything.
// Promises: its own threads, limits and time-outs; Poco's globals stay untouched. Refuses: other methods, other paths.
#pragma once
#include <functional>
#include <memory>
#include <string>

#include "core/base/result.hpp"

namespace huren::engine {

class MetricsServer {
 public:
  struct Sources { std::function<std::string()> metrics, health; };
  MetricsServer();
  ~MetricsServer();
  Result<void> start(const std::string& address, Sources sources);
  void stop() noexcept;
  [[nodiscard]] int port() const;

 private:
  struct Running;
  std::unique_ptr<Running> running_;
};

}  // namespace huren::engine
