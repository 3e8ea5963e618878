// Throwaway certificates, made once per test program by tests/support/make_certs.sh and removed when it ends.
#pragma once
#include <memory>
#include <string>

#include "adapters/common/tls_context.hpp"
#include "tests/support/temp_dir.hpp"

namespace huren::test {

// hospital_a, hospital_b, outsider (same authority, no partner), old (expired), mallory (another authority),
// server_only (not good as a client), gone (revoked by ca.crl), soon (5 days left).
class Certificates {
 public:
  static const Certificates& all();
  [[nodiscard]] std::string dir() const { return dir_.path().string(); }
  [[nodiscard]] std::string file(const std::string& name) const { return dir_.file(name); }
  [[nodiscard]] std::string sha256(const std::string& name) const;
  // name "": no certificate shown (clients).
  [[nodiscard]] common::TlsSettings settings(const std::string& name, bool server,
                                             const std::string& trust = "ca.pem") const;
  [[nodiscard]] std::shared_ptr<common::TlsSource> source(const std::string& name, bool server,
                                                          const std::string& trust = "ca.pem") const;

 private:
  Certificates();
  TempDir dir_;
};

void make_certificates(const std::string& dir, const std::string& names);  // throws when the script fails

}  // namespace huren::test
