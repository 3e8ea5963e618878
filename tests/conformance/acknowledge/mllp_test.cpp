// Enhanced mode over MLLP and mutual TLS: two real engines, and one real engine against a scripted hospital.
#include <Poco/Net/ServerSocket.h>

#include "adapters/partner/mllp/entry.hpp"
#include "core/hl7/ack.hpp"
#include "tests/support/hospital.hpp"
#include "tests/support/transport/certificates.hpp"
#include "tests/support/transport/recording_engine.hpp"
#include "tests/support/transport/scripted_peer.hpp"

using namespace huren;
using namespace huren::test;

namespace {

const Certificates& certs() { return Certificates::all(); }

std::uint16_t free_port() {
  const Poco::Net::ServerSocket socket(Poco::Net::SocketAddress("127.0.0.1", 0));
  return socket.address().port();
}
std::string at(std::uint16_t port) { return "127.0.0.1:" + std::to_string(port); }

void over_mllp(Hospital& h, const std::string& own, std::uint16_t listen, const std::string& other, const std::string& address) {
  h.more_adapters = {&partner_mllp_entry()};
  h.config.agreements[0].basis = "consent";  // a tie that sends nothing itself
  h.config.listener = {{"listen", at(listen)}, {"certificate", certs().file(own + ".pem")}, {"private_key", certs().file(own + ".key")}, {"trust", certs().file("ca.pem")}};
  auto& partner = h.config.partners[0];
  partner.adapter = "partner.mllp";
  partner.enhanced = true;
  partner.options = {{"address", address}, {"certificate_sha256", certs().sha256(other)}};
}

void refer(Hospital& a) {
  a.registers();
  a.submit("consent.given/1", {{"patient_id", "P1"}, {"partner", "other"}, {"at", "2026-11-22T08:00:00+08:00"}});
  a.settle();
}

bool becomes(Hospital& a, int committed, int parked) {
  return a.eventually([&] {
    const auto h = a.health();
    return h["outbox_waiting"] == 0 && h["outbox_committed"] == committed && h["outbox_parked"] == parked;
  });
}

std::string framed(const std::string& body) { return "\x0B" + body + "\x1C\x0D"; }

std::string said(const char* code, const std::string& of, const char* accept) {
  return std::string("MSH|^~\\&|X|HB-CITY-01|HUREN|HB-COUNTY-01|20261122||ACK^R01^ACK|P") + code + "|P|2.5.1|||" + accept + "|NE\rMSA|" + code + "|" + of + "\r";
}

std::shared_ptr<const common::TlsContext> client_of_b() {
  auto settings = certs().settings("hospital_b", false);
  settings.pins = {certs().sha256("hospital_a")};
  auto context = common::TlsContext::load(settings);
  if (!context) throw std::runtime_error(line(context.error()));
  return *context;
}

// Hospital A in front of a scripted B that answers CA to everything.
struct Against {
  std::uint16_t port = free_port();
  ScriptedPeer b;
  Hospital a{"HB-COUNTY-01", "HB-CITY-01"};
  explicit Against(std::vector<ScriptedPeer::Script> scripts) : b(std::move(scripts), *certs().source("hospital_b", true)->current()) {
    over_mllp(a, "hospital_a", port, "hospital_b", b.address());
    a.open();
    refer(a);
  }
  std::string sent_id(std::size_t number) {
    REQUIRE(a.eventually([&] { return b.received().size() > number; }));
    return control_id_of(b.received()[number]);
  }
};

}  // namespace

TEST_CASE("two hospitals in enhanced mode: a report is committed at once, applied, and its AA comes back over the other way") {
  const auto port_a = free_port(), port_b = free_port();
  Hospital a("HB-COUNTY-01", "HB-CITY-01"), b("HB-CITY-01", "HB-COUNTY-01");
  over_mllp(a, "hospital_a", port_a, "hospital_b", at(port_b));
  over_mllp(b, "hospital_b", port_b, "hospital_a", at(port_a));
  b.open();
  b.registers();
  b.encounter();
  a.open();
  refer(a);
  for (int i = 0; i < 20; ++i) a.submit("lab.report.released/1", Hospital::report("R" + std::to_string(i)));
  CHECK(b.eventually([&] { return b.list().size() == 20; }));
  CHECK(becomes(a, 0, 0));  // every AA came
  CHECK(becomes(b, 0, 0));  // and was answered CA
  // Both ends come to rest: an acknowledgement of an acknowledgement would go on for ever.
  const auto quiet = [&] { return a.log_text() + b.log_text(); };
  CHECK(a.eventually([&] {
    const auto before = quiet().size();
    std::this_thread::sleep_for(std::chrono::milliseconds(300));
    return quiet().size() == before;
  }));
  CHECK(quiet().find("peer_misbehaving") == std::string::npos);
  CHECK(quiet().find("transport.ack_ignored") == std::string::npos);
}

TEST_CASE("the application acknowledgement waits while the sender is down and settles its message when it is back") {
  const auto port_a = free_port(), port_b = free_port();
  Hospital a("HB-COUNTY-01", "HB-CITY-01"), b("HB-CITY-01", "HB-COUNTY-01");
  over_mllp(a, "hospital_a", port_a, "hospital_b", at(port_b));
  over_mllp(b, "hospital_b", port_b, "hospital_a", at(free_port()));  // B cannot reach A: wrong address at first
  b.open();
  b.registers();
  b.encounter();
  a.open();
  refer(a);
  a.submit("lab.report.released/1", Hospital::report("R1"));
  REQUIRE(becomes(a, 1, 0));
  CHECK(b.eventually([&] { return b.health()["outbox_waiting"] == 1; }));
  a.close();
  b.close();
  b.config.partners[0].options["address"] = at(port_a);
  a.open();
  CHECK(a.health()["outbox_committed"] == 1);
  b.open();
  CHECK(becomes(a, 0, 0));
  CHECK(becomes(b, 0, 0));
  CHECK(b.list().size() == 1);
}

TEST_CASE("a foreign hospital answers CA and later AA or AE on a connection of its own - where it asks, it gets its CA") {
  const ScriptedPeer::Script commits = [](Session& s) {
    while (const auto got = s.message()) s.frame(ack("CA", control_id_of(*got)));
  };
  Against t({commits});
  t.a.submit("lab.report.released/1", Hospital::report("R1"));
  t.a.submit("lab.report.released/1", Hospital::report("R2"));
  REQUIRE(becomes(t.a, 2, 0));
  Client later(t.port, client_of_b());
  later.send(framed(said("AA", t.sent_id(0), "AL")));
  const auto answer = later.frame();
  REQUIRE(answer);
  CHECK(answer->find("MSA|CA|PAA") != std::string::npos);
  REQUIRE(becomes(t.a, 1, 0));
  later.send(framed(said("AE", t.sent_id(1), "")) + framed(said("AA", "NOBODY", "AL")));
  CHECK(becomes(t.a, 0, 1));
  CHECK_FALSE(later.frame(300));  // neither is answered
  CHECK(t.a.notice_of("delivery.parked/1").dump().find("delivery.application_refused") != std::string::npos);
}

TEST_CASE("a foreign hospital that sends its application acknowledgement back over the message's connection is heard") {
  const ScriptedPeer::Script both = [](Session& s) {
    while (const auto got = s.message()) {
      if (hl7::is_ack(hl7::peek_header(*got))) continue;  // our CA for its AA
      s.frame(ack("CA", control_id_of(*got)));
      s.frame(said("AA", control_id_of(*got), "AL"));
    }
  };
  Against t({both});
  t.a.submit("lab.report.released/1", Hospital::report("R1"));
  t.sent_id(0);
  t.a.submit("lab.report.released/1", Hospital::report("R2"));  // with it the first one's answer is read
  CHECK(t.a.eventually([&] { return t.a.health()["outbox_committed"] <= 1 && t.a.health()["outbox_waiting"] == 0; }));
  CHECK(t.a.eventually([&] {  // ours went back over it
    for (const auto& m : t.b.received())
      if (m.find("MSA|CA|PAA") != std::string::npos) return true;
    return false;
  }));
  CHECK(t.a.health()["outbox_parked"] == 0);
}
