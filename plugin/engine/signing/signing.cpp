#include "engine/signing/signing.hpp"

#include <algorithm>
#include <memory>
#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pem.h>  // before cms.h, which declares its PEM functions only then

#include <openssl/cms.h>
#include <openssl/x509.h>
#include <openssl/x509_vfy.h>

#include "core/base/text.hpp"

namespace huren::signing {
namespace {

template <auto Free>
struct Deleter {
  template <class T>
  void operator()(T* p) const { Free(p); }
};
using Bio = std::unique_ptr<BIO, Deleter<BIO_free_all>>;
using Key = std::unique_ptr<EVP_PKEY, Deleter<EVP_PKEY_free>>;
using Certificate = std::unique_ptr<X509, Deleter<X509_free>>;
using Crl = std::unique_ptr<X509_CRL, Deleter<X509_CRL_free>>;
using Cms = std::unique_ptr<CMS_ContentInfo, Deleter<CMS_ContentInfo_free>>;
using Store = std::unique_ptr<X509_STORE, Deleter<X509_STORE_free>>;
using StoreContext = std::unique_ptr<X509_STORE_CTX, Deleter<X509_STORE_CTX_free>>;
using DigestContext = std::unique_ptr<EVP_MD_CTX, Deleter<EVP_MD_CTX_free>>;
void free_stack(STACK_OF(X509) * s) { sk_X509_pop_free(s, X509_free); }
using Stack = std::unique_ptr<STACK_OF(X509), Deleter<free_stack>>;

// GM/T 0009: the identity that SM2 signatures carry when the parties agreed on no other.
constexpr std::string_view kSm2Identity = "1234567812345678";

Error fault(std::string_view id, std::vector<std::string> args = {}) {
  ERR_clear_error();
  return {id, "", std::move(args)};
}

Bio memory(std::string_view text) { return Bio(BIO_new_mem_buf(text.data(), static_cast<int>(text.size()))); }

std::vector<Certificate> certificates(std::string_view pem) {
  std::vector<Certificate> out;
  const auto bio = memory(pem);
  while (X509* c = PEM_read_bio_X509(bio.get(), nullptr, nullptr, nullptr)) {
    auto* id = ASN1_OCTET_STRING_new();
    ASN1_OCTET_STRING_set(id, reinterpret_cast<const unsigned char*>(kSm2Identity.data()), static_cast<int>(kSm2Identity.size()));
    X509_set0_distinguishing_id(c, id);
    out.emplace_back(c);
  }
  ERR_clear_error();
  return out;
}

enum class Algorithm { none, p256, sm2 };
Algorithm algorithm_of(EVP_PKEY* key) {
  if (!key) return Algorithm::none;
  if (EVP_PKEY_is_a(key, "SM2")) return Algorithm::sm2;
  char group[32] = {};
  std::size_t length = 0;
  if (EVP_PKEY_is_a(key, "EC") && EVP_PKEY_get_group_name(key, group, sizeof group, &length) == 1) {
    const std::string_view name(group, length);
    if (name == "prime256v1" || name == "P-256") return Algorithm::p256;
    if (name == "SM2") return Algorithm::sm2;
  }
  return Algorithm::none;
}
const char* algorithm_name(Algorithm a) { return a == Algorithm::sm2 ? "SM2" : "ECDSA-P256"; }
const EVP_MD* digest_of(Algorithm a) { return a == Algorithm::sm2 ? EVP_sm3() : EVP_sha256(); }
int signature_nid(Algorithm a) { return a == Algorithm::sm2 ? NID_SM2_with_SM3 : NID_ecdsa_with_SHA256; }

// A context that signs or verifies messages with the key; SM2 with the identity of GM/T 0009.
struct Digest {
  DigestContext context{EVP_MD_CTX_new()};
  bool begin(EVP_PKEY* key, Algorithm algorithm, bool signing) {
    auto* parameters = EVP_PKEY_CTX_new(key, nullptr);
    if (!parameters) return false;
    EVP_MD_CTX_set_pkey_ctx(context.get(), parameters);
    own.reset(parameters);
    if (algorithm == Algorithm::sm2 &&
        EVP_PKEY_CTX_set1_id(parameters, kSm2Identity.data(), static_cast<int>(kSm2Identity.size())) <= 0)
      return false;
    return (signing ? EVP_DigestSignInit(context.get(), nullptr, digest_of(algorithm), nullptr, key)
                    : EVP_DigestVerifyInit(context.get(), nullptr, digest_of(algorithm), nullptr, key)) == 1;
  }
  std::unique_ptr<EVP_PKEY_CTX, Deleter<EVP_PKEY_CTX_free>> own;
};

const unsigned char* raw(std::string_view s) { return reinterpret_cast<const unsigned char*>(s.data()); }

std::string sha256(X509* certificate) {
  unsigned char md[EVP_MAX_MD_SIZE];
  unsigned length = 0;
  if (X509_digest(certificate, EVP_sha256(), md, &length) != 1) return {};
  constexpr std::string_view digits = "0123456789abcdef";
  std::string out;
  for (unsigned i = 0; i < length; ++i) {
    out += digits[md[i] >> 4];
    out += digits[md[i] & 15];
  }
  return out;
}

bool names(X509* certificate, std::string_view organisation) {
  const X509_NAME* subject = X509_get_subject_name(certificate);
  for (const int nid : {NID_organizationName, NID_serialNumber, NID_organizationIdentifier, NID_commonName}) {
    for (int at = X509_NAME_get_index_by_NID(subject, nid, -1); at >= 0; at = X509_NAME_get_index_by_NID(subject, nid, at)) {
      unsigned char* text = nullptr;
      const int length = ASN1_STRING_to_UTF8(&text, X509_NAME_ENTRY_get_data(X509_NAME_get_entry(subject, at)));
      const bool same = length >= 0 && std::string_view(reinterpret_cast<char*>(text), static_cast<std::size_t>(length)) == organisation;
      OPENSSL_free(text);
      if (same) return true;
    }
  }
  return false;
}

std::string subject_of(X509* certificate) {
  Bio out(BIO_new(BIO_s_mem()));
  X509_NAME_print_ex(out.get(), X509_get_subject_name(certificate), 0, XN_FLAG_RFC2253 & ~static_cast<unsigned long>(ASN1_STRFLGS_ESC_MSB));
  char* data = nullptr;
  const auto length = BIO_get_mem_data(out.get(), &data);
  return {data, static_cast<std::size_t>(length)};
}

Result<void> check_certificate(X509* certificate, const Trust& trust) {
  if (!trust.pinned_sha256.empty()) {
    const auto own = sha256(certificate);
    const bool pinned = std::any_of(trust.pinned_sha256.begin(), trust.pinned_sha256.end(),
                                    [&](const std::string& pin) { return equal_ascii_nocase(pin, own); });
    if (!pinned) return fault("signature.unknown_signer");
  } else if (trust.authority_pem.empty()) {
    return fault("signature.no_trust");
  }
  if (!trust.organisation.empty() && !names(certificate, trust.organisation)) return fault("signature.wrong_hospital", {trust.organisation});

  const Store store(X509_STORE_new());
  X509_VERIFY_PARAM* parameters = X509_STORE_get0_param(store.get());
  X509_VERIFY_PARAM_set_time(parameters, static_cast<time_t>(trust.at_ms / 1000));
  unsigned long flags = 0;
  for (const auto& authority : certificates(trust.authority_pem)) X509_STORE_add_cert(store.get(), authority.get());
  if (trust.authority_pem.empty()) {
    flags |= X509_V_FLAG_PARTIAL_CHAIN;
    X509_STORE_add_cert(store.get(), certificate);
  }
  const auto lists = memory(trust.crl_pem);
  bool any_list = false;
  while (X509_CRL* list = PEM_read_bio_X509_CRL(lists.get(), nullptr, nullptr, nullptr)) {
    const Crl owned(list);
    X509_STORE_add_crl(store.get(), list);
    any_list = true;
  }
  if (!trust.crl_pem.empty() && !any_list) return fault("signature.crl");
  if (any_list) flags |= X509_V_FLAG_CRL_CHECK;
  X509_VERIFY_PARAM_set_flags(parameters, flags);
  const StoreContext context(X509_STORE_CTX_new());
  if (X509_STORE_CTX_init(context.get(), store.get(), certificate, nullptr) != 1) return fault("signature.unreadable");
  if (X509_verify_cert(context.get()) == 1) {
    const auto usage = X509_get_key_usage(certificate);  // all ones when the certificate does not say
    if ((usage & (KU_DIGITAL_SIGNATURE | KU_NON_REPUDIATION)) == 0) return fault("signature.usage");
    return {};
  }
  switch (X509_STORE_CTX_get_error(context.get())) {
    case X509_V_ERR_CERT_HAS_EXPIRED: return fault("signature.expired");
    case X509_V_ERR_CERT_NOT_YET_VALID: return fault("signature.not_yet_valid");
    case X509_V_ERR_CERT_REVOKED: return fault("signature.revoked");
    case X509_V_ERR_UNABLE_TO_GET_CRL:
    case X509_V_ERR_CRL_HAS_EXPIRED:
    case X509_V_ERR_CRL_NOT_YET_VALID: return fault("signature.crl");
    default: return fault("signature.untrusted", {X509_verify_cert_error_string(X509_STORE_CTX_get_error(context.get()))});
  }
}

// The signature itself: directly over the bytes (no signed attributes), as sign() writes it.
Result<void> check_bytes(CMS_ContentInfo* cms, CMS_SignerInfo* signer, X509* certificate, Algorithm algorithm, std::string_view bytes) {
  if (CMS_signed_get_attr_count(signer) > 0) {  // another product's: OpenSSL checks attributes and digest
    if (algorithm == Algorithm::sm2) return fault("signature.attributes");
    const auto content = memory(bytes);
    const Stack given(sk_X509_new_null());
    X509_up_ref(certificate);
    sk_X509_push(given.get(), certificate);
    if (CMS_verify(cms, given.get(), nullptr, content.get(), nullptr, CMS_BINARY | CMS_DETACHED | CMS_NO_SIGNER_CERT_VERIFY | CMS_NOINTERN) != 1)
      return fault("signature.mismatch");
    return {};
  }
  Digest digest;
  const auto* signature = CMS_SignerInfo_get0_signature(signer);
  if (!digest.begin(X509_get0_pubkey(certificate), algorithm, false)) return fault("signature.algorithm");
  const int result = EVP_DigestVerify(digest.context.get(), ASN1_STRING_get0_data(signature), static_cast<std::size_t>(ASN1_STRING_length(signature)),
                                      raw(bytes), bytes.size());
  if (result != 1) return fault("signature.mismatch");
  return {};
}

Cms parse(std::string_view signature) {
  if (signature.starts_with("-----BEGIN")) return Cms(PEM_read_bio_CMS(memory(signature).get(), nullptr, nullptr, nullptr));
  const auto* p = raw(signature);
  Cms cms(d2i_CMS_ContentInfo(nullptr, &p, static_cast<long>(signature.size())));
  if (cms && p != raw(signature) + signature.size()) cms.reset();  // something after the signature
  return cms;
}

}  // namespace

Result<std::string> sign(std::string_view bytes, std::string_view key_pem, std::string_view certificate_pem) {
  const Key key(PEM_read_bio_PrivateKey(memory(key_pem).get(), nullptr, nullptr, nullptr));
  if (!key) return fault("signature.key");
  const auto chain = certificates(certificate_pem);
  if (chain.empty()) return fault("signature.certificate");
  X509* certificate = chain.front().get();
  if (X509_check_private_key(certificate, key.get()) != 1) return fault("signature.pair");
  const auto algorithm = algorithm_of(key.get());
  if (algorithm == Algorithm::none) return fault("signature.algorithm");

  Digest digest;
  if (!digest.begin(key.get(), algorithm, true)) return fault("signature.algorithm");
  std::size_t length = 0;
  if (EVP_DigestSign(digest.context.get(), nullptr, &length, raw(bytes), bytes.size()) != 1) return fault("signature.key");
  std::string value(length, '\0');
  if (EVP_DigestSign(digest.context.get(), reinterpret_cast<unsigned char*>(value.data()), &length, raw(bytes), bytes.size()) != 1)
    return fault("signature.key");

  // The container is put together by hand: OpenSSL 3.0's CMS_sign leaves SM2's algorithm out and forgets its identity.
  const Cms cms(CMS_sign(nullptr, nullptr, nullptr, nullptr, CMS_PARTIAL | CMS_DETACHED | CMS_BINARY));
  if (!cms) return fault("signature.key");
  auto* signer = CMS_add1_signer(cms.get(), certificate, key.get(), digest_of(algorithm), CMS_NOATTR | CMS_BINARY | CMS_DETACHED | CMS_PARTIAL);
  if (!signer) return fault("signature.key");
  X509_ALGOR* written = nullptr;
  CMS_SignerInfo_get0_algs(signer, nullptr, nullptr, nullptr, &written);
  X509_ALGOR_set0(written, OBJ_nid2obj(signature_nid(algorithm)), V_ASN1_UNDEF, nullptr);
  ASN1_STRING_set(CMS_SignerInfo_get0_signature(signer), value.data(), static_cast<int>(length));
  for (std::size_t i = 1; i < chain.size(); ++i) CMS_add1_cert(cms.get(), chain[i].get());
  unsigned char* der = nullptr;
  const int size = i2d_CMS_ContentInfo(cms.get(), &der);
  if (size <= 0) return fault("signature.key");
  std::string out(reinterpret_cast<char*>(der), static_cast<std::size_t>(size));
  OPENSSL_free(der);
  return out;
}

Result<Signer> verify(std::string_view bytes, std::string_view signature, const Trust& trust) {
  const auto cms = parse(signature);
  if (!cms || OBJ_obj2nid(CMS_get0_type(cms.get())) != NID_pkcs7_signed) return fault("signature.unreadable");
  ASN1_OCTET_STRING** content = CMS_get0_content(cms.get());
  if (content && *content) return fault("signature.attached");
  auto* signers = CMS_get0_SignerInfos(cms.get());
  if (!signers || sk_CMS_SignerInfo_num(signers) != 1) return fault("signature.signers");
  auto* signer = sk_CMS_SignerInfo_value(signers, 0);
  const Stack inside(CMS_get1_certs(cms.get()));
  X509* certificate = nullptr;
  for (int i = 0; inside && i < sk_X509_num(inside.get()); ++i)
    if (CMS_SignerInfo_cert_cmp(signer, sk_X509_value(inside.get(), i)) == 0) certificate = sk_X509_value(inside.get(), i);
  if (!certificate) return fault("signature.certificate");
  const auto algorithm = algorithm_of(X509_get0_pubkey(certificate));
  if (algorithm == Algorithm::none) return fault("signature.algorithm");
  if (auto trusted = check_certificate(certificate, trust); !trusted) return trusted.error();
  if (auto same = check_bytes(cms.get(), signer, certificate, algorithm, bytes); !same) return same.error();
  ERR_clear_error();
  return Signer{subject_of(certificate), sha256(certificate), algorithm_name(algorithm)};
}

std::optional<Policy> policy_from_word(std::string_view word) {
  if (word == "required") return Policy::required;
  if (word == "accepted") return Policy::accepted;
  if (word == "off") return Policy::off;
  return std::nullopt;
}

Result<std::optional<Signer>> admit(Policy policy, std::string_view bytes, std::string_view signature, const Trust& trust) {
  if (policy == Policy::off) return std::optional<Signer>{};
  if (signature.empty()) {
    if (policy == Policy::required) return fault("signature.missing");
    return std::optional<Signer>{};
  }
  auto signer = verify(bytes, signature, trust);
  if (!signer) return signer.error();
  return std::optional<Signer>(std::move(*signer));
}

std::string certificate_sha256(std::string_view certificate_pem) {
  const auto chain = certificates(certificate_pem);
  return chain.empty() ? std::string() : sha256(chain.front().get());
}

}  // namespace huren::signing
