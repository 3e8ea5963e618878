#include "tests/support/transport/certificates.hpp"

#include <cstdlib>
#include <fstream>
#include <stdexcept>

namespace huren::test {

void make_certificates(const std::string& dir, const std::string& names) {
  const std::string command =
      "bash '" HUREN_SOURCE_DIR "/tests/support/make_certs.sh' '" + dir + "' " + names + " >/dev/null";
  if (std::system(command.c_str()) != 0) throw std::runtime_error("make_certs.sh failed");
}

Certificates::Certificates() {
  make_certificates(dir(),
                    "hospital_a hospital_b outsider old:expired mallory:stranger server_only:server gone:revoked "
                    "soon:days=5");
}

const Certificates& Certificates::all() {
  static const Certificates one;
  return one;
}

std::string Certificates::sha256(const std::string& name) const {
  std::ifstream in(file(name + ".sha256"));
  std::string out;
  in >> out;
  return out;
}

common::TlsSettings Certificates::settings(const std::string& name, bool server, const std::string& trust) const {
  common::TlsSettings out;
  out.server = server;
  if (!name.empty()) {
    out.certificate = file(name + ".pem");
    out.private_key = file(name + ".key");
  }
  out.trust = file(trust);
  out.host = "localhost";
  return out;
}

std::shared_ptr<common::TlsSource> Certificates::source(const std::string& name, bool server,
                                                        const std::string& trust) const {
  return std::make_shared<common::TlsSource>(settings(name, server, trust));
}

}  // namespace huren::test
