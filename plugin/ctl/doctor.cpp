// huren-ctl doctor: looks at everything that must be right, and says the cure for what is not.
#include <Poco/Crypto/X509Certificate.h>
#include <Poco/DateTime.h>
#include <sys/timex.h>

#include <filesystem>
#include <nlohmann/json.hpp>

#include "console/calendar.hpp"
#include "console/probe.hpp"
#include "core/base/time.hpp"
#include "ctl/place.hpp"
#include "engine/codes.hpp"
#include "engine/feed_maps.hpp"
#include "engine/outbox_verbs.hpp"
#include "engine/profiles.hpp"

namespace huren::ctl {
namespace {

namespace fs = std::filesystem;

constexpr std::int64_t kReleaseMs = 1'767'225'600'000;  // 2026-01-01

struct Report {
  Place& place;
  nlohmann::ordered_json rows = nlohmann::ordered_json::array();
  bool fine = true;
  void add(bool ok, const std::string& what, const std::string& cure) {
    fine = fine && ok;
    rows.push_back({{"ok", ok}, {"what", what}, {"cure", cure}});
    if (!place.json) place.out << (ok ? "[ok]   " : "[FAIL] ") << what << (cure.empty() ? "" : "\n       -> " + cure) << "\n";
  }
  // What is no fault: shown to people, and to programs with "ok".
  void note(const std::string& what) {
    rows.push_back({{"ok", true}, {"what", what}, {"cure", ""}});
    if (!place.json) place.out << place.say("[提示] ", "[note] ") << what << "\n";
  }
};

// The first start makes the store: no folder yet, or an empty one. What cannot be looked at is not absent.
bool never_started(const std::string& data) {
  std::error_code ec;
  if (!fs::exists(data, ec)) return !ec;
  return fs::is_directory(data, ec) && fs::is_empty(data, ec) && !ec;
}

// where: the option of a certificate of ours; empty: an authority's.
void check_certificate(Report& report, const std::string& name, const fs::path& path, const std::string& where) {
  if (!where.empty())
    if (const auto fault = console::certificate_fault(path.string(), where, engine::Clock().now_ms())) return report.add(false, name, report.place.say(*fault));
  try {
    const Poco::Crypto::X509Certificate certificate(path.string());
    const auto days = (certificate.expiresOn() - Poco::DateTime()).days();
    report.add(days > 30, name + ": " + report.place.say("有效期还剩（天）", "days left ") + std::to_string(days),
               days > 30 ? "" : days < 0 ? report.place.say("证书已过期：请立即更换，并把新指纹告知各伙伴", "The certificate has expired: replace it now and tell the partners the new fingerprint")
                                         : report.place.say("请尽快更换证书，并把新指纹告知各伙伴", "Replace the certificate soon and tell the partners the new fingerprint"));
  } catch (const std::exception&) {
    report.add(false, name + ": " + path.string(),
               report.place.say("文件不存在或不是 PEM 证书：请放到此处，或更正 local.toml 中 [listener] 的路径",
                                "No such file or no PEM certificate: put it there, or correct the path under [listener] in local.toml"));
  }
}

// The adapters are made as the engine would make them, but not started: missing modules and files show, and keys that do not fit.
void check_adapters(Report& report) {
  Place& place = report.place;
  auto config = place.config;  // the maps' names become paths in it
  for (const auto& f : engine::check_feed_maps(config, place.config_dir)) report.add(false, place.say("映射 ", "map ") + f.error.where, place.say(f.error));
  for (const auto& tried : engine::try_adapters(config, place.config_dir, *place.loader))
    report.add(!tried.fault, place.say("适配器 ", "adapter ") + tried.id, tried.fault ? place.say(*tried.fault) : "");
  for (const auto& f : engine::inspect_keys(place.config, place.config_dir)) report.add(false, place.say(f.error), "");
}

// The same steps as the console's connection test; the first that fails says the cure.
void check_partner(Report& report, const config::Partner& partner) {
  const auto& place = report.place;
  const auto option = [&](const char* key) {
    const auto it = partner.options.find(key);
    return it == partner.options.end() ? std::string() : it->second;
  };
  const auto file = [&](const char* key) {
    const auto it = place.config.listener.find(key);
    return it == place.config.listener.end() || it->second.empty() ? std::string() : (fs::path(place.config_dir) / it->second).string();
  };
  if (option("address").empty()) return;
  const auto found = console::probe({.address = option("address"), .server_name = option("server_name"), .fingerprint = option("certificate_sha256"), .certificate = file("certificate"),
                                     .private_key = file("private_key"), .trust = file("trust"), .tls = option("tls") != "false", .timeout_ms = 3000, .now_ms = engine::Clock().now_ms()});
  std::string cure;
  for (const auto& step : found["steps"])
    if (step["state"] == "failed") cure = step["error"][place.language == Language::zh ? "zh" : "en"];
  report.add(cure.empty(), partner.code + " " + option("address"), cure);
}

// Agreements, EQA passes and HR marks that are over or end within a month: results stop being recognised then.
void check_endings(Report& report, const terminology::Set& codes) {
  const auto now = engine::Clock().now_ms();
  const auto soon = to_iso_date(terminology::day_of(now + 30 * 86'400'000LL, report.place.config.hospital.offset_minutes));
  int ending = 0;
  std::string first;
  const auto calendar = console::calendar(report.place.config, report.place.config_dir, codes, now);
  for (const auto& row : calendar["rows"]) {
    const std::string kind = row["kind"], until = row["until"];
    if (kind == "certificate" || kind == "trust" || until > soon) continue;  // certificates have their own line
    if (ending++ == 0) first = until + " " + row["name"].get<std::string>();
  }
  report.add(ending == 0, report.place.say("协议、室间质评与 HR 标识，30 天内到期或已到期 ", "agreements, EQA passes and HR marks over or ending within 30 days ") + std::to_string(ending),
             ending == 0 ? "" : first + report.place.say("；全部见 huren-ctl calendar，请续期：codes set 或管理页面", "; huren-ctl calendar lists all; renew them by codes set or in the console"));
}

// Results are dated by this clock, and windows counted by it.
void check_clock(Report& report) {
  timex state{};
  const bool kept = ::adjtimex(&state) >= 0 && (state.status & STA_UNSYNC) == 0;
  if (!kept && !report.place.json) report.place.out << report.place.say("[提示] 系统时钟没有与时间服务器同步，请启用 chrony 或 systemd-timesyncd", "[note] the system's clock follows no time server: switch on chrony or systemd-timesyncd") << "\n";
  const auto now = engine::Clock().now_ms();
  report.add(now > kReleaseMs, report.place.say("系统时钟 ", "clock ") + local_time(now, report.place.config.hospital.offset_minutes),
             now > kReleaseMs ? "" : report.place.say("时钟早于本软件发布：请校正系统时间", "The clock is before this software was made: set it right"));
}

}  // namespace

int doctor(Place& place) {
  Report report{place};
  report.add(true, place.say("配置 local.toml 正确", "local.toml is right"), "");
  const auto codes = engine::load_codes(place.config, place.config_dir);
  std::size_t bad = 0;
  for (const auto& f : codes.findings) {
    if (f.severity != Severity::error) continue;
    ++bad;
    report.add(false, place.say(f.error), "");
  }
  if (bad == 0) report.add(true, place.say("编码表 ", "codes ") + codes.set->version(), "");
  if (codes.set) check_endings(report, *codes.set);
  const auto profiles = engine::load_profiles(place.config, place.config_dir);
  for (const auto& f : profiles.findings) report.add(false, place.say(f.error), "");
  if (profiles.findings.empty()) report.add(true, place.say("报文检查规则", "message profiles"), "");
  if (never_started(place.data)) {
    report.note(place.say({"ctl.not_started", "store.directory", {place.data}}));
  } else if (place.open_store()) {
    store::Depths depths;
    std::vector<store::ParkedEvent> rejected;
    auto read = place.store->read([&](store::Reader& reader) -> Result<void> {
      auto d = reader.depths(engine::Clock().now_ms());
      if (!d) return d.error();
      depths = *d;
      auto parked = reader.parked_events(100);
      if (!parked) return parked.error();
      rejected = std::move(*parked);
      return {};
    });
    report.add(static_cast<bool>(read), place.say("存储 ", "store ") + place.config.store_adapter, read ? "" : place.say(read.error()));
    if (read) {
      report.add(depths.outbox_parked == 0, place.say("待人工处理的投递 ", "deliveries for a person ") + std::to_string(depths.outbox_parked),
                 depths.outbox_parked ? place.say("请运行 huren-ctl outbox list --state 待人工", "Run huren-ctl outbox list --state person") : "");
      report.add(rejected.empty(), place.say("无法使用的事件 ", "events that could not be used ") + std::to_string(rejected.size()),
                 rejected.empty() ? "" : rejected.back().type + " " + rejected.back().key + ": " + engine::remark_in(rejected.back().remark, place.language) +
                     place.say("；全部见 huren-ctl events，请 HIS 厂商改正后以新键重新提交", "; huren-ctl events lists all; have the HIS vendor mend them and submit again under new keys"));
      constexpr std::int64_t kHourMs = 3'600'000;
      report.add(depths.oldest_waiting_ms < kHourMs, place.say("等待投递 ", "waiting deliveries ") + std::to_string(depths.outbox_waiting),
                 depths.oldest_waiting_ms < kHourMs ? "" : place.say("最早的已等待一小时以上：请检查伙伴", "The oldest has waited for more than an hour: check the partner"));
    }
  } else {
    report.add(false, place.say("存储无法打开", "The store does not open"), place.say("见上文", "see above"));
  }
  const auto check = [&](const config::Options& options, const char* key, const std::string& name, const std::string& where) {
    if (const auto it = options.find(key); it != options.end() && !it->second.empty()) check_certificate(report, name, fs::path(place.config_dir) / it->second, where);
  };
  check(place.config.listener, "certificate", place.say("本院证书", "own certificate"), "listener.certificate");
  check(place.config.listener, "trust", place.say("信任机构", "trusted authorities"), "");
  check({{"certificate", place.config.console.certificate}}, "certificate", place.say("管理页面证书", "certificate of the console"), "console.certificate");
  for (const auto& feed : place.config.feeds) check(feed.options, "certificate", place.say("接入证书 ", "certificate of the feed ") + feed.name, "feed." + feed.name + ".certificate");
  check_clock(report);
  check_adapters(report);
  for (const auto& partner : place.config.partners) check_partner(report, partner);
  if (place.json) place.out << report.rows.dump(2) << "\n";
  return report.fine ? kOk : kFindings;
}

}  // namespace huren::ctl
