// Two whole hospitals over MLLP with mutual TLS, a spoiled line between them. What A's HIS released stands on one side, what
// B's doctor is shown on the other: nothing lost, nothing twice, the newest version on top.
#include "adapters/partner/mllp/entry.hpp"
#include "tests/support/fault_proxy/fault_proxy.hpp"
#include "tests/support/hospital.hpp"
#include "tests/support/transport/certificates.hpp"

using namespace huren;
using namespace huren::test;

namespace {

struct Line {
  Hospital a{"HB-COUNTY-01", "HB-CITY-01"}, b{"HB-CITY-01", "HB-COUNTY-01"};
  std::unique_ptr<FaultProxy> proxy;
  int released = 0;

  Line() {
    setup(b, "hospital_b", "hospital_a", "127.0.0.1:1");
    b.open();
    proxy = std::make_unique<FaultProxy>(port_of(b));
    setup(a, "hospital_a", "hospital_b", proxy->address());
    a.config.agreements[0].basis = "consent";  // a tie that sends nothing itself
    a.config.deliver_timeout_ms = 400;
    a.config.max_attempts = 1000;  // the line is what is tried here, not the patience with it
    a.open();
    a.registers();
    b.registers();
    b.encounter();
    a.submit("consent.given/1", {{"patient_id", "P1"}, {"partner", "other"}, {"at", "2026-11-22T08:00:00+08:00"}});
  }
  static void setup(Hospital& h, const std::string& own, const std::string& other, const std::string& address) {
    const auto& certs = Certificates::all();
    h.more_adapters.push_back(&partner_mllp_entry());
    h.config.exchange.reconcile_hour = -1;
    h.config.partners[0].adapter = "partner.mllp";
    h.config.partners[0].options = {{"address", address}, {"certificate_sha256", certs.sha256(other)}, {"server_name", "localhost"}};
    h.config.listener = {{"listen", "127.0.0.1:0"}, {"certificate", certs.file(own + ".pem")}, {"private_key", certs.file(own + ".key")}, {"trust", certs.file("ca.pem")}};
  }
  static std::uint16_t port_of(Hospital& h) {
    std::ifstream in(h.folder() + "/data/log/huren.log");
    std::string text{std::istreambuf_iterator<char>(in), {}};
    const auto at = text.find("transport.listening");
    REQUIRE(at != std::string::npos);
    const auto colon = text.find("127.0.0.1:", at);
    return static_cast<std::uint16_t>(std::stoi(text.substr(colon + 10, 5)));
  }
  // Three reports, the second amended: order matters.
  void release() {
    for (int i = 0; i < 3; ++i) {
      const auto number = "L" + std::to_string(++released);
      a.submit("lab.report.released/1", Hospital::report(number, "5.1"));
      if (i == 1) a.submit("lab.report.amended/1", Hospital::report(number, "8.8", 2));
    }
  }
  void check() {
    proxy->set({});
    proxy->cut_all();
    REQUIRE(a.eventually([&] { return a.health()["spool"] == 0 && a.health()["outbox_waiting"] == 0 && b.health()["inbox_waiting"] == 0; }));
    std::map<std::string, int> shown;
    for (const auto& row : b.list()) {
      ++shown[row["report_number"]];
      const int number = std::stoi(row["report_number"].get<std::string>().substr(1));
      const bool amended = number % 3 == 2;
      CHECK(row["version"] == (amended ? 2 : 1));
      CHECK(row["value"] == (amended ? "8.8" : "5.1"));
    }
    CHECK(static_cast<int>(shown.size()) == released);  // lost 0
    for (const auto& [number, times] : shown) CHECK(times == 1);  // doubled 0
    CHECK(a.health()["outbox_parked"] == 0);
  }
  void suffer(const Faults& faults, int ms = 500) {
    proxy->set(faults);
    proxy->cut_all();
    release();
    std::this_thread::sleep_for(std::chrono::milliseconds(ms));
    check();
  }
};

}  // namespace

TEST_CASE("I2 I5 I9: delay and jitter, dripping and refused connections between two hospitals lose, double and misorder nothing") {
  Line line;
  line.suffer({.delay_ms = 30, .jitter_ms = 60});
  line.suffer({.drip_bytes = 700});
  line.suffer({.refuse = true});
}

TEST_CASE("I2 I5 I9: a line cut in mid-frame towards B, in mid-answer towards A, closed, reset or left half-open, loses, doubles and misorders nothing") {
  Line line;
  line.release();
  line.check();
  for (const auto cut : {Faults::Cut::close, Faults::Cut::reset, Faults::Cut::half_open})
    for (const std::uint64_t bytes : {900U, 3500U, 5200U}) {
      line.suffer({.cut_to_server_after = bytes, .cut = cut}, 300);
      line.suffer({.cut_to_client_after = bytes, .cut = cut}, 300);
    }
}

TEST_CASE("I5: connections that overtake each other misorder nothing: every new one is faster than those before it") {
  Line line;
  for (std::uint32_t delay = 120; delay > 0; delay -= 40) {
    line.proxy->set({.delay_ms = delay});
    line.release();
    std::this_thread::sleep_for(std::chrono::milliseconds(30));
  }
  line.check();
}
