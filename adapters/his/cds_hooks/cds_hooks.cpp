// Each [feed.NAME] with this adapter is one CDS Hooks service of its own.
// Promises: beyond the machine itself it speaks TLS alone and asks for a token or a client certificate.
// Refuses: a listener that everybody could ask; tokens short enough to be guessed.
#include <array>
#include <memory>
#include <utility>
#include <vector>

#include "adapters/common/options.hpp"
#include "adapters/his/cds_hooks/entry.hpp"
#include "adapters/his/cds_hooks/service.hpp"
#include "core/base/text.hpp"

namespace huren {
namespace his_cds_hooks {
namespace {

constexpr std::size_t kMostBody = std::size_t{1} << 20;  // a hook's request is kilobytes

constexpr std::array kOptions{
    AdapterOption{"listen", OptionType::address, nullptr, "监听地址 HOST:PORT", "address HOST:PORT to listen on"},
    AdapterOption{"token_file", OptionType::path, "", "访问令牌文件，每行一个", "file of bearer tokens, one a line"},
    AdapterOption{"origins", OptionType::text, "", "允许的网页来源，逗号分隔", "web origins that may call, separated by commas"},
    AdapterOption{"deadline_ms", OptionType::integer, "500", "最长作答时间", "longest time for an answer"},
    AdapterOption{"language", OptionType::text, "zh", "卡片文字 zh | en", "language of the cards, zh | en"},
    AdapterOption{"certificate", OptionType::path, "", "TLS 证书（PEM）", "TLS certificate (PEM)"},
    AdapterOption{"private_key", OptionType::path, "", "TLS 私钥（PEM）", "TLS private key (PEM)"},
    AdapterOption{"trust", OptionType::path, "", "要求对方出示由此机构签发的证书", "callers must show a certificate of these authorities"},
    AdapterOption{"max_connections", OptionType::integer, "64", "同时连接数上限", "most connections at a time"},
    AdapterOption{"max_frame_bytes", OptionType::integer, "1048576", "请求正文最大字节数，不超过 1 MiB", "largest body in bytes, never over 1 MiB"},
    AdapterOption{"idle_timeout_ms", OptionType::integer, "900000", "空闲连接保留时间", "how long an idle connection is kept"},
    AdapterOption{"frame_timeout_ms", OptionType::integer, "60000", "一个请求的期限", "time for one request"},
};

class CdsHooks final : public HisAdapter {
 public:
  static Result<std::unique_ptr<Adapter>> create(const AdapterSetup& setup) {
    auto out = std::make_unique<CdsHooks>();
    for (const auto& feed : setup.peers)
      if (auto added = out->add(setup, feed); !added) return added.error();
    return std::unique_ptr<Adapter>(std::move(out));
  }
  ~CdsHooks() override { stop(0); }
  Result<void> start() override {
    for (auto& service : services_)
      if (auto started = service->start(); !started) return stop(0), started;
    return {};
  }
  void stop(std::uint32_t) override {
    for (auto& service : services_) service->stop();
  }

 private:
  Result<void> add(const AdapterSetup& setup, const Peer& feed) {
    const std::string section = "feed." + feed.code;
    common::OptionReader options(feed.options, kOptions, section, setup.config_dir);
    auto http = common::http_settings(options, section, kMostBody);
    if (!http) return http.error();
    http->source = "feed:" + feed.code;
    ServiceSettings settings;
    settings.language = options.text("language") == "en" ? Language::en : Language::zh;
    settings.deadline_ms = static_cast<std::uint32_t>(options.integer("deadline_ms", 10, 10'000));
    const auto origins = options.text("origins");
    for (const auto origin : split(origins, ','))
      if (!trim(origin).empty()) settings.origins.emplace_back(trim(origin));
    if (options.fault()) return *options.fault();
    services_.push_back(std::make_unique<Service>(std::move(*http), std::move(settings), *setup.engine));
    return {};
  }

  std::vector<std::unique_ptr<Service>> services_;
};

}  // namespace
}  // namespace his_cds_hooks

const AdapterEntry& his_cds_hooks_entry() {
  static constexpr AdapterEntry entry{.signature = HUREN_ADAPTER_SIGNATURE,
                                      .id = "his.cds_hooks",
                                      .kind = "huren.his/1",
                                      .summary = "recognition for web HIS as a CDS Hooks 2.0 service",
                                      .options = his_cds_hooks::kOptions.data(),
                                      .option_count = his_cds_hooks::kOptions.size(),
                                      .create = &his_cds_hooks::CdsHooks::create};
  return entry;
}

}  // namespace huren
