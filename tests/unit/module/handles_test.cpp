// Handles: who is told what, while slots are taken, closing, free and taken again.
#include "module/handles.hpp"

#include <catch2/catch.hpp>
#include <set>

#include "module/instance.hpp"

using namespace huren;
using namespace huren::module;

namespace {

const std::shared_ptr<Instance> kNobody;  // the table never looks inside

std::string refusal(HandleTable& table, huren_handle handle) {
  const auto lease = table.acquire(handle);
  return lease ? "" : std::string(lease.error().id);
}

}  // namespace

TEST_CASE("handles: a reserved handle is refused until it is published, and is never 0") {
  HandleTable table(1, nullptr);
  const auto handle = table.reserve();
  REQUIRE(handle);
  CHECK(*handle >= HandleTable::kSlots);
  CHECK(refusal(table, *handle) == "module.handle");
  CHECK_FALSE(table.begin_close(*handle));
  table.publish(*handle, kNobody);
  CHECK(refusal(table, *handle).empty());
  CHECK(table.living() == std::vector<huren_handle>{*handle});
}

TEST_CASE("handles: a slot that is used again never repeats a handle") {
  HandleTable table(1, nullptr);
  std::set<huren_handle> seen;
  for (int i = 0; i < 1000; ++i) {
    const auto handle = table.reserve();
    REQUIRE(handle);
    CHECK(seen.insert(*handle).second);
    table.abandon(*handle);
    CHECK(refusal(table, *handle) == "module.handle");
  }
}

TEST_CASE("handles: a closing handle takes no new calls and waits for those that run") {
  HandleTable table(1, nullptr);
  const auto handle = *table.reserve();
  table.publish(handle, std::shared_ptr<Instance>(std::shared_ptr<int>(std::make_shared<int>(1)), nullptr));
  const auto soon = [] { return std::chrono::steady_clock::now() + std::chrono::milliseconds(1); };
  CHECK(table.wait_idle(handle, soon()));
  REQUIRE(table.begin_close(handle));
  CHECK(refusal(table, handle) == "module.handle");
  CHECK_FALSE(table.begin_close(handle));
  CHECK(table.wait_idle(handle, soon()));
  CHECK_FALSE(table.wait_forgotten(handle, soon()));
  CHECK_FALSE(table.wait_empty(soon()));
  table.forget(handle);
  CHECK(table.wait_forgotten(handle, soon()));
  CHECK(table.wait_empty(soon()));
}

TEST_CASE("handles: a child knows the handles of before the fork from those that nobody ever had") {
  HandleTable parent(1, nullptr);
  const auto before = *parent.reserve();
  HandleTable child(2, &parent);
  CHECK(refusal(child, before) == "module.forked");
  const auto mine = *child.reserve();
  CHECK(mine > before);
  child.publish(mine, kNobody);
  CHECK(refusal(child, mine).empty());
  CHECK(refusal(child, mine + HandleTable::kSlots) == "module.handle");
  CHECK(refusal(child, 1) == "module.handle");
  CHECK(refusal(child, -before) == "module.handle");
}
