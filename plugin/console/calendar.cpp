#include "console/calendar.hpp"

#include <algorithm>
#include <chrono>
#include <filesystem>

#include "console/probe.hpp"
#include "core/base/time.hpp"

namespace huren::console {

namespace {

std::chrono::sys_days days(const Date& d) { return std::chrono::year{d.year} / d.month / d.day; }

// The next period begins at the latest on the day after: nothing ends then.
bool renewed(const terminology::Period& old, const terminology::Period& next) {
  const bool later = !next.to.present() || (old.to.present() && days(next.to) > days(old.to));
  return later && next.from.present() && old.to.present() && days(next.from) <= days(old.to) + std::chrono::days{1};
}

}  // namespace

Json calendar(const config::Config& config, const std::string& config_dir, const terminology::Set& codes, std::int64_t now_ms) {
  const int offset = config.hospital.offset_minutes;
  auto rows = Json::array();
  const auto today = to_iso_date(terminology::day_of(now_ms, offset));
  const auto add = [&](const char* kind, const std::string& name, const Date& until) {
    if (until.present()) rows.push_back({{"kind", kind}, {"name", name}, {"until", to_iso_date(until)}, {"over", to_iso_date(until) < today}});
  };
  for (const auto& a : config.agreements) add("agreement", a.id, a.to);
  for (const auto& e : codes.eqa())
    if (std::none_of(codes.eqa().begin(), codes.eqa().end(), [&](const auto& x) {
          return x.lab == e.lab && x.item == e.item && x.method_group == e.method_group && x.verdict == "passed" && renewed(e.period, x.period);
        }))
      add("eqa", e.lab + " " + e.item, e.period.to);
  for (const auto& m : codes.marks())
    if (std::none_of(codes.marks().begin(), codes.marks().end(), [&](const auto& x) { return x.lab == m.lab && x.item == m.item && x.scope == m.scope && renewed(m.period, x.period); }))
      add("hr_mark", m.lab + " " + m.item + " " + m.scope, m.period.to);
  for (const auto& [kind, key] : {std::pair{"certificate", "certificate"}, {"trust", "trust"}})
    if (const auto it = config.listener.find(key); it != config.listener.end() && !it->second.empty())
      if (auto seen = describe_certificate((std::filesystem::path(config_dir) / it->second).string()); seen.not_after_ms)
        rows.push_back({{"kind", kind}, {"name", seen.subject}, {"until", to_iso_time(from_epoch_ms(seen.not_after_ms, offset)).substr(0, 10)}, {"over", seen.not_after_ms < now_ms},
                        {"fingerprint", seen.fingerprint}});
  std::stable_sort(rows.begin(), rows.end(), [](const Json& a, const Json& b) { return a["until"].get<std::string>() < b["until"].get<std::string>(); });
  return {{"today", today}, {"rows", std::move(rows)}};
}

}  // namespace huren::console
