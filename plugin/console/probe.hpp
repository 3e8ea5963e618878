// The way to a partner, step by step, before anything is configured: name, port, TLS, its certificate, ours.
// Promises: no message is sent and nothing is kept; each step says what was found and, where it fails, what to do; back
//   within a few seconds. Refuses: to judge a fingerprint: two persons compare it by telephone.
#pragma once
#include <cstdint>
#include <optional>
#include <string>

#include "console/http.hpp"

namespace huren::console {

struct Probe {
  std::string address, server_name, fingerprint;   // fingerprint: the one that is configured or was typed; may be empty
  std::string certificate, private_key, trust;     // files of ours
  bool tls = true;
  int timeout_ms = 5000;
  std::int64_t now_ms = 0;
};
// A certificate of ours that is not valid now is told before anything is dialled.
// {"steps": [{"step", "state": ok|failed|not_reached, "found", "error"?}], "certificate": {...}?, "ok": bool}
Json probe(const Probe& wish);

struct SeenCertificate { std::string fingerprint, subject, issuer; std::int64_t not_before_ms = 0, not_after_ms = 0; };
SeenCertificate describe_certificate(const std::string& pem_file);  // of the first in the file; empty members: unreadable
// What is wrong with the dates of a certificate of ours, by the file and the day; none: valid now, or not readable.
std::optional<Error> certificate_fault(const std::string& pem_file, const std::string& where, std::int64_t now_ms);

}  // namespace huren::console
