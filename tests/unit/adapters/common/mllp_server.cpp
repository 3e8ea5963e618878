// The server under whatever a socket can bring: plain connections, so that every byte is the test's own.
#include "adapters/common/mllp_server.hpp"

#include <signal.h>

#include <catch2/catch.hpp>
#include <thread>

#include "adapters/common/verdict.hpp"
#include "tests/support/transport/recording_engine.hpp"
#include "tests/support/transport/scripted_peer.hpp"

using namespace huren;
using namespace huren::test;

namespace {

struct Server {
  RecordingEngine engine;
  std::unique_ptr<common::MllpServer> server;
  explicit Server(common::MllpServerSettings settings = {}, std::size_t max_connections = 64, std::uint16_t port = 0) {
    common::ConnectionServerSettings connections;
    connections.name = "test";
    connections.listen = {"127.0.0.1", port};
    connections.max_connections = max_connections;
    common::MllpHandler handler{
        .identify = [](const common::PeerCertificate&) { return std::string("feed:test"); },
        .handle = [this](const std::vector<Inbound>& messages) { return engine.accept_many(messages); },
        .refuse = [this](std::string_view head, const Error& why) { return common::refusal(head, why, engine); }};
    server = std::make_unique<common::MllpServer>(std::move(connections), settings, std::move(handler), engine);
    auto started = server->start();
    if (!started) throw std::runtime_error(line(started.error()));
  }
  std::uint16_t port() const { return server->port(); }
};

std::string framed(const std::string& body) { return "\x0B" + body + "\x1C\x0D"; }
bool answers(Client& client, const std::string& id, const char* code = "AA") {
  const auto reply = client.frame();
  return reply && reply->find(std::string("MSA|") + code + "|" + id) != std::string::npos;
}

}  // namespace

TEST_CASE("a frame split at every byte is one message") {
  Server s;
  Client client(s.port());
  const auto bytes = framed(message("S001"));
  for (std::size_t cut = 1; cut < bytes.size(); ++cut) {
    client.send(bytes.substr(0, cut));
    client.send(bytes.substr(cut));
    REQUIRE(answers(client, "S001"));
  }
  CHECK(s.engine.accepted().size() == bytes.size() - 1);
}

TEST_CASE("a port that another listener has is a fault, not shared with it") {
  Server first;
  const auto words = [&] {
    try {
      Server second({}, 64, first.port());
    } catch (const std::runtime_error& e) {
      return std::string(e.what());
    }
    return std::string();
  }();
  CHECK(words.find("transport.cannot_listen") != std::string::npos);
  CHECK(words.find("127.0.0.1:" + std::to_string(first.port())) != std::string::npos);
}

TEST_CASE("three frames in one packet are three answers in their order") {
  Server s;
  Client client(s.port());
  client.send(framed(message("S001")) + framed(message("S002")) + framed(message("S003")));
  CHECK(answers(client, "S001"));
  CHECK(answers(client, "S002"));
  CHECK(answers(client, "S003"));
}

TEST_CASE("frames of a sender that does not wait are handed on together, as far as they have come") {
  Server s;
  Client client(s.port());
  std::string bytes;
  constexpr int kFrames = 100;
  for (int i = 0; i < kFrames; ++i) bytes += framed(message("S" + std::to_string(i), 1'000));
  client.send(bytes);
  for (int i = 0; i < kFrames; ++i) REQUIRE(answers(client, "S" + std::to_string(i)));
  const auto together = s.engine.together();
  CHECK(*std::max_element(together.begin(), together.end()) > 1);
  CHECK(*std::max_element(together.begin(), together.end()) <= 32);
}

TEST_CASE("a frame that does not come to its end keeps those before it not waiting") {
  Server s;
  Client client(s.port());
  const auto third = framed(message("S003"));
  client.send(framed(message("S001")) + framed(message("S002")) + third.substr(0, third.size() / 2));
  CHECK(answers(client, "S001"));
  CHECK(answers(client, "S002"));
  client.send(third.substr(third.size() / 2));
  CHECK(answers(client, "S003"));
}

TEST_CASE("a frame that is refused is answered in its place among the others") {
  common::MllpServerSettings settings;
  settings.max_frame_bytes = 64 * 1024;
  Server s(settings);
  Client client(s.port());
  client.send(framed(message("S001")) + framed(message("S002")) + "\x0B" + message("BIG1", 100'000));
  CHECK(answers(client, "S001"));
  CHECK(answers(client, "S002"));
  CHECK(answers(client, "BIG1", "AE"));
  CHECK(client.closed());
  CHECK(s.engine.accepted().size() == 2);
}

TEST_CASE("bytes before, between and after frames are remarked and skipped") {
  Server s;
  Client client(s.port());
  client.send("hello\r\n" + framed(message("S001")) + "\r\n\r\n" + framed(message("S002")) + "bye");
  CHECK(answers(client, "S001"));
  CHECK(answers(client, "S002"));
  CHECK(s.engine.wait_logged("mllp.remark"));
}

TEST_CASE("an oversize frame is answered from its head and its rest is not read") {
  common::MllpServerSettings settings;
  settings.max_frame_bytes = 64 * 1024;
  Server s(settings);
  Client client(s.port());
  client.send("\x0B" + message("BIG1", 200'000).substr(0, 100'000));  // no end in sight
  CHECK(answers(client, "BIG1", "AE"));
  CHECK(client.closed());
  CHECK(s.engine.accepted().empty());
  CHECK(s.engine.logged("mllp.frame_refused").at(0).fields.at("reason") == "mllp.oversize");
}

TEST_CASE("a peer that leaves in mid-frame is logged, and nothing is accepted") {
  Server s;
  {
    Client client(s.port());
    client.send("\x0B" + message("S001").substr(0, 40));
    client.close();
  }
  REQUIRE(s.engine.wait_logged("mllp.frame_cut"));
  CHECK(s.engine.logged("mllp.frame_cut").at(0).fields.at("reason") == "closed");
  CHECK(s.engine.accepted().empty());
}

TEST_CASE("an idle time-out between frames is no fault") {
  common::MllpServerSettings settings;
  settings.idle_timeout_ms = 100;
  Server s(settings);
  Client client(s.port());
  client.send(framed(message("S001")));
  CHECK(answers(client, "S001"));
  CHECK(client.closed());
  CHECK(s.engine.logged("mllp.frame_cut").empty());
}

TEST_CASE("a stall inside a frame is a fault, however slowly it drips") {
  common::MllpServerSettings settings;
  settings.frame_timeout_ms = 200;
  Server s(settings);
  Client client(s.port());
  const auto bytes = framed(message("S001"));
  for (std::size_t i = 0; i + 1 < bytes.size() && client.last() == common::IoStatus::ok; ++i) {
    client.send(bytes.substr(i, 1));
    std::this_thread::sleep_for(std::chrono::milliseconds(5));
  }
  CHECK(client.closed());
  REQUIRE(s.engine.wait_logged("mllp.frame_cut"));
  CHECK(s.engine.logged("mllp.frame_cut").at(0).fields.at("reason") == "timed_out");
  CHECK(s.engine.accepted().empty());
}

TEST_CASE("an acknowledgement that asks for no commit is never acknowledged, whatever the engine says") {
  Server s;
  Client client(s.port());
  client.send(framed(ack("AA", "WHATEVER")) + framed(ack("AE", "WHATEVER", "ERR||PID^1^5|101|E||||王小明")) +
              framed(message("S001")));
  CHECK(answers(client, "S001"));  // the first answer on the wire is the message's
  CHECK(s.engine.accepted().size() == 3);  // which settles what they speak of
  CHECK(s.engine.everything_logged().find("王小明") == std::string::npos);
}

TEST_CASE("a commit and the application acknowledgement behind it go out as two frames, in this order") {
  Server s;
  s.engine.answer_with([](const Inbound& in) {
    const auto id = control_id_of(in.body);
    return Reply{.body = ack("CA", id), .stored = true, .later = ack("AE", id)};
  });
  Client client(s.port());
  client.send(framed(message("S001")) + framed(message("S002")));
  for (const auto* expected : {"MSA|CA|S001", "MSA|AE|S001", "MSA|CA|S002", "MSA|AE|S002"}) {
    const auto frame = client.frame();
    REQUIRE(frame);
    CHECK(frame->find(expected) != std::string::npos);
  }
}

TEST_CASE("fifty connections at once, each with ten messages") {
  Server s;
  std::vector<std::thread> threads;
  std::atomic<int> good{0};
  for (int t = 0; t < 50; ++t)
    threads.emplace_back([&, t] {
      Client client(s.port());
      for (int i = 0; i < 10; ++i) {
        const auto id = std::to_string(t) + "-" + std::to_string(i);
        client.send(framed(message(id)));
        if (answers(client, id)) ++good;
      }
    });
  for (auto& t : threads) t.join();
  CHECK(good == 500);
  CHECK(s.engine.accepted().size() == 500);
}

TEST_CASE("one connection too many is closed at once and the others go on") {
  Server s({}, 2);
  Client one(s.port()), two(s.port());
  one.send(framed(message("S001")));
  two.send(framed(message("S002")));
  REQUIRE(answers(one, "S001"));
  REQUIRE(answers(two, "S002"));
  Client three(s.port());
  CHECK(three.closed());
  CHECK(s.engine.logged("transport.busy").size() == 1);
  one.send(framed(message("S003")));
  CHECK(answers(one, "S003"));
  two.close();
  // The place is free again once the server has noticed; until then a new caller is sent away.
  bool served = false;
  for (int tries = 0; tries < 200 && !served; ++tries) {
    Client again(s.port());
    again.send(framed(message("S004")));
    served = answers(again, "S004");
    if (!served) std::this_thread::sleep_for(std::chrono::milliseconds(10));
  }
  CHECK(served);
}

TEST_CASE("stop lets the frame in work finish, then ends idle connections") {
  Server s;
  std::mutex gate;
  gate.lock();
  s.engine.answer_with([&](const Inbound& in) {
    const std::lock_guard wait(gate);
    return accepting(in);
  });
  Client idle(s.port()), busy(s.port());
  idle.send(framed(message("S000")).substr(0, 0));
  busy.send(framed(message("S001")));
  std::thread stopper([&] {
    std::this_thread::sleep_for(std::chrono::milliseconds(50));
    s.server->stop();
  });
  std::this_thread::sleep_for(std::chrono::milliseconds(100));
  gate.unlock();
  stopper.join();
  CHECK(idle.closed());
  if (s.engine.accepted().size() == 1) CHECK(answers(busy, "S001"));  // else it was stopped before it was read
}

TEST_CASE("a started server can be stopped and started again") {
  Server s;
  for (int i = 0; i < 3; ++i) {
    s.server->stop();
    REQUIRE(s.server->start());
    Client client(s.port());
    client.send(framed(message("S001")));
    CHECK(answers(client, "S001"));
  }
}

TEST_CASE("an address that is taken is named") {
  Server s;
  RecordingEngine engine;
  common::ConnectionServerSettings elsewhere;
  elsewhere.name = "second";
  elsewhere.listen = {"192.0.2.1", 2575};  // TEST-NET-1: not of this machine
  common::MllpServer second(elsewhere, {}, {}, engine);
  const auto started = second.start();
  REQUIRE_FALSE(started);
  CHECK(started.error().id == "transport.cannot_listen");
}

TEST_CASE("a peer that leaves before its reply does not kill the process by SIGPIPE") {
  // Catch does not touch SIGPIPE: the disposition is the default, which ends the process.
  struct sigaction now {};
  REQUIRE(sigaction(SIGPIPE, nullptr, &now) == 0);
  REQUIRE(now.sa_handler == SIG_DFL);
  Server s;
  const std::string long_reply = ack("AA", "S001") + std::string(4'000'000, 'x');
  s.engine.answer_with([&](const Inbound&) { return Reply{.body = long_reply, .stored = true}; });
  for (int i = 0; i < 20; ++i) {
    Client client(s.port());
    client.send(framed(message("S001")));
    client.close();
  }
  REQUIRE(s.engine.wait_accepted(20));
  REQUIRE(s.engine.wait_logged("mllp.reply_unsent"));
}

TEST_CASE("release 2 sends commit or nak before the answer") {
  common::MllpServerSettings settings;
  settings.commit_bytes = true;
  Server s(settings);
  Client client(s.port());
  client.send(framed(message("S001")));
  CHECK(client.frame() == std::string("\x06"));
  CHECK(answers(client, "S001"));
  s.engine.answer_with(
      [](const Inbound& in) { return Reply{.body = ack("CR", control_id_of(in.body)), .stored = false}; });
  client.send(framed(message("S002")));
  CHECK(client.frame() == std::string("\x15"));
  CHECK(answers(client, "S002", "CR"));
}
