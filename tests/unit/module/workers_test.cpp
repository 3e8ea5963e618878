// Queries on threads of their own: back by the deadline, whatever the work does.
#include "module/workers.hpp"

#include <atomic>
#include <catch2/catch.hpp>
#include <stdexcept>
#include <thread>

#include "huren/huren.h"

using namespace huren;
using namespace huren::module;

namespace {

Workers::Time in(int ms) { return std::chrono::steady_clock::now() + std::chrono::milliseconds(ms); }

struct Gate {
  std::mutex mutex;
  std::condition_variable changed;
  bool open = false;
  int inside = 0;
  QueryAnswer wait() {
    std::unique_lock lock(mutex);
    ++inside;
    changed.notify_all();
    changed.wait(lock, [&] { return open; });
    return {};
  }
  void release() {
    const std::lock_guard guard(mutex);
    open = true;
    changed.notify_all();
  }
};

}  // namespace

TEST_CASE("workers: an answer comes back - a work that throws is an internal fault") {
  Workers workers;
  const auto answer = workers.run([] { return QueryAnswer{HUREN_OK, "x", {"", "", {}}}; }, in(20000));
  REQUIRE(answer);
  CHECK(answer->json == "x");
  const auto thrown = workers.run([]() -> QueryAnswer { throw std::runtime_error("on purpose"); }, in(20000));
  REQUIRE(thrown);
  CHECK(thrown->status == HUREN_E_INTERNAL);
}

TEST_CASE("workers: with every thread held, a further work is not waited for beyond its deadline and never runs late") {
  Gate gate;
  std::atomic<int> late{0};
  {
    Workers workers;
    const auto held = [&] { const std::lock_guard guard(gate.mutex); return gate.inside; };
    while (held() < static_cast<int>(Workers::kThreads)) CHECK_FALSE(workers.run([&] { return gate.wait(); }, in(1)));
    for (int i = 0; i < 20; ++i) CHECK_FALSE(workers.run([&] { ++late; return QueryAnswer{}; }, in(1)));
    gate.release();
  }
  CHECK(late == 0);
}

TEST_CASE("workers: what was posted has run when the workers are gone") {
  std::atomic<int> ran{0};
  {
    Workers workers;
    for (int i = 0; i < 100; ++i) workers.post([&] { ++ran; });
  }
  CHECK(ran == 100);
}

TEST_CASE("I6, mechanism removed: a call on the host's own thread does not come back while the engine hangs, and the checker says so") {
  const auto comes_back = [](bool on_worker, std::chrono::milliseconds patience) {
    Gate gate;
    Workers workers;
    std::mutex mutex;
    std::condition_variable changed;
    bool back = false;
    std::thread host([&] {
      if (on_worker) CHECK_FALSE(workers.run([&] { return gate.wait(); }, in(10)));
      else (void)gate.wait();
      const std::lock_guard guard(mutex);
      back = true;
      changed.notify_all();
    });
    bool seen = false;
    {
      std::unique_lock lock(mutex);
      seen = changed.wait_for(lock, patience, [&] { return back; });
    }
    gate.release();
    host.join();
    return seen;
  };
  CHECK(comes_back(true, std::chrono::seconds(20)));
  CHECK_FALSE(comes_back(false, std::chrono::milliseconds(200)));  // nothing opens the gate: however long
}
