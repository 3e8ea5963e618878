// Somebody else's programs on the other end of the wire: python3-hl7's mllp_send as a client, its asyncio server as a
// partner's receiver, and OpenSSL's own s_client / s_server where TLS is concerned.
#include <catch2/catch.hpp>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>

#include "adapters/his/hl7v2_feed/entry.hpp"
#include "adapters/partner/mllp/entry.hpp"
#include "tests/support/transport/certificates.hpp"
#include "tests/support/transport/recording_engine.hpp"

using namespace huren;
using namespace huren::test;

namespace {

struct Ran {
  int status = -1;
  std::string output;
};
Ran run(const std::string& command) {
  Ran out;
  FILE* pipe = ::popen((command + " 2>&1").c_str(), "r");
  REQUIRE(pipe);
  char chunk[4096];
  for (std::size_t n = 0; (n = std::fread(chunk, 1, sizeof chunk, pipe)) > 0;) out.output.append(chunk, n);
  out.status = ::pclose(pipe);
  return out;
}

std::unique_ptr<Adapter> feed(RecordingEngine& engine) {
  auto made = his_hl7v2_feed_entry().create(
      {.engine = &engine, .config_dir = "", .options = {}, .peers = {{"lis", {{"listen", "127.0.0.1:0"}}}}});
  REQUIRE(made);
  REQUIRE((*made)->start());
  return std::move(*made);
}

void write(const std::string& file, const std::string& text) { std::ofstream(file, std::ios::binary) << text; }

}  // namespace

TEST_CASE("mllp_send of python3-hl7 delivers a file of messages and gets its answers") {
  REQUIRE(std::filesystem::exists("/usr/bin/mllp_send"));
  RecordingEngine engine;
  auto adapter = feed(engine);
  TempDir dir;
  const auto file = dir.file("messages.hl7");
  write(file, message("PY01") + "\r\n" + message("PY02") + "\r\n");
  const auto ran = run("timeout 60 /usr/bin/mllp_send --loose --file '" + file + "' --port " +
                       std::to_string(engine.port("feed.lis")) + " 127.0.0.1");
  INFO(ran.output);
  CHECK(ran.status == 0);
  const auto accepted = engine.accepted();
  REQUIRE(accepted.size() == 2);
  CHECK(control_id_of(accepted[0].body) == "PY01");
  CHECK(control_id_of(accepted[1].body) == "PY02");
  CHECK(ran.output.find("MSA|AA|PY01") != std::string::npos);
  CHECK(ran.output.find("MSA|AA|PY02") != std::string::npos);
  adapter->stop(1'000);
}

TEST_CASE("python3-hl7's asyncio server takes what partner.mllp sends, over TLS") {
  const auto& certs = Certificates::all();
  TempDir dir;
  // Stops by itself: after two messages, or after a minute.
  write(dir.file("server.py"), R"(import asyncio, ssl, sys
import hl7.mllp
async def main(certs, port_file):
    done = asyncio.Event()
    async def serve(reader, writer):
        try:
            for _ in range(2):
                m = await reader.readmessage()
                writer.writemessage(m.create_ack('AA'))
                await writer.drain()
            done.set()
        except asyncio.IncompleteReadError:
            pass
    tls = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH, cafile=certs + '/ca.pem')
    tls.verify_mode = ssl.CERT_REQUIRED
    tls.load_cert_chain(certs + '/hospital_b.pem', certs + '/hospital_b.key')
    server = await hl7.mllp.start_hl7_server(serve, host='127.0.0.1', port=0, ssl=tls, encoding='utf-8')
    with open(port_file + '.tmp', 'w') as f:
        f.write(str(server.sockets[0].getsockname()[1]))
    import os
    os.rename(port_file + '.tmp', port_file)
    await asyncio.wait_for(done.wait(), 60)
asyncio.run(main(sys.argv[1], sys.argv[2]))
)");
  const auto port_file = dir.file("port");
  REQUIRE(std::system(("/usr/bin/python3 '" + dir.file("server.py") + "' '" + certs.dir() + "' '" + port_file + "' >'" +
                       dir.file("log") + "' 2>&1 &")
                          .c_str()) == 0);
  std::string port;
  for (int i = 0; i < 600 && port.empty(); ++i) {
    std::ifstream(port_file) >> port;
    if (port.empty()) run("sleep 0.05");
  }
  REQUIRE_FALSE(port.empty());
  RecordingEngine engine;
  auto made = partner_mllp_entry().create(
      {.engine = &engine,
       .config_dir = certs.dir(),
       .options = {{"certificate", "hospital_a.pem"}, {"private_key", "hospital_a.key"}, {"trust", "ca.pem"}},
       .peers = {{"b", {{"address", "127.0.0.1:" + port}, {"certificate_sha256", certs.sha256("hospital_b")}}}}});
  REQUIRE(made);
  REQUIRE((*made)->start());
  for (const auto* id : {"PY11", "PY12"}) {
    const auto body = message(id);
    const auto receipt = dynamic_cast<PartnerAdapter&>(**made).deliver(
        "b", {.id = id, .type = "ADT^A08", .content_type = "application/hl7-v2", .body = body}, 10'000);
    INFO(line(receipt.remark));
    CHECK(receipt.outcome == Outcome::delivered);
    CHECK(receipt.code == "AA");
  }
  (*made)->stop(1'000);
}

TEST_CASE("openssl s_client with the agreed certificate is served, and the listener shows its own chain") {
  const auto& certs = Certificates::all();
  RecordingEngine engine;
  auto made = partner_mllp_entry().create(
      {.engine = &engine,
       .config_dir = certs.dir(),
       .options = {{"listen", "127.0.0.1:0"},
                   {"certificate", "hospital_a.pem"},
                   {"private_key", "hospital_a.key"},
                   {"trust", "ca.pem"}},
       .peers = {{"b", {{"address", "127.0.0.1:1"}, {"certificate_sha256", certs.sha256("hospital_b")}}}}});
  REQUIRE(made);
  REQUIRE((*made)->start());
  TempDir dir;
  write(dir.file("frame"), "\x0B" + message("OS01") + "\x1C\x0D");
  const auto ran = run("(cat '" + dir.file("frame") +
                       "'; sleep 2) | timeout 60 openssl s_client -connect 127.0.0.1:" + std::to_string(engine.port()) +
                       " -CAfile '" + certs.file("ca.pem") + "' -cert '" + certs.file("hospital_b.pem") + "' -key '" +
                       certs.file("hospital_b.key") + "' -verify_return_error -quiet -no_ign_eof");
  INFO(ran.output);
  CHECK(ran.output.find("MSA|AA|OS01") != std::string::npos);
  REQUIRE(engine.accepted().size() == 1);
  CHECK(engine.accepted()[0].source == "b");
  (*made)->stop(1'000);
}
