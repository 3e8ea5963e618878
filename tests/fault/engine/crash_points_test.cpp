// Every named point of either engine's life, enumerated: it dies there, a new process opens the folder, and the flow ends as
// if nothing had happened. What A's HIS was told is safe stands on one side, what B's doctor is shown on the other.
#include "mortal.hpp"

using namespace huren;
using namespace huren::test;

namespace {

void refer(Hospital& a) {
  a.submit("consent.given/1", {{"patient_id", "P1"}, {"partner", "other"}, {"at", "2026-11-22T08:00:00+08:00"}});
}
void decide(Hospital& b, const Json& row) {
  b.submit("recognition.decided/1", {{"decision_id", "D1"}, {"suggestion_id", ""}, {"order_id", "O1"}, {"order_item", "GLU01"}, {"outcome", "accepted"},
                                     {"patient_id", "P1"}, {"encounter_id", "E1"}, {"department", "内科"}, {"doctor", Hospital::doctor()},
                                     {"result_ids", Json::array({row["result_id"]})}, {"at", "2026-11-22T10:00:00+08:00"}}, "decision");
}

// What B's doctor sees, as number → (version, value); nullopt while B does not answer.
std::optional<std::map<std::string, std::pair<int, std::string>>> seen(Hospital& b) {
  const auto answer = b.ask("results.list/1", {{"patient_id", "P1"}, {"encounter_id", "E1"}, {"doctor", Hospital::doctor()}});
  if (answer.status != HUREN_OK) return std::nullopt;
  std::map<std::string, std::pair<int, std::string>> out;
  const auto parsed = Json::parse(answer.json);
  for (const auto& row : parsed["results"]) {
    const auto [it, fresh] = out.emplace(row["report_number"], std::pair{row["version"].get<int>(), row["value"].get<std::string>()});
    if (!fresh) out[it->first + " twice"] = it->second;
  }
  return out;
}

// The flow; wherever an engine has died on the way it is opened again. Every submit is in the spool: HUREN_OK was given.
void flow(MortalPair& p) {
  const auto until = [&](const std::function<bool()>& holds) {
    for (int i = 0; i < 2000; ++i) {
      if (p.life_a.dead() || p.life_b.dead()) p.reopen();
      if (holds()) return true;
      std::this_thread::sleep_for(std::chrono::milliseconds(5));
    }
    UNSCOPED_INFO("A " << p.a.health().dump() << "\nB " << p.b.health().dump());
    return false;
  };
  p.a.registers();
  p.b.registers();
  p.b.encounter();
  refer(p.a);
  p.a.submit("lab.report.released/1", Hospital::report("R1", "5.42"));
  p.a.submit("lab.report.released/1", Hospital::report("R2", "6.10"));
  REQUIRE(until([&] { const auto s = seen(p.b); return s && s->size() == 2; }));
  p.a.submit("lab.report.amended/1", Hospital::report("R1", "7.90", 2));
  REQUIRE(until([&] { const auto s = seen(p.b); return s && s->contains("R1") && s->at("R1") == std::pair{2, std::string("7.90")}; }));
  Json row;
  REQUIRE(until([&] {
    const auto answer = p.b.ask("results.list/1", {{"patient_id", "P1"}, {"encounter_id", "E1"}, {"doctor", Hospital::doctor()}});
    if (answer.status != HUREN_OK) return false;
    row = Json::parse(answer.json)["results"][0];
    return true;
  }));
  decide(p.b, row);
  REQUIRE(until([&] {
    const auto a = p.a.health(), b = p.b.health();
    return a.value("store", "") == "ok" && b.value("store", "") == "ok" && a["spool"] == 0 && b["spool"] == 0 && a["outbox_waiting"] == 0 &&
           b["outbox_waiting"] == 0 && a["inbox_waiting"] == 0 && b["inbox_waiting"] == 0;
  }));
  const std::map<std::string, std::pair<int, std::string>> expected{{"R1", {2, "7.90"}}, {"R2", {1, "6.10"}}};
  std::optional<std::map<std::string, std::pair<int, std::string>>> last;  // asking is a commit, too: one may die in it
  REQUIRE(until([&] { return (last = seen(p.b)).has_value(); }));
  CHECK(*last == expected);
  for (auto* h : {&p.a, &p.b}) CHECK(h->health()["outbox_parked"] == 0);  // I8: nobody had to do anything
  auto db = storage::Database::open(p.a.folder() + "/data/store.db", {});
  REQUIRE(db);
  CHECK(*storage::Query(**db, "SELECT count(*) FROM decision WHERE source<>''").number() == 1);  // came back once
}

}  // namespace

// Dies at every point of one end, one life each.
static void enumerate(bool at_a) {
  std::map<std::string, int> points;
  {
    MortalPair p;
    flow(p);
    points = (at_a ? p.life_a : p.life_b).passages();
  }
  for (const auto* name : {"commit.before", "commit.inside", "commit.after", "spool.read", "forget.before", "forget.after", "deliver.before", "deliver.after", "ride.before", "ride.inside", "ride.landed"}) {
    INFO(name);
    REQUIRE(points[name] > 0);
  }
  const char* every = std::getenv("HUREN_SOAK");
  int died = 0, tried = 0;
  for (const auto& [name, count] : points) {
    std::set<int> numbers{1, 2 * count / 3};  // in a long run each passage
    for (int n = 1; every && n <= count; ++n) numbers.insert(n);
    for (const int n : numbers) {
      if (n < 1) continue;
      INFO((at_a ? "A " : "B ") << name << " #" << n);
      MortalPair p;
      auto& life = at_a ? p.life_a : p.life_b;
      life.die_at(name, n);
      flow(p);
      ++tried;
      died += life.passages()[name] >= n;
    }
  }
  // Threads interleave as they like, so that a late passage may not come; most do.
  CHECK(died * 4 >= tried * 3);
}

TEST_CASE("I8: at whatever named point the sender's engine dies, the next start goes on alone - nothing lost, nothing twice") { enumerate(true); }
TEST_CASE("I8: at whatever named point the receiver's engine dies, the next start goes on alone - nothing lost, nothing twice") { enumerate(false); }

TEST_CASE("I8, mechanism removed: without the recovery a row that was in flight is never sent again, and the checker says so") {
  TempDir dir;
  {
    auto s = store::sqlite::SqliteStore::open(dir.file("data"), {});
    REQUIRE(s);
    REQUIRE((*s)->transact([](store::Unit& u) -> Result<void> {
      if (auto r = u.enqueue({.id = 0, .message_id = "M1", .partner = "p", .type = "ORU^R01", .content_type = "", .body = "x", .order_key = "k", .subject = "s", .remark = ""}); !r) return r;
      auto claimed = u.claim("p", 1, 10, store::OutboxState::on_wire);
      return claimed ? Result<void>() : Result<void>(claimed.error());
    }));
  }
  auto s = store::sqlite::SqliteStore::open(dir.file("data"), {});
  REQUIRE(s);
  std::size_t without = 99, with = 0;
  REQUIRE((*s)->transact([&](store::Unit& u) -> Result<void> {
    without = u.claim("p", 1'000'000'000, 10, store::OutboxState::on_wire)->size();
    with = u.recover("p")->size();
    return {};
  }));
  CHECK(without == 0);
  CHECK(with == 1);
}

namespace {

// A store that says "committed" and forgets: what I9 and I3 rest on, taken away.
class LyingStore final : public StoreAdapter {
 public:
  explicit LyingStore(std::unique_ptr<store::sqlite::SqliteStore> inner) : inner_(std::move(inner)) {}
  using Store::transact;
  Result<void> transact(const std::function<Result<void>(store::Unit&)>& fn, Again again) override {
    auto r = inner_->transact([&](store::Unit& unit) -> Result<void> {
      auto done = fn(unit);
      return done ? Result<void>(dead_error()) : done;
    }, again);
    return !r && r.error().id == dead_error().id ? Result<void>() : r;
  }
  Result<void> read(const std::function<Result<void>(store::Reader&)>& fn) override { return inner_->read(fn); }
  Result<bool> take_lease() override { return inner_->take_lease(); }

 private:
  std::unique_ptr<store::sqlite::SqliteStore> inner_;
};

std::unique_ptr<StoreAdapter> lying(const std::string& folder) {
  auto s = store::sqlite::SqliteStore::open(folder, {});
  REQUIRE(s);
  return std::make_unique<LyingStore>(std::move(*s));
}

}  // namespace

TEST_CASE("I3, mechanism removed: where the claim is not on disk the same row goes to the wire twice, and the checker says so") {
  TempDir dir;
  {
    auto s = store::sqlite::SqliteStore::open(dir.file("data"), {});
    REQUIRE(s);
    REQUIRE((*s)->transact([](store::Unit& u) {
      return u.enqueue({.id = 0, .message_id = "M1", .partner = "p", .type = "ORU^R01", .content_type = "", .body = "x", .order_key = "k", .subject = "s", .remark = ""});
    }));
  }
  const auto wire = [&](store::Store& s) {  // two claimers, one after the other, before anything is settled
    std::multiset<std::string> on_wire;
    for (int i = 0; i < 2; ++i)
      REQUIRE(s.transact([&](store::Unit& u) -> Result<void> {
        auto rows = u.claim("p", 1'000, 10, store::OutboxState::on_wire);
        if (!rows) return rows.error();
        for (const auto& r : *rows) on_wire.insert(r.message_id);
        return {};
      }));
    return on_wire.count("M1");
  };
  CHECK(wire(*lying(dir.file("data"))) == 2);
  CHECK(wire(**store::sqlite::SqliteStore::open(dir.file("data"), {})) == 1);
}

TEST_CASE("I9, mechanism removed: a store that answers before it has written loses an acknowledged message, and the checker says so") {
  static const AdapterEntry liar{HUREN_ADAPTER_SIGNATURE, "store.liar", "huren.store/1", "forgets", nullptr, 0, [](const AdapterSetup& setup) -> Result<std::unique_ptr<Adapter>> {
                                   return std::unique_ptr<Adapter>(lying(setup.options.at("directory")));
                                 }};
  const auto survives = [](bool lies) {
    Hospital b;
    b.more_adapters.push_back(&liar);
    b.open();
    b.registers();
    b.encounter();
    b.settle();
    b.close();
    if (lies) b.config.store_adapter = "store.liar";
    b.open();
    const auto reply = b.receive(Hospital::oru("R1", "M1"));
    REQUIRE(reply.body.find("MSA|AA|M1") != std::string::npos);
    b.close();
    b.config.store_adapter = "store.sqlite";
    b.open();
    return b.eventually([&] { return b.health()["inbox_waiting"] == 0; }) && b.list().size() == 1;
  };
  CHECK(survives(false));
  CHECK_FALSE(survives(true));
}
