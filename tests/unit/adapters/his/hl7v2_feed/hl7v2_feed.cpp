#include <catch2/catch.hpp>
#include <filesystem>
#include <fstream>
#include <thread>

#include "adapters/his/hl7v2_feed/entry.hpp"
#include "tests/support/transport/certificates.hpp"
#include "tests/support/transport/recording_engine.hpp"
#include "tests/support/transport/scripted_peer.hpp"

using namespace huren;
using namespace huren::test;
namespace fs = std::filesystem;

namespace {

struct Feed {
  RecordingEngine engine;
  TempDir dir;
  std::unique_ptr<Adapter> adapter;
  explicit Feed(Options options) {
    auto made = his_hl7v2_feed_entry().create(
        {.engine = &engine, .config_dir = dir.path().string(), .options = {}, .peers = {{"lis", std::move(options)}}});
    if (!made) throw std::runtime_error(line(made.error()));
    adapter = std::move(*made);
    if (auto started = adapter->start(); !started) throw std::runtime_error(line(started.error()));
  }
  ~Feed() { adapter->stop(1'000); }

  void drop(const std::string& name, const std::string& body) const {
    const auto target = dir.path() / ("drop/" + name);
    const auto written = dir.path() / ("drop/" + name + ".part");  // as a sender does that cannot be sure to write at one go
    std::ofstream(written, std::ios::binary) << body;
    fs::rename(written, target);
  }
  [[nodiscard]] bool appears(const std::string& name) const {
    for (int i = 0; i < 1'000; ++i) {
      if (fs::exists(dir.path() / ("drop/" + name))) return true;
      std::this_thread::sleep_for(std::chrono::milliseconds(10));
    }
    return false;
  }
  [[nodiscard]] std::string content(const std::string& name) const {
    std::ifstream in(dir.path() / ("drop/" + name), std::ios::binary);
    return {std::istreambuf_iterator<char>(in), {}};
  }
};

Options folder(const std::string& settle_ms = "0") {
  return {{"directory", "drop"}, {"poll_ms", "10"}, {"settle_ms", settle_ms}};
}
std::string framed(const std::string& body) { return "\x0B" + body + "\x1C\x0D"; }

}  // namespace

TEST_CASE("a message over MLLP reaches the engine as from its feed") {
  Feed feed({{"listen", "127.0.0.1:0"}, {"charset", "GB18030"}});
  Client client(feed.engine.port("feed.lis"));
  client.send(framed(message("F001")));
  const auto reply = client.frame();
  REQUIRE(reply);
  CHECK(reply->find("MSA|AA|F001") != std::string::npos);
  const auto got = feed.engine.accepted().at(0);
  CHECK(got.source == "feed:lis");
  CHECK(got.content_type == "application/hl7-v2; charset=GB18030");
}

TEST_CASE("without a configured charset none is stated") {
  Feed feed(Options{{"listen", "127.0.0.1:0"}});
  Client client(feed.engine.port("feed.lis"));
  client.send(framed(message("F001")));
  REQUIRE(client.frame());
  CHECK(feed.engine.accepted().at(0).content_type == "application/hl7-v2");
}

TEST_CASE("a feed may ask for TLS, with or without client certificates") {
  const auto& certs = Certificates::all();
  Options options{{"listen", "127.0.0.1:0"},
                  {"certificate", certs.file("hospital_a.pem")},
                  {"private_key", certs.file("hospital_a.key")}};
  auto stranger = certs.settings("mallory", false);
  stranger.pins = {certs.sha256("hospital_a")};
  {
    Feed feed(options);
    Client client(feed.engine.port("feed.lis"), *common::TlsContext::load(stranger));
    client.send(framed(message("F001")));
    CHECK(client.frame());
  }
  options["trust"] = certs.file("ca.pem");
  Feed feed(options);
  Client client(feed.engine.port("feed.lis"), *common::TlsContext::load(stranger));
  client.send(framed(message("F001")));
  CHECK_FALSE(client.frame());
  CHECK(feed.engine.wait_logged("transport.peer_rejected"));
  auto known = certs.settings("outsider", false);  // of the trusted authority: a feed asks for no more
  known.pins = stranger.pins;
  Client welcome(feed.engine.port("feed.lis"), *common::TlsContext::load(known));
  welcome.send(framed(message("F002")));
  CHECK(welcome.frame());
}

TEST_CASE("an accepted file moves to done with its answer beside it") {
  Feed feed(folder());
  feed.drop("one.hl7", message("D001"));
  REQUIRE(feed.appears("done/one.hl7"));
  CHECK_FALSE(fs::exists(feed.dir.file("drop/one.hl7")));
  CHECK(feed.content("done/one.hl7") == message("D001"));
  CHECK(feed.content("done/one.hl7.ack").find("MSA|AA|D001") != std::string::npos);
  CHECK(feed.engine.accepted().at(0).source == "feed:lis");
}

TEST_CASE("a file that is still empty waits for its content") {
  Feed feed(folder());
  feed.drop("slow.hl7", "");
  feed.drop("other.hl7", message("D002"));
  REQUIRE(feed.appears("done/other.hl7"));
  feed.drop("third.hl7", message("D003"));
  REQUIRE(feed.appears("done/third.hl7"));  // it has been looked at by then, more than once
  CHECK(fs::exists(feed.dir.file("drop/slow.hl7")));
  std::ofstream(feed.dir.file("drop/slow.hl7"), std::ios::binary) << message("D001");
  REQUIRE(feed.appears("done/slow.hl7"));
  CHECK(feed.content("done/slow.hl7.ack").find("MSA|AA|D001") != std::string::npos);
}

TEST_CASE("a refused file moves to failed with its answer beside it") {
  Feed feed(folder());
  feed.engine.answer_with(
      [](const Inbound& in) { return Reply{.body = ack("AE", control_id_of(in.body)), .stored = true}; });
  feed.drop("bad.HL7", message("D001"));
  REQUIRE(feed.appears("failed/bad.HL7"));
  CHECK(feed.content("failed/bad.HL7.ack").find("MSA|AE|D001") != std::string::npos);
}

TEST_CASE("in enhanced mode the application's word decides where a file goes and lies beside it") {
  Feed feed(folder());
  feed.engine.answer_with([](const Inbound& in) {
    const auto id = control_id_of(in.body);
    return Reply{.body = ack("CA", id), .stored = true, .later = ack(id == "D001" ? "AE" : "AA", id)};
  });
  feed.drop("bad.hl7", message("D001"));
  feed.drop("good.hl7", message("D002"));
  REQUIRE(feed.appears("failed/bad.hl7"));
  CHECK(feed.content("failed/bad.hl7.ack").find("MSA|AE|D001") != std::string::npos);
  REQUIRE(feed.appears("done/good.hl7"));
  CHECK(feed.content("done/good.hl7.ack").find("MSA|AA|D002") != std::string::npos);
}

TEST_CASE("a file that the engine cannot store now stays, and is not read anew in every round") {
  Feed feed(folder());
  feed.engine.answer_with(
      [](const Inbound& in) { return Reply{.body = ack("AR", control_id_of(in.body)), .stored = false}; });
  feed.drop("wait.hl7", message("D001"));
  REQUIRE(feed.engine.wait_logged("feed.file_waits"));
  std::this_thread::sleep_for(std::chrono::milliseconds(200));
  CHECK(fs::exists(feed.dir.file("drop/wait.hl7")));
  CHECK(feed.engine.accepted().size() == 1);
}

TEST_CASE("a file that is still being written is left alone") {
  Feed feed(folder("2000"));
  const auto whole = message("D001");
  std::ofstream out(feed.dir.file("drop/slow.hl7"), std::ios::binary);
  for (std::size_t i = 0; i < whole.size(); i += whole.size() / 8 + 1) {  // 8 writes, 100 ms apart
    out << whole.substr(i, whole.size() / 8 + 1) << std::flush;
    std::this_thread::sleep_for(std::chrono::milliseconds(100));
    REQUIRE(feed.engine.accepted().empty());
  }
  out.close();
  REQUIRE(feed.appears("done/slow.hl7"));
  CHECK(feed.engine.accepted().at(0).body == whole);
}

TEST_CASE("files are taken in the order of their times, a name twice is kept twice") {
  Feed feed(folder("200"));
  feed.drop("b.hl7", message("D001"));
  std::this_thread::sleep_for(std::chrono::milliseconds(30));
  feed.drop("a.hl7", message("D002"));
  REQUIRE(feed.engine.wait_accepted(2));
  CHECK(control_id_of(feed.engine.accepted().at(0).body) == "D001");
  CHECK(control_id_of(feed.engine.accepted().at(1).body) == "D002");
  REQUIRE(feed.appears("done/a.hl7"));
  feed.drop("a.hl7", message("D003"));
  REQUIRE(feed.appears("done/a.2.hl7"));
  CHECK(feed.content("done/a.hl7") == message("D002"));
  CHECK(feed.content("done/a.2.hl7") == message("D003"));
}

TEST_CASE("other files, folders and links are not touched") {
  Feed feed(folder());
  feed.drop("notes.txt", "hello");
  feed.drop("half.hl7.tmp", message("D000"));
  fs::create_directory(feed.dir.file("drop/folder.hl7"));
  fs::create_symlink("/etc/passwd", feed.dir.file("drop/link.hl7"));
  feed.drop("one.hl7", message("D001"));
  REQUIRE(feed.appears("done/one.hl7"));
  CHECK(feed.engine.accepted().size() == 1);
  for (const auto* name : {"notes.txt", "half.hl7.tmp", "folder.hl7"})
    CHECK(fs::exists(feed.dir.path() / (std::string("drop/") + name)));
  CHECK(fs::is_symlink(feed.dir.file("drop/link.hl7")));
}

TEST_CASE("a file over the limit goes to failed unread, with words") {
  auto options = folder();
  options["max_frame_bytes"] = "2048";
  Feed feed(options);
  feed.drop("big.hl7", message("D001", 5'000));
  REQUIRE(feed.appears("failed/big.hl7"));
  CHECK(feed.content("failed/big.hl7.ack").find("2048") != std::string::npos);
  CHECK(feed.engine.accepted().empty());
}

TEST_CASE("a file that carries its MLLP frame is read without it") {
  Feed feed(folder());
  feed.drop("framed.hl7", framed(message("D001")));
  REQUIRE(feed.appears("done/framed.hl7"));
  CHECK(feed.engine.accepted().at(0).body == message("D001"));
}

TEST_CASE("no log event shows a file's name or content") {
  Feed feed(folder());
  feed.drop("王小明.hl7", message("D001"));
  REQUIRE(feed.appears("done/王小明.hl7"));
  CHECK(feed.engine.everything_logged().find("王小明") == std::string::npos);
}

TEST_CASE("a feed without a way in is refused") {
  RecordingEngine engine;
  const auto made =
      his_hl7v2_feed_entry().create({.engine = &engine, .config_dir = "", .options = {}, .peers = {{"lis", {}}}});
  REQUIRE_FALSE(made);
  CHECK(made.error().id == "feed.no_way_in");
  CHECK(made.error().where == "feed.lis");
}
