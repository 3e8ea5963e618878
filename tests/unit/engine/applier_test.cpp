// The applier beside a host that never stops submitting.
#include "engine/applier.hpp"
#include "engine/documents.hpp"

#include <catch2/catch.hpp>

#include "adapters/store/sqlite/store.hpp"
#include "engine/profiles.hpp"
#include "tests/support/temp_dir.hpp"

using namespace huren;

namespace {

// Another event behind each one that is read, for ever.
class EndlessSpool final : public SpoolPort {
 public:
  Result<std::vector<SpooledEvent>> next(std::int64_t after_seq, int) noexcept override {
    newest_ = after_seq + 2;
    return std::vector<SpooledEvent>{{.seq = after_seq + 1, .type = "lab.order.cancelled/9", .key = std::to_string(after_seq), .content_type = "application/json", .body = "{}", .at_ms = 0}};
  }
  Result<void> forget(std::int64_t) noexcept override { return {}; }
  Result<void> submit(std::string_view, std::string_view, std::string_view, std::uint32_t) noexcept override { return {}; }
  Result<std::int64_t> depth() noexcept override { return std::int64_t{1}; }
  Result<std::int64_t> newest() noexcept override { return newest_.load(); }

 private:
  std::atomic<std::int64_t> newest_{1};
};

}  // namespace

TEST_CASE("a query waits for what was there before it, not for what keeps coming behind it") {
  test::TempDir dir;
  auto store = store::sqlite::SqliteStore::open(dir.file("data"), {});
  REQUIRE(store);
  config::Config config;
  engine::Clock clock;
  engine::Log log(dir.file("log"), Severity::error, clock, {});
  const engine::Profiles profiles;
  const engine::Documents documents;
  const engine::Context context{config, clock, log, **store, terminology::packaged(), profiles, documents};
  engine::Inbound inbound(context, [] {}, dir.file("in-hand-read"));
  EndlessSpool spool;
  engine::Applier applier(context, spool, inbound, dir.file("in-hand"), [] {});
  applier.start();
  CHECK(applier.caught_up(5000));
  CHECK(applier.caught_up(5000));
  applier.stop();
  CHECK_FALSE(applier.caught_up(1));
}
