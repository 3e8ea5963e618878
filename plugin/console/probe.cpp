#include "console/probe.hpp"

#include <fcntl.h>
#include <netdb.h>
#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <chrono>
#include <memory>

#include "core/base/time.hpp"
#include "engine/audit.hpp"

namespace huren::console {
namespace {

using Steady = std::chrono::steady_clock;

struct Socket {
  int fd = -1;
  ~Socket() {
    if (fd >= 0) ::close(fd);
  }
};
using Ssl = std::unique_ptr<SSL, decltype(&SSL_free)>;
using Context = std::unique_ptr<SSL_CTX, decltype(&SSL_CTX_free)>;
using Certificate = std::unique_ptr<X509, decltype(&X509_free)>;

std::string name_text(const X509_NAME* name) {
  const std::unique_ptr<BIO, decltype(&BIO_free)> out(BIO_new(BIO_s_mem()), &BIO_free);
  X509_NAME_print_ex(out.get(), name, 0, XN_FLAG_ONELINE & ~ASN1_STRFLGS_ESC_MSB);
  char* data = nullptr;
  const auto size = BIO_get_mem_data(out.get(), &data);
  return data ? std::string(data, static_cast<std::size_t>(size)) : std::string();
}

std::int64_t epoch_ms(const ASN1_TIME* time) {
  const std::unique_ptr<ASN1_TIME, decltype(&ASN1_TIME_free)> epoch(ASN1_TIME_set(nullptr, 0), &ASN1_TIME_free);
  int days = 0, seconds = 0;
  return ASN1_TIME_diff(&days, &seconds, epoch.get(), time) == 1 ? (days * 86'400LL + seconds) * 1000 : 0;
}

std::string day(std::int64_t at_ms) { return to_iso_time(from_epoch_ms(at_ms, 480)).substr(0, 10); }

SeenCertificate seen(X509* x) {
  SeenCertificate out;
  std::array<unsigned char, 32> digest{};
  unsigned size = 0;
  if (X509_digest(x, EVP_sha256(), digest.data(), &size) == 1) out.fingerprint = engine::hex({reinterpret_cast<const char*>(digest.data()), digest.size()});
  out.subject = name_text(X509_get_subject_name(x));
  out.issuer = name_text(X509_get_issuer_name(x));
  out.not_before_ms = epoch_ms(X509_get0_notBefore(x));
  out.not_after_ms = epoch_ms(X509_get0_notAfter(x));
  return out;
}

bool wait(int fd, short what, Steady::time_point until) {
  const auto left = std::chrono::duration_cast<std::chrono::milliseconds>(until - Steady::now()).count();
  pollfd p{fd, what, 0};
  return left > 0 && ::poll(&p, 1, static_cast<int>(left)) == 1;
}

std::string plain(std::string_view fingerprint) {
  std::string out;
  for (const char c : fingerprint)
    if (c != ':' && c != ' ') out += c >= 'A' && c <= 'F' ? static_cast<char>(c - 'A' + 'a') : c;
  return out;
}

class Walk {
 public:
  explicit Walk(const Probe& wish) : wish_(wish) {}

  Json run() {
    const bool good = ours() && resolve() && connect() && (!wish_.tls || (handshake() && chain() && fingerprint() && accepted()));
    not_reached(wish_.tls ? kNames.size() : 2);
    Json out{{"ok", good}, {"steps", std::move(steps_)}};
    if (!certificate_.fingerprint.empty())
      out["certificate"] = {{"fingerprint", certificate_.fingerprint}, {"subject", certificate_.subject}, {"issuer", certificate_.issuer},
                            {"until", day(certificate_.not_after_ms)}};
    return out;
  }

 private:
  static constexpr std::array kNames{"name", "connect", "tls", "trust", "fingerprint", "our_certificate"};
  void not_reached(std::size_t below) {
    for (auto i = steps_.size(); i < below; ++i) steps_.push_back({{"step", kNames[i]}, {"state", "not_reached"}, {"found", ""}});
  }
  bool step(const char* name, const std::string& found) {
    steps_.push_back({{"step", name}, {"state", "ok"}, {"found", found}});
    return true;
  }
  bool fail(const char* name, const Error& error) {
    steps_.push_back({{"step", name}, {"state", "failed"}, {"found", ""}, {"error", error_json(error)}});
    return false;
  }

  // Nobody can accept a certificate of ours that is not valid: the partner would be blamed for it.
  bool ours() {
    if (!wish_.tls || wish_.certificate.empty()) return true;
    const auto fault = certificate_fault(wish_.certificate, "listener.certificate", wish_.now_ms);
    if (!fault) return true;
    not_reached(kNames.size() - 1);
    return fail(kNames.back(), *fault);
  }

  bool resolve() {
    const auto colon = wish_.address.rfind(':');
    if (colon == std::string::npos || colon == 0 || colon + 1 == wish_.address.size() || wish_.address.size() > 260) return fail("name", {"probe.address", "address", {wish_.address.substr(0, 80)}});
    host_ = wish_.address.substr(0, colon);
    if (host_.starts_with('[') && host_.ends_with(']')) host_ = host_.substr(1, host_.size() - 2);
    addrinfo hints{};
    hints.ai_socktype = SOCK_STREAM;
    addrinfo* found = nullptr;
    if (::getaddrinfo(host_.c_str(), wish_.address.substr(colon + 1).c_str(), &hints, &found) != 0 || !found) return fail("name", {"probe.name", "address", {host_}});
    found_.reset(found);
    std::array<char, 64> text{};
    ::getnameinfo(found->ai_addr, found->ai_addrlen, text.data(), text.size(), nullptr, 0, NI_NUMERICHOST);
    return step("name", text.data());
  }

  bool connect() {
    const auto until = Steady::now() + std::chrono::milliseconds(wish_.timeout_ms);
    bool refused = false;
    for (const auto* a = found_.get(); a; a = a->ai_next) {
      Socket s{::socket(a->ai_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0)};
      if (s.fd < 0) continue;
      const bool at_once = ::connect(s.fd, a->ai_addr, a->ai_addrlen) == 0;
      if (!at_once && errno == EINPROGRESS && !wait(s.fd, POLLOUT, until)) continue;
      int fault = 0;
      socklen_t size = sizeof fault;
      if (::getsockopt(s.fd, SOL_SOCKET, SO_ERROR, &fault, &size) != 0 || fault != 0) {
        refused = refused || fault == ECONNREFUSED;
        continue;
      }
      std::swap(socket_.fd, s.fd);
      return step("connect", wish_.address);
    }
    return fail("connect", {refused ? "probe.refused" : "probe.silent", "address", {wish_.address}});
  }

  bool handshake() {
    SSL_CTX_set_min_proto_version(context_.get(), TLS1_2_VERSION);
    SSL_CTX_set_verify(context_.get(), SSL_VERIFY_NONE, nullptr);  // judged step by step below; nothing is sent over it
    if (!wish_.certificate.empty() && (SSL_CTX_use_certificate_chain_file(context_.get(), wish_.certificate.c_str()) != 1 ||
                                       SSL_CTX_use_PrivateKey_file(context_.get(), wish_.private_key.c_str(), SSL_FILETYPE_PEM) != 1)) {
      ERR_clear_error();
      return fail("tls", {"probe.own_certificate", "listener.certificate", {}});
    }
    ssl_.reset(SSL_new(context_.get()));
    SSL_set_fd(ssl_.get(), socket_.fd);
    auto name = wish_.server_name.empty() ? host_ : wish_.server_name;
    SSL_ctrl(ssl_.get(), SSL_CTRL_SET_TLSEXT_HOSTNAME, TLSEXT_NAMETYPE_host_name, name.data());  // SSL_set_tlsext_host_name without its C cast
    const auto until = Steady::now() + std::chrono::milliseconds(wish_.timeout_ms);
    for (;;) {
      ERR_clear_error();
      const int r = SSL_connect(ssl_.get());
      if (r == 1) break;
      const int why = SSL_get_error(ssl_.get(), r);
      if ((why == SSL_ERROR_WANT_READ && wait(socket_.fd, POLLIN, until)) || (why == SSL_ERROR_WANT_WRITE && wait(socket_.fd, POLLOUT, until))) continue;
      const bool alert = ERR_GET_REASON(ERR_peek_error()) > SSL_AD_REASON_OFFSET;
      ERR_clear_error();
      return fail("tls", {alert ? "probe.tls_refused" : "probe.no_tls", "address", {wish_.address}});
    }
    const Certificate peer(SSL_get1_peer_certificate(ssl_.get()), &X509_free);
    if (!peer) return fail("tls", {"probe.no_tls", "address", {wish_.address}});
    certificate_ = seen(peer.get());
    return step("tls", SSL_get_version(ssl_.get()));
  }

  bool chain() {
    if (certificate_.not_after_ms < wish_.now_ms) return fail("trust", {"probe.expired", "certificate", {day(certificate_.not_after_ms)}});
    const std::unique_ptr<X509_STORE, decltype(&X509_STORE_free)> trusted(X509_STORE_new(), &X509_STORE_free);
    if (wish_.trust.empty() || X509_STORE_load_locations(trusted.get(), wish_.trust.c_str(), nullptr) != 1) {
      ERR_clear_error();
      return fail("trust", {"probe.no_trust", "listener.trust", {}});
    }
    const Certificate peer(SSL_get1_peer_certificate(ssl_.get()), &X509_free);
    const std::unique_ptr<X509_STORE_CTX, decltype(&X509_STORE_CTX_free)> judge(X509_STORE_CTX_new(), &X509_STORE_CTX_free);
    X509_STORE_CTX_init(judge.get(), trusted.get(), peer.get(), SSL_get_peer_cert_chain(ssl_.get()));
    const bool good = X509_verify_cert(judge.get()) == 1;
    ERR_clear_error();
    if (!good) return fail("trust", {"probe.unknown_ca", "certificate", {certificate_.issuer}});
    return step("trust", certificate_.issuer);
  }

  bool fingerprint() {
    const auto wanted = plain(wish_.fingerprint);
    if (wanted.empty()) return step("fingerprint", certificate_.fingerprint);
    if (wanted != certificate_.fingerprint) return fail("fingerprint", {"probe.other_fingerprint", "certificate", {certificate_.fingerprint}});
    return step("fingerprint", certificate_.fingerprint);
  }

  // TLS 1.3: whether the partner takes our certificate shows only in what it sends after the handshake.
  bool accepted() {
    const auto until = Steady::now() + std::chrono::milliseconds(700);
    char byte = 0;
    for (;;) {
      ERR_clear_error();
      const int r = SSL_read(ssl_.get(), &byte, 1);
      if (r > 0) break;
      const int why = SSL_get_error(ssl_.get(), r);
      if (why == SSL_ERROR_WANT_READ) {
        if (wait(socket_.fd, POLLIN, until)) continue;
        break;  // it waits for us to speak: taken
      }
      ERR_clear_error();
      return fail("our_certificate", {"probe.we_are_refused", "listener.certificate", {}});
    }
    return step("our_certificate", "");
  }

  const Probe& wish_;
  Json steps_ = Json::array();
  std::string host_;
  std::unique_ptr<addrinfo, decltype(&::freeaddrinfo)> found_{nullptr, &::freeaddrinfo};
  Socket socket_;
  Context context_{SSL_CTX_new(TLS_client_method()), &SSL_CTX_free};
  Ssl ssl_{nullptr, &SSL_free};
  SeenCertificate certificate_;
};

}  // namespace

Json probe(const Probe& wish) { return Walk(wish).run(); }

SeenCertificate describe_certificate(const std::string& pem_file) {
  const std::unique_ptr<BIO, decltype(&BIO_free)> file(BIO_new_file(pem_file.c_str(), "r"), &BIO_free);
  const Certificate x(file ? PEM_read_bio_X509(file.get(), nullptr, nullptr, nullptr) : nullptr, &X509_free);
  ERR_clear_error();
  return x ? seen(x.get()) : SeenCertificate{};
}

std::optional<Error> certificate_fault(const std::string& pem_file, const std::string& where, std::int64_t now_ms) {
  const auto own = describe_certificate(pem_file);
  if (own.fingerprint.empty()) return std::nullopt;
  if (own.not_after_ms < now_ms) return Error{"probe.own_expired", where, {pem_file, day(own.not_after_ms)}};
  if (own.not_before_ms > now_ms) return Error{"probe.own_not_yet_valid", where, {pem_file, day(own.not_before_ms)}};
  return std::nullopt;
}

}  // namespace huren::console
