// Queries by their deadline, notices until acknowledged, callbacks, closing while busy. [modes]: run embedded and by agent.
#include <catch2/catch.hpp>
#include <atomic>
#include <chrono>
#include <csignal>
#include <condition_variable>
#include <mutex>
#include <thread>

#include "tests/abi/sandbox.hpp"

using namespace abi;
using nlohmann::json;

TEST_CASE("abi: a query that the engine answers comes back - its statuses pass through", "[modes]") {
  const Sandbox box;
  const auto h = open(box);
  CHECK(query(h, R"({"do":"echo"})").text == R"({"do":"echo"})");
  CHECK(query(h, R"({"do":"deny"})").status == HUREN_E_DENIED);
  CHECK(query(h, R"({"do":"fault"})").status == HUREN_E_INTERNAL);
  CHECK(bilingual(last_error()) == "words");
  CHECK(query(h, R"({"do":"wordless"})").status == HUREN_E_INTERNAL);
  CHECK(bilingual(last_error()) == "words");
  CHECK(health(h)["faults"] >= 2);
  CHECK(huren_close(h, 1000) == HUREN_OK);
}

TEST_CASE("abi: an engine that hangs does not hold the caller: HUREN_NO_ANSWER, also with every worker stuck", "[modes]") {
  const Sandbox box;
  const auto h = open(box);
  int asked = 2;
  for (; health(h)["engine"]["hanging"] < 8; ++asked) CHECK(query(h, R"({"do":"hang"})", 5).status == HUREN_NO_ANSWER);
  CHECK(query(h, R"({"do":"echo"})", 5).status == HUREN_NO_ANSWER);  // eight workers hang, here or in the agent
  CHECK(query(h, R"({"do":"echo"})", 0).status == HUREN_NO_ANSWER);
  CHECK(submit(h, kType, "k", "{}") == HUREN_OK);  // nothing else is held up
  CHECK(health(h)["calls"]["unanswered"] == asked);
  CHECK(huren_close(h, 5000) == HUREN_OK);
}

TEST_CASE("abi: submitted events reach the engine through the spool, in order, and ring its bell", "[modes]") {
  const Sandbox box;
  const auto h = open(box);
  for (const auto* key : {"a", "b", "c"}) CHECK(submit(h, kType, key, "{}") == HUREN_OK);
  CHECK(submit(h, kType, "a", "{}") == HUREN_DUPLICATE);
  CHECK(query(h, R"({"do":"spool"})").text == R"(["a","b","c"])");
  // An agent hears them a moment later, and those from before it knew of this process as one.
  for (int n = 0; n < 1000 && health(h)["engine"]["bells"] < 3; ++n) {
    std::this_thread::sleep_for(std::chrono::milliseconds(10));
    CHECK(submit(h, kType, ("later" + std::to_string(n)).c_str(), "{}") == HUREN_OK);
  }
  CHECK(health(h)["engine"]["bells"] >= 3);
  CHECK(huren_close(h, 1000) == HUREN_OK);
}

TEST_CASE("abi: a notice comes until acknowledged - a short buffer consumes nothing", "[modes]") {
  const Sandbox box;
  const auto h = open(box);
  CHECK(poll(h, 0).status == HUREN_EMPTY);
  CHECK(last_error().empty());
  REQUIRE(query(h, R"({"do":"notice","text":"甲"})").status == HUREN_OK);
  std::uint32_t size = 0;
  char small[4];
  CHECK(huren_poll(h, 0, nullptr, 0, &size) == HUREN_E_BUFFER);
  const auto needed = size;
  CHECK(needed > 4);
  CHECK(huren_poll(h, 0, small, 4, &size) == HUREN_E_BUFFER);
  CHECK(size == needed);
  const auto notice = poll(h, 0);
  REQUIRE(notice.status == HUREN_OK);
  CHECK(notice.text.size() == needed);
  const auto read = json::parse(notice.text);
  CHECK(read["body"] == "甲");
  CHECK(huren_acknowledge(h, read["notice_id"].get<std::string>().c_str()) == HUREN_OK);
  CHECK(huren_acknowledge(h, read["notice_id"].get<std::string>().c_str()) == HUREN_E_ARGUMENT);
  CHECK(poll(h, 0).status == HUREN_EMPTY);
  CHECK(huren_close(h, 1000) == HUREN_OK);
}

TEST_CASE("I6: poll, acknowledge and health come back while another process holds the store up, and lose nothing", "[modes]") {
  const Sandbox box;
  box.config("[spool]\nsubmit_timeout_ms = 100\n");
  const auto h = open(box);
  REQUIRE(query(h, R"({"do":"notice","text":"甲"})").status == HUREN_OK);
  CHECK(health(h)["engine"]["notices"] == 1);
  REQUIRE(query(h, R"({"do":"hold_store"})").status == HUREN_OK);
  // Each of these waited for ever when it ran on the host's own thread.
  CHECK(poll(h, 0).status == HUREN_EMPTY);
  CHECK(huren_acknowledge(h, "n9") == HUREN_E_BUSY);
  CHECK(bilingual(last_error()) == "words");
  CHECK(health(h)["engine"]["notices"] == 1);  // as it was last
  CHECK(submit(h, kType, "k", "{}") == HUREN_OK);
  REQUIRE(query(h, R"({"do":"release_store"})").status == HUREN_OK);
  Answer again;  // the look that came too late gave its notice back
  for (int i = 0; i < 200 && again.status != HUREN_OK; ++i) again = poll(h, 100);
  CHECK(json::parse(again.text)["notice_id"] == "n1");
  CHECK(huren_acknowledge(h, "n1") == HUREN_OK);
  CHECK(huren_close(h, 5000) == HUREN_OK);
}

namespace {

struct HostSide {
  std::mutex mutex;
  std::condition_variable changed;
  int rung = 0, lines = 0;
  huren_handle from = 0;
  huren_status inside = 1;
  std::string inside_words;
  huren_handle call_back_on = 0;
  bool hold = false;

  huren_host host() {
    huren_host h{};
    h.struct_size = sizeof h;
    h.user = this;
    h.vendor = "Acme HIS";
    h.log = [](void* user, std::int32_t, const char*) { static_cast<HostSide*>(user)->on_log(); };
    h.wake = [](void* user, huren_handle handle) { static_cast<HostSide*>(user)->on_wake(handle); };
    return h;
  }
  void on_log() {
    const std::lock_guard guard(mutex);
    ++lines;
    if (call_back_on) inside = submit(call_back_on, kType, "from inside", "{}"), inside_words = last_error();
    changed.notify_all();
  }
  void on_wake(huren_handle handle) {
    std::unique_lock lock(mutex);
    ++rung;
    from = handle;
    if (call_back_on) {
      inside = huren_close(call_back_on, 0);
      inside_words = last_error();
    }
    changed.notify_all();
    changed.wait(lock, [&] { return !hold; });
  }
  bool wait_line() {  // an agent's comes on its own way
    std::unique_lock lock(mutex);
    return changed.wait_for(lock, std::chrono::seconds(20), [&] { return lines == 1; });
  }
  bool wait_rung(int n) {
    std::unique_lock lock(mutex);
    return changed.wait_for(lock, std::chrono::seconds(20), [&] { return rung >= n; });
  }
};

}  // namespace

TEST_CASE("abi: the bell rings with the handle - a bell of before open returned rings afterwards", "[modes]") {
  const Sandbox box;
  HostSide side;
  const auto host = side.host();
  box.engine("wake");
  const auto h = open(box, &host);
  REQUIRE(h > 0);
  CHECK(side.wait_rung(1));
  CHECK(side.from == h);
  REQUIRE(query(h, R"({"do":"notice"})").status == HUREN_OK);
  CHECK(side.wait_rung(2));
  CHECK(huren_close(h, 2000) == HUREN_OK);
}

TEST_CASE("abi: calling huren from inside a callback is refused, whichever function it is", "[modes]") {
  const Sandbox box;
  HostSide side;
  const auto host = side.host();
  box.engine("wake");
  const auto h = open(box, &host);
  REQUIRE(side.wait_rung(1));  // an agent learns a moment after open who listens: lines of before are in its log alone
  {
    const std::lock_guard lock(side.mutex);
    side.call_back_on = h;
  }
  REQUIRE(query(h, R"({"do":"log"})").status == HUREN_OK);
  CHECK(side.wait_line());
  CHECK(side.inside == HUREN_E_REENTRANT);
  CHECK(bilingual(side.inside_words) == "words");
  side.inside = 1;
  REQUIRE(query(h, R"({"do":"notice"})").status == HUREN_OK);
  CHECK(side.wait_rung(2));
  CHECK(side.inside == HUREN_E_REENTRANT);
  CHECK(health(h)["spool"]["depth"] == 0);
  side.call_back_on = 0;
  CHECK(huren_close(h, 2000) == HUREN_OK);
}

TEST_CASE("abi: no callback comes after close, even when one was being waited for", "[modes]") {
  const Sandbox box;
  static HostSide side;  // the callback that was running may leave it after the case has ended
  const auto host = side.host();
  const auto h = open(box, &host);
  side.hold = true;
  REQUIRE(query(h, R"({"do":"notice"})").status == HUREN_OK);
  REQUIRE(side.wait_rung(1));
  REQUIRE(query(h, R"({"do":"notice"})").status == HUREN_OK);
  CHECK(huren_close(h, 20) == HUREN_E_BUSY);  // the host itself sits in wake
  CHECK(bilingual(last_error()) == "words");
  CHECK(huren_close(h, 0) == HUREN_E_HANDLE);
  {
    const std::lock_guard guard(side.mutex);
    side.hold = false;
    side.changed.notify_all();
  }
  CHECK(side.rung == 1);
}

TEST_CASE("abi: close wakes those who poll and lets calls in progress finish", "[modes]") {
  const Sandbox box;
  const auto h = open(box);
  std::atomic<huren_status> polled{1}, asked{1};
  std::atomic<int> begun{0};
  std::thread poller([&] { ++begun; polled = poll(h, 600000).status; });
  std::thread asker([&] { ++begun; asked = query(h, R"({"do":"sleep","ms":100})", 20000).status; });
  while (health(h)["calls"]["asked"] != 1 || begun != 2) std::this_thread::yield();
  CHECK(huren_close(h, 20000) == HUREN_OK);
  poller.join();
  asker.join();
  CHECK((polled == HUREN_EMPTY || polled == HUREN_E_HANDLE));  // E_HANDLE: it had not begun before the close
  CHECK(asked == HUREN_OK);
}

TEST_CASE("abi: close comes back in its time from an engine that does not, and the folder can be opened again", "[modes]") {
  const Sandbox box;
  box.engine("stuck_stop");
  const auto h = open(box);
  const auto begun = std::chrono::steady_clock::now();
  const auto closed = huren_close(h, 10);
  CHECK((closed == HUREN_E_BUSY || by_agent()));  // an agent's engine is not closed with us
  CHECK(std::chrono::steady_clock::now() - begun < std::chrono::milliseconds(690));  // less than the engine's own stop takes
  CHECK(submit(h, kType, "k", "{}") == HUREN_E_HANDLE);
  box.engine("");
  const auto again = open(box);
  REQUIRE(again > 0);
  CHECK(submit(again, kType, "k", "{}") == HUREN_OK);
  CHECK(query(again, R"({"do":"hang","stubborn":true})", 1).status == HUREN_NO_ANSWER);
  CHECK(huren_close(again, 10000) == HUREN_OK);
}

TEST_CASE("abi: closing while 64 threads call: each gets an answer or HUREN_E_HANDLE, and what was accepted is there", "[modes]") {
  const Sandbox box;
  const auto h = open(box);
  std::atomic<int> accepted{0}, odd{0}, running{0};
  std::atomic<bool> go{true};
  std::vector<std::thread> threads;
  for (int t = 0; t < 64; ++t) {
    threads.emplace_back([&, t] {
      ++running;
      for (int i = 0; go; ++i) {
        huren_status s = HUREN_OK;
        switch ((t + i) % 4) {
          case 0:
            s = submit(h, kType, std::to_string(t) + "." + std::to_string(i), "{}");
            if (s == HUREN_OK) ++accepted;
            break;
          case 1: s = query(h, R"({"do":"echo"})", 5000).status; break;
          case 2: s = poll(h, 3).status; break;
          default: s = health(h).is_null() ? HUREN_E_HANDLE : HUREN_OK;
        }
        if (s == HUREN_E_HANDLE) return;
        if (s != HUREN_OK && s != HUREN_EMPTY && s != HUREN_NO_ANSWER) ++odd;
      }
    });
  }
  while (running < 64 || accepted < 100) std::this_thread::yield();
  CHECK(huren_close(h, 60000) == HUREN_OK);
  go = false;
  for (auto& t : threads) t.join();
  CHECK(odd == 0);
  const auto again = open(box);
  CHECK(health(again)["spool"]["depth"] == accepted.load());
  CHECK(huren_close(again, 2000) == HUREN_OK);
}

TEST_CASE("abi: 64 threads hammer every function on handles that come and go", "[modes]") {
  const Sandbox box;
  std::atomic<huren_handle> shared{open(box)};
  std::atomic<int> odd{0}, opened{0};
  std::vector<std::thread> threads;
  for (int t = 0; t < 64; ++t) {
    threads.emplace_back([&, t] {
      for (int i = 0; i < 20; ++i) {
        const huren_handle h = shared;
        const auto key = std::to_string(t) + "." + std::to_string(i);
        std::vector<huren_status> seen;
        seen.push_back(submit(h, kType, key, "{}"));
        huren_event event{};
        event.struct_size = sizeof event;
        event.type = kType;
        event.key = key.c_str();
        event.body = "{}";
        event.body_size = 2;
        seen.push_back(huren_submit(h, &event));
        if (huren_abi() != HUREN_ABI) ++odd;
        seen.push_back(query(h, R"({"do":"notice","text":"x"})", 2000).status);
        const auto notice = poll(h, 1);
        seen.push_back(notice.status);
        if (notice.status == HUREN_OK) seen.push_back(huren_acknowledge(h, json::parse(notice.text)["notice_id"].get<std::string>().c_str()));
        std::uint32_t size = 0;
        seen.push_back(huren_health(h, nullptr, 0, &size));
        last_error();
        if (i % 20 == t % 20) {
          const auto fresh = open(box);
          if (fresh > 0) ++opened;
          seen.push_back(huren_close(shared.exchange(fresh), 10000));
        }
        for (const auto s : seen)
          if (s != HUREN_OK && s != HUREN_EMPTY && s != HUREN_NO_ANSWER && s != HUREN_E_HANDLE && s != HUREN_E_BUFFER && s != HUREN_E_ARGUMENT && s != HUREN_DUPLICATE) ++odd;
      }
    });
  }
  for (auto& t : threads) t.join();
  CHECK(odd == 0);
  CHECK(opened == 64);
  CHECK(huren_close(shared, 5000) == HUREN_OK);
}

TEST_CASE("abi: threads of huren take no signal but faults", "[modes]") {
  const Sandbox box;
  const auto h = open(box);
  const auto mask = json::parse(query(h, R"({"do":"blocked"})").text);
  for (const int s : {SIGPIPE, SIGTERM, SIGCHLD, SIGALRM, SIGUSR1, SIGHUP}) CHECK(mask[std::to_string(s)] == true);
  CHECK(mask[std::to_string(SIGSEGV)] == false);
  CHECK(huren_close(h, 1000) == HUREN_OK);
}
