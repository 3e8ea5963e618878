// Certificates are renewed and revoked while both sides run: nobody restarts, nothing is refused that should not be.
#include <catch2/catch.hpp>
#include <filesystem>

#include "adapters/partner/mllp/entry.hpp"
#include "tests/support/transport/certificates.hpp"
#include "tests/support/transport/recording_engine.hpp"
#include "tests/support/transport/scripted_peer.hpp"

using namespace huren;
using namespace huren::test;
namespace fs = std::filesystem;

namespace {

const Certificates& certs() { return Certificates::all(); }

// A folder of its own with files that a test may replace, as an administrator would: by rename.
struct Files {
  TempDir dir;
  explicit Files(const std::string& own) {
    put(own + ".pem", "own.pem");
    put(own + ".key", "own.key");
    put("ca.pem", "ca.pem");
  }
  void put(const std::string& from, const std::string& as) const {
    fs::copy_file(certs().file(from), dir.path() / (as + ".new"), fs::copy_options::overwrite_existing);
    fs::rename(dir.path() / (as + ".new"), dir.path() / as);
  }
};

std::unique_ptr<Adapter> adapter(RecordingEngine& engine, const Files& files, Options listener, Options partner) {
  listener.merge(Options{{"certificate", "own.pem"}, {"private_key", "own.key"}, {"trust", "ca.pem"}});
  auto made = partner_mllp_entry().create({.engine = &engine,
                                           .config_dir = files.dir.path().string(),
                                           .options = std::move(listener),
                                           .peers = {{"other", std::move(partner)}}});
  if (!made) throw std::runtime_error(line(made.error()));
  if (auto started = (*made)->start(); !started) throw std::runtime_error(line(started.error()));
  return std::move(*made);
}

Receipt deliver(Adapter& a, const std::string& id) {
  const auto body = message(id);
  return dynamic_cast<PartnerAdapter&>(a).deliver(
      "other", {.id = id, .type = "ADT^A08", .content_type = "application/hl7-v2", .body = body}, 10'000);
}

// Until the receipt is as wanted; files are looked at once a second.
bool becomes(Adapter& a, const std::string& prefix, Outcome wanted) {
  for (int i = 0; i < 400; ++i) {
    if (deliver(a, prefix + std::to_string(i)).outcome == wanted) return true;
    std::this_thread::sleep_for(std::chrono::milliseconds(25));
  }
  return false;
}

}  // namespace

TEST_CASE("a renewed certificate is shown from the next message on, without a restart") {
  RecordingEngine engine_a, engine_b;
  Files files_a("hospital_a"), files_b("hospital_b");
  // B knows A's certificate of today and the one to come.
  auto b = adapter(engine_b, files_b, {{"listen", "127.0.0.1:0"}},
                   {{"address", "127.0.0.1:1"},
                    {"certificate_sha256", certs().sha256("hospital_a")},
                    {"next_certificate_sha256", certs().sha256("outsider")}});
  auto a = adapter(engine_a, files_a, {},
                   {{"address", "127.0.0.1:" + std::to_string(engine_b.port())},
                    {"certificate_sha256", certs().sha256("hospital_b")}});
  REQUIRE(deliver(*a, "R001").outcome == Outcome::delivered);
  files_a.put("outsider.key", "own.key");
  files_a.put("outsider.pem", "own.pem");
  REQUIRE(becomes(*a, "R1", Outcome::delivered));
  for (int i = 0; i < 400 && engine_a.logged("tls.reloaded").empty(); ++i) {
    REQUIRE(deliver(*a, "R2" + std::to_string(i)).outcome == Outcome::delivered);
    std::this_thread::sleep_for(std::chrono::milliseconds(25));
  }
  CHECK_FALSE(engine_a.logged("tls.reloaded").empty());
  CHECK(engine_b.logged("transport.peer_rejected").empty());
  a->stop(1'000);
  b->stop(1'000);
}

TEST_CASE("half of a new pair does not stop the work: the old pair stays until both fit") {
  RecordingEngine engine_a, engine_b;
  Files files_a("hospital_a"), files_b("hospital_b");
  auto b = adapter(engine_b, files_b, {{"listen", "127.0.0.1:0"}},
                   {{"address", "127.0.0.1:1"}, {"certificate_sha256", certs().sha256("hospital_a")}});
  auto a = adapter(engine_a, files_a, {},
                   {{"address", "127.0.0.1:" + std::to_string(engine_b.port())},
                    {"certificate_sha256", certs().sha256("hospital_b")}});
  REQUIRE(deliver(*a, "R001").outcome == Outcome::delivered);
  files_a.put("outsider.key", "own.key");  // the certificate has not come yet
  for (int i = 0; i < 400 && engine_a.logged("tls.reload_failed").empty(); ++i) {
    REQUIRE(deliver(*a, "R1" + std::to_string(i)).outcome == Outcome::delivered);
    std::this_thread::sleep_for(std::chrono::milliseconds(25));
  }
  REQUIRE(engine_a.logged("tls.reload_failed").size() == 1);
  CHECK(engine_a.logged("tls.reload_failed")[0].fields.at("reason").find("tls.key_mismatch") != std::string::npos);
  a->stop(1'000);
  b->stop(1'000);
}

TEST_CASE("a partner whose authority is no longer trusted loses the connection it holds") {
  RecordingEngine engine_a, engine_b;
  Files files_a("hospital_a"), files_b("hospital_b");
  auto b = adapter(engine_b, files_b, {{"listen", "127.0.0.1:0"}},
                   {{"address", "127.0.0.1:1"}, {"certificate_sha256", certs().sha256("hospital_a")}});
  auto a = adapter(engine_a, files_a, {},
                   {{"address", "127.0.0.1:" + std::to_string(engine_b.port())},
                    {"certificate_sha256", certs().sha256("hospital_b")}});
  REQUIRE(deliver(*a, "R001").outcome == Outcome::delivered);
  files_b.put("stranger-ca.pem", "ca.pem");  // trust is withdrawn from the whole authority
  REQUIRE(becomes(*a, "R1", Outcome::not_sent));
  CHECK(engine_b.wait_logged("tls.reloaded"));
  CHECK(engine_b.wait_logged("transport.peer_rejected"));
  a->stop(1'000);
  b->stop(1'000);
}

TEST_CASE("the end of a partner's certificate is announced when it is called") {
  RecordingEngine engine;
  Files files("hospital_a");
  ScriptedPeer peer({[](Session& s) { s.wait_closed(); }}, *certs().source("soon", true)->current());
  auto a = adapter(engine, files, {}, {{"address", peer.address()}, {"certificate_sha256", certs().sha256("soon")}});
  const auto body = message("E001");
  CHECK(dynamic_cast<PartnerAdapter&>(*a)
            .deliver("other", {.id = "E001", .type = "", .content_type = "", .body = body}, 300)
            .outcome == Outcome::unknown);
  const auto logged = engine.logged("tls.certificate_expiring");
  REQUIRE(logged.size() == 1);
  CHECK(logged[0].fields.at("certificate") == "partner.other");
  a->stop(1'000);
}

TEST_CASE("our own certificate's end is announced by listener and caller") {
  RecordingEngine engine;
  Files files("soon");
  auto a = adapter(engine, files, {{"listen", "127.0.0.1:0"}},
                   {{"address", "127.0.0.1:1"}, {"certificate_sha256", certs().sha256("hospital_b")}});
  REQUIRE(engine.wait_logged("tls.certificate_expiring"));
  CHECK(engine.logged("tls.certificate_expiring")[0].fields.at("days_left") == "4");
  a->stop(1'000);
}
