// Two adapters with a spoiled line between them, by MLLP and by HTTPS. The claim under test is the outcome table:
// whatever the line does, "delivered" is said only of what the other side accepted, and "not_sent" only of what it did
// not.
#include <algorithm>
#include <catch2/catch.hpp>

#include "adapters/partner/https/entry.hpp"
#include "adapters/partner/mllp/entry.hpp"
#include "tests/support/fault_proxy/fault_proxy.hpp"
#include "tests/support/transport/certificates.hpp"
#include "tests/support/transport/recording_engine.hpp"

using namespace huren;
using namespace huren::test;

namespace {

struct Line {
  RecordingEngine engine_a, engine_b;
  std::unique_ptr<Adapter> b, a;
  std::unique_ptr<FaultProxy> proxy;

  explicit Line(const AdapterEntry& entry) {
    const auto& certs = Certificates::all();
    const bool https = std::string_view(entry.id) == "partner.https";
    const std::string listen = https ? "https_listen" : "listen";
    const auto make = [&](RecordingEngine& engine, const std::string& own, const std::string& other, Options peer) {
      peer["certificate_sha256"] = certs.sha256(other);
      auto made = entry.create({.engine = &engine,
                                .config_dir = certs.dir(),
                                .options = {{listen, "127.0.0.1:0"},
                                            {"certificate", own + ".pem"},
                                            {"private_key", own + ".key"},
                                            {"trust", "ca.pem"}},
                                .peers = {{"other", std::move(peer)}}});
      if (!made) throw std::runtime_error(line(made.error()));
      if (auto started = (*made)->start(); !started) throw std::runtime_error(line(started.error()));
      return std::move(*made);
    };
    b = make(engine_b, "hospital_b", "hospital_a", {{"address", "127.0.0.1:1"}});
    proxy = std::make_unique<FaultProxy>(engine_b.port(https ? "https" : "listener"));
    a = make(engine_a, "hospital_a", "hospital_b", {{"address", proxy->address()}});
  }
  ~Line() {
    a->stop(1'000);
    b->stop(1'000);
  }
  Receipt deliver(const std::string& id, std::uint32_t deadline_ms = 10'000) {
    const auto body = message(id);
    return dynamic_cast<PartnerAdapter&>(*a).deliver(
        "other", {.id = id, .type = "ADT^A08", .content_type = "application/hl7-v2", .body = body}, deadline_ms);
  }
  // Only meaningful when b is quiet: after it was stopped.
  bool b_has(const std::string& id) const {
    const auto all = engine_b.accepted();
    return std::any_of(all.begin(), all.end(), [&](const Inbound& in) { return control_id_of(in.body) == id; });
  }
};

void check_truth(Line& line, const std::map<std::string, Outcome>& told) {
  line.b->stop(1'000);
  for (const auto& [id, outcome] : told) {
    INFO(id << " outcome " << static_cast<int>(outcome));
    if (outcome == Outcome::delivered) CHECK(line.b_has(id));
    if (outcome == Outcome::not_sent) CHECK_FALSE(line.b_has(id));
    CHECK(outcome != Outcome::refused);
  }
}

const AdapterEntry& transport() { return *GENERATE(&partner_mllp_entry(), &partner_https_entry()); }

}  // namespace

TEST_CASE("a line cut at any byte never makes an outcome a lie") {
  Line line(transport());
  REQUIRE(line.deliver("P000").outcome == Outcome::delivered);
  const auto up = line.proxy->bytes_to_server(), down = line.proxy->bytes_to_client();
  REQUIRE(up > 500);
  REQUIRE(down > 500);
  std::map<std::string, Outcome> told;
  int delivered = 0, not_sent = 0, unknown = 0, number = 0;
  const auto attempt = [&](Faults faults) {
    line.proxy->cut_all();
    line.proxy->set(faults);
    const auto id = "P" + std::to_string(1000 + number++);
    const auto outcome = line.deliver(id, 2'000).outcome;
    told[id] = outcome;
    (outcome == Outcome::delivered ? delivered : outcome == Outcome::not_sent ? not_sent : unknown)++;
  };
  for (const auto cut : {Faults::Cut::close, Faults::Cut::reset}) {
    for (std::uint64_t at = 0; at <= up + 8; at += 97) attempt({.cut_to_server_after = at, .cut = cut});
    for (std::uint64_t at = 0; at <= down + 8; at += 97) attempt({.cut_to_client_after = at, .cut = cut});
    // The last bytes of each direction, one by one: the frame's end and the answer's end.
    for (std::uint64_t at = up - 30; at <= up + 2; at += 3) attempt({.cut_to_server_after = at, .cut = cut});
    for (std::uint64_t at = down - 30; at <= down + 2; at += 3) attempt({.cut_to_client_after = at, .cut = cut});
  }
  INFO("delivered " << delivered << ", not sent " << not_sent << ", unknown " << unknown);
  CHECK(not_sent > 0);  // cuts in the handshake
  CHECK(unknown > 0);   // cuts after the message
  check_truth(line, told);
}

TEST_CASE("a line that drips and delays is slow, not wrong") {
  Line line(transport());
  line.proxy->set({.delay_ms = 0, .jitter_ms = 2, .drip_bytes = 40});
  std::map<std::string, Outcome> told;
  for (int i = 0; i < 3; ++i) {
    const auto id = "D" + std::to_string(i);
    told[id] = line.deliver(id, 30'000).outcome;
    CHECK(told[id] == Outcome::delivered);
  }
  check_truth(line, told);
}

TEST_CASE("a kept connection that went half open costs one unknown at the deadline, then a new one serves") {
  Line line(transport());
  REQUIRE(line.deliver("H000").outcome == Outcome::delivered);
  const auto up = line.proxy->bytes_to_server();
  line.proxy->cut_all();
  line.proxy->set({.cut_to_server_after = up + 40, .cut = Faults::Cut::half_open});
  std::map<std::string, Outcome> told;
  told["H001"] = line.deliver("H001").outcome;
  CHECK(told["H001"] == Outcome::delivered);
  told["H002"] = line.deliver("H002", 500).outcome;
  CHECK(told["H002"] == Outcome::unknown);
  line.proxy->set({});
  told["H003"] = line.deliver("H003").outcome;
  CHECK(told["H003"] == Outcome::delivered);
  check_truth(line, told);
}

TEST_CASE("a partner that went away and came back elsewhere is reached again") {
  Line line(transport());
  REQUIRE(line.deliver("G000").outcome == Outcome::delivered);
  line.proxy->cut_all();
  line.proxy->set({.refuse = true});
  std::map<std::string, Outcome> told;
  for (int i = 0; i < 5; ++i) {
    const auto id = "G1" + std::to_string(i);
    told[id] = line.deliver(id, 2'000).outcome;
    CHECK(told[id] == Outcome::not_sent);
  }
  line.proxy->set({});
  told["G200"] = line.deliver("G200").outcome;
  CHECK(told["G200"] == Outcome::delivered);
  check_truth(line, told);
}

TEST_CASE("stop during a wait for an answer returns, and what was sent is unknown") {
  Line line(transport());
  std::mutex gate;
  gate.lock();
  line.engine_b.answer_with([&](const Inbound& in) {
    const std::lock_guard wait(gate);
    return accepting(in);
  });
  Receipt receipt;
  std::thread sender([&] { receipt = line.deliver("W001", 60'000); });
  std::this_thread::sleep_for(std::chrono::milliseconds(200));
  line.a->stop(50);
  sender.join();
  CHECK((receipt.outcome == Outcome::unknown || receipt.remark.id == "transport.stopping" ||
         receipt.outcome == Outcome::not_sent));
  CHECK(line.deliver("W002").remark.id == "transport.stopping");
  gate.unlock();
}
