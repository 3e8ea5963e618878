// partner.mllp as the one who is called: the sender is who its certificate says, and nobody else gets in.
#include <openssl/ssl.h>

#include <catch2/catch.hpp>

#include "adapters/partner/mllp/entry.hpp"
#include "tests/support/transport/certificates.hpp"
#include "tests/support/transport/recording_engine.hpp"
#include "tests/support/transport/scripted_peer.hpp"

using namespace huren;
using namespace huren::test;

namespace {

const Certificates& certs() { return Certificates::all(); }

struct Listener {
  RecordingEngine engine;
  std::unique_ptr<Adapter> adapter;
  explicit Listener(Options more = {}, const std::string& dir = certs().dir()) {
    more.merge(Options{{"listen", "127.0.0.1:0"},
                       {"certificate", "hospital_a.pem"},
                       {"private_key", "hospital_a.key"},
                       {"trust", "ca.pem"}});
    auto made = partner_mllp_entry().create(
        {.engine = &engine,
         .config_dir = dir,
         .options = more,
         .peers = {{"b", {{"address", "127.0.0.1:1"}, {"certificate_sha256", certs().sha256("hospital_b")}}},
                   {"gone", {{"address", "127.0.0.1:1"}, {"certificate_sha256", certs().sha256("gone")}}},
                   {"once", {{"address", "127.0.0.1:1"}, {"certificate_sha256", certs().sha256("old")}}}}});
    if (!made) throw std::runtime_error(line(made.error()));
    adapter = std::move(*made);
    if (auto started = adapter->start(); !started) throw std::runtime_error(line(started.error()));
  }
  ~Listener() { adapter->stop(1'000); }
  std::uint16_t port() const { return engine.port(); }
};

std::shared_ptr<const common::TlsContext> as(const std::string& name, int max_version = 0) {
  auto settings = certs().settings(name, false);
  settings.pins = {certs().sha256("hospital_a")};
  auto context = common::TlsContext::load(settings);
  if (!context) throw std::runtime_error(line(context.error()));
  if (max_version) SSL_CTX_set_max_proto_version((*context)->poco()->sslContext(), max_version);
  return *context;
}

std::string framed(const std::string& body) { return "\x0B" + body + "\x1C\x0D"; }

}  // namespace

TEST_CASE("a message counts as from the partner whose certificate was shown, whatever MSH-3 claims") {
  Listener listener;
  Client client(listener.port(), as("hospital_b"));
  client.send(framed(message("L001")));
  const auto answer = client.frame();
  REQUIRE(answer);
  CHECK(answer->find("MSA|AA|L001") != std::string::npos);
  const auto accepted = listener.engine.accepted();
  REQUIRE(accepted.size() == 1);
  CHECK(accepted[0].source == "b");
  CHECK(accepted[0].body == message("L001"));
}

TEST_CASE("callers that are not welcome are refused in the handshake and logged with their fingerprint") {
  struct {
    const char *name, *reason;
  } const rows[] = {
      {"outsider", "tls.not_pinned"},       {"mallory", "tls.unknown_ca"},     {"old", "tls.expired"},
      {"server_only", "tls.wrong_purpose"}, {"", "tls.no_client_certificate"},
  };
  for (const int version : {TLS1_2_VERSION, TLS1_3_VERSION}) {
    for (const auto& row : rows) {
      INFO("'" << row.name << "' version " << version);
      Listener listener;
      Client client(listener.port(), as(row.name, version));
      client.send(framed(message("L001")));
      CHECK_FALSE(client.frame());
      REQUIRE(listener.engine.wait_logged("transport.peer_rejected"));
      const auto logged = listener.engine.logged("transport.peer_rejected").at(0);
      CHECK(logged.fields.at("reason") == row.reason);
      if (*row.name) CHECK(logged.fields.at("fingerprint") == certs().sha256(row.name));
      CHECK(listener.engine.accepted().empty());
    }
  }
}

TEST_CASE("a revoked partner is refused once the list says so") {
  Listener strict(Options{{"crl", "ca.crl"}});
  Client client(strict.port(), as("gone"));
  client.send(framed(message("L001")));
  CHECK_FALSE(client.frame());
  REQUIRE(strict.engine.wait_logged("transport.peer_rejected"));
  CHECK(strict.engine.logged("transport.peer_rejected").at(0).fields.at("reason") == "tls.revoked");
}

TEST_CASE("bytes that are no TLS are refused and the listener lives on") {
  Listener listener;
  Client plain(listener.port());
  plain.send(framed(message("L001")));
  CHECK(plain.closed());
  REQUIRE(listener.engine.wait_logged("transport.peer_rejected"));
  Client client(listener.port(), as("hospital_b"));
  client.send(framed(message("L002")));
  CHECK(client.frame());
}

TEST_CASE("a caller that stalls in the handshake holds its connection only for so long") {
  Listener listener(Options{{"handshake_timeout_ms", "200"}});
  Client silent(listener.port());
  CHECK(silent.closed());
  REQUIRE(listener.engine.wait_logged("transport.peer_rejected"));
  CHECK(listener.engine.logged("transport.peer_rejected").at(0).fields.at("reason") == "tls.handshake_timeout");
}

TEST_CASE("no log event names a patient or shows a message") {
  Listener listener;
  {
    Client client(listener.port(), as("hospital_b"));
    client.send(framed(message("L001")) + "noise" + framed(message("L002")) + "\x0B" + message("L003").substr(0, 60));
    CHECK(client.frame());
    CHECK(client.frame());
    client.close();
  }
  REQUIRE(listener.engine.wait_logged("mllp.frame_cut"));
  const auto log = listener.engine.everything_logged();
  CHECK(log.find("测试") == std::string::npos);
  CHECK(log.find("900001") == std::string::npos);
  CHECK(log.find("PID|") == std::string::npos);
}

TEST_CASE("two adapters exchange: A delivers to B's listener, B to A's") {
  RecordingEngine engine_a, engine_b;
  const auto make = [](RecordingEngine& engine, const std::string& own, const std::string& other,
                       const std::string& address) {
    auto made = partner_mllp_entry().create(
        {.engine = &engine,
         .config_dir = certs().dir(),
         .options = {{"listen", "127.0.0.1:0"},
                     {"certificate", own + ".pem"},
                     {"private_key", own + ".key"},
                     {"trust", "ca.pem"}},
         .peers = {{"other", {{"address", address}, {"certificate_sha256", certs().sha256(other)}}}}});
    REQUIRE(made);
    REQUIRE((*made)->start());
    return std::move(*made);
  };
  auto b = make(engine_b, "hospital_b", "hospital_a", "127.0.0.1:1");
  auto a = make(engine_a, "hospital_a", "hospital_b", "127.0.0.1:" + std::to_string(engine_b.port()));
  for (int i = 0; i < 10; ++i) {
    const auto id = "X" + std::to_string(i);
    const auto body = message(id, 100'000);
    const auto receipt = dynamic_cast<PartnerAdapter&>(*a).deliver(
        "other", {.id = id, .type = "ADT^A08", .content_type = "application/hl7-v2", .body = body}, 10'000);
    CHECK(receipt.outcome == Outcome::delivered);
  }
  CHECK(engine_b.accepted().size() == 10);
  a->stop(1'000);
  b->stop(1'000);
}
