// TLS as hospitals of an alliance need it: TLS 1.2 or 1.3, both sides show a certificate, the chain ends at a
// configured trust anchor, and the peer's own certificate is the one that was agreed (its SHA-256), or else carries the
// host name. Promises: one Poco context per use, none of Poco's process-wide defaults, callbacks or caches; an own
// error for each
//   way a handshake fails, telling what to do; no session resumption (a revoked certificate has no back door).
// Refuses: anonymous peers, system-wide trust stores, keys with a passphrase (nobody is there to type it).
#pragma once
#include <Poco/Net/Context.h>

#include <cstdint>
#include <memory>
#include <mutex>
#include <set>
#include <string>
#include <vector>

#include "core/base/result.hpp"

using SSL = struct ssl_st;
using SSL_CTX = struct ssl_ctx_st;

namespace huren::common {

struct TlsSettings {
  bool server = false;
  std::string certificate, private_key;  // PEM files; the certificate's file may carry its chain
  std::string trust;                     // PEM file of trust anchors
  std::string crl;                       // PEM file of revocation lists; empty: none are asked for
  bool peer_required = true;             // a server without it takes clients that show no certificate
  std::set<std::string> pins;            // SHA-256 of the peers' certificates, 64 lower-case hex digits; empty: any
  std::string host;                      // clients: looked for in the certificate when there is no pin; sent as SNI
};

class TlsContext {
 public:
  // Errors tls.certificate_unreadable, tls.key_unreadable, tls.key_mismatch, tls.trust_unreadable, tls.crl_unreadable.
  static Result<std::shared_ptr<const TlsContext>> load(TlsSettings settings);

  [[nodiscard]] Poco::Net::Context::Ptr poco() const { return context_; }
  [[nodiscard]] const TlsSettings& settings() const { return settings_; }
  [[nodiscard]] std::int64_t own_not_after_ms() const { return own_not_after_ms_; }  // 0: no certificate of our own

 private:
  TlsSettings settings_;
  Poco::Net::Context::Ptr context_;
  std::int64_t own_not_after_ms_ = 0;
};

// A context that follows its files: certificates are renewed without a restart.
class TlsSource {
 public:
  explicit TlsSource(TlsSettings settings) : settings_(std::move(settings)) {}
  // The first call loads; later calls load again when a file's time or size changed. A new set that does not load
  // leaves the old one in use and is reported once by change().
  Result<std::shared_ptr<const TlsContext>> current();
  struct Change {
    bool reloaded = false;
    std::vector<Error> failed;
  };
  Change take_change();  // what happened since it was asked last

 private:
  std::string stamp() const;
  TlsSettings settings_;
  std::mutex mutex_;
  std::shared_ptr<const TlsContext> context_;
  std::string stamp_;
  Change change_;
};

// What a handshake found out about the other side.
struct PeerCertificate {
  std::string fingerprint;  // SHA-256 of the certificate, lower-case hex; empty: none shown
  std::int64_t not_after_ms = 0;
};

// Filled while a handshake runs; hang it on the connection with watch() before the handshake.
struct VerifyReport {
  long error = 0;  // X509_V_*
  bool not_pinned = false;
  std::string fingerprint;  // of the certificate that was refused or accepted
};
void watch(SSL* ssl, VerifyReport* report);

PeerCertificate peer_certificate(SSL* ssl);
// Why the handshake or a read failed, from the verify report and OpenSSL's queue (emptied). where: the peer.
Error tls_failure(const VerifyReport& report, bool server, const std::string& where);
// The alert number when the queue's newest fault is an alert that the peer sent; -1 otherwise.
int peer_alert();
// The error for an alert of the peer's; one of tls.peer_*.
Error alert_error(int alert, const std::string& where);
// An alert that a server sends only while it judges the client's certificate, before it reads any message
// (RFC 8446 §4.4.2.4, §6.2).
bool rejects_certificate(int alert);

std::string normal_fingerprint(std::string_view text);  // colons and blanks dropped, lower case; empty: not a SHA-256

}  // namespace huren::common
