#include <algorithm>
#include <catch2/catch.hpp>

#include "core/cda/chain.hpp"

using namespace huren;
using namespace huren::cda;

namespace {
Head version(int n, const char* id = nullptr) {
  Head h;
  h.set = {"1.2", "S"};
  h.id = {"1.2", id ? id : "S^" + std::to_string(n)};
  h.version = n;
  if (n > 1) h.replaces = DocumentId{"1.2", "S^" + std::to_string(n - 1)};
  return h;
}
Chain held(std::initializer_list<int> versions) {
  Chain c;
  for (const int v : versions) c = with(c, version(v), false);
  return c;
}
std::string told(const Placed& p) { return p.findings.empty() ? "" : std::string(p.findings[0].error.id); }
}  // namespace

TEST_CASE("each arrival is placed, and every one that takes no effect says why") {
  CHECK(place({}, version(1)).arrival == Arrival::first);
  CHECK(place(held({1}), version(2)).arrival == Arrival::newer);
  CHECK(told(place({}, version(3))) == "cda.version_gap");
  const auto gap = place(held({1}), version(3));
  CHECK(gap.arrival == Arrival::gap);
  CHECK(told(gap) == "cda.version_gap");
  const auto same = place(held({1, 2}), version(1));
  CHECK(same.arrival == Arrival::same);
  const auto late = place(held({1, 3}), version(2));
  CHECK(late.arrival == Arrival::older);
  CHECK(told(late) == "cda.older_version");
  auto other = version(1);
  other.set.extension = "T";
  CHECK(place(held({1}), other).arrival == Arrival::foreign);
  auto addendum = version(1, "A");
  addendum.appends = DocumentId{"1.2", "S^1"};
  CHECK(place(held({1}), addendum).arrival == Arrival::addendum);
  CHECK(with(held({1}), addendum, false).links.size() == 1);
}

TEST_CASE("forks are refused by name and leave the chain as it was") {
  const auto two_heads = version(2, "other");
  CHECK(place(held({1, 2}), two_heads).arrival == Arrival::fork);
  CHECK(told(place(held({1, 2}), two_heads)) == "cda.fork");
  auto stranger = version(3);
  stranger.replaces = DocumentId{"1.2", "X"};
  CHECK(place(held({1, 2}), stranger).arrival == Arrival::fork);
  auto skips = version(5);
  skips.replaces = DocumentId{"1.2", "S^1"};
  CHECK(place(held({1, 2}), skips).arrival == Arrival::fork);
  auto twice = version(3, "S^1");
  CHECK(place(held({1, 2}), twice).arrival == Arrival::fork);
  CHECK(with(held({1, 2}), two_heads, false).links.size() == 2);
}

TEST_CASE("a chain without forks ends the same in every order of arrival") {
  std::vector<int> order{1, 2, 3, 4, 5};
  do {
    Chain c;
    int newest_in_effect = 0;
    for (const int v : order) {
      const auto arrival = place(c, version(v)).arrival;
      if (arrival == Arrival::first || arrival == Arrival::newer || arrival == Arrival::gap) newest_in_effect = v;
      c = with(c, version(v), v == 5);
    }
    REQUIRE(c.links.size() == 5);
    REQUIRE(c.links.back().version == 5);
    REQUIRE(c.links.back().withdrawn);
    REQUIRE(newest_in_effect == 5);
  } while (std::next_permutation(order.begin(), order.end()));
}
