#include "adapters/common/expiry_watch.hpp"

#include <catch2/catch.hpp>

#include "tests/support/transport/recording_engine.hpp"

using namespace huren;
using namespace huren::test;

namespace {
constexpr std::int64_t kDay = 86'400'000;
constexpr std::int64_t kEnd = 1'800'000'000'000;
}  // namespace

TEST_CASE("a certificate is warned about 30, 7 and 1 day ahead, once each, then daily") {
  RecordingEngine engine;
  common::ExpiryWatch watch;
  const auto at = [&](std::int64_t before_end) {
    engine.set_now(kEnd - before_end);
    watch.check(engine, "own.pem", kEnd);
    return engine.logged("tls.certificate_expiring").size() * 100 + engine.logged("tls.certificate_expired").size();
  };
  CHECK(at(60 * kDay) == 0);
  CHECK(at(30 * kDay + 1) == 0);
  CHECK(at(30 * kDay) == 100);
  CHECK(at(20 * kDay) == 100);
  CHECK(at(7 * kDay) == 200);
  CHECK(at(2 * kDay) == 200);
  CHECK(at(kDay) == 300);
  CHECK(at(1) == 300);
  CHECK(at(-1) == 301);
  CHECK(at(-kDay / 2) == 301);
  CHECK(at(-kDay - 1) == 302);
}

TEST_CASE("a certificate found with three days left is warned about once at that step") {
  RecordingEngine engine;
  common::ExpiryWatch watch;
  engine.set_now(kEnd - 3 * kDay);
  for (int i = 0; i < 5; ++i) watch.check(engine, "own.pem", kEnd);
  REQUIRE(engine.logged("tls.certificate_expiring").size() == 1);
  CHECK(engine.logged("tls.certificate_expiring")[0].fields.at("days_left") == "3");
}

TEST_CASE("a renewed certificate starts afresh") {
  RecordingEngine engine;
  common::ExpiryWatch watch;
  engine.set_now(kEnd - kDay);
  watch.check(engine, "own.pem", kEnd);
  watch.check(engine, "own.pem", kEnd + 365 * kDay);
  CHECK(engine.logged("tls.certificate_expiring").size() == 1);
  watch.check(engine, "own.pem", 0);
  CHECK(engine.logged("tls.certificate_expiring").size() == 1);
}
