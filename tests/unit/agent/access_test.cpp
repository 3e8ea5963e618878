// Who may connect to the agent: the kernel's word against the configuration.
#include <catch2/catch.hpp>

#include "agent/server.hpp"

using huren::agent::Access;
using huren::local::PeerAccount;

TEST_CASE("agent: its own account, root, the configured accounts and the group's members may connect, nobody else") {
  const PeerAccount own{1, 1000, {1000}}, root{1, 0, {0}}, his{1, 1001, {1001, 500}}, stranger{1, 1002, {1002}}, unknown{1, -1, {}};
  const Access closed;
  CHECK(closed.allows(own, 1000));
  CHECK(closed.allows(root, 1000));
  CHECK_FALSE(closed.allows(his, 1000));
  CHECK_FALSE(closed.allows(unknown, 1000));
  const Access by_name{{1001}, std::nullopt}, by_group{{}, 500};
  for (const auto& access : {by_name, by_group}) {
    CHECK(access.allows(his, 1000));
    CHECK_FALSE(access.allows(stranger, 1000));
    CHECK_FALSE(access.allows(unknown, 1000));
  }
}

TEST_CASE("agent: the socket file is no wider than the configuration asks for") {
  CHECK(Access{}.socket_mode() == 0600);
  CHECK(Access{{}, 500}.socket_mode() == 0660);
  CHECK(Access{{1001}, std::nullopt}.socket_mode() == 0666);  // the kernel tells who it is
}
