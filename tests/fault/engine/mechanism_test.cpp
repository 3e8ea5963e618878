// Each check of an invariant, shown failing where what it checks has been taken away: a check that cannot fail shows nothing.
#include "core/model/patient.hpp"
#include "storage/sqlite.hpp"
#include "tests/support/hospital.hpp"

using namespace huren;
using namespace huren::test;

namespace {

Hospital& sender(Hospital& a) {
  a.config.agreements[0].basis = "consent";  // a tie that sends nothing itself
  a.config.hospital.code = "HB-COUNTY-01";
  a.config.partners[0].hospital.code = "HB-CITY-01";
  a.open();
  a.registers();
  a.submit("consent.given/1", {{"patient_id", "P1"}, {"partner", "other"}, {"at", "2026-11-22T08:00:00+08:00"}});
  return a;
}
void sql(Hospital& h, const char* text) {
  auto db = storage::Database::open(h.folder() + "/data/store.db", {});
  REQUIRE(db);
  REQUIRE((*db)->exec(text));
}
// Reports that went out, in their order; what else a referral sets going is not looked at.
std::vector<std::string> reports(Hospital& a) {
  std::vector<std::string> out;
  for (auto& sent : a.wire().sent())
    if (sent.type == "ORU^R01") out.push_back(std::move(sent.body));
  return out;
}
const loopback::Channel::Step kUnknown{{.outcome = Outcome::unknown, .code = "", .remark = {"transport.ack_timeout", "partner.other", {}}}, true};

}  // namespace

TEST_CASE("I4, mechanism removed: a peer wrongly said to de-duplicate gets an unknown message twice, and the checker says so") {
  const auto times_sent = [](bool said_to_deduplicate) {
    Hospital a;
    a.config.partners[0].deduplicates = said_to_deduplicate;
    a.wire().script({kUnknown});
    sender(a);
    a.submit("lab.report.released/1", Hospital::report("R1"));
    a.eventually([&] { return a.health()["spool"] == 0 && a.health()["outbox_waiting"] == 0; });
    const auto n = reports(a).size();
    a.wire().clear();
    return n;
  };
  CHECK(times_sent(false) == 1);
  CHECK(times_sent(true) == 2);
}

TEST_CASE("I5, mechanism removed: without the key of the patient a failed report is overtaken by the next, and the checker says so") {
  const auto order = [](bool keyed) {
    Hospital a;
    const loopback::Channel::Step not_sent{{.outcome = Outcome::not_sent, .code = "", .remark = {"transport.connect_refused", "partner.other", {}}}, false};
    a.config.retry_first_ms = 4000;
    a.config.retry_ceiling_ms = 4000;
    sender(a);
    a.settle();
    if (!keyed) sql(a, "CREATE TRIGGER no_key AFTER INSERT ON outbox BEGIN UPDATE outbox SET order_key='', gate=2 WHERE id=NEW.id; END");
    a.wire().script({not_sent});
    a.submit("lab.report.released/1", Hospital::report("R1"));
    a.eventually([&] { return a.health()["spool"] == 0; });
    std::this_thread::sleep_for(std::chrono::milliseconds(150));  // R1 has failed and pauses
    a.submit("lab.report.released/1", Hospital::report("R2"));
    REQUIRE(a.eventually([&] { return reports(a).size() == 2; }));
    const bool in_order = reports(a).at(0).find("|R1^") != std::string::npos;
    a.wire().clear();
    return in_order;
  };
  CHECK(order(true));
  CHECK_FALSE(order(false));
}

TEST_CASE("I10, mechanism removed: where it is forgotten who received the first version the correction reaches nobody, and the checker says so") {
  const auto corrected = [](bool remembered) {
    Hospital a;
    a.config.agreements[0].basis = "consent";
    a.config.hospital.code = "HB-COUNTY-01";
    a.config.partners[0].hospital.code = "HB-CITY-01";
    a.open();
    a.registers();
    a.submit("consent.given/1", {{"patient_id", "P1"}, {"partner", "other"}, {"at", "2026-11-22T08:00:00+08:00"}});
    a.submit("lab.report.released/1", Hospital::report("R1"));
    REQUIRE(a.eventually([&] { return reports(a).size() == 1; }));
    a.submit("consent.withdrawn/1", {{"patient_id", "P1"}, {"partner", "other"}, {"at", "2026-11-22T09:00:00+08:00"}});
    REQUIRE(a.eventually([&] { return a.health()["spool"] == 0 && a.health()["outbox_waiting"] == 0; }));
    if (!remembered) sql(a, "UPDATE outbox SET subject=''");
    const auto before = reports(a).size();
    a.submit("lab.report.amended/1", Hospital::report("R1", "7.9", 2));
    a.eventually([&] { return a.health()["spool"] == 0 && a.health()["outbox_waiting"] == 0; });
    const auto sent = reports(a);
    bool reached = false;
    for (std::size_t i = before; i < sent.size(); ++i) reached |= sent[i].find("|7.9|") != std::string::npos;
    a.wire().clear();
    return reached;
  };
  CHECK(corrected(true));
  CHECK_FALSE(corrected(false));
}

TEST_CASE("I11, mechanism removed: had asking decided by itself, the check for 'nothing changed' would see the decision") {
  Hospital b;
  b.open();
  b.registers();
  b.encounter();
  b.receive(Hospital::oru("R1", "M1"));
  const auto state = [&] {
    auto db = storage::Database::open(b.folder() + "/data/store.db", {});
    REQUIRE(db);
    return *storage::Query(**db, "SELECT (SELECT count(*) FROM decision) * 1000 + (SELECT count(*) FROM outbox)").number();
  };
  const Json order{{"patient_id", "P1"}, {"encounter_id", "E1"}, {"doctor", Hospital::doctor()}, {"at", "2026-11-22T10:00:00+08:00"},
                   {"orders", Json::array({{{"order_id", "O1"}, {"item", {{"code", "GLU01"}, {"name", "葡萄糖"}}}}})}};
  b.settle();
  const auto before = state();
  REQUIRE(b.must_ask("order.check/1", order)["cards"].size() == 1);
  CHECK(state() == before);
  b.submit("recognition.decided/1", {{"decision_id", "D1"}, {"suggestion_id", ""}, {"order_id", "O1"}, {"order_item", "GLU01"}, {"outcome", "accepted"}, {"patient_id", "P1"},
                                     {"encounter_id", "E1"}, {"department", "内科"}, {"doctor", Hospital::doctor()}, {"result_ids", Json::array({b.list()[0]["result_id"]})},
                                     {"at", "2026-11-22T10:00:00+08:00"}});
  b.settle();
  CHECK(state() != before);
}

TEST_CASE("I12, mechanism removed: matched by number alone, the result of another person would be shown, and the checker says so") {
  Hospital b;
  b.open();
  b.registers("P1", "1950-01-01");  // the same number, another birth date
  b.encounter();
  b.receive(Hospital::oru("R1", "M1"));
  CHECK(b.list().empty());
  b.close();
  // What the index of numbers alone would have done.
  sql(b, "UPDATE report SET patient_id=(SELECT patient_id FROM patient_identifier WHERE value='11010519491231002X')");
  sql(b, "UPDATE result SET owner=(SELECT patient_id FROM report)");
  b.open();
  CHECK(b.list().size() == 1);
}

TEST_CASE("I7, mechanism removed: a name written into the log would be found by the check") {
  Hospital b;
  b.open();
  b.registers();
  const auto log = [&] {
    std::ifstream in(b.folder() + "/data/log/huren.log");
    return std::string(std::istreambuf_iterator<char>(in), {});
  };
  b.settle();
  CHECK(log().find("陈东珅") == std::string::npos);
  services_by_feed().at(b.config.feeds[0].name)->log(Severity::warning, "peer_misbehaving", {{"source", "other"}, {"what", "陈东珅"}});
  CHECK(b.eventually([&] { return log().find("陈东珅") != std::string::npos; }));
}
