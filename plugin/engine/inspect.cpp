#include "engine/inspect.hpp"

#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/x509.h>

#include <algorithm>
#include <filesystem>
#include <map>
#include <memory>

#include "engine/codes.hpp"
#include "engine/documents.hpp"
#include "engine/exchange/index.hpp"
#include "engine/feed_maps.hpp"
#include "engine/files.hpp"
#include "engine/profiles.hpp"

namespace huren::engine {
namespace {

namespace fs = std::filesystem;

constexpr const char* kPartner = "huren.partner/1";
constexpr const char* kHis = "huren.his/1";
constexpr const char* kStore = "huren.store/1";

template <class T, void (*Free)(T*)>
struct Freed {
  void operator()(T* p) const { Free(p); }
};
using Bio = std::unique_ptr<BIO, Freed<BIO, BIO_free_all>>;
using Certificate = std::unique_ptr<X509, Freed<X509, X509_free>>;
using Key = std::unique_ptr<EVP_PKEY, Freed<EVP_PKEY, EVP_PKEY_free>>;
using Crl = std::unique_ptr<X509_CRL, Freed<X509_CRL, X509_CRL_free>>;

int no_passphrase(char*, int, int, void*) { return -1; }  // a service has nobody to ask

// One section's PEM files, as the adapters name them.
struct Pem {
  const std::string& config_dir;
  const std::string section;
  const Options options;
  Findings& out;

  template <class Read>
  auto read(const char* name, const char* fault, Read with) const -> decltype(with(nullptr)) {
    const auto it = options.find(name);
    if (it == options.end() || it->second.empty()) return nullptr;
    const auto text = read_file(fs::path(config_dir) / it->second);
    decltype(with(nullptr)) got;
    if (text) got = with(Bio(BIO_new_mem_buf(text->data(), static_cast<int>(text->size()))).get());
    ERR_clear_error();
    if (!got) out.push_back({Severity::error, {fault, section + "." + name, {it->second}}});
    return got;
  }
  void check() const {
    const auto certificate = [](BIO* bio) { return Certificate(bio ? PEM_read_bio_X509(bio, nullptr, no_passphrase, nullptr) : nullptr); };
    const auto own = read("certificate", "tls.certificate_unreadable", certificate);
    const auto key = read("private_key", "tls.key_unreadable", [](BIO* bio) { return Key(bio ? PEM_read_bio_PrivateKey(bio, nullptr, no_passphrase, nullptr) : nullptr); });
    if (own && key && X509_check_private_key(own.get(), key.get()) != 1) out.push_back({Severity::error, {"tls.key_mismatch", section + ".private_key", {options.at("certificate")}}});
    ERR_clear_error();
    for (const auto* name : {"trust", "vendor_trust"}) static_cast<void>(read(name, "tls.trust_unreadable", certificate));
    static_cast<void>(read("crl", "tls.crl_unreadable", [](BIO* bio) { return Crl(bio ? PEM_read_bio_X509_CRL(bio, nullptr, no_passphrase, nullptr) : nullptr); }));
  }
};

void take_errors(Findings& out, Findings from) {
  for (auto& f : from)
    if (f.severity == Severity::error) out.push_back(std::move(f));
}

}  // namespace

std::vector<WantedAdapter> wanted_adapters(const config::Config& config, const std::string& config_dir, std::string_view kind, EngineServices& services) {
  std::map<std::string, std::vector<Peer>> by_adapter;
  if (kind == kPartner)
    for (const auto& p : config.partners) by_adapter[p.adapter].push_back({p.code, p.options});
  if (kind == kHis) by_adapter = feeds_by_adapter(config, config_dir);
  std::vector<WantedAdapter> out;
  for (auto& [id, peers] : by_adapter)
    out.push_back({id, {.engine = &services, .config_dir = config_dir, .options = kind == kPartner ? config.listener : Options{}, .peers = std::move(peers)}});
  return out;
}

Error located(Error error, const config::Config& config, std::string_view kind) {
  if (!error.id.starts_with("engine.adapter_")) return error;
  const auto named = [&](const std::string& adapter, const std::string& at) {
    if (adapter == error.where && !at.empty()) error.where = at;
  };
  if (kind == kStore) named(config.store_adapter, config.store_adapter_at);
  if (kind == kPartner)
    for (const auto& p : config.partners) named(p.adapter, p.adapter_at);
  if (kind == kHis)
    for (const auto& f : config.feeds) named(f.adapter, f.adapter_at);
  return error;
}

std::vector<TriedAdapter> try_adapters(const config::Config& config, const std::string& config_dir, Loader& loader) {
  NoEngine services;
  std::vector<TriedAdapter> out;
  if (auto found = loader.find(config.store_adapter, kStore); !found) out.push_back({config.store_adapter, located(found.error(), config, kStore)});
  for (const auto* kind : {kPartner, kHis})
    for (auto& wanted : wanted_adapters(config, config_dir, kind, services)) {
      const auto made = loader.make(wanted.id, kind, std::move(wanted.setup));
      out.push_back({wanted.id, made ? std::nullopt : std::optional<Error>(located(made.error(), config, kind))});
    }
  return out;
}

Findings inspect_keys(const config::Config& config, const std::string& config_dir) {
  Findings out;
  Pem{config_dir, "listener", config.listener, out}.check();
  Pem{config_dir, "console", {{"certificate", config.console.certificate}, {"private_key", config.console.private_key}}, out}.check();
  for (const auto& feed : config.feeds) Pem{config_dir, "feed." + feed.name, feed.options, out}.check();
  if (const auto& file = config.exchange.key_file; !file.empty())
    if (auto key = exchange::read_key((fs::path(config_dir) / file).string()); !key) out.push_back({Severity::error, key.error()});
  return out;
}

Findings inspect(const config::Config& config, const std::string& config_dir, const std::string& adapter_dir) {
  Findings out;
  take_errors(out, load_codes(config, config_dir).findings);
  auto resolved = config;
  auto maps = check_feed_maps(resolved, config_dir);
  const bool maps_fit = !has_error(maps);
  take_errors(out, std::move(maps));
  take_errors(out, load_profiles(config, config_dir).findings);
  if (auto documents = Documents::load(config, config_dir); !documents) out.push_back({Severity::error, documents.error()});
  take_errors(out, inspect_keys(config, config_dir));
  if (!maps_fit) resolved.feeds.clear();  // their faults are told already
  Loader loader(config.adapter_dir.empty() ? adapter_dir : config.adapter_dir, {});
  for (auto& tried : try_adapters(resolved, config_dir, loader))
    if (tried.fault) out.push_back({Severity::error, std::move(*tried.fault)});
  return out;
}

}  // namespace huren::engine
