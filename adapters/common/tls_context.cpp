#include "adapters/common/tls_context.hpp"

#include <Poco/Exception.h>
#include <Poco/Net/NetSSL.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>
#include <sys/stat.h>

#include <ctime>

namespace huren::common {
namespace {

int never_a_passphrase(char*, int, int, void*) { return -1; }

std::string fingerprint_of(X509* certificate) {
  unsigned char digest[EVP_MAX_MD_SIZE];
  unsigned length = 0;
  if (X509_digest(certificate, EVP_sha256(), digest, &length) != 1) return "";
  static constexpr char kHex[] = "0123456789abcdef";
  std::string out;
  for (unsigned i = 0; i < length; ++i) {
    out += kHex[digest[i] >> 4];
    out += kHex[digest[i] & 15];
  }
  return out;
}

std::int64_t to_epoch_ms(const ASN1_TIME* time) {
  std::tm parts{};
  if (ASN1_TIME_to_tm(time, &parts) != 1) return 0;
  return static_cast<std::int64_t>(timegm(&parts)) * 1000;
}

int pins_index() {
  static const int index = SSL_CTX_get_ex_new_index(0, nullptr, nullptr, nullptr, nullptr);
  return index;
}
int report_index() {
  static const int index = SSL_get_ex_new_index(0, nullptr, nullptr, nullptr, nullptr);
  return index;
}

// Runs once per certificate of the peer's chain, leaf last. The pin is judged here, inside the handshake, so that a
// stranger with a certificate of the same authority is told by an alert and never gets as far as sending.
int verify(int ok, X509_STORE_CTX* store) {
  auto* ssl = static_cast<SSL*>(X509_STORE_CTX_get_ex_data(store, SSL_get_ex_data_X509_STORE_CTX_idx()));
  auto* report = static_cast<VerifyReport*>(SSL_get_ex_data(ssl, report_index()));
  if (X509* leaf = X509_STORE_CTX_get0_cert(store); report && leaf && report->fingerprint.empty())
    report->fingerprint = fingerprint_of(leaf);
  if (!ok) {
    if (report) report->error = X509_STORE_CTX_get_error(store);
    return 0;
  }
  if (X509_STORE_CTX_get_error_depth(store) != 0) return 1;
  const auto* pins = static_cast<const std::set<std::string>*>(SSL_CTX_get_ex_data(SSL_get_SSL_CTX(ssl), pins_index()));
  if (!pins || pins->empty() || pins->contains(fingerprint_of(X509_STORE_CTX_get_current_cert(store)))) return 1;
  if (report) report->not_pinned = true;
  X509_STORE_CTX_set_error(store, X509_V_ERR_CERT_REJECTED);  // the alert is bad_certificate
  return 0;
}

std::string openssl_reason() {
  const auto code = ERR_peek_last_error();
  const char* reason = code ? ERR_reason_error_string(code) : nullptr;
  ERR_clear_error();
  return reason ? reason : "-";
}

std::string stamp_of(const std::string& path) {
  struct stat s {};
  if (path.empty() || ::stat(path.c_str(), &s) != 0) return "-;";
  return std::to_string(s.st_mtim.tv_sec) + "." + std::to_string(s.st_mtim.tv_nsec) + "." + std::to_string(s.st_size) +
         "." + std::to_string(s.st_ino) + ";";
}

}  // namespace

Result<std::shared_ptr<const TlsContext>> TlsContext::load(TlsSettings settings) {
  auto out = std::make_shared<TlsContext>();
  out->settings_ = std::move(settings);
  const auto& s = out->settings_;
  try {
    Poco::Net::Context::Params params;  // empty: no file is read by Poco, no default authority is loaded
    params.verificationMode = Poco::Net::Context::VERIFY_STRICT;
    out->context_ = new Poco::Net::Context(
        s.server ? Poco::Net::Context::TLS_SERVER_USE : Poco::Net::Context::TLS_CLIENT_USE, params);
  } catch (const Poco::Exception& e) {
    return Error{"tls.unavailable", "", {e.displayText()}};
  }
  SSL_CTX* ctx = out->context_->sslContext();
  ERR_clear_error();
  SSL_CTX_set_min_proto_version(ctx, TLS1_2_VERSION);
  SSL_CTX_set_options(ctx, SSL_OP_NO_TICKET | SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_COMPRESSION);
  SSL_CTX_set_num_tickets(ctx, 0);
  SSL_CTX_set_session_cache_mode(ctx, SSL_SESS_CACHE_OFF);
  SSL_CTX_set_mode(ctx, SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
  SSL_CTX_set_default_passwd_cb(ctx, never_a_passphrase);

  if (!s.certificate.empty()) {
    if (SSL_CTX_use_certificate_chain_file(ctx, s.certificate.c_str()) != 1)
      return Error{"tls.certificate_unreadable", s.certificate, {openssl_reason()}};
    if (SSL_CTX_use_PrivateKey_file(ctx, s.private_key.c_str(), SSL_FILETYPE_PEM) != 1) {
      const bool mismatch = ERR_GET_REASON(ERR_peek_last_error()) == X509_R_KEY_VALUES_MISMATCH;
      const auto reason = openssl_reason();
      if (mismatch) return Error{"tls.key_mismatch", s.private_key, {s.certificate}};
      return Error{"tls.key_unreadable", s.private_key, {reason}};
    }
    out->own_not_after_ms_ = to_epoch_ms(X509_get0_notAfter(SSL_CTX_get0_certificate(ctx)));
  } else if (s.server) {
    return Error{"tls.certificate_unreadable", "certificate", {"-"}};
  }

  X509_STORE* store = SSL_CTX_get_cert_store(ctx);
  if (!s.trust.empty() && SSL_CTX_load_verify_file(ctx, s.trust.c_str()) != 1)
    return Error{"tls.trust_unreadable", s.trust, {openssl_reason()}};
  if (s.trust.empty() && (s.peer_required || !s.server)) return Error{"tls.trust_unreadable", "trust", {"-"}};
  // A trust file may name a hospital's own certificate instead of an authority.
  X509_STORE_set_flags(store, X509_V_FLAG_PARTIAL_CHAIN);
  if (!s.crl.empty()) {
    X509_LOOKUP* lookup = X509_STORE_add_lookup(store, X509_LOOKUP_file());
    if (!lookup || X509_load_crl_file(lookup, s.crl.c_str(), X509_FILETYPE_PEM) < 1)
      return Error{"tls.crl_unreadable", s.crl, {openssl_reason()}};
    X509_STORE_set_flags(store, X509_V_FLAG_CRL_CHECK);
  }
  if (s.server && !s.trust.empty())
    if (auto* names = SSL_load_client_CA_file(s.trust.c_str())) SSL_CTX_set_client_CA_list(ctx, names);

  int mode = SSL_VERIFY_PEER;
  if (s.server && s.peer_required) mode |= SSL_VERIFY_FAIL_IF_NO_PEER_CERT;
  if (s.server && s.trust.empty()) mode = SSL_VERIFY_NONE;
  SSL_CTX_set_verify(ctx, mode, verify);
  SSL_CTX_set_verify_depth(ctx, 6);
  SSL_CTX_set_ex_data(ctx, pins_index(), &out->settings_.pins);  // lives as long as the context: both in *out
  return std::shared_ptr<const TlsContext>(std::move(out));
}

std::string TlsSource::stamp() const {
  return stamp_of(settings_.certificate) + stamp_of(settings_.private_key) + stamp_of(settings_.trust) +
         stamp_of(settings_.crl);
}

Result<std::shared_ptr<const TlsContext>> TlsSource::current() {
  const std::lock_guard lock(mutex_);
  const auto now = stamp();
  if (context_ && now == stamp_) return context_;
  auto fresh = TlsContext::load(settings_);
  if (!fresh) {
    if (!context_) return fresh.error();
    if (now != stamp_) change_.failed.push_back(fresh.error());
    stamp_ = now;  // tried once; the next change of a file tries again
    return context_;
  }
  change_.reloaded = change_.reloaded || context_ != nullptr;
  context_ = *fresh;
  stamp_ = now;
  return context_;
}

TlsSource::Change TlsSource::take_change() {
  const std::lock_guard lock(mutex_);
  return std::exchange(change_, {});
}

void watch(SSL* ssl, VerifyReport* report) { SSL_set_ex_data(ssl, report_index(), report); }

PeerCertificate peer_certificate(SSL* ssl) {
  PeerCertificate out;
  if (X509* certificate = SSL_get0_peer_certificate(ssl)) {
    out.fingerprint = fingerprint_of(certificate);
    out.not_after_ms = to_epoch_ms(X509_get0_notAfter(certificate));
  }
  return out;
}

std::string normal_fingerprint(std::string_view text) {
  std::string out;
  for (char c : text) {
    if (c == ':' || c == ' ') continue;
    if (c >= 'A' && c <= 'F') c = static_cast<char>(c - 'A' + 'a');
    if ((c < '0' || c > '9') && (c < 'a' || c > 'f')) return "";
    out += c;
  }
  return out.size() == 64 ? out : "";
}

}  // namespace huren::common
