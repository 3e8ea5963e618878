// Events read ahead of their turn: while another commit syncs, and while their own does.
#include "engine/ahead.hpp"

#include <catch2/catch.hpp>

#include <fstream>
#include <set>

#include "engine/documents.hpp"
#include "engine/profiles.hpp"
#include "tests/support/given_spool.hpp"
#include "tests/support/hospital.hpp"

using namespace huren;
using namespace huren::test;

namespace {

// Rendering asks for the time: who asked tells which thread read an event.
class Witness final : public engine::Clock {
 public:
  [[nodiscard]] std::int64_t now_ms() const noexcept override {
    const std::lock_guard lock(mutex_);
    readers_.insert(std::this_thread::get_id());
    return engine::Clock::now_ms();
  }
  [[nodiscard]] bool elsewhere() const {
    const std::lock_guard lock(mutex_);
    return std::ranges::any_of(readers_, [](auto id) { return id != std::this_thread::get_id(); });
  }
  [[nodiscard]] bool here() const {
    const std::lock_guard lock(mutex_);
    return readers_.contains(std::this_thread::get_id());
  }

 private:
  mutable std::mutex mutex_;
  mutable std::set<std::thread::id> readers_;
};

SpooledEvent released(std::int64_t seq, const std::string& number) {
  return {.seq = seq, .type = "lab.report.released/1", .key = number, .content_type = "application/json", .body = Hospital::report(number).dump(), .at_ms = 100};
}

struct Reader {
  Hospital h;
  TempDir dir;
  Result<std::unique_ptr<store::sqlite::SqliteStore>> store = store::sqlite::SqliteStore::open(dir.file("data"), {});
  Witness clock;
  engine::Log log{dir.file("log"), Severity::error, clock, {}};
  engine::Profiles profiles = engine::load_profiles(h.config, h.folder()).profiles;
  engine::Documents documents;
  engine::Context context{h.config, clock, log, **store, terminology::packaged(), profiles, documents};
  GivenSpool spool;  // of one thread: the other reads only when it is told that there is more
  std::unique_ptr<engine::Ahead> ahead;

  explicit Reader(const std::string& mark = "") {
    if (!mark.empty()) std::ofstream(dir.file("mark")) << mark;
    ahead = std::make_unique<engine::Ahead>(context, spool, dir.file("mark"));
    ahead->start();
  }
  // Told again until it is heard: while the other thread holds the lock, as when it begins, the event is left for later.
  [[nodiscard]] bool read_early(const SpooledEvent& event) {
    for (int i = 0; i < 2000 && !clock.elsewhere(); ++i) {
      ahead->coming(event);
      std::this_thread::sleep_for(std::chrono::milliseconds(5));
    }
    return clock.elsewhere();
  }
  std::vector<engine::Ahead::Work> take(std::int64_t after = 0) {
    auto works = ahead->take(after);
    REQUIRE(works);
    return std::move(*works);
  }
  static std::string number(const engine::Ahead::Work& work) {
    REQUIRE(work.prepared.release);
    CHECK(!work.prepared.release->rendered.message.empty());
    return work.prepared.release->rendered.report.number;
  }
};

}  // namespace

TEST_CASE("an event is read while its own commit syncs, when nothing else waits") {
  Reader r;
  CHECK(r.take().empty());
  REQUIRE(r.read_early(released(1, "R1")));
  r.spool.events = {released(1, "R1"), released(2, "R2")};
  const auto works = r.take();
  REQUIRE(works.size() == 2);
  CHECK(Reader::number(works[0]) == "R1");
  CHECK(Reader::number(works[1]) == "R2");
}

TEST_CASE("what was read before its commit serves that event alone") {
  Reader r;
  CHECK(r.take().empty());
  REQUIRE(r.read_early(released(1, "R1")));
  SECTION("the commit failed, and another event got its number") {
    r.spool.events = {released(1, "R2")};
    const auto works = r.take();
    REQUIRE(works.size() == 1);
    CHECK(Reader::number(works[0]) == "R2");
  }
  SECTION("another process's event came first") {
    r.spool.events = {released(1, "R0"), released(2, "R1")};
    const auto works = r.take();
    REQUIRE(works.size() == 2);
    CHECK(Reader::number(works[0]) == "R0");
    CHECK(Reader::number(works[1]) == "R1");
    CHECK(works[1].event.seq == 2);
  }
  SECTION("it was submitted again later") {
    auto again = released(1, "R1");
    again.at_ms = 900;
    r.spool.events = {again};
    const auto works = r.take();
    REQUIRE(works.size() == 1);
    CHECK(works[0].event.at_ms == 900);  // its place among the messages
  }
  CHECK(r.take(9).empty());
}

TEST_CASE("while other events wait none is read before its commit, and a large one never is") {
  Reader r;
  SECTION("nobody has looked yet") { r.ahead->coming(released(1, "R1")); }
  SECTION("the last look found one") {
    auto withdrawn = released(1, "R0");
    withdrawn.type = "lab.order.cancelled/1";  // asks nobody for the time
    r.spool.events = {withdrawn};
    CHECK(r.take().size() == 1);
    r.ahead->coming(released(2, "R1"));
  }
  SECTION("it would be long in copying") {
    CHECK(r.take().empty());
    auto large = released(1, "R1");
    large.body.insert(1, std::size_t{1} << 20, ' ');
    r.ahead->coming(large);
  }
  std::this_thread::sleep_for(std::chrono::milliseconds(50));
  CHECK_FALSE(r.clock.elsewhere());
}

TEST_CASE("I8: an event over which the process died before its commit is read when it is on disk, where its deaths are counted") {
  Reader r("E 1 1\n");
  CHECK(r.take().empty());
  r.ahead->coming(released(1, "R1"));
  std::this_thread::sleep_for(std::chrono::milliseconds(50));
  CHECK_FALSE(r.clock.elsewhere());
  r.spool.events = {released(1, "R1")};
  const auto works = r.take();
  REQUIRE(works.size() == 1);
  CHECK(Reader::number(works[0]) == "R1");
  CHECK(r.clock.here());
}
