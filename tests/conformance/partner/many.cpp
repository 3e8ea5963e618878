// Many deliveries at once over few connections, and a stop in the middle of it.
#include <atomic>
#include <catch2/catch.hpp>
#include <set>
#include <thread>

#include "tests/conformance/partner/kit.hpp"
#include "tests/support/transport/certificates.hpp"

using namespace huren;
using namespace huren::test;

namespace {

struct Pair {
  RecordingEngine engine_a, engine_b;
  std::unique_ptr<Adapter> a, b;

  explicit Pair(const Transport& transport) {
    b = make(transport, engine_b, "hospital_b", "hospital_a", 1);
    a = make(transport, engine_a, "hospital_a", "hospital_b", port(transport, engine_b));
  }
  ~Pair() {
    a->stop(1'000);
    b->stop(1'000);
  }
  static std::uint16_t port(const Transport& transport, const RecordingEngine& engine) {
    return engine.port(std::string(transport.listen) == "listen" ? "listener" : "https");
  }
  static std::unique_ptr<Adapter> make(const Transport& transport, RecordingEngine& engine, const std::string& own,
                                       const std::string& other, std::uint16_t to) {
    const auto& certs = Certificates::all();
    auto made = transport.entry.create(
        {.engine = &engine,
         .config_dir = certs.dir(),
         .options = {{transport.listen, "127.0.0.1:0"},
                     {"certificate", own + ".pem"},
                     {"private_key", own + ".key"},
                     {"trust", "ca.pem"}},
         .peers = {{"other",
                    {{"address", "127.0.0.1:" + std::to_string(to)}, {"certificate_sha256", certs.sha256(other)}}}}});
    if (!made) throw std::runtime_error(line(made.error()));
    if (auto started = (*made)->start(); !started) throw std::runtime_error(line(started.error()));
    return std::move(*made);
  }
  Receipt deliver(const std::string& id) {
    const auto body = message(id);
    return dynamic_cast<PartnerAdapter&>(*a).deliver(
        "other", {.id = id, .type = "ADT^A08", .content_type = "application/hl7-v2", .body = body}, 20'000);
  }
};

std::multiset<std::string> ids(const RecordingEngine& engine) {
  std::multiset<std::string> out;
  for (const auto& in : engine.accepted()) out.insert(control_id_of(in.body));
  return out;
}

}  // namespace

TEST_CASE("sixteen threads deliver at once, each message once and each with its own answer") {
  for (const auto& transport : transports()) {
    INFO(transport.name);
    Pair pair(transport);
    std::atomic<int> delivered{0};
    std::vector<std::thread> threads;
    for (int t = 0; t < 16; ++t)
      threads.emplace_back([&, t] {
        for (int i = 0; i < 20; ++i)
          if (pair.deliver("T" + std::to_string(t) + "." + std::to_string(i)).outcome == Outcome::delivered)
            ++delivered;
      });
    for (auto& t : threads) t.join();
    CHECK(delivered == 320);
    const auto arrived = ids(pair.engine_b);
    CHECK(arrived.size() == 320);
    CHECK(std::set<std::string>(arrived.begin(), arrived.end()).size() == 320);
  }
}

TEST_CASE("a listener that stops under load: what was told is true") {
  for (const auto& transport : transports()) {
    INFO(transport.name);
    Pair pair(transport);
    std::mutex mutex;
    std::map<std::string, Outcome> told;
    std::atomic<bool> enough{false};
    std::vector<std::thread> threads;
    for (int t = 0; t < 4; ++t)
      threads.emplace_back([&, t] {
        for (int i = 0; !enough && i < 2'000; ++i) {
          const auto id = "S" + std::to_string(t) + "." + std::to_string(i);
          const auto outcome = pair.deliver(id).outcome;
          const std::lock_guard lock(mutex);
          told[id] = outcome;
        }
      });
    REQUIRE(pair.engine_b.wait_accepted(20));
    pair.b->stop(1'000);
    enough = true;
    for (auto& t : threads) t.join();
    const auto arrived = ids(pair.engine_b);
    for (const auto& [id, outcome] : told) {
      INFO(id << " " << static_cast<int>(outcome));
      if (outcome == Outcome::delivered) CHECK(arrived.count(id) == 1);
      if (outcome == Outcome::not_sent) CHECK(arrived.count(id) == 0);
    }
    CHECK(told.size() >= 20);
  }
}
