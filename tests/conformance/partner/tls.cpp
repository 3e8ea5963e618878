// A partner adapter calling a peer whose TLS is wrong in one way: the receipt is not_sent and says which.
#include <openssl/ssl.h>

#include <catch2/catch.hpp>

#include "tests/conformance/partner/kit.hpp"
#include "tests/support/transport/certificates.hpp"
#include "tests/support/transport/recording_engine.hpp"
#include "tests/support/transport/scripted_peer.hpp"

using namespace huren;
using namespace huren::test;

namespace {

std::shared_ptr<const common::TlsContext> peer_tls(common::TlsSettings settings, int max_version = 0) {
  auto context = common::TlsContext::load(std::move(settings));
  if (!context) throw std::runtime_error(line(context.error()));
  if (max_version) SSL_CTX_set_max_proto_version((*context)->poco()->sslContext(), max_version);
  return *context;
}

struct Caller {
  RecordingEngine engine;
  std::unique_ptr<Adapter> adapter;

  // own: whose certificate we show, "" none; pin "": host name check.
  Caller(const Transport& transport, const std::string& address, const std::string& own, const std::string& pin,
         const std::string& trust = "ca.pem", Options more = {}) {
    Options listener{{"trust", trust}};
    if (!own.empty()) {
      listener["certificate"] = own + ".pem";
      listener["private_key"] = own + ".key";
    }
    if (more.contains("crl")) listener["crl"] = more["crl"];
    more.erase("crl");
    more["address"] = address;
    more["certificate_sha256"] = pin;
    auto made = transport.entry.create(
        {.engine = &engine, .config_dir = Certificates::all().dir(), .options = listener, .peers = {{"b", more}}});
    if (!made) throw std::runtime_error(line(made.error()));
    adapter = std::move(*made);
    if (auto started = adapter->start(); !started) throw std::runtime_error(line(started.error()));
  }
  ~Caller() { adapter->stop(1'000); }
  Receipt deliver(std::uint32_t deadline_ms = 10'000) {
    const auto body = message("T001");
    return dynamic_cast<PartnerAdapter&>(*adapter).deliver(
        "b", {.id = "T001", .type = "ADT^A08", .content_type = "application/hl7-v2", .body = body}, deadline_ms);
  }
};

void expect_not_sent(const Receipt& r, std::string_view remark) {
  INFO("remark " << r.remark.id);
  CHECK(r.outcome == Outcome::not_sent);
  CHECK(r.remark.id == remark);
  CHECK(catalogue_entry(r.remark.id) != nullptr);
}

const Certificates& certs() { return Certificates::all(); }
const int kVersions[] = {TLS1_2_VERSION, TLS1_3_VERSION};

}  // namespace

TEST_CASE("mutual TLS with the agreed certificates delivers, in TLS 1.2 and 1.3") {
  for (const auto& transport : transports()) {
    INFO(transport.name);
    for (const int version : kVersions) {
      ScriptedPeer peer({transport.answer_all}, peer_tls(certs().settings("hospital_b", true), version));
      CHECK(Caller(transport, peer.address(), "hospital_a", certs().sha256("hospital_b")).deliver().outcome ==
            Outcome::delivered);
    }
  }
}

TEST_CASE("without a pin the host name decides") {
  for (const auto& transport : transports()) {
    INFO(transport.name);
    ScriptedPeer peer({transport.answer_all}, peer_tls(certs().settings("hospital_b", true)));
    CHECK(Caller(transport, peer.address("localhost"), "hospital_a", "").deliver().outcome == Outcome::delivered);
    CHECK(Caller(transport, peer.address("127.0.0.1"), "hospital_a", "").deliver().outcome == Outcome::delivered);
    expect_not_sent(
        Caller(transport, peer.address(), "hospital_a", "", "ca.pem", {{"server_name", "elsewhere.example"}}).deliver(),
        "tls.wrong_host");
  }
}

TEST_CASE("the peer's certificate is wrong: told which way, nothing sent") {
  for (const auto& transport : transports()) {
    INFO(transport.name);
    struct {
      const char *peer, *trust, *remark;
    } const rows[] = {
        {"mallory", "ca.pem", "tls.unknown_ca"},
        {"old", "ca.pem", "tls.expired"},
        {"outsider", "ca.pem", "tls.not_pinned"},
    };
    for (const int version : kVersions) {
      for (const auto& row : rows) {
        INFO(row.peer << " version " << version);
        ScriptedPeer peer({transport.answer_all}, peer_tls(certs().settings(row.peer, true), version));
        const std::string pin = std::string(row.remark) == "tls.not_pinned" ? "hospital_b" : row.peer;
        const auto receipt = Caller(transport, peer.address(), "hospital_a", certs().sha256(pin)).deliver();
        expect_not_sent(receipt, row.remark);
        CHECK(line(receipt.remark).find(certs().sha256(row.peer)) != std::string::npos);
        CHECK(peer.received().empty());
      }
    }
  }
}

TEST_CASE("a revoked certificate is refused when a revocation list is configured") {
  for (const auto& transport : transports()) {
    INFO(transport.name);
    ScriptedPeer peer({transport.answer_all}, peer_tls(certs().settings("gone", true)));
    expect_not_sent(
        Caller(transport, peer.address(), "hospital_a", certs().sha256("gone"), "ca.pem", {{"crl", "ca.crl"}})
            .deliver(),
        "tls.revoked");
    CHECK(Caller(transport, peer.address(), "hospital_a", certs().sha256("gone")).deliver().outcome ==
          Outcome::delivered);
  }
}

TEST_CASE("the peer refuses our certificate: not sent, with the peer's reason, in TLS 1.2 and 1.3") {
  for (const auto& transport : transports()) {
    INFO(transport.name);
    struct {
      const char *own, *remark;
    } const rows[] = {
        {"", "tls.peer_wants_certificate"},  {"mallory", "tls.peer_unknown_ca"},     {"old", "tls.peer_says_expired"},
        {"outsider", "tls.peer_rejects_us"}, {"server_only", "tls.peer_rejects_us"},
    };
    for (const int version : kVersions) {
      for (const auto& row : rows) {
        INFO("we are '" << row.own << "' version " << version);
        auto settings = certs().settings("hospital_b", true);
        settings.pins = {certs().sha256("hospital_a"), certs().sha256("server_only")};
        ScriptedPeer peer({transport.answer_all}, peer_tls(settings, version));
        const auto receipt = Caller(transport, peer.address(), row.own, certs().sha256("hospital_b")).deliver();
        INFO("remark " << receipt.remark.id);
        CHECK(receipt.outcome == Outcome::not_sent);
        // TLS 1.2 has no alert of its own for a missing certificate.
        if (*row.own || version == TLS1_3_VERSION) CHECK(receipt.remark.id == row.remark);
        CHECK(peer.received().empty());
      }
    }
  }
}

TEST_CASE("a peer that never finishes the handshake is given up in time") {
  for (const auto& transport : transports()) {
    INFO(transport.name);
    ScriptedPeer peer([](Poco::Net::StreamSocket& socket) {
      char sink[4096];
      while (socket.receiveBytes(sink, sizeof sink) > 0) {
      }
    });
    expect_not_sent(Caller(transport, peer.address(), "hospital_a", certs().sha256("hospital_b"), "ca.pem",
                           {{"handshake_timeout_ms", "200"}})
                        .deliver(),
                    "tls.handshake_timeout");
  }
}

TEST_CASE("a peer that closes in the handshake") {
  for (const auto& transport : transports()) {
    INFO(transport.name);
    ScriptedPeer peer([](Poco::Net::StreamSocket& socket) {
      char sink[64];
      socket.receiveBytes(sink, sizeof sink);
    });
    expect_not_sent(Caller(transport, peer.address(), "hospital_a", certs().sha256("hospital_b")).deliver(),
                    "tls.closed_in_handshake");
  }
}

TEST_CASE("a peer that does not speak TLS") {
  for (const auto& transport : transports()) {
    INFO(transport.name);
    ScriptedPeer peer([](Poco::Net::StreamSocket& socket) {
      static constexpr std::string_view kHello = "220 mail.example ready\r\n";
      socket.sendBytes(kHello.data(), static_cast<int>(kHello.size()));
      char sink[4096];
      while (socket.receiveBytes(sink, sizeof sink) > 0) {
      }
    });
    expect_not_sent(Caller(transport, peer.address(), "hospital_a", certs().sha256("hospital_b")).deliver(),
                    "tls.not_tls");
  }
}

TEST_CASE("nobody listens: connect refused") {
  for (const auto& transport : transports()) {
    INFO(transport.name);
    std::string address;
    { address = ScriptedPeer(std::vector<ScriptedPeer::Script>{}).address(); }
    expect_not_sent(Caller(transport, address, "hospital_a", certs().sha256("hospital_b")).deliver(),
                    "transport.connect_refused");
  }
}

TEST_CASE("a host name that does not exist") {
  for (const auto& transport : transports()) {
    INFO(transport.name);
    expect_not_sent(
        Caller(transport, "no-such-host.invalid:2575", "hospital_a", certs().sha256("hospital_b")).deliver(),
        "transport.address_unknown");
  }
}

TEST_CASE("our own files are wrong: each named, when the adapter starts or sends") {
  for (const auto& transport : transports()) {
    INFO(transport.name);
    ScriptedPeer peer({transport.answer_all}, peer_tls(certs().settings("hospital_b", true)));
    struct {
      Options listener;
      const char* remark;
    } const rows[] = {
        {{{"certificate", "none.pem"}, {"private_key", "hospital_a.key"}, {"trust", "ca.pem"}},
         "tls.certificate_unreadable"},
        {{{"certificate", "hospital_a.pem"}, {"private_key", "none.key"}, {"trust", "ca.pem"}}, "tls.key_unreadable"},
        {{{"certificate", "hospital_a.pem"}, {"private_key", "hospital_b.key"}, {"trust", "ca.pem"}},
         "tls.key_mismatch"},
        {{{"certificate", "hospital_a.pem"}, {"private_key", "hospital_a.key"}, {"trust", "none.pem"}},
         "tls.trust_unreadable"},
        {{{"certificate", "hospital_a.pem"},
          {"private_key", "hospital_a.key"},
          {"trust", "ca.pem"},
          {"crl", "none.crl"}},
         "tls.crl_unreadable"},
    };
    for (auto row : rows) {
      INFO(row.remark);
      RecordingEngine engine;
      AdapterSetup setup{
          .engine = &engine,
          .config_dir = certs().dir(),
          .options = row.listener,
          .peers = {{"b", {{"address", peer.address()}, {"certificate_sha256", certs().sha256("hospital_b")}}}}};
      auto sender = transport.entry.create(setup);
      REQUIRE(sender);
      const auto body = message("T001");
      const auto receipt = dynamic_cast<PartnerAdapter&>(**sender).deliver(
          "b", {.id = "T001", .type = "", .content_type = "", .body = body}, 5'000);
      CHECK(receipt.outcome == Outcome::not_sent);
      CHECK(receipt.remark.id == row.remark);
      setup.options[transport.listen] = "127.0.0.1:0";
      auto server = transport.entry.create(setup);
      REQUIRE(server);
      const auto started = (*server)->start();
      REQUIRE_FALSE(started);
      CHECK(started.error().id == row.remark);
    }
  }
}

TEST_CASE("options that cannot work are refused when the adapter is made") {
  for (const auto& transport : transports()) {
    INFO(transport.name);
    RecordingEngine engine;
    const auto made = [&](Options partner_options) {
      return transport.entry.create({.engine = &engine,
                                     .config_dir = certs().dir(),
                                     .options = {{"trust", "ca.pem"}},
                                     .peers = {{"b", std::move(partner_options)}}});
    };
    CHECK(made({}).error().id == "transport.option_missing");
    CHECK(made({{"address", "nohost"}}).error().id == "transport.address");
    CHECK(made({{"address", "h:99999"}}).error().id == "transport.address");
    CHECK(made({{"address", "h:1"}, {"certificate_sha256", "abc"}}).error().id == "transport.option_value");
    CHECK(made({{"address", "h:1"}, {"connect_timeout_ms", "soon"}}).error().id == "transport.option_value");
    CHECK(made({{"address", "h:1"}, {"tls", "perhaps"}}).error().id == "transport.option_value");
    const Options same{{"address", "h:1"}, {"certificate_sha256", certs().sha256("hospital_b")}};
    CHECK(transport.entry
              .create({.engine = &engine, .config_dir = "", .options = {}, .peers = {{"b", same}, {"c", same}}})
              .error()
              .id == "transport.duplicate_pin");
  }
}
