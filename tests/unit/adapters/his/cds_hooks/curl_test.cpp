// The service as curl meets it over TLS with a client certificate. The commands of the page HOOKS: tests/packaging/manuals_test.py.
#include <cstdio>

#include "adapters/his/cds_hooks/entry.hpp"
#include "tests/support/hospital.hpp"
#include "tests/support/transport/certificates.hpp"

using namespace huren::test;

namespace {

struct Ran { int status = 0; std::string out; };
Ran shell(const std::string& command) {
  Ran ran;
  FILE* pipe = popen(("exec 2>&1; " + command).c_str(), "r");
  REQUIRE(pipe);
  char buffer[4096];
  for (std::size_t n; (n = std::fread(buffer, 1, sizeof buffer, pipe)) > 0;) ran.out.append(buffer, n);
  ran.status = pclose(pipe);
  return ran;
}

void serve(Hospital& b, const std::map<std::string, std::string>& options) {
  b.more_adapters = {&huren::his_cds_hooks_entry()};
  auto& feed = b.config.feeds.emplace_back();
  feed.name = "web";
  feed.adapter = "his.cds_hooks";
  feed.options = options;
  b.open();
}

std::string port_of(const Hospital& b) {
  const auto log = b.log_text();
  const auto at = log.find("127.0.0.1:", log.find("transport.listening"));
  REQUIRE(at != std::string::npos);
  const auto digits = at + 10;
  return log.substr(digits, log.find_first_not_of("0123456789", digits) - digits);
}

std::string replaced(std::string text, const std::string& from, const std::string& to) {
  for (auto at = text.find(from); at != std::string::npos; at = text.find(from, at + to.size())) text.replace(at, from.size(), to);
  return text;
}

}  // namespace

TEST_CASE("over TLS a caller with a certificate of the named authority is served, one without or of another is not") {
  const auto& certs = Certificates::all();
  Hospital b;
  serve(b, {{"listen", "127.0.0.1:0"}, {"certificate", certs.file("hospital_b.pem")}, {"private_key", certs.file("hospital_b.key")}, {"trust", certs.file("ca.pem")}});
  const auto base = "curl -s -S --max-time 10 --cacert '" + certs.file("ca.pem") + "' https://127.0.0.1:" + port_of(b) + "/cds-services ";
  const auto with = [&](const std::string& name) { return " --cert '" + certs.file(name + ".pem") + "' --key '" + certs.file(name + ".key") + "'"; };
  const auto good = shell(base + with("hospital_a"));
  INFO(good.out);
  CHECK(good.status == 0);
  CHECK(Json::parse(good.out, nullptr, false)["services"].size() == 3);
  CHECK(shell(base).status != 0);
  CHECK(shell(base + with("mallory")).status != 0);
  CHECK(shell(replaced(base, "https://", "http://") + with("hospital_a")).status != 0);
  const auto weak = shell(base + with("hospital_a") + " --tls-max 1.1");
  CHECK(weak.status != 0);
}
