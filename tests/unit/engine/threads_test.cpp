// How the engine's threads stand to those of the process that loads it.
#include "engine/threads.hpp"

#include <catch2/catch.hpp>

#include <filesystem>
#include <string>

#include "tests/support/hospital.hpp"

using namespace huren;
using namespace huren::test;

namespace {
int policy_of(pid_t thread) { return sched_getscheduler(thread); }

int in_background() {
  int count = 0;
  for (const auto& task : std::filesystem::directory_iterator("/proc/self/task"))
    count += policy_of(static_cast<pid_t>(std::stoi(task.path().filename().string()))) == SCHED_BATCH ? 1 : 0;
  return count;
}
}  // namespace

TEST_CASE("a thread in the background yields to who runs, while who made it and a quiet thread are as any other") {
  int background = -1, quiet = -1;
  engine::background_thread([&] { background = policy_of(0); }).join();
  engine::quiet_thread([&] { quiet = policy_of(0); }).join();
  CHECK(background == SCHED_BATCH);
  CHECK(quiet == SCHED_OTHER);
  CHECK(policy_of(0) == SCHED_OTHER);
}

TEST_CASE("a host's own thread stays as it was while an engine works in the background, and nothing is left when it ends") {
  const int before = in_background();
  {
    Hospital h;
    h.open();
    h.registers();
    h.settle();
    CHECK(h.eventually([&] { return in_background() >= before + 4; }));  // applier, reader ahead, upkeep, a partner's dispatcher
    CHECK(policy_of(0) == SCHED_OTHER);
  }
  CHECK(in_background() == before);
}
