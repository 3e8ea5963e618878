// The token of a link to the panel: opens for us only, unchanged only.
#include <catch2/catch.hpp>
#include <sys/stat.h>

#include <set>

#include "engine/panel_link.hpp"
#include "tests/support/temp_dir.hpp"

using namespace huren;
using engine::PanelPass;

TEST_CASE("I7: a sealed pass tells nothing, opens to the same and to nothing when a character is changed") {
  const huren::test::TempDir dir;
  const auto key = engine::panel_key(dir.file("console/panel.key"));
  REQUIRE(key);
  const PanelPass pass{"P000123", "MZ20261122001", "内分泌科", "D1027", "赵敏", 1'800'000'000'000};
  const auto token = engine::seal(pass, *key);
  REQUIRE(token);
  CHECK(token->find_first_not_of("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_") == token->npos);
  CHECK(token->find("P000123") == token->npos);
  CHECK(engine::unseal(*token, *key) == pass);
  for (std::size_t i = 0; i + 1 < token->size(); ++i) {
    auto changed = *token;
    changed[i] = changed[i] == 'A' ? 'B' : 'A';
    CHECK_FALSE(engine::unseal(changed, *key));
  }
  CHECK_FALSE(engine::unseal(*token, std::string(32, 'k')));
  CHECK_FALSE(engine::unseal("", *key));
  CHECK_FALSE(engine::unseal(std::string(9000, 'A'), *key));
}

TEST_CASE("two tokens of one pass differ, the key stays the same and belongs to the owner alone") {
  const huren::test::TempDir dir;
  const std::string file = dir.file("console/panel.key");
  const auto key = engine::panel_key(file), again = engine::panel_key(file);
  REQUIRE(key);
  REQUIRE(again);
  CHECK(*key == *again);
  struct stat s {};
  REQUIRE(::stat(file.c_str(), &s) == 0);
  CHECK((s.st_mode & 0777) == 0600);
  std::set<std::string> tokens;
  for (int i = 0; i < 20; ++i) tokens.insert(*engine::seal({"P", "E", "", "D", "", 1}, *key));
  CHECK(tokens.size() == 20);
}
