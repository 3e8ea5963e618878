// HL7's two modes of acknowledging, through the engine: what MSH-15 and MSH-16 ask for, what a late answer settles.
#include "core/hl7/ack.hpp"
#include "tests/support/hospital.hpp"

using namespace huren;
using namespace huren::test;

namespace {

// Hospital::oru that asks for acknowledgements.
std::string asking(const std::string& accept, const std::string& application, const std::string& id = "M1", std::string bytes = "") {
  if (bytes.empty()) bytes = Hospital::oru("R-" + id, id);
  const std::string plain = "|P|2.5.1|||||CHN|";
  return bytes.replace(bytes.find(plain), plain.size(), "|P|2.5.1|||" + accept + "|" + application + "|CHN|");
}
std::string faulty(const std::string& id = "M1") {
  auto bytes = Hospital::oru("R-" + id, id);
  bytes.erase(bytes.find("PID|"), bytes.find("ORC|") - bytes.find("PID|"));
  return bytes;
}
std::string code_of(const std::string& ack) {
  if (ack.empty()) return "";
  const auto parsed = hl7::parse_ack(ack);
  REQUIRE(parsed);
  return std::string(hl7::to_string(parsed->code));
}
hl7::Header header_of(const std::string& bytes) { return hl7::peek_header(bytes); }

// What went out of one type, whatever other mail there is.
std::vector<loopback::Channel::Sent> mail_of(const Hospital& h, const std::string& type) {
  auto sent = h.wire().sent();
  std::erase_if(sent, [&](const auto& m) { return m.type != type; });
  return sent;
}
std::vector<loopback::Channel::Sent> acks_of(const Hospital& h) { return mail_of(h, "ACK"); }
std::vector<loopback::Channel::Sent> reports_of(const Hospital& h) { return mail_of(h, "ORU^R01"); }

// What the partner says later about a message of ours.
std::string late(const char* code, const std::string& of, const std::string& id = "L1", const char* accept = "AL", const std::string& more = "") {
  return "MSH|^~\\&|X|HB-COUNTY-01|HUREN|HB-CITY-01|20261122||ACK^R01^ACK|" + id + "|P|2.5.1|||" + accept + "|NE\rMSA|" + code + "|" + of + "\r" + more;
}

// A hospital that sends to a partner in enhanced mode, the partner's answers scripted.
struct Sender {
  Hospital a;
  explicit Sender(std::vector<const char*> answers = {"CA"}, bool deduplicates = true) {
    a.config.partners[0].enhanced = true;
    a.config.partners[0].deduplicates = deduplicates;
    a.config.agreements[0].basis = "consent";  // a tie that sends nothing itself
    a.open();
    a.registers();
    a.submit("consent.given/1", {{"patient_id", "P1"}, {"partner", "other"}, {"at", "2026-11-22T08:00:00+08:00"}});
    a.settle();
    std::vector<loopback::Channel::Step> steps;
    for (const char* code : answers) steps.push_back({.receipt = {.outcome = *code ? Outcome::delivered : Outcome::unknown, .code = code}, .hand_on = true});
    a.wire().script(std::move(steps));
  }
  std::string send(const std::string& number = "R1") {
    const auto before = reports_of(a).size();
    a.submit("lab.report.released/1", Hospital::report(number));
    REQUIRE(a.eventually([&] { return reports_of(a).size() > before; }));
    return reports_of(a).back().id;
  }
  bool becomes(int committed, int parked) {
    return a.eventually([&] {
      const auto h = a.health();
      return h["outbox_waiting"] == 0 && h["outbox_committed"] == committed && h["outbox_parked"] == parked;
    });
  }
};

// The real store, failing when the test says so.
std::atomic<bool> g_disk_full{false};
class FlakyStore final : public StoreAdapter {
 public:
  explicit FlakyStore(std::unique_ptr<Adapter> inner) : inner_(std::move(inner)), store_(dynamic_cast<StoreAdapter&>(*inner_)) {}
  using Store::transact;
  Result<void> transact(const std::function<Result<void>(store::Unit&)>& fn, Again again) override {
    if (g_disk_full) return Error{"storage.full", "store", {}};
    return store_.transact(fn, again);
  }
  Result<void> read(const std::function<Result<void>(store::Reader&)>& fn) override { return store_.read(fn); }
  Result<bool> take_lease() override { return store_.take_lease(); }

 private:
  std::unique_ptr<Adapter> inner_;
  StoreAdapter& store_;
};
const AdapterEntry& flaky_entry() {
  static const AdapterEntry entry{HUREN_ADAPTER_SIGNATURE, "store.flaky", "huren.store/1", "fails on demand", nullptr, 0,
                                  [](const AdapterSetup& setup) -> Result<std::unique_ptr<Adapter>> {
                                    auto inner = store_sqlite_entry().create(setup);
                                    if (!inner) return inner.error();
                                    return std::unique_ptr<Adapter>(std::make_unique<FlakyStore>(std::move(*inner)));
                                  }};
  return entry;
}

}  // namespace

TEST_CASE("MSH-15 and MSH-16 are honoured: the commit at once, the application acknowledgement as a message of its own") {
  struct Row { const char *accept, *application, *good_now, *good_later, *bad_now, *bad_later; };
  const Row rows[] = {
      {"", "", "AA", "", "AE", ""},       {"AL", "AL", "CA", "AA", "CA", "AE"}, {"AL", "NE", "CA", "", "CA", ""},   {"AL", "ER", "CA", "", "CA", "AE"},
      {"AL", "SU", "CA", "AA", "CA", ""}, {"AL", "", "CA", "", "CA", ""},       {"SU", "AL", "CA", "AA", "CA", "AE"}, {"ER", "AL", "", "AA", "", "AE"},
      {"NE", "AL", "AA", "", "AE", ""},   {"NE", "ER", "", "", "AE", ""},       {"NE", "SU", "AA", "", "", ""},     {"NE", "NE", "", "", "", ""},
      {"", "AL", "AA", "", "AE", ""},
  };
  Hospital b;
  b.open();
  b.registers();
  b.encounter();
  int n = 0;
  std::map<std::string, std::string> later;  // message → code
  for (const auto& row : rows) {
    for (const bool good : {true, false}) {
      const auto id = "M" + std::to_string(++n);
      INFO(row.accept << '/' << row.application << (good ? " good" : " faulty"));
      const auto reply = b.receive(asking(row.accept, row.application, id, good ? "" : faulty(id)));
      CHECK(reply.stored);
      CHECK(reply.later.empty());
      CHECK(code_of(reply.body) == (good ? row.good_now : row.bad_now));
      if (!reply.body.empty()) {
        CHECK(header_of(reply.body).accept_ack.empty());  // nobody shall answer it
        CHECK(hl7::parse_ack(reply.body)->control_id == id);
      }
      if (const std::string code = good ? row.good_later : row.bad_later; !code.empty()) later[id] = code;
    }
  }
  CHECK(b.list().size() == std::size(rows));  // all good ones took effect, whatever was answered
  REQUIRE(b.eventually([&] { return acks_of(b).size() >= later.size() && b.health()["outbox_waiting"] == 0; }));
  std::map<std::string, std::string> came;
  for (const auto& sent : acks_of(b)) {
    const auto ack = hl7::parse_ack(sent.body);
    REQUIRE(ack);
    came[ack->control_id] = std::string(hl7::to_string(ack->code));
    CHECK(sent.type == "ACK");
    const auto header = header_of(sent.body);
    CHECK(header.control_id == sent.id);
    CHECK(header.accept_ack == "AL");
    CHECK(header.application_ack == "NE");
    CHECK(header.receiving_facility == "HB-COUNTY-01");
    const auto pid = [](const hl7::AckError& e) { return e.location == "PID[1]" && e.severity == "E" && e.code == "100"; };
    if (ack->code == hl7::AckCode::AE) CHECK(std::any_of(ack->errors.begin(), ack->errors.end(), pid));
  }
  CHECK(came == later);
  CHECK(acks_of(b).size() == later.size());
}

TEST_CASE("in enhanced mode what cannot even be taken is CE or CR, and nothing follows") {
  Hospital b;
  b.open();
  CHECK(code_of(b.receive(asking("AL", "AL", "M1", Hospital::oru("R1", "M1", "5", "F", "19491231", "HB-ELSEWHERE"))).body) == "CE");
  auto without_id = asking("AL", "AL");
  without_id.replace(without_id.find("|M1|"), 4, "||");
  CHECK(code_of(b.receive(without_id).body) == "CE");
  auto undecodable = asking("AL", "AL", "M3");
  undecodable.replace(undecodable.find("陈"), 2, "\xFF\xFF");
  CHECK(code_of(b.receive(undecodable).body) == "CE");
  CHECK(code_of(b.receive("MSH|^~\\&|A|HB-COUNTY-01|B|C|20261122||ADT^A01^ADT_A01|M4|P|2.5.1|||AL|AL\r").body) == "CR");
  CHECK(code_of(b.receive("MSH|^~\\&|A|HB-COUNTY-01|B|C|20261122||ADT^A01^ADT_A01|M5|P|2.5.1|||ER|NE\r").body) == "CR");
  CHECK(b.receive("MSH|^~\\&|A|HB-COUNTY-01|B|C|20261122||ADT^A01^ADT_A01|M6|P|2.5.1|||SU|AL\r").body.empty());
  b.settle();
  CHECK(b.health()["outbox_waiting"] == 0);
  CHECK(acks_of(b).empty());
}

TEST_CASE("I9: CA only after the store has it: a disk that is full is CR, in original mode AR, and nothing is kept by half") {
  Hospital b;
  b.more_adapters = {&flaky_entry()};
  b.config.store_adapter = "store.flaky";
  b.open();
  b.registers();
  b.encounter();
  b.settle();
  g_disk_full = true;
  const auto refused = b.receive(asking("AL", "AL"));
  const auto original = b.receive(Hospital::oru("R2", "M2"));
  const auto unasked = b.receive(asking("SU", "AL", "M3"));
  g_disk_full = false;
  CHECK_FALSE(refused.stored);
  CHECK(code_of(refused.body) == "CR");
  CHECK(code_of(original.body) == "AR");
  CHECK(unasked.body.empty());
  CHECK(b.list().empty());
  CHECK(code_of(b.receive(asking("AL", "AL")).body) == "CA");  // the same bytes again
  CHECK(b.list().size() == 1);
}

TEST_CASE("a repeated message gets the same commit and its application acknowledgement again, and no second effect") {
  Hospital b;
  b.open();
  b.registers();
  b.encounter();
  const auto first = b.receive(asking("AL", "AL"));
  REQUIRE(b.eventually([&] { return acks_of(b).size() == 1; }));
  CHECK(b.receive(asking("AL", "AL")).body == first.body);
  REQUIRE(b.eventually([&] { return acks_of(b).size() == 2; }));
  CHECK(code_of(acks_of(b)[1].body) == "AA");
  CHECK(acks_of(b)[0].id != acks_of(b)[1].id);
  CHECK(b.list().size() == 1);
}

TEST_CASE("what was committed and cannot take effect is answered AE later") {
  Hospital b;
  b.open();
  b.registers();
  b.encounter();
  b.receive(Hospital::huren_oru("R1", "M0", "5.0", 1));
  b.settle();
  auto other_same_version = Hospital::huren_oru("R1", "M1", "6.0", 1);
  const auto msh_end = other_same_version.find('\r');
  auto msh = other_same_version.substr(0, msh_end);
  const auto at = msh.find("|P|2.5.1|");
  REQUIRE(at != std::string::npos);
  msh.replace(at, std::string("|P|2.5.1|||||").size(), "|P|2.5.1|||AL|AL|");
  CHECK(code_of(b.receive(msh + other_same_version.substr(msh_end)).body) == "CA");
  REQUIRE(b.eventually([&] { return acks_of(b).size() == 1; }));
  const auto ack = hl7::parse_ack(acks_of(b)[0].body);
  REQUIRE(ack);
  CHECK(ack->code == hl7::AckCode::AE);
  CHECK(ack->control_id == "M1");
  CHECK(b.list()[0]["value"] == "5.0");
}

TEST_CASE("a feed has no way of its own: its application acknowledgement follows the commit at once") {
  Hospital b;
  b.open();
  const auto good = b.from_own_lab(asking("AL", "AL"));
  CHECK(code_of(good.body) == "CA");
  CHECK(code_of(good.later) == "AA");
  CHECK(header_of(good.later).accept_ack.empty());
  const auto again = b.from_own_lab(asking("AL", "AL"));
  CHECK(again.body == good.body);
  CHECK(code_of(again.later) == "AA");
  CHECK(code_of(b.from_own_lab(asking("AL", "ER", "M2")).later).empty());
  auto no_results = asking("AL", "ER", "M3");
  no_results.erase(no_results.find("OBR|"));
  const auto bad = b.from_own_lab(no_results);
  CHECK(code_of(bad.body) == "CA");
  CHECK(code_of(bad.later) == "AE");
  CHECK(b.from_own_lab(Hospital::oru("R9", "M9")).later.empty());
  CHECK(acks_of(b).empty());
}

TEST_CASE("sending in enhanced mode: CA commits, AA later delivers, and the answer to that is a CA") {
  Sender s;
  const auto id = s.send();
  CHECK(header_of(reports_of(s.a)[0].body).accept_ack == "AL");
  CHECK(header_of(reports_of(s.a)[0].body).application_ack == "AL");
  REQUIRE(s.becomes(1, 0));
  const auto reply = s.a.receive(late("AA", id));
  CHECK(code_of(reply.body) == "CA");
  CHECK(hl7::parse_ack(reply.body)->control_id == "L1");
  CHECK(header_of(reply.body).accept_ack.empty());
  CHECK(s.becomes(0, 0));
  CHECK(s.a.receive(late("AA", id)).body == reply.body);  // repeated: the same answer
  CHECK(s.a.receive(late("AE", id, "L2")).body.find("MSA|CA|L2") != std::string::npos);
  CHECK(s.becomes(0, 0));  // a receipt is in hand: nothing takes it back
  CHECK(reports_of(s.a).size() == 1);
}

TEST_CASE("a partner in enhanced mode that answers AA at once is believed") {
  Sender s({"AA"});
  s.send();
  CHECK(s.becomes(0, 0));
}

TEST_CASE("a late AE or AR makes a person look, with the partner's places and codes but not its words") {
  for (const auto* code : {"AE", "AR"}) {
    Sender s;
    const auto id = s.send();
    REQUIRE(s.becomes(1, 0));
    CHECK(s.a.receive(late(code, id, "L1", "", "ERR||PID^1^5|204^x^HL70357|E||||王小明 not found\r")).body.empty());
    REQUIRE(s.becomes(0, 1));
    const auto notice = s.a.notice_of("delivery.parked/1");
    REQUIRE_FALSE(notice.is_null());
    const auto told = notice.dump();
    CHECK(told.find(code == std::string("AE") ? "delivery.application_refused" : "delivery.application_rejected") != std::string::npos);
    CHECK(told.find("PID[1]-5 204（对方查不到") != std::string::npos);
    CHECK(told.find("PID[1]-5 204 (the partner does not know") != std::string::npos);
    CHECK(told.find("王小明") == std::string::npos);
    CHECK(s.a.log_text().find("transport.late_refusal") != std::string::npos);
    CHECK(s.a.log_text().find("王小明") == std::string::npos);
  }
}

TEST_CASE("an application acknowledgement that never comes parks the message - one that comes after all settles it") {
  Sender s;
  const auto id = s.send();
  REQUIRE(s.becomes(1, 0));
  s.a.clock->advance(std::chrono::minutes(59));
  std::this_thread::sleep_for(std::chrono::milliseconds(1200));
  CHECK(s.becomes(1, 0));
  s.a.clock->advance(std::chrono::minutes(2));
  REQUIRE(s.becomes(0, 1));
  const auto notice = s.a.notice_of("delivery.parked/1");
  REQUIRE_FALSE(notice.is_null());
  CHECK(notice.dump().find("delivery.no_application_ack") != std::string::npos);
  s.a.receive(late("AA", id));
  CHECK(s.becomes(0, 0));
}

TEST_CASE("a committed message survives a crash and is not sent again") {
  Sender s;
  const auto id = s.send();
  REQUIRE(s.becomes(1, 0));
  s.a.close();
  s.a.open();
  CHECK(s.a.health()["outbox_committed"] == 1);
  CHECK(code_of(s.a.receive(late("AA", id)).body) == "CA");
  CHECK(s.becomes(0, 0));
  CHECK(reports_of(s.a).size() == 1);
}

TEST_CASE("the commit was lost and the application acknowledgement comes: delivered, not sent again") {
  Sender s({"", "AA"}, false);  // its outcome is unknown and the peer does not de-duplicate
  const auto id = s.send();
  REQUIRE(s.becomes(0, 1));  // doubtful
  s.a.receive(late("AA", id));
  CHECK(s.becomes(0, 0));
  CHECK(reports_of(s.a).size() == 1);
}

TEST_CASE("the application acknowledgement overtakes the commit") {
  for (const auto* code : {"AA", "AE"}) {
    Sender s(std::vector<const char*>{});
    s.a.wire().connect([&](std::string_view body) -> Reply {
      const auto header = hl7::peek_header(body);
      if (header.type == "ORU") s.a.receive(late(code, header.control_id));
      return {.body = hl7::build_ack(header, hl7::AckCode::CA, {}, {.control_id = "C", .time = {}, .text = ""}), .stored = true};
    });
    s.send();
    CHECK(s.becomes(0, code == std::string("AE") ? 1 : 0));
    s.a.wire().connect({});
  }
}

TEST_CASE("a message that waits for its application acknowledgement holds up nobody, not even the same patient") {
  Sender s({"CA", "CA"});
  s.send("R1");
  s.send("R2");
  CHECK(s.becomes(2, 0));
}

TEST_CASE("an acknowledgement of nothing we sent, or of the commit kind, is never answered, whatever it asks for") {
  Sender s;
  const auto id = s.send();
  REQUIRE(s.becomes(1, 0));
  for (const auto& bytes : {late("AA", "NOBODY"), late("CA", id), late("CE", id), late("CR", id), late("AA", id, "L1", "NE"), late("XX", id), late("AA", ""),
                            std::string("MSH|^~\\&|X|HB-COUNTY-01|H|B|20261122||ACK|L9|P|2.5.1|||AL|AL\r"), std::string("MSH|^~\\&|X||||20261122||ACK|L9|P|2.5.1|||AL||||\xFF\xFF\r")})
    CHECK(s.a.receive(bytes).body.empty());
  CHECK(s.becomes(0, 0));  // the one with NE settled it
  // Of a row that another partner sent, or that never left, nothing is believed.
  Sender t;
  const auto other = t.send();
  REQUIRE(t.becomes(1, 0));
  CHECK(t.a.receive(late("AA", other), "somebody").body.empty());
  CHECK(t.becomes(1, 0));
}
