#include "adapters/partner/mllp/mllp_partner.hpp"

#include <utility>
#include <vector>

#include "adapters/common/verdict.hpp"
#include "adapters/partner/mllp/entry.hpp"

namespace huren {
namespace partner_mllp {

Result<std::unique_ptr<Adapter>> MllpPartner::create(const AdapterSetup& setup) {
  std::unique_ptr<MllpPartner> out(new MllpPartner(*setup.engine));
  if (auto done = out->configure(setup); !done) return done.error();
  return std::unique_ptr<Adapter>(std::move(out));
}

Result<void> MllpPartner::configure(const AdapterSetup& setup) {
  common::OptionReader listener(setup.options, common::listener_options(), "listener", setup.config_dir);
  const auto own = common::own_tls(listener);
  for (const auto& peer : setup.peers) {
    auto link = common::read_link(setup, peer, own, known_);
    if (!link) return link.error();
    links_.emplace(peer.code, std::make_unique<Link>(std::move(*link), engine_, stop_));
  }
  if (!listener.has("listen")) return listener.fault() ? Result<void>(*listener.fault()) : Result<void>();

  common::ConnectionServerSettings connections{
      .name = "listener",
      .listen = listener.address("listen"),
      .tls = common::serving_tls(own, known_),
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
            const auto it = known_.find(peer.fingerprint);
            return it == known_.end() ? std::string() : it->second;
          },
      .handle =
          [this](const std::vector<Inbound>& messages) { return engine_.accept_many(messages); },
      .refuse = [this](std::string_view head, const Error& why) { return common::refusal(head, why, engine_); }};
  server_ = std::make_unique<common::MllpServer>(std::move(connections), settings, std::move(handler), engine_);
  return {};
}

MllpPartner::~MllpPartner() { stop(0); }

Result<void> MllpPartner::start() {
  gate_.open();
  stop_.lower();
  return server_ ? server_->start() : Result<void>();
}

void MllpPartner::stop(std::uint32_t grace_ms) {
  if (server_) server_->stop();
  gate_.close(grace_ms, stop_);
  for (auto& [code, link] : links_) link->close_idle();
}

Receipt MllpPartner::deliver(const std::string& partner, const Message& message, std::uint32_t deadline_ms) {
  return std::move(exchange_with(partner, {&message, 1}, deadline_ms).front().receipt);
}

std::vector<Receipt> MllpPartner::deliver_many(const std::string& partner, std::span<const Message> messages, std::uint32_t deadline_ms) {
  std::vector<Receipt> receipts;
  for (auto& replied : exchange_with(partner, messages, deadline_ms)) receipts.push_back(std::move(replied.receipt));
  return receipts;
}

Replied MllpPartner::ask(const std::string& partner, const Message& question, std::uint32_t deadline_ms) {
  return std::move(exchange_with(partner, {&question, 1}, deadline_ms).front());
}

std::vector<Replied> MllpPartner::exchange_with(const std::string& partner, std::span<const Message> messages, std::uint32_t deadline_ms) {
  const common::Deadline deadline(deadline_ms);
  const auto link = links_.find(partner);
  const auto of_all = [&](Receipt receipt) { return std::vector<Replied>(messages.size(), {std::move(receipt), {}}); };
  if (link == links_.end()) return of_all(common::not_sent({"transport.no_partner", "partner." + partner, {partner}}));
  return common::guarded<std::vector<Replied>>(gate_, partner, of_all, [&] { return link->second->exchange_over(messages, deadline); });
}

}  // namespace partner_mllp

const AdapterEntry& partner_mllp_entry() {
  static const auto options = [] {
    std::vector<AdapterOption> all;
    for (const auto& o : common::listener_options())
      if (std::string_view(o.name) != "https_listen") all.push_back(o);
    for (const auto& o : common::partner_options())
      if (std::string_view(o.name) != "path") all.push_back(o);
    return all;
  }();
  static const AdapterEntry entry{.signature = HUREN_ADAPTER_SIGNATURE,
                                  .id = "partner.mllp",
                                  .kind = "huren.partner/1",
                                  .summary = "HL7 v2 over MLLP over TLS, both directions",
                                  .options = options.data(),
                                  .option_count = options.size(),
                                  .create = &partner_mllp::MllpPartner::create};
  return entry;
}

}  // namespace huren
