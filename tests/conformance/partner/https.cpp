// What only HTTP has: statuses, Retry-After, lengths and chunks, as caller and as called.
#include <catch2/catch.hpp>

#include "adapters/partner/https/entry.hpp"
#include "tests/conformance/partner/kit.hpp"
#include "tests/support/transport/certificates.hpp"
#include "tests/support/transport/scripted_peer.hpp"

using namespace huren;
using namespace huren::test;

namespace {

const Certificates& certs() { return Certificates::all(); }

// Posts to a peer that answers these bytes ({id} is the message's control id) and closes.
Receipt posted(const std::string& answer, RecordingEngine* engine = nullptr) {
  RecordingEngine own;
  if (!engine) engine = &own;
  ScriptedPeer peer(
      {[&](Session& s) {
        while (const auto got = s.request()) {
          auto bytes = answer;
          for (std::size_t at = 0; (at = bytes.find("{id}")) != std::string::npos;)
            bytes.replace(at, 4, control_id_of(*got));
          s.send(bytes);
          if (bytes.find("Content-Length") == std::string::npos && bytes.find("chunked") == std::string::npos) return;
        }
      }},
      *certs().source("hospital_b", true)->current());
  auto made = partner_https_entry().create(
      {.engine = engine,
       .config_dir = certs().dir(),
       .options = {{"certificate", "hospital_a.pem"}, {"private_key", "hospital_a.key"}, {"trust", "ca.pem"}},
       .peers = {{"b", {{"address", peer.address()}, {"certificate_sha256", certs().sha256("hospital_b")}}}}});
  REQUIRE(made);
  REQUIRE((*made)->start());
  const auto body = message("H001");
  auto receipt = dynamic_cast<PartnerAdapter&>(**made).deliver(
      "b", {.id = "H001", .type = "ADT^A08", .content_type = "application/hl7-v2; charset=utf-8", .body = body},
      10'000);
  (*made)->stop(1'000);
  return receipt;
}

std::string status_only(const std::string& status, const std::string& more = "") {
  return "HTTP/1.1 " + status + "\r\nContent-Length: 0\r\n" + more + "\r\n";
}
std::string with_ack(const std::string& status, const std::string& code, const std::string& more = "") {
  const auto body = ack(code, "H001");
  return "HTTP/1.1 " + status + "\r\nContent-Length: " + std::to_string(body.size()) + "\r\n" + more + "\r\n" + body;
}

struct Served {
  RecordingEngine engine;
  std::unique_ptr<Adapter> adapter;
  explicit Served(Options more = {}) {
    more.merge(Options{{"https_listen", "127.0.0.1:0"},
                       {"certificate", "hospital_a.pem"},
                       {"private_key", "hospital_a.key"},
                       {"trust", "ca.pem"}});
    auto made = partner_https_entry().create(
        {.engine = &engine,
         .config_dir = certs().dir(),
         .options = more,
         .peers = {{"b", {{"address", "127.0.0.1:1"}, {"certificate_sha256", certs().sha256("hospital_b")}}}}});
    if (!made) throw std::runtime_error(line(made.error()));
    adapter = std::move(*made);
    if (auto started = adapter->start(); !started) throw std::runtime_error(line(started.error()));
  }
  ~Served() { adapter->stop(1'000); }
};

std::shared_ptr<const common::TlsContext> as(const std::string& name) {
  auto settings = certs().settings(name, false);
  settings.pins = {certs().sha256("hospital_a")};
  return *common::TlsContext::load(settings);
}
std::string request(const std::string& id, const std::string& type = "application/hl7-v2; charset=utf-8") {
  const auto body = message(id);
  return "POST /hl7 HTTP/1.1\r\nHost: a\r\nContent-Type: " + type +
         "\r\nContent-Length: " + std::to_string(body.size()) + "\r\n\r\n" + body;
}

}  // namespace

TEST_CASE("an acknowledgement decides whatever the status that carries it") {
  CHECK(posted(with_ack("200 OK", "AA")).outcome == Outcome::delivered);
  CHECK(posted(with_ack("500 Internal Server Error", "AE")).outcome == Outcome::refused);
  const auto rejected = posted(with_ack("400 Bad Request", "AR", "Retry-After: 7\r\n"));
  CHECK(rejected.outcome == Outcome::not_sent);
  CHECK(rejected.retry_after_ms == 7'000);
}

TEST_CASE("busy statuses are not sent and wait as long as the peer asks") {
  const auto busy = posted(status_only("503 Service Unavailable", "Retry-After: 120\r\n"));
  CHECK(busy.outcome == Outcome::not_sent);
  CHECK(busy.retry_after_ms == 120'000);
  CHECK(busy.remark.id == "transport.http_busy");
  CHECK(posted(status_only("429 Too Many Requests")).retry_after_ms == 30'000);
  CHECK(posted(status_only("503 x", "Retry-After: 999999999\r\n")).retry_after_ms == 3'600'000);
  RecordingEngine engine;
  engine.set_now(784'111'777'000);  // Sun, 06 Nov 1994 08:49:37 GMT
  CHECK(posted(status_only("503 x", "Retry-After: Sun, 06 Nov 1994 08:50:37 GMT\r\n"), &engine).retry_after_ms ==
        60'000);
  CHECK(posted(status_only("503 x", "Retry-After: Sun, 06 Nov 1994 08:40:00 GMT\r\n"), &engine).retry_after_ms == 0);
}

TEST_CASE("other statuses without an acknowledgement") {
  for (const auto* status : {"400 x", "401 x", "403 x", "404 x", "405 x", "413 x", "415 x", "302 x"}) {
    INFO(status);
    const auto receipt = posted(status_only(status));
    CHECK(receipt.outcome == Outcome::refused);
    CHECK(receipt.code == std::string(status).substr(0, 3));
    CHECK(receipt.remark.id == "transport.http_status");
  }
  CHECK(posted(status_only("500 x")).outcome == Outcome::unknown);
  CHECK(posted(status_only("502 x")).remark.id == "transport.http_failed");
  CHECK(posted(status_only("200 OK")).remark.id == "transport.ack_unreadable");
  CHECK(posted("HTTP/1.1 204 No Content\r\nContent-Length: 0\r\n\r\n").outcome == Outcome::unknown);
}

TEST_CASE("answers in every framing that HTTP allows") {
  const auto body = ack("AA", "H001");
  CHECK(posted("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\n" + body.substr(0, 5) + "\r\n" +
               [](std::size_t n) {
                 char hex[16];
                 std::snprintf(hex, sizeof hex, "%zX", n);
                 return std::string(hex);
               }(body.size() - 5) +
               ";x=y\r\n" + body.substr(5) + "\r\n0\r\nTrailer: 1\r\n\r\n")
            .outcome == Outcome::delivered);
  CHECK(posted("HTTP/1.0 200 OK\r\n\r\n" + body).outcome == Outcome::delivered);
  CHECK(posted("HTTP/1.1 100 Continue\r\n\r\n" + with_ack("200 OK", "AA")).outcome == Outcome::delivered);
}

TEST_CASE("answers that are no HTTP or whose framing lies are unknown") {
  for (const char* wrong :
       {"hello\r\n\r\n", "HTTP/1.1 abc\r\n\r\n",
        "HTTP/1.1 200 OK\r\nContent-Length: 5\r\nContent-Length: 6\r\n\r\nabcdef",
        "HTTP/1.1 200 OK\r\nContent-Length: -1\r\n\r\n", "HTTP/1.1 200 OK\r\nContent-Length: 99999999999\r\n\r\n",
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n\r\n",
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip, chunked\r\n\r\n"}) {
    INFO(wrong);
    CHECK(posted(wrong).outcome == Outcome::unknown);
  }
  CHECK(posted("HTTP/1.1 200 OK\r\nX: " + std::string(40'000, 'x') + "\r\n\r\n").outcome == Outcome::unknown);
}

TEST_CASE("a posted message reaches the engine with its proved sender and stated charset, on a kept connection") {
  Served served;
  Client client(served.engine.port("https"), as("hospital_b"));
  for (const auto* id : {"S001", "S002", "S003"}) {
    client.send(request(id, "application/hl7-v2; charset=GB18030"));
    const auto response = client.until("\rMSA|AA|" + std::string(id) + "\r");
    REQUIRE(response);
    CHECK(response->starts_with("HTTP/1.1 200 OK\r\n"));
    CHECK(response->find("Content-Type: application/hl7-v2; charset=utf-8\r\n") != std::string::npos);
  }
  const auto accepted = served.engine.accepted();
  REQUIRE(accepted.size() == 3);
  CHECK(accepted[0].source == "b");
  CHECK(accepted[0].content_type == "application/hl7-v2; charset=GB18030");
  CHECK(accepted[0].body == message("S001"));
}

TEST_CASE("a refusal of the engine is a 200 with the refusing acknowledgement") {
  Served served;
  served.engine.answer_with(
      [](const Inbound& in) { return Reply{.body = ack("AE", control_id_of(in.body)), .stored = true}; });
  Client client(served.engine.port("https"), as("hospital_b"));
  client.send(request("S001"));
  const auto response = client.until("MSA|AE|S001\r");
  REQUIRE(response);
  CHECK(response->starts_with("HTTP/1.1 200"));
}

TEST_CASE("requests that are wrong get their status and nothing reaches the engine") {
  struct {
    std::string bytes;
    const char* status;
  } const rows[] = {
      {"GET /hl7 HTTP/1.1\r\nHost: a\r\n\r\n", "405"},
      {request("S001", "text/html"), "415"},
      {request("S001", "application/hl7-v2; charset=utf-16"), "415"},
      {"POST /hl7 HTTP/1.1\r\nContent-Type: application/hl7-v2\r\n\r\n", "411"},
      {"POST /hl7 HTTP/1.1\r\nContent-Type: application/hl7-v2\r\nContent-Length: 5000\r\n\r\n", "413"},
      {"POST /hl7 HTTP/1.1\r\nContent-Type: application/hl7-v2\r\nContent-Length: 5\r\nContent-Length: "
       "7\r\n\r\nabcdefg",
       "400"},
      {"POST /hl7 HTTP/1.1\r\nContent-Type: application/hl7-v2\r\nContent-Length: 5\r\nTransfer-Encoding: "
       "chunked\r\n\r\n0\r\n\r\n",
       "400"},
      {"POST /hl7 HTTP/1.1\r\nContent-Type: application/hl7-v2\r\nTransfer-Encoding: "
       "chunked\r\n\r\nFFFFFFFFFFFFFFFFF\r\n",
       "400"},
      {"POST /hl7 HTTP/1.1\r\nContent-Type: application/hl7-v2\r\nTransfer-Encoding: "
       "chunked\r\n\r\nFFFFFFFFFFFFFFFF\r\n",
       "413"},
      {"POST /hl7 HTTP/1.1\r\nA: b\r\n folded\r\n\r\n", "400"},
      {"\x16\x03\x01 nonsense\r\n\r\n", "400"},
      {"POST /" + std::string(40'000, 'x') + " HTTP/1.1\r\n\r\n", "431"},
  };
  for (const auto& row : rows) {
    INFO(row.bytes.substr(0, 80));
    Served served(Options{{"max_frame_bytes", "4096"}});
    Client client(served.engine.port("https"), as("hospital_b"));
    client.send(row.bytes);
    const auto response = client.until("\r\n\r\n");
    REQUIRE(response);
    CHECK(response->starts_with("HTTP/1.1 " + std::string(row.status)));
    CHECK(client.closed());
    CHECK(served.engine.accepted().empty());
  }
}

TEST_CASE("requests in pieces, chunks, one after another in one packet") {
  Served served;
  Client client(served.engine.port("https"), as("hospital_b"));
  const auto whole = request("S001");
  for (std::size_t at = 0; at < whole.size(); at += 7) client.send(whole.substr(at, 7));
  REQUIRE(client.until("MSA|AA|S001\r"));
  client.send(request("S002") + request("S003"));
  REQUIRE(client.until("MSA|AA|S002\r"));
  REQUIRE(client.until("MSA|AA|S003\r"));
  const auto body = message("S004");
  client.send(
      "POST / HTTP/1.1\r\nContent-Type: application/hl7-v2\r\nTransfer-Encoding: chunked\r\nExpect: "
      "100-continue\r\n\r\n");
  REQUIRE(client.until("100 Continue\r\n\r\n"));
  char size[16];
  std::snprintf(size, sizeof size, "%zx\r\n", body.size());
  client.send(size + body + "\r\n0\r\n\r\n");
  REQUIRE(client.until("MSA|AA|S004\r"));
  CHECK(served.engine.accepted().size() == 4);
}

TEST_CASE("a caller that stays away in mid-request is logged - one that is idle is not") {
  Served served(Options{{"frame_timeout_ms", "200"}, {"idle_timeout_ms", "100"}});
  Client idle(served.engine.port("https"), as("hospital_b"));
  CHECK(idle.closed());
  CHECK(served.engine.logged("https.request_cut").empty());
  Client half(served.engine.port("https"), as("hospital_b"));
  half.send(request("S001").substr(0, 150));
  CHECK(half.closed());
  CHECK(served.engine.wait_logged("https.request_cut"));
  CHECK(served.engine.accepted().empty());
}

TEST_CASE("an acknowledgement that is posted is not acknowledged") {
  Served served;
  Client client(served.engine.port("https"), as("hospital_b"));
  const auto body = ack("AA", "X");
  client.send("POST / HTTP/1.1\r\nContent-Type: application/hl7-v2\r\nContent-Length: " + std::to_string(body.size()) +
              "\r\n\r\n" + body);
  const auto response = client.until("\r\n\r\n");
  REQUIRE(response);
  CHECK(response->starts_with("HTTP/1.1 204"));
  CHECK(served.engine.accepted().size() == 1);  // the engine settles what it speaks of
}

TEST_CASE("strangers are refused by certificate as on MLLP") {
  Served served;
  Client client(served.engine.port("https"), as("outsider"));
  client.send(request("S001"));
  CHECK(client.closed());
  REQUIRE(served.engine.wait_logged("transport.peer_rejected"));
  CHECK(served.engine.logged("transport.peer_rejected")[0].fields.at("fingerprint") == certs().sha256("outsider"));
}

TEST_CASE("two https adapters exchange large messages over one connection") {
  RecordingEngine engine_a;
  Served b;
  Options listener{{"certificate", "hospital_b.pem"}, {"private_key", "hospital_b.key"}, {"trust", "ca.pem"}};
  auto a = partner_https_entry().create({.engine = &engine_a,
                                         .config_dir = certs().dir(),
                                         .options = listener,
                                         .peers = {{"a",
                                                    {{"address", "127.0.0.1:" + std::to_string(b.engine.port("https"))},
                                                     {"certificate_sha256", certs().sha256("hospital_a")}}}}});
  REQUIRE(a);
  REQUIRE((*a)->start());
  for (int i = 0; i < 10; ++i) {
    const auto id = "X" + std::to_string(i);
    const auto body = message(id, 300'000);
    CHECK(dynamic_cast<PartnerAdapter&>(**a)
              .deliver("a", {.id = id, .type = "", .content_type = "", .body = body}, 10'000)
              .outcome == Outcome::delivered);
  }
  CHECK(b.engine.accepted().size() == 10);
  (*a)->stop(1'000);
}
