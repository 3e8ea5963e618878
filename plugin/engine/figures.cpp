#include "engine/figures.hpp"

#include <prometheus/counter.h>
#include <prometheus/gauge.h>
#include <prometheus/histogram.h>
#include <prometheus/registry.h>
#include <prometheus/text_serializer.h>

#include <algorithm>
#include <array>

#include "core/base/time.hpp"
#include "huren/huren.h"

namespace huren::engine {
namespace {

using prometheus::Labels;
constexpr std::array<std::string_view, 5> kTopics{"order.check/1", "results.list/1", "result.open/1", "referral.list/1", "panel.link/1"};

prometheus::Histogram::BucketBoundaries fast() { return {0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5}; }
prometheus::Histogram::BucketBoundaries slow() { return {0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30}; }

std::string answer_word(int status) {
  switch (status) {
    case HUREN_OK: return "ok";
    case HUREN_NO_ANSWER: return "no_answer";
    case HUREN_E_ARGUMENT:
    case HUREN_E_SYNTAX:
    case HUREN_E_TYPE:
    case HUREN_E_ENCODING:
    case HUREN_E_TOO_LARGE: return "faulty_request";
    case HUREN_E_DENIED: return "denied";
    default: return "failed";
  }
}

}  // namespace

struct Figures::Series {
  prometheus::Registry registry;
  prometheus::Family<prometheus::Counter>& queries = prometheus::BuildCounter().Name("huren_queries_total").Help("Queries answered by the engine.").Register(registry);
  prometheus::Family<prometheus::Histogram>& query_seconds = prometheus::BuildHistogram().Name("huren_query_duration_seconds").Help("Time from question to answer in the engine.").Register(registry);
  prometheus::Family<prometheus::Counter>& attempts = prometheus::BuildCounter().Name("huren_delivery_attempts_total").Help("Attempts to deliver a message, by what came of them.").Register(registry);
  prometheus::Family<prometheus::Histogram>& attempt_seconds = prometheus::BuildHistogram().Name("huren_delivery_duration_seconds").Help("Time of one attempt, from the first byte to the partner's answer.").Register(registry);
  prometheus::Family<prometheus::Counter>& receipts = prometheus::BuildCounter().Name("huren_messages_received_total").Help("Messages from partners and feeds, by whether they were stored.").Register(registry);
  prometheus::Counter& events = prometheus::BuildCounter().Name("huren_events_applied_total").Help("Events of the HIS and messages that took effect.").Register(registry).Add({});
  prometheus::Counter& kept = receipts.Add({{"stored", "true"}});
  prometheus::Counter& not_kept = receipts.Add({{"stored", "false"}});
};

Figures::Figures() : series_(std::make_unique<Series>()) {}
Figures::~Figures() = default;

void Figures::asked(std::string_view topic, int status, double seconds) noexcept try {
  const bool known = std::find(kTopics.begin(), kTopics.end(), topic) != kTopics.end();
  const std::string name(known ? topic : "other");
  series_->queries.Add({{"topic", name}, {"answer", answer_word(status)}}).Increment();
  series_->query_seconds.Add({{"topic", name}}, fast()).Observe(seconds);
} catch (const std::exception&) {  // no memory: one count less
}

void Figures::delivered(const std::string& partner, std::string_view outcome, double seconds, int messages) noexcept try {
  series_->attempts.Add({{"partner", partner}, {"outcome", std::string(outcome)}}).Increment(messages);
  auto& times = series_->attempt_seconds.Add({{"partner", partner}}, slow());
  for (int i = 0; i < messages; ++i) times.Observe(seconds);
} catch (const std::exception&) {
}

void Figures::received(bool stored) noexcept { (stored ? series_->kept : series_->not_kept).Increment(); }
void Figures::applied(std::uint64_t events) noexcept { series_->events.Increment(static_cast<double>(events)); }

namespace {

// The gauges of one moment, in a registry of its own.
class Gauges {
 public:
  void set(const char* name, const char* help, double value, const Labels& labels = {}) {
    prometheus::BuildGauge().Name(name).Help(help).Register(registry_).Add(labels).Set(value);
  }
  void number(const nlohmann::ordered_json& from, const char* key, const char* name, const char* help, double scale = 1) {
    if (from.contains(key) && from[key].is_number()) set(name, help, from[key].get<double>() * scale);
  }
  void partner(const nlohmann::ordered_json& p) {
    const Labels labels{{"partner", p.value("code", "")}};
    set("huren_partner_outbox_waiting", "Messages that wait for this partner.", p.value("waiting", 0.0), labels);
    set("huren_partner_oldest_waiting_seconds", "Age of the oldest message that waits for this partner.", p.value("oldest_waiting_ms", 0.0) / 1000, labels);
    set("huren_partner_outbox_parked", "Messages to this partner that wait for a person.", p.value("parked", 0.0), labels);
    if (!p.contains("breaker")) return;
    set("huren_partner_in_flight", "Messages on their way to this partner.", p.value("in_flight", 0.0), labels);
    set("huren_partner_reachable", "1 while the partner answers, 0 while its breaker is open.", p["breaker"] == "closed" ? 1 : 0, labels);
    if (!p["last_success_at"].is_string()) return;
    if (const auto at = parse_iso_time(p["last_success_at"].get<std::string>(), 0))
      set("huren_partner_last_success_timestamp_seconds", "When the partner last took a message.", static_cast<double>(at->epoch_ms) / 1000, labels);
  }
  [[nodiscard]] std::vector<prometheus::MetricFamily> collect() const { return registry_.Collect(); }

 private:
  prometheus::Registry registry_;
};

}  // namespace

std::string Figures::text(const nlohmann::ordered_json& health) {
  Gauges gauges;
  gauges.set("huren_build_info", "1; the version is its label.", 1, {{"version", HUREN_VERSION}});
  gauges.set("huren_live", "1 when this process holds the lease and sends and receives.", health.value("live", false) ? 1 : 0);
  gauges.set("huren_store_up", "1 when the store can be read.", health.contains("store") && health["store"] == "ok" ? 1 : 0);
  gauges.number(health, "spool", "huren_spool_events", "Events that wait in the spool.");
  gauges.number(health, "outbox_waiting", "huren_outbox_waiting", "Messages that wait for partners.");
  gauges.number(health, "outbox_parked", "huren_outbox_parked", "Messages that wait for a person.");
  gauges.number(health, "outbox_committed", "huren_outbox_committed", "Messages taken by a partner that has yet to accept or refuse them.");
  gauges.number(health, "oldest_waiting_ms", "huren_outbox_oldest_waiting_seconds", "Age of the oldest message that waits.", 0.001);
  gauges.number(health, "inbox_waiting", "huren_inbox_waiting", "Messages that were acknowledged and have yet to take effect.");
  gauges.number(health, "notices_open", "huren_notices_open", "Notices that the HIS has not acknowledged.");
  gauges.number(health, "retractions_open", "huren_retractions_open", "Retractions that a doctor has yet to acknowledge.");
  gauges.number(health, "retractions_escalated", "huren_retractions_escalated", "Retractions that nobody acknowledged in time.");
  gauges.number(health, "unmatched_reports", "huren_unmatched_reports", "Received reports that belong to no registered patient.");
  if (health.contains("clock")) {
    gauges.number(health["clock"], "step_ms", "huren_clock_step_seconds", "How far the clock has been set since the start.", 0.001);
    gauges.number(health["clock"], "running_ms", "huren_uptime_seconds", "Time since the engine was opened.", 0.001);
  }
  if (health.contains("partners"))
    for (const auto& p : health["partners"]) gauges.partner(p);
  if (health.contains("certificates"))
    for (const auto& c : health["certificates"])
      if (c["days_left"].is_number())
        gauges.set("huren_certificate_days_left", "Whole days that the certificate is still good for.", c["days_left"].get<double>(), {{"name", c.value("name", "")}});
  auto families = gauges.collect();
  for (auto& family : series_->registry.Collect()) families.push_back(std::move(family));
  if (health.contains("log")) {
    prometheus::MetricFamily logged{.name = "huren_log_events_total", .help = "Log events by severity.", .type = prometheus::MetricType::Counter, .metric = {}};
    for (const auto& [key, label] : {std::pair{"warnings", "warning"}, {"errors", "error"}}) {
      prometheus::ClientMetric metric;
      metric.label.push_back({"severity", label});
      metric.counter.value = health["log"].value(key, 0.0);
      logged.metric.push_back(std::move(metric));
    }
    families.push_back(std::move(logged));
  }
  return prometheus::TextSerializer().Serialize(families);
}

}  // namespace huren::engine
