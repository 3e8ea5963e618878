// huren-agent as a process of its own, seen through huren.h: away, back, twice, asked by strangers, told to stop.
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>

#include <catch2/catch.hpp>
#include <atomic>
#include <chrono>
#include <random>
#include <thread>

#include "tests/abi/sandbox.hpp"

using namespace abi;
using nlohmann::json;

namespace {

void by_an_agent(const Sandbox& box, const std::string& more = "") { box.config(more, "fake-engine.so", true); }

template <class Probe>
bool soon(Probe probe) {
  for (int i = 0; i < 600; ++i) {
    if (probe()) return true;
    std::this_thread::sleep_for(std::chrono::milliseconds(20));
  }
  return false;
}

int connect_to(const std::string& path) {
  const int s = ::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_un to{};
  to.sun_family = AF_UNIX;
  path.copy(to.sun_path, sizeof to.sun_path - 1);
  timeval limit{20, 0};
  ::setsockopt(s, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit);
  return ::connect(s, reinterpret_cast<const sockaddr*>(&to), sizeof to) == 0 ? s : -1;
}

// What comes back until the other end closes.
std::string say(const std::string& path, const std::string& bytes, bool finish = true) {
  const int s = connect_to(path);
  if (s < 0) return "no connection";
  ::send(s, bytes.data(), bytes.size(), MSG_NOSIGNAL);
  if (finish) ::shutdown(s, SHUT_WR);
  std::string out(4096, '\0');
  std::size_t size = 0;
  for (;;) {
    const auto n = ::recv(s, out.data() + size, out.size() - size, 0);
    if (n <= 0) break;
    size += static_cast<std::size_t>(n);
  }
  ::close(s);
  return out.substr(0, size);
}

int run(const std::string& arguments) { return WEXITSTATUS(std::system((std::string(HUREN_BINARY_DIR) + "/bin/huren-agent " + arguments + " 2>/dev/null").c_str())); }

}  // namespace

TEST_CASE("agent: while it is away submits are on disk, queries have no answer, polls find nothing - its return drains the spool") {
  const Sandbox box;
  by_an_agent(box);
  huren_handle h = 0;
  REQUIRE(huren_open(HUREN_ABI, box.dir().c_str(), nullptr, &h) == HUREN_OK);  // it need not run
  for (const auto* key : {"a", "b"}) CHECK(submit(h, kType, key, "{}") == HUREN_OK);
  CHECK(query(h, R"({"do":"echo"})", 60000).status == HUREN_NO_ANSWER);  // at once, not after a minute
  CHECK(poll(h, 30).status == HUREN_EMPTY);
  CHECK(huren_acknowledge(h, "n1") == HUREN_E_BUSY);
  CHECK(last_error().find("[local.agent_down]") != std::string::npos);
  CHECK(bilingual(last_error()) == "words");
  CHECK(health(h)["engine"].is_null());
  CHECK(health(h)["spool"]["depth"] == 2);
  {
    const Agent agent(box.dir());
    CHECK(query(h, R"({"do":"spool"})", 20000).text == R"(["a","b"])");
    CHECK(submit(h, kType, "c", "{}") == HUREN_OK);
    CHECK(soon([&] { return health(h)["engine"]["bells"] >= 1; }));  // the module rings by itself once it has found the agent
  }
  CHECK(submit(h, kType, "d", "{}") == HUREN_OK);
  CHECK(query(h, R"({"do":"echo"})", 60000).status == HUREN_NO_ANSWER);
  const Agent again(box.dir());
  CHECK(query(h, R"({"do":"spool"})", 20000).text == R"(["a","b","c","d"])");
  CHECK(huren_close(h, 5000) == HUREN_OK);
}

TEST_CASE("agent: killed in the middle of a question, the question has no answer by its deadline and the next agent is found") {
  const Sandbox box;
  by_an_agent(box);
  auto agent = std::make_unique<Agent>(box.dir());
  huren_handle h = 0;
  REQUIRE(huren_open(HUREN_ABI, box.dir().c_str(), nullptr, &h) == HUREN_OK);
  REQUIRE(query(h, R"({"do":"echo"})").status == HUREN_OK);
  Answer hung;
  std::thread asking([&] { hung = query(h, R"({"do":"hang"})", 600000); });
  while (health(h)["engine"]["hanging"] != 1) std::this_thread::yield();
  CHECK(agent->end(SIGKILL) == -SIGKILL);
  asking.join();
  CHECK(hung.status == HUREN_NO_ANSWER);
  agent = std::make_unique<Agent>(box.dir());  // over the socket file that the dead one left
  CHECK(query(h, R"({"do":"echo"})", 20000).status == HUREN_OK);
  CHECK(huren_close(h, 5000) == HUREN_OK);
}

TEST_CASE("agent: a bell that rang while the module was away from it rings when they meet again") {
  const Sandbox box;
  by_an_agent(box);
  static std::atomic<int> rung{0};
  huren_host host{};
  host.struct_size = sizeof host;
  host.wake = [](void*, huren_handle) { ++rung; };
  huren_handle h = 0;
  auto agent = std::make_unique<Agent>(box.dir());
  REQUIRE(huren_open(HUREN_ABI, box.dir().c_str(), &host, &h) == HUREN_OK);
  REQUIRE(query(h, R"({"do":"notice"})", 20000).status == HUREN_OK);
  CHECK(soon([] { return rung == 1; }));
  agent->end(SIGKILL);
  agent = std::make_unique<Agent>(box.dir());
  CHECK(soon([] { return rung == 2; }));  // there may be something: look
  CHECK(huren_close(h, 5000) == HUREN_OK);
}

TEST_CASE("agent: a second one stands by and takes over when the first is killed") {
  const Sandbox box;
  by_an_agent(box);
  auto first = std::make_unique<Agent>(box.dir());
  const auto log = box.dir() + "/agent.log";
  Agent second(box.dir());
  REQUIRE(soon([&] { return Agent::said(log, "agent.stands_by") == 1; }));
  huren_handle h = 0;
  REQUIRE(huren_open(HUREN_ABI, box.dir().c_str(), nullptr, &h) == HUREN_OK);
  CHECK(query(h, R"({"do":"echo"})", 20000).status == HUREN_OK);
  first->end(SIGKILL);
  REQUIRE(soon([&] { return Agent::said(log, "agent.took_over") == 1; }));
  CHECK(query(h, R"({"do":"echo"})", 20000).status == HUREN_OK);
  CHECK(huren_close(h, 5000) == HUREN_OK);
  CHECK(second.end(SIGTERM) == 0);
}

TEST_CASE("agent: hostile bytes cost their own connection only") {
  const Sandbox box;
  by_an_agent(box, "[spool]\nmax_body_bytes = 4096\n");
  const Agent agent(box.dir());
  const auto path = box.dir() + "/data/agent.sock";
  const auto frame = [](std::string payload) {
    std::string head;
    for (int i = 3; i >= 0; --i) head += static_cast<char>(payload.size() >> (8 * i) & 0xFF);
    return head + payload;
  };
  const std::string health_request("\x01\x05\0\0\0\0\0", 7);
  REQUIRE(say(path, frame(health_request)).size() > 10);  // a right one is answered
  CHECK(say(path, frame("\x02" + health_request.substr(1)), false).empty());              // another version
  CHECK(say(path, frame(std::string("\x01\x63\0\0\0\0\0", 7)), false).empty());           // no such question
  CHECK(say(path, frame(health_request + "body"), false).empty());                        // a body where none belongs
  CHECK(say(path, frame(std::string("\x01\x01\0\0\0\0\xFF", 7) + "short"), false).empty());  // a name longer than the frame
  CHECK(say(path, std::string("\xFF\xFF\xFF\xFF", 4), false).empty());                    // 4 GiB announced
  CHECK(say(path, std::string(4, '\0'), false).empty());                                  // nothing announced
  CHECK(say(path, frame(std::string(4096 + 513, 'x')), false).empty());                   // over the configured body
  CHECK(say(path, frame(health_request).substr(0, 6)).empty());                           // cut
  std::mt19937 random(7);
  for (int i = 0; i < 200; ++i) {
    std::string bytes(random() % 600, '\0');
    for (auto& c : bytes) c = static_cast<char>(random());
    if (bytes.size() > 3) bytes[0] = bytes[1] = '\0', bytes[2] = static_cast<char>(random() % 3);
    const int s = connect_to(path);
    REQUIRE(s >= 0);
    ::send(s, bytes.data(), bytes.size(), MSG_NOSIGNAL);
    ::close(s);
  }
  huren_handle h = 0;
  REQUIRE(huren_open(HUREN_ABI, box.dir().c_str(), nullptr, &h) == HUREN_OK);
  CHECK(query(h, R"({"do":"echo"})", 20000).status == HUREN_OK);
  CHECK(huren_close(h, 5000) == HUREN_OK);
  CHECK(Agent::said(box.dir() + "/agent.log", "agent.bad_frame") >= 7);
}

TEST_CASE("agent: only its own account and the configured ones are served") {
  const Sandbox box;
  const bool root = ::geteuid() == 0;
  if (!root) WARN("not root: another account's connection is not tried here (the rule itself is in tests/unit/agent)");
  // Another account asks: the answer's bytes, or nothing.
  const auto asked_by = [&](unsigned user, const std::string& path) {
    int out[2];
    REQUIRE(::pipe(out) == 0);
    const auto child = ::fork();
    if (child == 0) {
      if (::setgid(user) != 0 || ::setuid(user) != 0) ::_exit(1);
      const auto said = say(path, std::string("\0\0\0\x07\x01\x05\0\0\0\0\0", 11));
      ::_exit(::write(out[1], said.data(), said.size()) == static_cast<ssize_t>(said.size()) ? 0 : 1);
    }
    ::close(out[1]);
    std::string answer(4096, '\0');
    const auto n = ::read(out[0], answer.data(), answer.size());
    ::close(out[0]);
    ::waitpid(child, nullptr, 0);
    return answer.substr(0, n > 0 ? static_cast<std::size_t>(n) : 0);
  };
  const auto served = [&](const std::string& more) {
    by_an_agent(box, more);
    Agent agent(box.dir());
    for (const auto* folder : {"", "/data"}) ::chmod((box.dir() + folder).c_str(), 0755);
    const auto said = asked_by(60123, box.dir() + "/data/agent.sock");
    return said.find("bells") != std::string::npos;
  };
  if (root) {
    CHECK_FALSE(served(""));
    CHECK_FALSE(served("[agent]\nusers = [\"60124\"]\n"));
    CHECK(served("[agent]\nusers = [\"60123\"]\n"));
    CHECK(served("[agent]\ngroup = \"60123\"\n"));
    CHECK_FALSE(served("[agent]\ngroup = \"60124\"\n"));
  }
  by_an_agent(box, "[agent]\nusers = [\"nobody-of-this-name\"]\n");
  CHECK(run("--config " + box.dir()) == 2);
}

TEST_CASE("agent: the service manager is told when it serves and when it stops") {
  const Sandbox box;
  by_an_agent(box);
  const auto path = box.dir() + "/notify";
  const int manager = ::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
  sockaddr_un at{};
  at.sun_family = AF_UNIX;
  path.copy(at.sun_path, sizeof at.sun_path - 1);
  REQUIRE(::bind(manager, reinterpret_cast<const sockaddr*>(&at), sizeof at) == 0);
  timeval limit{20, 0};
  ::setsockopt(manager, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit);
  ::setenv("NOTIFY_SOCKET", path.c_str(), 1);
  ::setenv("WATCHDOG_USEC", "300000", 1);
  const auto told = [&](const std::string& what) {
    for (int i = 0; i < 1000; ++i) {
      char text[256];
      const auto n = ::recv(manager, text, sizeof text, 0);
      if (n <= 0) return false;
      if (std::string(text, static_cast<std::size_t>(n)).find(what) != std::string::npos) return true;
    }
    return false;
  };
  Agent agent(box.dir());
  CHECK(told("READY=1"));
  CHECK(told("WATCHDOG=1"));
  ::kill(agent.process(), SIGHUP);
  CHECK(told("RELOADING=1"));
  CHECK(told("READY=1"));
  CHECK(agent.end(SIGTERM) == 0);
  CHECK(told("STOPPING=1"));
  ::unsetenv("NOTIFY_SOCKET");
  ::unsetenv("WATCHDOG_USEC");
  ::close(manager);
}

TEST_CASE("agent: a socket folder in which anybody may write is refused") {
  const Sandbox box;
  const auto folder = box.dir() + "/open";
  REQUIRE(::mkdir(folder.c_str(), 0700) == 0);
  REQUIRE(::chmod(folder.c_str(), 0777) == 0);
  by_an_agent(box, "[agent]\nsocket = \"open/agent.sock\"\n");
  CHECK(run("--config " + box.dir()) == 2);
}

TEST_CASE("agent: SIGTERM ends it with 0 - a faulty configuration with 2 and is not taken over by SIGHUP either") {
  const Sandbox box;
  by_an_agent(box);
  CHECK(run("--check --config " + box.dir()) == 0);
  const auto log = box.dir() + "/agent.log";
  Agent agent(box.dir());
  huren_handle h = 0;
  REQUIRE(huren_open(HUREN_ABI, box.dir().c_str(), nullptr, &h) == HUREN_OK);

  box.config("unknown = 1\n", "fake-engine.so", true);
  CHECK(run("--check --config " + box.dir()) == 2);
  CHECK(run("--config " + box.dir()) == 2);
  ::kill(agent.process(), SIGHUP);
  CHECK(soon([&] { return Agent::said(log, "agent.reload_refused") == 1; }));
  CHECK(query(h, R"({"do":"echo"})", 20000).status == HUREN_OK);

  by_an_agent(box);
  REQUIRE(query(h, R"({"do":"notice"})", 20000).status == HUREN_OK);
  ::kill(agent.process(), SIGHUP);  // a fake engine that starts anew has forgotten its notice
  CHECK(soon([&] { return health(h)["engine"].is_object() && health(h)["engine"]["notices"] == 0; }));
  CHECK(huren_close(h, 5000) == HUREN_OK);
  CHECK(agent.end(SIGTERM) == 0);
  CHECK_FALSE(std::filesystem::exists(box.dir() + "/data/agent.sock"));
  box.config("");
  CHECK(run("--config " + box.dir()) == 2);  // embedded: the HIS's process runs the engine
}

TEST_CASE("agent: SIGHUP stops nothing for a configuration that the engine finds unfit, and --check says so") {
  const Sandbox box;
  by_an_agent(box);
  const auto log = box.dir() + "/agent.log";
  Agent agent(box.dir());
  huren_handle h = 0;
  REQUIRE(huren_open(HUREN_ABI, box.dir().c_str(), nullptr, &h) == HUREN_OK);
  REQUIRE(query(h, R"({"do":"notice"})", 20000).status == HUREN_OK);
  box.engine("unfit");
  CHECK(run("--check --config " + box.dir()) != 0);
  ::kill(agent.process(), SIGHUP);
  REQUIRE(soon([&] { return Agent::said(log, "agent.reload_refused") == 1; }));
  CHECK(health(h)["engine"]["notices"] == 1);  // the same engine: nothing was opened anew
  CHECK(Agent::said(log, "agent.started") == 1);
  box.engine("");
  CHECK(run("--check --config " + box.dir()) == 0);
  CHECK(huren_close(h, 5000) == HUREN_OK);
}

TEST_CASE("agent: a configuration that looks right and does not open leaves the former one serving") {
  const Sandbox box;
  by_an_agent(box, "# former\n");
  const auto log = box.dir() + "/agent.log";
  Agent agent(box.dir());
  huren_handle h = 0;
  REQUIRE(huren_open(HUREN_ABI, box.dir().c_str(), nullptr, &h) == HUREN_OK);
  box.engine("former");  // opens with the former text only
  by_an_agent(box);
  ::kill(agent.process(), SIGHUP);
  REQUIRE(soon([&] { return Agent::said(log, "agent.former_goes_on") == 1; }));
  CHECK(query(h, R"({"do":"echo"})", 20000).status == HUREN_OK);
  // The socket cannot lie there: that shows only when the engine runs already.
  REQUIRE(::mkdir((box.dir() + "/open").c_str(), 0700) == 0);
  REQUIRE(::chmod((box.dir() + "/open").c_str(), 0777) == 0);
  box.engine("");
  by_an_agent(box, "[agent]\nsocket = \"open/agent.sock\"\n");
  ::kill(agent.process(), SIGHUP);
  REQUIRE(soon([&] { return Agent::said(log, "agent.former_goes_on") == 2; }));
  CHECK(query(h, R"({"do":"echo"})", 20000).status == HUREN_OK);
  by_an_agent(box);  // mended
  ::kill(agent.process(), SIGHUP);
  REQUIRE(soon([&] { return Agent::said(log, "agent.started") == 4; }));
  CHECK(query(h, R"({"do":"echo"})", 20000).status == HUREN_OK);
  CHECK(huren_close(h, 5000) == HUREN_OK);
  CHECK(agent.end(SIGTERM) == 0);
}

TEST_CASE("agent: processes of other accounts share a spool through a folder that their group may write") {
  if (::geteuid() != 0) {
    WARN("not root: a second account is not tried here");
    return;
  }
  const Sandbox box;
  const auto spool = box.dir() + "/spool";
  REQUIRE(::mkdir(spool.c_str(), 0700) == 0);
  REQUIRE(::chown(spool.c_str(), 0, 60200) == 0);
  REQUIRE(::chmod(spool.c_str(), 02770) == 0);
  REQUIRE(::chmod(box.dir().c_str(), 0755) == 0);
  by_an_agent(box, "[spool]\ndirectory = \"spool\"\n[agent]\ngroup = \"60200\"\n");
  const Agent agent(box.dir());
  const auto child = ::fork();
  if (child == 0) {  // the HIS, under its own account
    if (::setgid(60200) != 0 || ::setuid(60201) != 0) ::_exit(10);
    huren_handle h = 0;
    if (huren_open(HUREN_ABI, box.dir().c_str(), nullptr, &h) != HUREN_OK) {
      std::fprintf(stderr, "%s\n", last_error().c_str());
      ::_exit(11);
    }
    if (submit(h, kType, "from another account", "{}") != HUREN_OK) ::_exit(12);
    if (query(h, R"({"do":"spool"})", 20000).text != R"(["from another account"])") ::_exit(13);
    ::_exit(huren_close(h, 5000) == HUREN_OK ? 0 : 14);
  }
  int status = 0;
  ::waitpid(child, &status, 0);
  CHECK(WEXITSTATUS(status) == 0);
}
