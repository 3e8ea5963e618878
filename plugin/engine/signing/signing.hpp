// Detached signatures of documents: CMS (RFC 5652) over the exact bytes, ECDSA-P256 with SHA-256 or SM2 with SM3.
// Promises: what is verified is the very span of bytes that the caller goes on to parse (nothing is unwrapped or canonicalised);
//   expired, revoked, unpinned and wrong-hospital signers are refused by name; time is passed in.
// Refuses: attached content, several signers, other algorithms, a certificate that names another hospital.
#pragma once
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/base/result.hpp"

namespace huren::signing {

// key and certificate: PEM. The key decides the algorithm. Returns DER.
Result<std::string> sign(std::string_view bytes, std::string_view key_pem, std::string_view certificate_pem);

struct Trust {
  std::vector<std::string> pinned_sha256;  // of the partner's signing certificates, 64 hex digits; empty: the authority decides alone
  std::string authority_pem;               // CA certificates; empty: the pinned certificate is its own anchor
  std::string crl_pem;                     // revocation lists; empty: not consulted
  std::string organisation;                // the partner's organisation code; the certificate's subject must hold it (O, serialNumber, organizationIdentifier or CN)
  std::int64_t at_ms = 0;                  // when the document arrived
};
struct Signer {
  std::string subject, sha256, algorithm;  // "CN=...,O=..."; hex; "ECDSA-P256" or "SM2"
};
// signature: DER or PEM.
Result<Signer> verify(std::string_view bytes, std::string_view signature, const Trust& trust);

// Per agreement. required: no signature is a fault. accepted: verified when there is one. off: not looked at.
enum class Policy { required, accepted, off };
std::optional<Policy> policy_from_word(std::string_view word);
// nullopt inside: taken without a signature.
Result<std::optional<Signer>> admit(Policy policy, std::string_view bytes, std::string_view signature, const Trust& trust);

std::string certificate_sha256(std::string_view certificate_pem);  // empty when it is none

}  // namespace huren::signing
