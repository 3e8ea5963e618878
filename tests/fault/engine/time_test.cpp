// The clock jumps, a partner is away for days: nothing is lost, nothing waits for ever.
#include <fstream>
#include <set>

#include "core/delivery/delivery.hpp"
#include "tests/support/hospital.hpp"

using namespace huren;
using namespace huren::test;
using std::chrono::hours;

namespace {

void refer(Hospital& a, const std::string& patient = "P1") {
  a.submit("consent.given/1", {{"patient_id", patient}, {"partner", "other"}, {"at", "2026-11-22T08:00:00+08:00"}});
}
Reply accepted(std::string_view body) {
  const auto at = std::string(body).find("ORU_R01|") + 8;
  const auto id = std::string(body).substr(at, std::string(body).find('|', at) - at);
  return {.body = "MSH|^~\\&|X|HB-CITY-01|HUREN|HB-COUNTY-01|20261122||ACK^R01^ACK|A" + id + "|P|2.5.1\rMSA|AA|" + id + "\r", .stored = true};
}

}  // namespace

TEST_CASE("a clock that goes back a week holds nothing up: pauses, breaker and notice leases go on at once, also after a restart") {
  const bool restart = GENERATE(false, true);
  Hospital a("HB-COUNTY-01", "HB-CITY-01");
  a.config.agreements[0].basis = "consent";  // a tie that sends nothing itself
  a.config.retry_first_ms = 1000;
  a.config.retry_ceiling_ms = 60'000;
  a.open();
  a.clock->advance(hours(24 * 7));  // the clock is wrong, ahead
  a.registers();
  refer(a);
  std::atomic<bool> there{false};
  a.wire().connect([&](std::string_view body) { return there ? accepted(body) : Reply{}; });
  a.submit("lab.report.released/1", Hospital::report("R1"));
  a.submit("referral.requested/1", {{"referral_id", "Z"}, {"patient_id", "nobody"}, {"to_partner", "other"}, {"at", "2026-11-22T08:00:00+08:00"}});
  REQUIRE(a.eventually([&] {  // tried in vain often enough for the breaker to open
    std::ifstream in(a.folder() + "/data/log/huren.log");
    return std::string(std::istreambuf_iterator<char>(in), {}).find("partner.unreachable") != std::string::npos;
  }));
  const auto leased = a.link().poll(3000);  // a notice is leased for 30 s of the wrong time
  REQUIRE(leased.status == HUREN_OK);
  a.clock->advance(-hours(24 * 7));
  there = true;
  if (restart) {
    a.close();
    a.open();
  }
  CHECK(a.eventually([&] { return a.health()["outbox_waiting"] == 0; }));
  const auto again = a.link().poll(3000);
  CHECK(again.status == HUREN_OK);
  CHECK(again.json == leased.json);
  a.wire().connect({});
}

TEST_CASE("a clock that goes forward a year parks nothing and expires nothing that was accepted") {
  Hospital a("HB-COUNTY-01", "HB-CITY-01");
  a.config.agreements[0].basis = "consent";  // a tie that sends nothing itself
  a.open();
  a.registers();
  refer(a);
  std::atomic<bool> there{false};
  a.wire().connect([&](std::string_view body) { return there ? accepted(body) : Reply{}; });
  a.submit("lab.report.released/1", Hospital::report("R1"));
  a.settle();
  a.clock->advance(hours(24 * 365));
  there = true;
  CHECK(a.eventually([&] { return a.health()["outbox_waiting"] == 0; }));
  CHECK(a.health()["outbox_parked"] == 0);
  a.wire().connect({});
}

TEST_CASE("the breaker's pause is over when the clock has gone back behind it") {
  delivery::Breaker breaker;
  const Receipt silent{.outcome = Outcome::not_sent, .code = "", .remark = {"delivery.none", "", {}}};
  for (int i = 0; i < delivery::Breaker::kOpenAfter; ++i) breaker.record(silent, 1'000'000'000, 0.5, {});
  CHECK(breaker.allowance(1'000'000'000, 8) == 0);
  CHECK(breaker.allowance(1'000'000'000 - 86'400'000, 8) == 1);
}

namespace {

std::int64_t resident_kb() {
  std::ifstream in("/proc/self/status");
  for (std::string word; in >> word;)
    if (word == "VmRSS:") {
      std::int64_t kb = 0;
      in >> kb;
      return kb;
    }
  return 0;
}

}  // namespace

// HUREN_WAITING=100000 under ./dev soak; the usual run has fewer.
TEST_CASE("I2 I5: a partner away for 72 hours gets everything that waited, in order, and waiting costs no memory") {
  const char* wish = std::getenv("HUREN_WAITING");
  const int waiting = wish ? std::atoi(wish) : 800;
  constexpr int kPatients = 20;
  Hospital a("HB-COUNTY-01", "HB-CITY-01");
  a.config.agreements[0].basis = "consent";  // a tie that sends nothing itself
  a.config.retry_first_ms = 1000;
  a.config.retry_ceiling_ms = 300'000;
  a.open();
  std::mutex mutex;
  std::map<std::string, int> last;  // patient → number of the newest report that came
  std::atomic<int> came{0}, misordered{0};
  const loopback::Channel::Step nobody{{.outcome = Outcome::not_sent, .code = "", .remark = {"transport.connect_refused", "partner.other", {}}}, false};
  a.wire().script(std::vector(10'000, nobody));  // away: no connection, provably not sent
  a.wire().connect([&](std::string_view body) {
    const std::lock_guard lock(mutex);
    const auto at = body.find("R-") + 2;
    const auto dash = body.find('-', at);
    const std::string patient(body.substr(at, dash - at));
    const int number = std::atoi(std::string(body.substr(dash + 1, 8)).c_str());
    if (number != last[patient] + 1) ++misordered;
    last[patient] = number;
    ++came;
    return accepted(body);
  });
  std::vector<std::string> ids;
  for (int i = 0; i < kPatients; ++i) {
    std::string id17 = "420500" + std::to_string(1950 + i) + "0101" + "123";
    constexpr int weights[] = {7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2};
    int sum = 0;
    for (std::size_t k = 0; k < 17; ++k) sum += (id17[k] - '0') * weights[k];
    ids.push_back(id17 + "10X98765432"[sum % 11]);
    auto patient = Hospital::patient("P" + std::to_string(i), (std::to_string(1950 + i) + "-01-01").c_str(), ids.back().c_str());
    patient["sex"] = "male";
    a.submit("patient.registered/1", {{"patient", patient}});
    refer(a, "P" + std::to_string(i));
  }
  a.settle();
  const auto before_kb = resident_kb();
  for (int n = 0; n < waiting; ++n) {
    const int i = n % kPatients;
    auto report = Hospital::report("R-" + std::to_string(i) + "-" + std::to_string(n / kPatients + 1) + "-");
    report["report"]["patient"]["local_id"] = "P" + std::to_string(i);
    report["report"]["patient"]["birth_date"] = std::to_string(1950 + i) + "-01-01";
    report["report"]["patient"]["sex"] = "male";
    report["report"]["patient"]["identifiers"][0]["value"] = ids[static_cast<std::size_t>(i)];
    a.submit("lab.report.released/1", report);
    if (n % (waiting / 8) == 0) a.clock->advance(hours(9));  // 72 hours in all, with tries in vain between
  }
  for (int i = 0; i < 100'000 && a.health()["spool"] != 0; ++i) std::this_thread::sleep_for(std::chrono::milliseconds(10));
  REQUIRE(a.eventually([&] { return a.health()["outbox_waiting"] == waiting; }));  // a try in vain is on the wire for a moment
  CHECK(a.health()["outbox_parked"] == 0);  // provably not sent: no attempt was used up
  const auto grown_kb = resident_kb() - before_kb;
  INFO("resident memory grew by " << grown_kb << " KiB");
  CHECK(grown_kb < 96 * 1024);
  a.wire().clear();
  a.wire().clear();
  a.clock->advance(hours(1));
  for (int i = 0; i < 100'000 && came < waiting; ++i) std::this_thread::sleep_for(std::chrono::milliseconds(10));
  CHECK(came == waiting);
  CHECK(misordered == 0);
  CHECK(a.eventually([&] { return a.health()["outbox_waiting"] == 0; }));
  a.wire().connect({});
}
