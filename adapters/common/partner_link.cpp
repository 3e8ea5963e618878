#include "adapters/common/partner_link.hpp"

#include <array>
#include <chrono>
#include <utility>

#include "adapters/common/verdict.hpp"

namespace huren::common {
namespace {

// Names, types and defaults; schemas/catalog/options.csv says the same to a person (tests/conformance/modules
// compares).
constexpr std::array kListenerOptions{
    AdapterOption{"listen", OptionType::address, "", "接收伙伴报文的地址；留空则不接收",
                  "address that receives MLLP; empty: none"},
    AdapterOption{"https_listen", OptionType::address, "", "以 HTTPS 接收伙伴报文的地址；留空则不接收",
                  "address that receives HTTPS; empty: none"},
    AdapterOption{"certificate", OptionType::path, "", "本院证书（PEM）", "this hospital's certificate (PEM)"},
    AdapterOption{"private_key", OptionType::path, "", "本院私钥（PEM）", "this hospital's private key (PEM)"},
    AdapterOption{"trust", OptionType::path, "", "信任的证书机构（PEM）", "trusted authorities (PEM)"},
    AdapterOption{"crl", OptionType::path, "", "吊销列表（PEM）", "revocation list (PEM)"},
    AdapterOption{"max_connections", OptionType::integer, "64", "同时连接数上限", "most connections at a time"},
    AdapterOption{"max_frame_bytes", OptionType::integer, "16777216", "单个报文最大字节数", "largest message in bytes"},
    AdapterOption{"handshake_timeout_ms", OptionType::integer, "10000", "TLS 握手期限", "time for a TLS handshake"},
    AdapterOption{"idle_timeout_ms", OptionType::integer, "900000", "空闲连接保留时间",
                  "how long an idle connection is kept"},
    AdapterOption{"frame_timeout_ms", OptionType::integer, "60000", "一个报文从头到尾的期限",
                  "time from a message's first byte to its last"},
    AdapterOption{"mllp_release", OptionType::integer, "1", "2：应答前先发提交字节",
                  "2: commit bytes before the answer"},
};
constexpr std::array kPartnerOptions{
    AdapterOption{"address", OptionType::address, nullptr, "伙伴接收地址 HOST:PORT", "the partner's address HOST:PORT"},
    AdapterOption{"path", OptionType::text, "/", "HTTPS 地址中的路径", "path of the HTTPS address"},
    AdapterOption{"tls", OptionType::boolean, "true", "使用 TLS", "use TLS"},
    AdapterOption{"certificate_sha256", OptionType::sha256, "", "伙伴证书指纹",
                  "fingerprint of the partner's certificate"},
    AdapterOption{"next_certificate_sha256", OptionType::sha256, "", "伙伴下一张证书的指纹（换证期间）",
                  "fingerprint of the partner's next certificate while it is being renewed"},
    AdapterOption{"server_name", OptionType::text, "", "伙伴证书中的主机名", "host name in the partner's certificate"},
    AdapterOption{"connect_timeout_ms", OptionType::integer, "5000", "连接期限", "time to connect"},
    AdapterOption{"handshake_timeout_ms", OptionType::integer, "5000", "TLS 握手期限", "time for the TLS handshake"},
    AdapterOption{"keep_idle_ms", OptionType::integer, "240000", "空闲连接保留时间",
                  "how long an idle connection is kept"},
    AdapterOption{"max_idle", OptionType::integer, "256", "保留的空闲连接数", "idle connections kept"},
};
constexpr std::uint32_t kLookAgainMs = 1'000;

}  // namespace

std::span<const AdapterOption> listener_options() { return kListenerOptions; }
std::span<const AdapterOption> partner_options() { return kPartnerOptions; }

TlsSettings own_tls(OptionReader& listener) {
  TlsSettings own;
  own.certificate = listener.path("certificate");
  own.private_key = listener.path("private_key");
  own.trust = listener.path("trust");
  own.crl = listener.path("crl");
  return own;
}

Result<LinkSettings> read_link(const AdapterSetup& setup, const Peer& peer, TlsSettings own, PartnerOf& known) {
  const std::string section = "partner." + peer.code;
  OptionReader options(peer.options, kPartnerOptions, section, setup.config_dir);
  LinkSettings link;
  link.partner = peer.code;
  link.address = options.address("address");
  link.path = options.text("path");
  link.connect_timeout_ms = static_cast<std::uint32_t>(options.integer("connect_timeout_ms", 10, 600'000));
  link.handshake_timeout_ms = static_cast<std::uint32_t>(options.integer("handshake_timeout_ms", 10, 600'000));
  link.keep_idle_ms = static_cast<std::uint32_t>(options.integer("keep_idle_ms", 0, 86'400'000));
  link.max_idle = static_cast<std::size_t>(options.integer("max_idle", 0, 1'000));
  for (const auto* name : {"certificate_sha256", "next_certificate_sha256"}) {
    const auto pin = options.sha256(name);
    if (pin.empty()) continue;
    own.pins.insert(pin);
    if (const auto [it, fresh] = known.emplace(pin, peer.code); !fresh && it->second != peer.code)
      return Error{"transport.duplicate_pin", section + "." + name, {pin}};
  }
  own.host = options.text("server_name");
  if (own.host.empty()) own.host = link.address.host;
  if (options.boolean("tls")) link.tls = std::make_shared<TlsSource>(std::move(own));
  if (options.fault()) return *options.fault();
  return link;
}

std::shared_ptr<TlsSource> serving_tls(TlsSettings own, const PartnerOf& known) {
  own.server = true;
  own.pins.clear();
  for (const auto& [pin, partner] : known) own.pins.insert(pin);
  if (own.pins.empty()) own.pins.insert("none");  // no partner can be proved: nobody gets in
  return std::make_shared<TlsSource>(std::move(own));
}

Dialer::Dialer(LinkSettings settings, EngineServices& engine, const Waker& stop)
    : settings_(std::move(settings)), where_(settings_.where.empty() ? "partner." + settings_.partner : settings_.where), engine_(engine), stop_(stop) {}

Result<Dialer::Current> Dialer::refresh() {
  const std::lock_guard lock(mutex_);
  if (!settings_.tls || (look_again_ && !look_again_->passed())) return Current{context_};
  auto current = settings_.tls->current();
  if (!current) return current.error();
  context_ = *current;
  look_again_.emplace(kLookAgainMs);
  const auto change = settings_.tls->take_change();
  for (const auto& e : change.failed)
    engine_.log(Severity::error, "tls.reload_failed", {{"name", where_}, {"reason", line(e)}});
  if (change.reloaded) engine_.log(Severity::info, "tls.reloaded", {{"name", where_}});
  expiry_.check(engine_, context_->settings().certificate, context_->own_not_after_ms());
  return Current{context_, change.reloaded};
}

Result<Stream> Dialer::dial(const std::shared_ptr<const TlsContext>& tls, const Deadline& deadline) {
  auto stream = Stream::dial(settings_.address, Deadline::earlier(deadline, Deadline(settings_.connect_timeout_ms)),
                             &stop_, where_);
  if (!stream) return stream.error();
  if (tls) {
    auto secured = stream->secure(tls, Deadline::earlier(deadline, Deadline(settings_.handshake_timeout_ms)), where_);
    if (!secured) return secured.error();
    const std::lock_guard lock(mutex_);
    partner_expiry_.check(engine_, where_, stream->peer().not_after_ms);
  }
  return stream;
}

bool Gate::enter() {
  const std::lock_guard lock(mutex_);
  if (closed_) return false;
  ++inside_;
  return true;
}

void Gate::leave() {
  const std::lock_guard lock(mutex_);
  --inside_;
  empty_.notify_all();
}

void Gate::open() {
  const std::lock_guard lock(mutex_);
  closed_ = false;
}

void Gate::close(std::uint32_t grace_ms, Waker& stop) {
  std::unique_lock lock(mutex_);
  closed_ = true;
  const auto empty = [this] { return inside_ == 0; };
  empty_.wait_for(lock, std::chrono::milliseconds(grace_ms), empty);
  stop.raise();
  empty_.wait(lock, empty);  // each ends by its own deadline at the latest
}

Receipt stopping_receipt(const std::string& partner) {
  return not_sent({"transport.stopping", "partner." + partner, {}});
}
Receipt broken_receipt(const std::string& partner) {
  return unknown({"transport.write_partial", "partner." + partner, {}});
}

}  // namespace huren::common
