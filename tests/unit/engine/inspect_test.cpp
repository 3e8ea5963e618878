// An adapter that the configuration names and that cannot be had.
#include <catch2/catch.hpp>

#include "engine/inspect.hpp"
#include "tests/support/hospital.hpp"

using namespace huren;

TEST_CASE("an adapter that is not there, or of another kind, is told where the configuration names it") {
  test::Hospital h;
  auto& partner = h.config.partners.front();
  partner.adapter = "partner.nosuch";
  partner.adapter_at = "local.toml:12 partner.other.adapter";
  auto opened = h.try_open();
  REQUIRE_FALSE(opened);
  CHECK(opened.error().id == "engine.adapter_missing");
  CHECK(opened.error().where == "local.toml:12 partner.other.adapter");
  partner.adapter = "his.tap";  // there, but of a feed
  opened = h.try_open();
  REQUIRE_FALSE(opened);
  CHECK(opened.error().id == "engine.adapter_kind");
  CHECK(opened.error().where == "local.toml:12 partner.other.adapter");
  partner.adapter = "partner.loopback";
  h.config.feeds.front().adapter = "his.nosuch";
  h.config.feeds.front().adapter_at = "local.toml:20 feed.lis.adapter";
  opened = h.try_open();
  REQUIRE_FALSE(opened);
  CHECK(opened.error().where == "local.toml:20 feed.lis.adapter");
}

TEST_CASE("what is wrong inside an adapter keeps its own place") {
  config::Config config;
  config.partners.push_back({});
  config.partners.front().adapter = "partner.x";
  config.partners.front().adapter_at = "local.toml:3 partner.x.adapter";
  CHECK(engine::located({"tls.key_mismatch", "partner.x", {}}, config, "huren.partner/1").where == "partner.x");
  CHECK(engine::located({"engine.adapter_missing", "partner.x", {}}, config, "huren.store/1").where == "partner.x");
  CHECK(engine::located({"engine.adapter_missing", "partner.x", {}}, config, "huren.partner/1").where == "local.toml:3 partner.x.adapter");
}
