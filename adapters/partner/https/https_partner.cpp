// partner.https as the engine sees it: deliver() by POST to every configured partner, and a listener for theirs.
// Promises: as partner.mllp: the sender is who its certificate says; one certificate is one partner.
#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "adapters/common/partner_link.hpp"
#include "adapters/common/verdict.hpp"
#include "adapters/partner/https/entry.hpp"
#include "adapters/partner/https/exchange.hpp"
#include "adapters/partner/https/https_server.hpp"

namespace huren {
namespace partner_https {
namespace {

class Link {
 public:
  Link(common::LinkSettings settings, EngineServices& engine, const common::Waker& stop)
      : dialer_(std::move(settings), engine, stop),
        engine_(engine),
        target_{.host = dialer_.settings().address.text(), .path = dialer_.settings().path, .where = dialer_.where()} {}

  Receipt deliver(const Message& message, const common::Deadline& deadline) { return ask(message, deadline).receipt; }
  Replied ask(const Message& message, const common::Deadline& deadline) {
    const auto current = dialer_.refresh();
    if (!current) return {common::not_sent(current.error()), {}};
    if (current->renewed) pool_.clear();
    while (auto kept = pool_.take()) {
      if (!kept->stream.idle()) {
        kept->stream.close();
        continue;
      }
      auto done = exchange(*kept, message, target_, engine_.now_ms(), deadline);
      if (done.nothing_left) continue;
      return finish(std::move(*kept), std::move(done));
    }
    auto stream = dialer_.dial(current->tls, deadline);
    if (!stream) return {common::not_sent(stream.error()), {}};
    Connection fresh{.stream = std::move(*stream)};
    auto done = exchange(fresh, message, target_, engine_.now_ms(), deadline);
    return finish(std::move(fresh), std::move(done));
  }
  void close_idle() { pool_.clear(); }

 private:
  Replied finish(Connection connection, Exchanged done) {
    if (done.reusable)
      pool_.give(std::move(connection), dialer_);
    else
      connection.stream.close();
    return {std::move(done.receipt), std::move(done.reply)};
  }

  common::Dialer dialer_;
  common::Pool<Connection> pool_;
  EngineServices& engine_;
  Target target_;
};

class HttpsPartner final : public PartnerAdapter {
 public:
  static Result<std::unique_ptr<Adapter>> create(const AdapterSetup& setup) {
    std::unique_ptr<HttpsPartner> out(new HttpsPartner(*setup.engine));
    if (auto done = out->configure(setup); !done) return done.error();
    return std::unique_ptr<Adapter>(std::move(out));
  }
  ~HttpsPartner() override { stop(0); }

  Result<void> start() override {
    gate_.open();
    stop_.lower();
    return server_ ? server_->start() : Result<void>();
  }
  void stop(std::uint32_t grace_ms) override {
    if (server_) server_->stop();
    gate_.close(grace_ms, stop_);
    for (auto& [code, link] : links_) link->close_idle();
  }
  Receipt deliver(const std::string& partner, const Message& message, std::uint32_t deadline_ms) override {
    const common::Deadline deadline(deadline_ms);
    const auto link = links_.find(partner);
    if (link == links_.end()) return common::not_sent({"transport.no_partner", "partner." + partner, {partner}});
    return common::guarded<Receipt>(gate_, partner, [](Receipt r) { return r; }, [&] { return link->second->deliver(message, deadline); });
  }
  Replied ask(const std::string& partner, const Message& question, std::uint32_t deadline_ms) override {
    const common::Deadline deadline(deadline_ms);
    const auto link = links_.find(partner);
    if (link == links_.end()) return {common::not_sent({"transport.no_partner", "partner." + partner, {partner}}), {}};
    return common::guarded<Replied>(gate_, partner, [](Receipt r) { return Replied{std::move(r), {}}; }, [&] { return link->second->ask(question, deadline); });
  }

 private:
  explicit HttpsPartner(EngineServices& engine) : engine_(engine) {}

  Result<void> configure(const AdapterSetup& setup) {
    common::OptionReader listener(setup.options, common::listener_options(), "listener", setup.config_dir);
    const auto own = common::own_tls(listener);
    for (const auto& peer : setup.peers) {
      auto link = common::read_link(setup, peer, own, known_);
      if (!link) return link.error();
      if (link->path.empty() || link->path.front() != '/' || !printable_path(link->path))
        return Error{"transport.option_value", "partner." + peer.code + ".path", {"path", link->path, "/..."}};
      links_.emplace(peer.code, std::make_unique<Link>(std::move(*link), engine_, stop_));
    }
    if (!listener.has("https_listen")) return listener.fault() ? Result<void>(*listener.fault()) : Result<void>();
    common::ConnectionServerSettings connections{
        .name = "https",
        .listen = listener.address("https_listen"),
        .tls = common::serving_tls(own, known_),
        .max_connections = static_cast<std::size_t>(listener.integer("max_connections", 1, 10'000)),
        .handshake_timeout_ms = static_cast<std::uint32_t>(listener.integer("handshake_timeout_ms", 100, 600'000))};
    HttpsServerSettings settings{
        .max_body_bytes = static_cast<std::size_t>(listener.integer("max_frame_bytes", 1024, 1 << 30)),
        .idle_timeout_ms = static_cast<std::uint32_t>(listener.integer("idle_timeout_ms", 100, 86'400'000)),
        .request_timeout_ms = static_cast<std::uint32_t>(listener.integer("frame_timeout_ms", 100, 3'600'000))};
    if (listener.fault()) return *listener.fault();
    const auto identify = [this](const common::PeerCertificate& peer) {
      const auto it = known_.find(peer.fingerprint);
      return it == known_.end() ? std::string() : it->second;
    };
    server_ = std::make_unique<HttpsServer>(
        std::move(connections), settings, identify, [this](const Inbound& in) { return engine_.accept(in); }, engine_);
    return {};
  }
  static bool printable_path(const std::string& path) {
    for (const char c : path)
      if (c <= ' ' || c > '~') return false;
    return true;
  }

  EngineServices& engine_;
  common::Waker stop_;
  common::Gate gate_;
  std::map<std::string, std::unique_ptr<Link>> links_;  // fixed after create
  common::PartnerOf known_;
  std::unique_ptr<HttpsServer> server_;
};

}  // namespace
}  // namespace partner_https

const AdapterEntry& partner_https_entry() {
  static const auto options = [] {
    std::vector<AdapterOption> all;
    for (const auto& o : common::listener_options())
      if (std::string_view(o.name) != "listen" && std::string_view(o.name) != "mllp_release") all.push_back(o);
    for (const auto& o : common::partner_options()) all.push_back(o);
    return all;
  }();
  static const AdapterEntry entry{.signature = HUREN_ADAPTER_SIGNATURE,
                                  .id = "partner.https",
                                  .kind = "huren.partner/1",
                                  .summary = "HL7 v2 over HTTP over TLS, both directions",
                                  .options = options.data(),
                                  .option_count = options.size(),
                                  .create = &partner_https::HttpsPartner::create};
  return entry;
}

}  // namespace huren
