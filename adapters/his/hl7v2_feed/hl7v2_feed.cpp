// One module, any number of feeds: each [feed.NAME] is an MLLP listener, a drop folder, or both.
// Promises: everything that comes in reaches the engine as from "feed:NAME". Refuses: a feed without a way in.
#include <array>
#include <memory>
#include <utility>
#include <vector>

#include "adapters/common/mllp_server.hpp"
#include "adapters/common/options.hpp"
#include "adapters/common/verdict.hpp"
#include "adapters/his/hl7v2_feed/entry.hpp"
#include "adapters/his/hl7v2_feed/file_drop.hpp"

namespace huren {
namespace his_hl7v2_feed {
namespace {

constexpr std::array kOptions{
    AdapterOption{"listen", OptionType::address, "", "接收 MLLP 的地址 HOST:PORT", "address HOST:PORT that takes MLLP"},
    AdapterOption{"directory", OptionType::path, "", "文件投放目录", "folder in which files are dropped"},
    AdapterOption{"charset", OptionType::text, "", "报文未声明字符集时的解读方式",
                  "how text is read when the message declares no charset"},
    AdapterOption{"certificate", OptionType::path, "", "TLS 证书（PEM）；留空则不用 TLS",
                  "TLS certificate (PEM); empty: no TLS"},
    AdapterOption{"private_key", OptionType::path, "", "TLS 私钥（PEM）", "TLS private key (PEM)"},
    AdapterOption{"trust", OptionType::path, "", "要求对方出示由此机构签发的证书",
                  "peers must show a certificate of these authorities"},
    AdapterOption{"max_connections", OptionType::integer, "64", "同时连接数上限", "most connections at a time"},
    AdapterOption{"max_frame_bytes", OptionType::integer, "16777216", "单个报文最大字节数", "largest message in bytes"},
    AdapterOption{"idle_timeout_ms", OptionType::integer, "900000", "空闲连接保留时间",
                  "how long an idle connection is kept"},
    AdapterOption{"frame_timeout_ms", OptionType::integer, "60000", "一帧从头到尾的期限",
                  "time from a frame's first byte to its last"},
    AdapterOption{"poll_ms", OptionType::integer, "500", "查看投放目录的间隔", "how often the folder is looked at"},
    AdapterOption{"settle_ms", OptionType::integer, "1000", "文件多久不变才读取",
                  "how long a file must stand unchanged"},
};

class Hl7v2Feed final : public HisAdapter {
 public:
  static Result<std::unique_ptr<Adapter>> create(const AdapterSetup& setup) {
    auto out = std::make_unique<Hl7v2Feed>();
    for (const auto& feed : setup.peers)
      if (auto added = out->add(setup, feed); !added) return added.error();
    return std::unique_ptr<Adapter>(std::move(out));
  }
  ~Hl7v2Feed() override { stop(0); }

  Result<void> start() override {
    for (auto& server : servers_)
      if (auto started = server->start(); !started) return stop(0), started;
    for (auto& drop : drops_)
      if (auto started = drop->start(); !started) return stop(0), started;
    return {};
  }
  void stop(std::uint32_t) override {
    for (auto& drop : drops_) drop->stop();
    for (auto& server : servers_) server->stop();
  }

 private:
  Result<void> add(const AdapterSetup& setup, const Peer& feed) {
    const std::string section = "feed." + feed.code;
    common::OptionReader options(feed.options, kOptions, section, setup.config_dir);
    const auto charset = options.text("charset");
    const auto max_bytes = static_cast<std::size_t>(options.integer("max_frame_bytes", 1024, 1 << 30));
    EngineServices& engine = *setup.engine;
    const auto type = "application/hl7-v2" + (charset.empty() ? "" : "; charset=" + charset);
    const auto accept = [&engine, source = "feed:" + feed.code, type](std::string&& body) {
      return engine.accept({.source = source, .content_type = type, .body = std::move(body)});
    };
    if (options.has("listen")) {
      common::ConnectionServerSettings connections{
          .name = section,
          .listen = options.address("listen"),
          .tls = tls(options),
          .max_connections = static_cast<std::size_t>(options.integer("max_connections", 1, 10'000))};
      common::MllpServerSettings settings{
          .max_frame_bytes = max_bytes,
          .idle_timeout_ms = static_cast<std::uint32_t>(options.integer("idle_timeout_ms", 100, 86'400'000)),
          .frame_timeout_ms = static_cast<std::uint32_t>(options.integer("frame_timeout_ms", 100, 3'600'000)),
          .content_type = type};
      common::MllpHandler handler{
          .identify = [source = "feed:" + feed.code](const common::PeerCertificate&) { return source; },
          .handle = [&engine](const std::vector<Inbound>& messages) { return engine.accept_many(messages); },
          .refuse = [&engine](std::string_view head, const Error& why) { return common::refusal(head, why, engine); }};
      servers_.push_back(
          std::make_unique<common::MllpServer>(std::move(connections), settings, std::move(handler), engine));
    }
    if (options.has("directory")) {
      FileDropSettings settings{.name = section,
                                .directory = options.path("directory"),
                                .poll_ms = static_cast<std::uint32_t>(options.integer("poll_ms", 10, 3'600'000)),
                                .settle_ms = static_cast<std::uint32_t>(options.integer("settle_ms", 0, 3'600'000)),
                                .max_file_bytes = max_bytes};
      drops_.push_back(std::make_unique<FileDrop>(std::move(settings), accept, engine));
    }
    if (options.fault()) return *options.fault();
    if (!options.has("listen") && !options.has("directory")) return Error{"feed.no_way_in", section, {feed.code}};
    return {};
  }

  static std::shared_ptr<common::TlsSource> tls(common::OptionReader& options) {
    if (!options.has("certificate")) return nullptr;
    common::TlsSettings settings;
    settings.server = true;
    settings.certificate = options.path("certificate");
    settings.private_key = options.path("private_key");
    settings.trust = options.path("trust");
    settings.peer_required = !settings.trust.empty();
    return std::make_shared<common::TlsSource>(std::move(settings));
  }

  std::vector<std::unique_ptr<common::MllpServer>> servers_;
  std::vector<std::unique_ptr<FileDrop>> drops_;
};

}  // namespace
}  // namespace his_hl7v2_feed

const AdapterEntry& his_hl7v2_feed_entry() {
  static constexpr AdapterEntry entry{.signature = HUREN_ADAPTER_SIGNATURE,
                                      .id = "his.hl7v2_feed",
                                      .kind = "huren.his/1",
                                      .summary = "HL7 v2 of the hospital's own systems: MLLP and file drop",
                                      .options = his_hl7v2_feed::kOptions.data(),
                                      .option_count = his_hl7v2_feed::kOptions.size(),
                                      .create = &his_hl7v2_feed::Hl7v2Feed::create};
  return entry;
}

}  // namespace huren
