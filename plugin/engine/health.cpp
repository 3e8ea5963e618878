#include "engine/health.hpp"

#include <openssl/bio.h>
#include <openssl/pem.h>
#include <openssl/x509.h>

#include <filesystem>

#include "core/base/time.hpp"

namespace huren::engine {
namespace {

using Json = nlohmann::ordered_json;

// Whole days that the first certificate of a PEM file is still good for; negative once it is over.
Json days_left(const std::string& path, std::int64_t now_ms) {
  const std::unique_ptr<BIO, decltype(&BIO_free)> file(BIO_new_file(path.c_str(), "r"), &BIO_free);
  if (!file) return nullptr;
  const std::unique_ptr<X509, decltype(&X509_free)> certificate(PEM_read_bio_X509(file.get(), nullptr, nullptr, nullptr), &X509_free);
  if (!certificate) return nullptr;
  const std::unique_ptr<ASN1_TIME, decltype(&ASN1_TIME_free)> now(ASN1_TIME_set(nullptr, now_ms / 1000), &ASN1_TIME_free);
  int days = 0, seconds = 0;
  if (!now || ASN1_TIME_diff(&days, &seconds, now.get(), X509_get0_notAfter(certificate.get())) != 1) return nullptr;
  return seconds < 0 ? days - 1 : days;
}

}  // namespace

Json Health::partners(const store::Depths& depths, bool live) const {
  auto out = Json::array();
  for (const auto& p : context_.config.partners) {
    Json row{{"code", p.code}, {"waiting", 0}, {"oldest_waiting_ms", 0}, {"parked", 0}};
    for (const auto& d : depths.partners)
      if (d.partner == p.code) row.update(Json{{"waiting", d.waiting}, {"oldest_waiting_ms", d.oldest_waiting_ms}, {"parked", d.parked}});
    for (const auto& pump : pumps_) {
      if (!live || pump->partner() != p.code) continue;  // who does not hold the lease knows nothing of the wire
      const auto state = pump->state();
      row["in_flight"] = state.in_flight;
      row["breaker"] = state.breaker_open ? "open" : "closed";
      row["delivered"] = state.delivered;
      row["last_success_at"] = state.last_success_ms ? Json(to_iso_time(from_epoch_ms(state.last_success_ms, 0))) : Json(nullptr);
    }
    out.push_back(std::move(row));
  }
  return out;
}

// Ours, wherever they serve. A partner's own is told of by its adapter when it shows it.
Json Health::certificates() const {
  auto out = Json::array();
  const auto add = [&](const std::string& section, const char* key, const std::string& file) {
    if (file.empty()) return;
    out.push_back({{"name", section + "." + key}, {"days_left", days_left((std::filesystem::path(config_dir_) / file).string(), context_.clock.now_ms())}});
  };
  const auto of = [](const config::Options& options, const char* key) {
    const auto it = options.find(key);
    return it == options.end() ? std::string() : it->second;
  };
  const auto& c = context_.config;
  for (const char* key : {"certificate", "trust"}) add("listener", key, of(c.listener, key));
  for (const auto& feed : c.feeds)
    for (const char* key : {"certificate", "trust", "vendor_trust"}) add("feed." + feed.name, key, of(feed.options, key));
  add("console", "certificate", c.console.certificate);
  add("signing", "certificate", c.signing.certificate);
  add("signing", "authority", c.signing.authority);
  return out;
}

Json Health::report(bool live) const {
  const auto now = context_.clock.now_ms();
  const auto running = std::chrono::duration_cast<std::chrono::milliseconds>(std::chrono::steady_clock::now() - started_).count();
  Json report{{"live", live}, {"lease", live ? "held" : "elsewhere"}, {"hospital", context_.config.hospital.code}, {"codes", context_.codes->version()}};
  // Step: how far the clock has been set since the start; results are dated by it.
  report["clock"] = {{"now", to_iso_time(from_epoch_ms(now, 0))}, {"step_ms", now - started_ms_ - running}, {"running_ms", running}};
  report["log"] = {{"warnings", context_.log.count(Severity::warning)}, {"errors", context_.log.count(Severity::error)}};
  report["certificates"] = certificates();
  auto spooled = spool_.depth();
  report["spool"] = spooled ? Json(*spooled) : Json("unreadable");
  store::Depths depths;
  auto read = context_.store.read([&](store::Reader& reader) -> Result<void> {
    auto d = reader.depths(now);
    if (!d) return d.error();
    depths = std::move(*d);
    return {};
  });
  if (!read) {
    report["store"] = line(read.error());
    return report;
  }
  report["store"] = "ok";
  report["outbox_waiting"] = depths.outbox_waiting;
  report["outbox_parked"] = depths.outbox_parked;
  report["outbox_committed"] = depths.outbox_committed;
  report["oldest_waiting_ms"] = depths.oldest_waiting_ms;
  report["inbox_waiting"] = depths.inbox_waiting;
  report["notices_open"] = depths.notices_open;
  report["retractions_open"] = depths.retractions_open;
  report["retractions_escalated"] = depths.retractions_escalated;
  report["unmatched_reports"] = depths.unmatched;
  report["partners"] = partners(depths, live);
  return report;
}

}  // namespace huren::engine
