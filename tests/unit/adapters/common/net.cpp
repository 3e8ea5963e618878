#include "adapters/common/net.hpp"

#include <catch2/catch.hpp>

#include "adapters/common/options.hpp"
#include "adapters/common/tls_context.hpp"

using namespace huren;
using namespace huren::common;

TEST_CASE("addresses as people write them") {
  CHECK(parse_endpoint("127.0.0.1:2575", "x")->text() == "127.0.0.1:2575");
  CHECK(parse_endpoint("hospital.example:1", "x")->host == "hospital.example");
  CHECK(parse_endpoint("[::1]:2575", "x")->text() == "[::1]:2575");
  for (const auto* wrong : {"", "host", "host:", ":2575", "host:-1", "host:65536", "host:12x", "::1:2575", "[::1]"}) {
    INFO(wrong);
    const auto parsed = parse_endpoint(wrong, "partner.b.address");
    REQUIRE_FALSE(parsed);
    CHECK(parsed.error().id == "transport.address");
    CHECK(parsed.error().where == "partner.b.address");
  }
}

TEST_CASE("fingerprints with colons, blanks and capitals are one fingerprint") {
  const std::string plain(64, 'a');
  std::string colons;
  for (int i = 0; i < 32; ++i) colons += i ? ":AA" : "AA";
  CHECK(normal_fingerprint(plain) == plain);
  CHECK(normal_fingerprint(colons) == plain);
  CHECK(normal_fingerprint(std::string(63, 'a')).empty());
  CHECK(normal_fingerprint(std::string(64, 'g')).empty());
}

TEST_CASE("a raised waker stays raised until lowered") {
  Waker waker;
  CHECK_FALSE(waker.raised());
  waker.raise();
  waker.raise();
  CHECK(waker.raised());
  CHECK(waker.raised());
  waker.lower();
  CHECK_FALSE(waker.raised());
}

TEST_CASE("paths in options start at the configuration's folder") {
  static constexpr AdapterOption declared[] = {{"certificate", OptionType::path, "", "", ""}};
  const Options options{{"certificate", "tls/own.pem"}};
  CHECK(OptionReader(options, declared, "listener", "/etc/huren").path("certificate") == "/etc/huren/tls/own.pem");
  const Options absolute{{"certificate", "/srv/own.pem"}};
  CHECK(OptionReader(absolute, declared, "listener", "/etc/huren").path("certificate") == "/srv/own.pem");
}
