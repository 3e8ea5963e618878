// A partner's report takes effect in the transaction that stores it, in its place among the events, or else in its turn.
#include <catch2/catch.hpp>

#include <sys/wait.h>
#include <unistd.h>

#include <deque>
#include <fstream>
#include <functional>
#include <latch>
#include <thread>

#include "engine/applier.hpp"
#include "engine/documents.hpp"
#include "engine/identity.hpp"
#include "engine/profiles.hpp"
#include "tests/support/hospital.hpp"

using namespace huren;
using namespace huren::test;

namespace {

class Registrations final : public SpoolPort {
 public:
  std::atomic<int> count{0};
  Result<std::vector<SpooledEvent>> next(std::int64_t after_seq, int limit) noexcept override {
    std::vector<SpooledEvent> out;
    for (auto seq = after_seq + 1; seq <= count && static_cast<int>(out.size()) < limit; ++seq)
      out.push_back({.seq = seq, .type = "patient.registered/1", .key = std::to_string(seq), .content_type = "application/json", .body = Json{{"patient", Hospital::patient("P1")}}.dump(), .at_ms = 100});
    return out;
  }
  Result<void> forget(std::int64_t) noexcept override { return {}; }
  Result<void> submit(std::string_view, std::string_view, std::string_view, std::uint32_t) noexcept override { return {}; }
  Result<std::int64_t> depth() noexcept override { return std::int64_t{0}; }
  Result<std::int64_t> newest() noexcept override { return std::int64_t{count}; }
};

// The parts of an engine that messages pass, over a store of their own.
struct Parts {
  Hospital h;
  TempDir dir;
  Result<std::unique_ptr<store::sqlite::SqliteStore>> store = store::sqlite::SqliteStore::open(dir.file("data"), {});
  engine::Clock clock;
  engine::Log log{dir.file("log"), Severity::error, clock, {}};
  engine::Profiles profiles = engine::load_profiles(h.config, h.folder()).profiles;
  engine::Documents documents;
  engine::Context context{h.config, clock, log, **store, terminology::packaged(), profiles, documents};
  engine::Inbound inbound;
  Registrations spool;
  std::function<void()> changed = [] {};
  std::unique_ptr<engine::Applier> applier;

  explicit Parts(const std::string& being_read = "") : inbound(context, [] {}, being_read.empty() ? dir.file("in-hand-read") : being_read) {}
  void start(const std::string& mark = "") {
    if (!mark.empty()) std::ofstream(dir.file("in-hand")) << mark;
    applier = std::make_unique<engine::Applier>(context, spool, inbound, dir.file("in-hand"), [this] { changed(); });
    inbound.through(*applier);
    applier->start();
  }
  Reply accept(const std::string& body) { return inbound.accept({.source = "other", .content_type = "application/hl7-v2", .body = body}); }
  std::int64_t waiting() {
    std::int64_t newest = -1;
    REQUIRE((*store)->read([&](store::Reader& reader) -> Result<void> {
      auto r = reader.inbox_newest();
      if (!r) return r.error();
      newest = *r;
      return {};
    }));
    return newest;
  }
  std::vector<std::string> received() {  // of each report that was applied, whether it found its patient
    std::vector<std::string> out;
    REQUIRE((*store)->read([&](store::Reader& reader) -> Result<void> {
      auto rows = reader.audit(0, 1000);
      if (!rows) return rows.error();
      for (const auto& row : *rows)
        if (row.event == "report.received") out.push_back(Json::parse(row.fields)["matched"]);
      return {};
    }));
    return out;
  }
};

}  // namespace

TEST_CASE("a partner's report has taken effect when its sender is answered") {
  Parts p;
  p.start();
  const auto reply = p.accept(Hospital::huren_oru("R1", "M1", "5.42", 1));
  CHECK(reply.stored);
  CHECK(reply.body.find("MSA|AA|M1") != std::string::npos);
  CHECK(p.received().size() == 1);
  CHECK(p.waiting() == 0);
  const auto again = p.accept(Hospital::huren_oru("R1", "M1", "5.42", 1));
  CHECK(again.body == reply.body);
  CHECK(p.received().size() == 1);
}

TEST_CASE("a HIS that is slow to hear its bell keeps no partner waiting") {
  std::latch heard(1);
  std::atomic<int> rings{0};
  Parts p;
  p.changed = [&] {
    ++rings;
    heard.wait();
  };
  p.start();
  for (int i = 1; i <= 3; ++i) CHECK(p.accept(Hospital::huren_oru("R" + std::to_string(i), "M" + std::to_string(i), "5.42", 1)).stored);
  CHECK(p.received().size() == 3);
  heard.count_down();
  const auto until = std::chrono::steady_clock::now() + std::chrono::seconds(10);
  while (rings == 0 && std::chrono::steady_clock::now() < until) std::this_thread::sleep_for(std::chrono::milliseconds(5));
  CHECK(rings > 0);
  p.applier->stop();
}

TEST_CASE("before the applier runs, a partner's report is stored and waits") {
  Parts p;
  CHECK(p.accept(Hospital::huren_oru("R1", "M1", "5.42", 1)).stored);
  CHECK(p.received().empty());
  CHECK(p.waiting() > 0);
  p.start();
  REQUIRE(p.applier->caught_up(10'000));
  CHECK(p.received().size() == 1);
}

TEST_CASE("a partner's report comes after the event that was submitted before it") {
  Parts p;
  p.start();
  REQUIRE(p.applier->caught_up(10'000));
  p.spool.count = 1;  // nobody has told the applier yet
  REQUIRE(p.accept(Hospital::huren_oru("R1", "M1", "5.42", 1)).stored);
  CHECK(p.received() == std::vector<std::string>{"yes"});
}

TEST_CASE("I5: a partner's report does not overtake those that were stored before it, however many wait") {
  constexpr int kWaiting = 150;  // more than two batches
  Parts p;
  for (int version = 1; version <= kWaiting; ++version) REQUIRE(p.accept(Hospital::huren_oru("R1", "M" + std::to_string(version), "5." + std::to_string(version), version)).stored);
  p.start();
  REQUIRE(p.accept(Hospital::huren_oru("R1", "LAST", "9", kWaiting + 1)).stored);
  REQUIRE(p.applier->caught_up(10'000));
  CHECK(p.received().size() == kWaiting + 1);  // an older version that comes after a newer one would not be taken
}

TEST_CASE("I8: a report over which the process died while it was handed in is stored first, where its deaths are counted") {
  engine::Handed handed;
  int runs = 0;
  for (const auto mark : {4710, 4711})
    handed.messages.push_back({mark, [&](store::Unit&, engine::Manner) -> Result<void> {
                                 ++runs;
                                 return {};
                               }});
  SECTION("it died over one of these") {
    Parts p;
    p.start("H 4711 1\n");
    CHECK_FALSE(p.applier->take(handed));
    CHECK(runs == 0);
  }
  SECTION("over another one") {
    Parts p;
    p.start("H 4712 1\n");
    CHECK(p.applier->take(handed));
    CHECK(handed.outcome);
    CHECK(runs == 2);
    p.applier->stop();
    engine::Handed late;
    CHECK_FALSE(p.applier->take(late));
  }
}

TEST_CASE("I8: a message over whose reading the process died again and again is refused in words, and what was beside it is read") {
  using engine::Mark;
  const auto deadly = Hospital::huren_oru("R1", "M1", "5.42", 1), beside = Hospital::huren_oru("R2", "M2", "5.42", 1);
  const auto known_by = [](const std::string& body) { return static_cast<std::int64_t>(std::stoull(engine::sha256_hex(body).substr(0, 15), nullptr, 16)); };
  TempDir dir;
  const auto die = [&](const std::vector<std::string>& read) {  // with these in hand at a time
    const auto child = ::fork();
    if (child == 0) {
      Mark mark(dir.file("in-hand-read"), 4);
      std::deque<Mark::Held> held;
      for (const auto& body : read) held.emplace_back(mark, Mark::Kind::reading, known_by(body));
      ::_exit(0);
    }
    ::waitpid(child, nullptr, 0);
  };
  die({beside, deadly});
  die({deadly});
  {  // two deaths are not yet three, and a good end clears the name
    Mark mark(dir.file("in-hand-read"), 4);
    CHECK(mark.deaths(Mark::Kind::reading, known_by(deadly)) == 2);
    CHECK(mark.deaths(Mark::Kind::reading, known_by(beside)) == 1);
    { const Mark::Held held(mark, Mark::Kind::reading, known_by(beside)); }
    CHECK(mark.deaths(Mark::Kind::reading, known_by(beside)) == 0);
  }
  die({deadly, beside});
  Parts p(dir.file("in-hand-read"));
  p.h.config.max_attempts = 3;
  p.start();
  const auto refused = p.accept(deadly);
  CHECK(refused.stored);
  CHECK(refused.body.find("MSA|AE|M1") != std::string::npos);
  CHECK(refused.body.find("engine.item_kills") != std::string::npos);
  CHECK(p.accept(deadly).body == refused.body);
  CHECK(p.accept(beside).body.find("MSA|AA|M2") != std::string::npos);
  CHECK(p.received().size() == 1);
}

TEST_CASE("I8: a line that a process was writing when it died keeps no place in the file of marks") {
  using engine::Mark;
  const TempDir dir;
  std::ofstream(dir.file("marks")) << "-                 4711           1         \n-                 4712           2         \n";
  const auto child = ::fork();
  if (child == 0) {
    Mark mark(dir.file("marks"), 2);
    const Mark::Held first(mark, Mark::Kind::reading, 1), second(mark, Mark::Kind::reading, 2);
    ::_exit(0);
  }
  ::waitpid(child, nullptr, 0);
  const Mark mark(dir.file("marks"), 2);
  CHECK(mark.deaths(Mark::Kind::reading, 1) == 1);
  CHECK(mark.deaths(Mark::Kind::reading, 2) == 1);
}

TEST_CASE("of reports that come at the same time one that is at fault is set aside, and costs the others nothing") {
  Parts p;
  p.start();
  REQUIRE(p.accept(Hospital::huren_oru("R0", "M0", "5.42", 1)).stored);
  std::vector<std::jthread> senders;
  std::atomic<int> stored{0};
  for (int i = 0; i < 16; ++i)
    senders.emplace_back([&, i] {
      const bool faulty = i % 4 == 0;  // the same version with another value
      const auto number = faulty ? std::string("R0") : "R" + std::to_string(i), id = "N" + std::to_string(i);
      stored += p.accept(Hospital::huren_oru(number, id, faulty ? "9." + std::to_string(i) : "5.42", 1)).stored ? 1 : 0;
    });
  senders.clear();
  CHECK(stored == 16);
  CHECK(p.received().size() == 1 + 12);
  CHECK(p.waiting() == 0);
  std::size_t parked = 0;
  REQUIRE((*p.store)->read([&](store::Reader& reader) -> Result<void> {
    auto rows = reader.inbox_stopped(100);
    if (!rows) return rows.error();
    parked = rows->size();
    return {};
  }));
  CHECK(parked == 4);
}

TEST_CASE("messages that came one behind another are answered each by itself, in their order, and take effect once") {
  Parts p;
  p.start();
  const auto in = [](const std::string& body) { return Inbound{.source = "other", .content_type = "application/hl7-v2", .body = body}; };
  const auto first = Hospital::huren_oru("R1", "M1", "5.42", 1);
  auto wrong = Hospital::huren_oru("R2", "M2", "5.42", 1);
  wrong.replace(wrong.find("ORU^R01"), 7, "ABC^A99");
  const auto replies = p.inbound.accept_many({in(first), in(wrong), in(first), in("no message"), in(Hospital::huren_oru("R1", "M3", "5.5", 2)),
                                              in(Hospital::huren_oru("R1", "M4", "5.6", 2)), in(Hospital::huren_oru("R3", "M5", "5.42", 1))});
  REQUIRE(replies.size() == 7);
  const auto says = [&](std::size_t i, const char* msa) { return replies[i].stored && replies[i].body.find(msa) != std::string::npos; };
  CHECK(says(0, "MSA|AA|M1"));
  CHECK(says(1, "MSA|AR|M2"));
  CHECK(says(2, "MSA|AA|M1"));
  CHECK(replies[2].body == replies[0].body);
  CHECK(says(3, "MSA|AE"));
  CHECK(says(4, "MSA|AA|M3"));
  CHECK(says(5, "MSA|AA|M4"));
  CHECK(says(6, "MSA|AA|M5"));
  CHECK(p.received().size() == 3);  // not the repetition, not the version that was given out twice with other content
  CHECK(p.waiting() == 0);
}

TEST_CASE("I5: messages that came one behind another keep their order, however many wait before them") {
  constexpr int kWaiting = 150, kTogether = 100;  // more than a transaction takes
  Parts p;
  for (int version = 1; version <= kWaiting; ++version) REQUIRE(p.accept(Hospital::huren_oru("R1", "M" + std::to_string(version), "5." + std::to_string(version), version)).stored);
  p.start();
  std::vector<Inbound> together;
  for (int version = kWaiting + 1; version <= kWaiting + kTogether; ++version)
    together.push_back({.source = "other", .content_type = "application/hl7-v2", .body = Hospital::huren_oru("R1", "M" + std::to_string(version), "6." + std::to_string(version), version)});
  for (const auto& reply : p.inbound.accept_many(together)) REQUIRE(reply.body.find("MSA|AA|") != std::string::npos);
  REQUIRE(p.applier->caught_up(10'000));
  CHECK(p.received().size() == kWaiting + kTogether);  // an older version that comes after a newer one would not be taken
}
