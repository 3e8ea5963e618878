#include "adapters/partner/mllp/mllp_partner.hpp"

#include <array>
#include <chrono>
#include <utility>

#include "adapters/common/options.hpp"
#include "adapters/common/verdict.hpp"
#include "adapters/partner/mllp/entry.hpp"

namespace huren {
namespace partner_mllp {
namespace {

// Names, types and defaults; what they mean to a person stands in schemas/catalog/options.csv as well.
constexpr std::array kListenerOptions{
    AdapterOption{"listen", OptionType::address, "", "接收伙伴报文的地址；留空则不接收", "address that receives; empty: none"},
    AdapterOption{"certificate", OptionType::path, "", "本院证书（PEM）", "this hospital's certificate (PEM)"},
    AdapterOption{"private_key", OptionType::path, "", "本院私钥（PEM）", "this hospital's private key (PEM)"},
    AdapterOption{"trust", OptionType::path, "", "信任的证书机构（PEM）", "trusted authorities (PEM)"},
    AdapterOption{"crl", OptionType::path, "", "吊销列表（PEM）", "revocation list (PEM)"},
    AdapterOption{"max_connections", OptionType::integer, "64", "同时连接数上限", "most connections at a time"},
    AdapterOption{"max_frame_bytes", OptionType::integer, "16777216", "单个报文最大字节数", "largest message in bytes"},
    AdapterOption{"handshake_timeout_ms", OptionType::integer, "10000", "TLS 握手期限", "time for a TLS handshake"},
    AdapterOption{"idle_timeout_ms", OptionType::integer, "900000", "空闲连接保留时间", "how long an idle connection is kept"},
    AdapterOption{"frame_timeout_ms", OptionType::integer, "60000", "一帧从头到尾的期限", "time from a frame's first byte to its last"},
    AdapterOption{"mllp_release", OptionType::integer, "1", "2：应答前先发提交字节", "2: commit bytes before the answer"},
};
constexpr std::array kPartnerOptions{
    AdapterOption{"address", OptionType::address, nullptr, "伙伴接收地址 HOST:PORT", "the partner's address HOST:PORT"},
    AdapterOption{"tls", OptionType::boolean, "true", "使用 TLS", "use TLS"},
    AdapterOption{"certificate_sha256", OptionType::sha256, "", "伙伴证书指纹", "fingerprint of the partner's certificate"},
    AdapterOption{"next_certificate_sha256", OptionType::sha256, "", "伙伴下一张证书的指纹（换证期间）",
                  "fingerprint of the partner's next certificate while it is being renewed"},
    AdapterOption{"server_name", OptionType::text, "", "伙伴证书中的主机名", "host name in the partner's certificate"},
    AdapterOption{"connect_timeout_ms", OptionType::integer, "5000", "连接期限", "time to connect"},
    AdapterOption{"handshake_timeout_ms", OptionType::integer, "5000", "TLS 握手期限", "time for the TLS handshake"},
    AdapterOption{"keep_idle_ms", OptionType::integer, "240000", "空闲连接保留时间", "how long an idle connection is kept"},
    AdapterOption{"max_idle", OptionType::integer, "4", "保留的空闲连接数", "idle connections kept"},
};
constexpr auto kOptions = [] {
  std::array<AdapterOption, kListenerOptions.size() + kPartnerOptions.size()> all{};
  std::size_t n = 0;
  for (const auto& o : kListenerOptions) all[n++] = o;
  for (const auto& o : kPartnerOptions) all[n++] = o;
  return all;
}();

}  // namespace

Result<std::unique_ptr<Adapter>> MllpPartner::create(const AdapterSetup& setup) {
  std::unique_ptr<MllpPartner> out(new MllpPartner(*setup.engine));
  if (auto done = out->configure(setup); !done) return done.error();
  return std::unique_ptr<Adapter>(std::move(out));
}

Result<void> MllpPartner::configure(const AdapterSetup& setup) {
  common::OptionReader listener(setup.options, kListenerOptions, "listener", setup.config_dir);
  common::TlsSettings own;
  own.certificate = listener.path("certificate");
  own.private_key = listener.path("private_key");
  own.trust = listener.path("trust");
  own.crl = listener.path("crl");
  for (const auto& peer : setup.peers)
    if (auto added = add_partner(setup, peer, own); !added) return added;
  if (!listener.has("listen")) return listener.fault() ? Result<void>(*listener.fault()) : Result<void>();

  auto serving = own;
  serving.server = true;
  for (const auto& [pin, partner] : partner_of_) serving.pins.insert(pin);
  if (serving.pins.empty()) serving.pins.insert("none");  // no partner can be proved: nobody gets in
  common::ConnectionServerSettings connections{
      .name = "listener",
      .listen = listener.address("listen"),
      .tls = std::make_shared<common::TlsSource>(std::move(serving)),
      .max_connections = static_cast<std::size_t>(listener.integer("max_connections", 1, 10'000)),
      .handshake_timeout_ms = static_cast<std::uint32_t>(listener.integer("handshake_timeout_ms", 100, 600'000))};
  common::MllpServerSettings settings{
      .max_frame_bytes = static_cast<std::size_t>(listener.integer("max_frame_bytes", 1024, 1 << 30)),
      .idle_timeout_ms = static_cast<std::uint32_t>(listener.integer("idle_timeout_ms", 100, 86'400'000)),
      .frame_timeout_ms = static_cast<std::uint32_t>(listener.integer("frame_timeout_ms", 100, 3'600'000)),
      .commit_bytes = listener.integer("mllp_release", 1, 2) == 2};
  if (listener.fault()) return *listener.fault();
  common::MllpHandler handler{
      .identify =
          [this](const common::PeerCertificate& peer) {
            const auto it = partner_of_.find(peer.fingerprint);
            return it == partner_of_.end() ? std::string() : it->second;
          },
      .handle =
          [this](const std::string& source, std::string&& message) {
            return engine_.accept({.source = source, .content_type = "application/hl7-v2", .body = std::move(message)});
          },
      .refuse = [this](std::string_view head, const Error& why) { return common::refusal(head, why, engine_); },
      .acknowledged = {}};
  server_ = std::make_unique<common::MllpServer>(std::move(connections), settings, std::move(handler), engine_);
  return {};
}

Result<void> MllpPartner::add_partner(const AdapterSetup& setup, const Peer& peer, common::TlsSettings own) {
  const std::string section = "partner." + peer.code;
  common::OptionReader options(peer.options, kPartnerOptions, section, setup.config_dir);
  LinkSettings link{.partner = peer.code,
                    .address = options.address("address"),
                    .tls = nullptr,
                    .connect_timeout_ms = static_cast<std::uint32_t>(options.integer("connect_timeout_ms", 10, 600'000)),
                    .handshake_timeout_ms =
                        static_cast<std::uint32_t>(options.integer("handshake_timeout_ms", 10, 600'000)),
                    .keep_idle_ms = static_cast<std::uint32_t>(options.integer("keep_idle_ms", 0, 86'400'000)),
                    .max_idle = static_cast<std::size_t>(options.integer("max_idle", 0, 1'000))};
  for (const auto* name : {"certificate_sha256", "next_certificate_sha256"}) {
    const auto pin = options.sha256(name);
    if (pin.empty()) continue;
    own.pins.insert(pin);
    if (const auto [it, fresh] = partner_of_.emplace(pin, peer.code); !fresh && it->second != peer.code)
      return Error{"transport.duplicate_pin", section + "." + name, {pin}};
  }
  own.host = options.text("server_name");
  if (own.host.empty()) own.host = link.address.host;
  if (options.boolean("tls")) link.tls = std::make_shared<common::TlsSource>(std::move(own));
  if (options.fault()) return *options.fault();
  links_.emplace(peer.code, std::make_unique<Link>(std::move(link), engine_, stop_));
  return {};
}

MllpPartner::~MllpPartner() { stop(0); }

Result<void> MllpPartner::start() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = false;
  }
  stop_.lower();
  return server_ ? server_->start() : Result<void>();
}

void MllpPartner::stop(std::uint32_t grace_ms) {
  if (server_) server_->stop();
  std::unique_lock lock(mutex_);
  stopping_ = true;
  const auto idle = [this] { return in_work_ == 0; };
  idle_.wait_for(lock, std::chrono::milliseconds(grace_ms), idle);
  stop_.raise();
  idle_.wait(lock, idle);  // each ends by its own deadline at the latest
  lock.unlock();
  for (auto& [code, link] : links_) link->close_idle();
}

Receipt MllpPartner::deliver(const std::string& partner, const Message& message, std::uint32_t deadline_ms) {
  const common::Deadline deadline(deadline_ms);
  const auto link = links_.find(partner);
  if (link == links_.end()) return common::not_sent({"transport.no_partner", "partner." + partner, {partner}});
  {
    const std::lock_guard lock(mutex_);
    if (stopping_) return common::not_sent({"transport.stopping", "partner." + partner, {}});
    ++in_work_;
  }
  Receipt receipt;
  {
    const common::SigpipeGuard guard;
    try {
      receipt = link->second->deliver(message, deadline);
    } catch (const std::exception&) {  // out of memory or Poco: how far it came is not known
      receipt = common::unknown({"transport.write_partial", "partner." + partner, {}});
    }
  }
  const std::lock_guard lock(mutex_);
  --in_work_;
  idle_.notify_all();
  return receipt;
}

}  // namespace partner_mllp

const AdapterEntry& partner_mllp_entry() {
  static constexpr AdapterEntry entry{.signature = HUREN_ADAPTER_SIGNATURE,
                                      .id = "partner.mllp",
                                      .kind = "huren.partner/1",
                                      .summary = "HL7 v2 over MLLP over TLS, both directions",
                                      .options = partner_mllp::kOptions.data(),
                                      .option_count = partner_mllp::kOptions.size(),
                                      .create = &partner_mllp::MllpPartner::create};
  return entry;
}

}  // namespace huren
