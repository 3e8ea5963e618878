// Counts and durations of one engine since it was opened, in Prometheus's text format 0.0.4.
// Promises: labels are configured codes and known words only, so no series can grow without end; no patient data (I7).
//   Gauges are read from the health report, so both always say the same. Functions never throw.
#pragma once
#include <memory>
#include <nlohmann/json.hpp>
#include <string>
#include <string_view>

namespace huren::engine {

class Figures {
 public:
  Figures();
  ~Figures();
  void asked(std::string_view topic, int status, double seconds) noexcept;
  // outcome: of the attempts; seconds: of each
  void delivered(const std::string& partner, std::string_view outcome, double seconds, int messages) noexcept;
  void received(bool stored) noexcept;
  void applied(std::uint64_t events) noexcept;
  std::string text(const nlohmann::ordered_json& health);

 private:
  struct Series;
  std::unique_ptr<Series> series_;
};

}  // namespace huren::engine
