// Every way a handshake fails, told apart: what was wrong with the peer's certificate (our verdict) and what the peer
// found wrong with ours (its alert).
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509_vfy.h>

#include "adapters/common/tls_context.hpp"

namespace huren::common {
namespace {

Error verdict(const VerifyReport& report, const std::string& where) {
  if (report.not_pinned) return {"tls.not_pinned", where, {report.fingerprint}};
  switch (report.error) {
    case X509_V_ERR_CERT_HAS_EXPIRED:
      return {"tls.expired", where, {report.fingerprint}};
    case X509_V_ERR_CERT_NOT_YET_VALID:
      return {"tls.not_yet_valid", where, {report.fingerprint}};
    case X509_V_ERR_CERT_REVOKED:
      return {"tls.revoked", where, {report.fingerprint}};
    case X509_V_ERR_INVALID_PURPOSE:
      return {"tls.wrong_purpose", where, {report.fingerprint}};
    case X509_V_ERR_HOSTNAME_MISMATCH:
    case X509_V_ERR_IP_ADDRESS_MISMATCH:
      return {"tls.wrong_host", where, {report.fingerprint}};
    case X509_V_ERR_UNABLE_TO_GET_CRL:
    case X509_V_ERR_CRL_HAS_EXPIRED:
    case X509_V_ERR_CRL_NOT_YET_VALID:
      return {"tls.crl_stale", where, {X509_verify_cert_error_string(report.error)}};
    case X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT:
    case X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY:
    case X509_V_ERR_UNABLE_TO_VERIFY_LEAF_SIGNATURE:
    case X509_V_ERR_SELF_SIGNED_CERT_IN_CHAIN:
    case X509_V_ERR_DEPTH_ZERO_SELF_SIGNED_CERT:
    case X509_V_ERR_CERT_UNTRUSTED:
      return {"tls.unknown_ca", where, {report.fingerprint}};
    default:
      return {"tls.bad_certificate", where, {X509_verify_cert_error_string(report.error), report.fingerprint}};
  }
}

}  // namespace

int peer_alert() {
  const auto code = ERR_peek_error();
  const int reason = ERR_GET_REASON(code);
  if (ERR_GET_LIB(code) != ERR_LIB_SSL || reason <= SSL_AD_REASON_OFFSET) return -1;
  return reason - SSL_AD_REASON_OFFSET;
}

bool rejects_certificate(int alert) {
  switch (alert) {
    case SSL_AD_BAD_CERTIFICATE:
    case SSL_AD_UNSUPPORTED_CERTIFICATE:
    case SSL_AD_CERTIFICATE_REVOKED:
    case SSL_AD_CERTIFICATE_EXPIRED:
    case SSL_AD_CERTIFICATE_UNKNOWN:
    case SSL_AD_UNKNOWN_CA:
    case SSL_AD_ACCESS_DENIED:
    case SSL_AD_DECRYPT_ERROR:
    case SSL_AD_CERTIFICATE_REQUIRED:
      return true;
    default:
      return false;
  }
}

Error alert_error(int alert, const std::string& where) {
  switch (alert) {
    case SSL_AD_UNKNOWN_CA:
      return {"tls.peer_unknown_ca", where, {}};
    case SSL_AD_CERTIFICATE_EXPIRED:
      return {"tls.peer_says_expired", where, {}};
    case SSL_AD_CERTIFICATE_REVOKED:
      return {"tls.peer_says_revoked", where, {}};
    case SSL_AD_CERTIFICATE_REQUIRED:
      return {"tls.peer_wants_certificate", where, {}};
    case SSL_AD_BAD_CERTIFICATE:
    case SSL_AD_UNSUPPORTED_CERTIFICATE:
    case SSL_AD_CERTIFICATE_UNKNOWN:
    case SSL_AD_ACCESS_DENIED:
      return {"tls.peer_rejects_us", where, {SSL_alert_desc_string_long(alert)}};
    case SSL_AD_PROTOCOL_VERSION:
      return {"tls.too_old", where, {}};
    default:
      return {"tls.peer_alert", where, {SSL_alert_desc_string_long(alert)}};
  }
}

Error tls_failure(const VerifyReport& report, bool server, const std::string& where) {
  const auto code = ERR_peek_error();
  const int alert = peer_alert();
  const int reason = ERR_GET_REASON(code);
  ERR_clear_error();
  if (report.not_pinned || report.error != X509_V_OK) return verdict(report, where);
  if (alert >= 0) return alert_error(alert, where);
  switch (code ? reason : 0) {
    case 0:
    case SSL_R_UNEXPECTED_EOF_WHILE_READING:
      return {"tls.closed_in_handshake", where, {}};
    case SSL_R_PEER_DID_NOT_RETURN_A_CERTIFICATE:
      return {"tls.no_client_certificate", where, {}};
    case SSL_R_UNSUPPORTED_PROTOCOL:
    case SSL_R_NO_PROTOCOLS_AVAILABLE:
    case SSL_R_WRONG_SSL_VERSION:
      return {"tls.too_old", where, {}};
    case SSL_R_WRONG_VERSION_NUMBER:
    case SSL_R_HTTP_REQUEST:
    case SSL_R_HTTPS_PROXY_REQUEST:
    case SSL_R_PACKET_LENGTH_TOO_LONG:
    case SSL_R_RECORD_TOO_SMALL:
      return {"tls.not_tls", where, {}};
    default: {
      const char* text = ERR_reason_error_string(code);
      return {server ? "tls.handshake_refused" : "tls.handshake_failed", where, {text ? text : "-"}};
    }
  }
}

}  // namespace huren::common
