#include <algorithm>
#include <array>
#include <condition_variable>
#include <mutex>
#include <span>
#include <utility>

#include "core/hl7/ack.hpp"
#include "tests/support/hospital.hpp"

using namespace huren;
using namespace huren::test;

static Hospital& sender(Hospital& a) {
  a.config.agreements[0].basis = "consent";  // a tie that sends nothing itself
  a.open();
  a.registers();
  a.submit("consent.given/1", {{"patient_id", "P1"}, {"partner", "other"}, {"at", "2026-11-22T08:00:00+08:00"}});
  a.settle();
  return a;
}
static loopback::Channel::Step step(Outcome outcome, const char* code = "") {
  return {.receipt = {.outcome = outcome, .code = code}, .hand_on = false};
}

TEST_CASE("not sent and unknown are sent again with the same bytes to a peer that de-duplicates") {
  Hospital a;
  sender(a);
  auto lost_answer = step(Outcome::unknown);
  lost_answer.hand_on = true;  // the peer has it, its answer is lost
  a.wire().script({step(Outcome::not_sent), lost_answer});
  a.submit("lab.report.released/1", Hospital::report("R1"));
  REQUIRE(a.eventually([&] { return a.wire().sent().size() == 2 && a.health()["outbox_waiting"] == 0; }));
  const auto sent = a.wire().sent();
  CHECK(sent[0].id == sent[1].id);
  CHECK(sent[0].body == sent[1].body);
}

TEST_CASE("I4: unknown is never sent again to a peer that does not de-duplicate - a person is told") {
  Hospital a;
  a.config.partners[0].deduplicates = false;
  sender(a);
  a.wire().script({step(Outcome::unknown), step(Outcome::delivered, "AA")});
  a.submit("lab.report.released/1", Hospital::report("R1"));
  const auto told = a.notice_of("delivery.parked/1");
  REQUIRE_FALSE(told.is_null());
  CHECK(told["body"]["partner"] == "other");
  std::this_thread::sleep_for(std::chrono::milliseconds(300));
  CHECK(a.wire().sent().size() <= 1);
  CHECK(a.health()["outbox_parked"] == 1);
}

TEST_CASE("refused waits for a person and holds nobody else up") {
  Hospital a;
  sender(a);
  a.wire().script({step(Outcome::refused, "AE"), step(Outcome::delivered, "AA")});
  a.submit("lab.report.released/1", Hospital::report("R1"));
  a.submit("lab.report.released/1", Hospital::report("R2"));
  CHECK_FALSE(a.notice_of("delivery.parked/1").is_null());
  CHECK(a.eventually([&] { return a.health()["outbox_waiting"] == 0; }));
  CHECK(a.health()["outbox_parked"] == 1);
}

TEST_CASE("the notice of a parked message tells its reason in each language apart, with the id of the cause") {
  Hospital a;
  sender(a);
  const Error why{"transport.connect_refused", "partner.other", {"10.0.0.1:2575"}};
  a.wire().script({{.receipt = {.outcome = Outcome::refused, .code = "AE", .remark = why}, .hand_on = false}});
  a.submit("lab.report.released/1", Hospital::report("R1"));
  const auto told = a.notice_of("delivery.parked/1");
  REQUIRE_FALSE(told.is_null());
  const auto& reason = told["body"]["reason"];
  CAPTURE(reason.dump());
  CHECK(reason["id"] == "delivery.parked");
  CHECK(reason["zh"] == text({"delivery.parked", "", {"partner.other: " + text(why, Language::zh) + " [transport.connect_refused]"}}, Language::zh));
  CHECK(reason["en"] == text({"delivery.parked", "", {"partner.other: " + text(why, Language::en) + " [transport.connect_refused]"}}, Language::en));
}

TEST_CASE("I5: reports of one patient arrive in the order of their release, though the first fails at first") {
  Hospital a;
  sender(a);
  a.wire().script({step(Outcome::not_sent), step(Outcome::not_sent)});
  for (int i = 0; i < 8; ++i) a.submit("lab.report.released/1", Hospital::report("R" + std::to_string(i)));
  REQUIRE(a.eventually([&] { return a.wire().sent().size() == 8 && a.health()["outbox_waiting"] == 0; }));
  std::string order;
  for (const auto& s : a.wire().sent()) {
    const auto at = s.body.find("OBR|");
    const auto number = s.body.substr(s.body.find("R", at + 4), 2);
    if (!order.ends_with(number)) order += number;
  }
  CHECK(order.ends_with("R0R1R2R3R4R5R6R7"));
}

TEST_CASE("I7: no name, number or value of a patient in log, health or remarks") {
  Hospital a;
  sender(a);
  a.encounter();
  a.wire().script({step(Outcome::refused, "AE")});
  a.submit("lab.report.released/1", Hospital::report("R1", "5.4242"));
  a.submit("lab.report.released/1", {{"report", {{"number", "R9"}, {"patient", Hospital::patient("P1")}, {"陈东珅", 1}}}});
  a.receive(Hospital::oru("R2", "M1", "6.6161") + "PID|again\r");
  a.receive("MSH|^~\\&|x|陈东珅|||||ORU^R01|11010519491231002X|P|2.5.1\rPID|1||11010519491231002X||陈东珅\r");
  a.settle();
  CHECK_FALSE(a.notice_of("delivery.parked/1").is_null());
  std::ifstream in(a.folder() + "/data/log/huren.log");
  const std::string log{std::istreambuf_iterator<char>(in), {}};
  REQUIRE(log.find("event.rejected") != std::string::npos);
  for (const char* secret : {"陈东珅", "11010519491231002X", "5.4242", "6.6161"}) {
    CAPTURE(secret);
    CHECK(log.find(secret) == std::string::npos);
    CHECK(a.health().dump().find(secret) == std::string::npos);
  }
}

TEST_CASE("a message whose time to live is over waits for a person instead of going out late") {
  Hospital a;
  a.config.partners[0].time_to_live_hours["ORU"] = 2;
  sender(a);
  a.wire().script(std::vector<loopback::Channel::Step>(200, step(Outcome::not_sent)));
  a.clock->advance(std::chrono::hours(-3));  // released three hours before the partner is back
  a.submit("lab.report.released/1", Hospital::report("R1"));
  REQUIRE(a.eventually([&] { return a.health()["outbox_waiting"] == 1; }));
  a.clock->advance(std::chrono::hours(3));
  const auto told = a.notice_of("delivery.parked/1");
  REQUIRE_FALSE(told.is_null());
  CHECK(a.wire().sent().empty());
}

TEST_CASE("a critical report overtakes routine ones of other patients, never its own patient's") {
  Hospital a;
  a.config.partners[0].concurrency = 1;
  sender(a);
  std::atomic<bool> hold{true};
  a.wire().connect([&](std::string_view body) {
    while (hold) std::this_thread::sleep_for(std::chrono::milliseconds(5));
    return Reply{.body = "MSH|^~\\&|b|B|a|A|20261122||ACK|x|P|2.5.1\rMSA|AA|" + hl7::peek_header(body).control_id + "\r", .stored = true};
  });
  const auto release = [&](const std::string& number, const std::string& patient, bool critical) {
    auto report = Hospital::report(number);
    report["report"]["patient"] = Hospital::patient(patient, "1949-12-31", patient == "P1" ? Hospital::kRid : "110105194912310038");
    if (critical) report["report"]["observations"][0]["flags"] = {"HH"};
    a.submit("lab.report.released/1", report);
  };
  a.registers("P2", "1949-12-31", "110105194912310038");
  a.submit("consent.given/1", {{"patient_id", "P2"}, {"partner", "other"}, {"at", "2026-11-22T08:00:00+08:00"}});
  for (int i = 0; i < 6; ++i) release("R" + std::to_string(i), "P1", false);
  release("Q0", "P2", false);
  release("Q1", "P2", true);
  a.settle();
  hold = false;
  REQUIRE(a.eventually([&] { return a.health()["outbox_waiting"] == 0; }));
  std::vector<std::string> order;
  for (const auto& s : a.reports_sent()) order.push_back(s.body.substr(s.body.find('|', s.body.find("OBR|1||") + 6) + 1, 2));
  const auto place = [&](const char* number) { return std::find(order.begin(), order.end(), number) - order.begin(); };
  CHECK(place("Q0") < place("Q1"));
  CHECK(place("Q1") < place("R4"));
  CHECK(place("R0") < place("R1"));
  a.wire().connect({});
}

namespace {

// Where every delivery stays until it is let go; how many are inside at a time is counted.
struct Busy {
  std::mutex mutex;
  std::condition_variable changed;
  bool open = false;
  int now = 0, most = 0, all = 0;
  bool pipelines = false, fails = false;  // fails: of the next delivery nobody knows what came
  bool first_only = false;                // answers the first of several and does not read on
  std::vector<std::size_t> together;      // how many messages went at a time
};
Busy* busy = nullptr;  // an adapter is made from options, which hold no pointers

const AdapterEntry& busy_entry() {
  class Wire final : public PartnerAdapter {
    bool pipelines() const override { return busy->pipelines; }
    std::vector<Receipt> deliver_many(const std::string& partner, std::span<const Message> messages, std::uint32_t deadline_ms) override {
      {
        std::unique_lock lock(busy->mutex);
        busy->together.push_back(messages.size());
        if (busy->first_only && messages.size() > 1) {
          std::vector<Receipt> receipts(messages.size(), {.outcome = Outcome::unknown, .code = ""});
          receipts.front() = {.outcome = Outcome::delivered, .code = "AA"};
          return receipts;
        }
        if (std::exchange(busy->fails, false)) return std::vector<Receipt>(messages.size(), {.outcome = Outcome::unknown, .code = ""});
      }
      return PartnerAdapter::deliver_many(partner, messages, deadline_ms);
    }
    Receipt deliver(const std::string&, const Message&, std::uint32_t) override {
      std::unique_lock lock(busy->mutex);
      ++busy->all;
      busy->most = std::max(busy->most, ++busy->now);
      busy->changed.notify_all();
      busy->changed.wait(lock, [] { return busy->open; });
      --busy->now;
      return {.outcome = Outcome::delivered, .code = "AA"};
    }
  };
  static const AdapterEntry entry{HUREN_ADAPTER_SIGNATURE, "test.busy", "huren.partner/1", "a wire that holds what it carries", nullptr, 0,
                                  [](const AdapterSetup&) -> Result<std::unique_ptr<Adapter>> { return std::unique_ptr<Adapter>(std::make_unique<Wire>()); }};
  return entry;
}

}  // namespace

namespace {

constexpr int kPatients = 9;  // each its own key: nothing but the limits holds their reports back

Hospital& on_busy_wire(Hospital& a, Busy& wire) {
  busy = &wire;
  a.more_adapters = {&busy_entry()};
  a.config.partners[0].adapter = "test.busy";
  a.config.partners[0].options.clear();
  return a;
}

void release_one_each(Hospital& a, int round = 0) {
  const auto resident = [](int i) {  // the check digit of GB 11643
    const std::string body = "1101051949123101" + std::to_string(i);
    constexpr std::array kWeights{7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2};
    std::size_t sum = 0;
    for (std::size_t n = 0; n < body.size(); ++n) sum += static_cast<std::size_t>(body[n] - '0') * static_cast<std::size_t>(kWeights[n]);
    return body + "10X98765432"[sum % 11];
  };
  for (int i = 0; i < kPatients; ++i) {
    const auto patient = "C" + std::to_string(i);
    const auto rid = resident(i);
    a.registers(patient, "1949-12-31", rid.c_str());
    a.submit("consent.given/1", {{"patient_id", patient}, {"partner", "other"}, {"at", "2026-11-22T08:00:00+08:00"}});
    auto report = Hospital::report("R" + std::to_string(round) + "." + std::to_string(i));
    report["report"]["patient"] = Hospital::patient(patient, "1949-12-31", rid.c_str());
    a.submit("lab.report.released/1", report);
  }
  a.settle();
}

bool holds(Busy& wire, int messages) {  // so many are inside
  std::unique_lock lock(wire.mutex);
  return wire.changed.wait_for(lock, std::chrono::seconds(20), [&] { return wire.now == messages; });
}

void let_go(Busy& wire) {
  const std::lock_guard lock(wire.mutex);
  wire.open = true;
  wire.changed.notify_all();
}

}  // namespace

TEST_CASE("no more messages are on the wire to a partner at a time than its concurrency allows, and all of them get there") {
  Busy wire;
  Hospital a;
  on_busy_wire(a, wire).config.partners[0].concurrency = 3;
  sender(a);
  release_one_each(a);
  const bool full = holds(wire, 3);
  CHECK(a.health()["outbox_waiting"] == kPatients);
  let_go(wire);
  REQUIRE(full);
  REQUIRE(a.eventually([&] { return a.health()["outbox_waiting"] == 0; }));
  CHECK(wire.most == 3);
  CHECK(wire.all == kPatients);
  CHECK(*std::ranges::max_element(wire.together) == 1);  // it does not pipeline
}

TEST_CASE("what waits for one connection goes out one behind another, at most the partner's window at a time") {
  Busy wire;
  wire.pipelines = true;
  Hospital a;
  on_busy_wire(a, wire).config.partners[0].concurrency = 1;
  a.config.partners[0].window = 4;
  sender(a);
  release_one_each(a);
  const bool held = holds(wire, 1);
  let_go(wire);
  REQUIRE(held);
  REQUIRE(a.eventually([&] { return a.health()["outbox_waiting"] == 0; }));
  CHECK(wire.all == kPatients);
  CHECK(*std::ranges::max_element(wire.together) == 4);
}

TEST_CASE("I4: to a partner that does not de-duplicate nothing is sent before what is ahead of it is answered") {
  Busy wire;
  wire.open = wire.pipelines = true;
  Hospital a;
  on_busy_wire(a, wire).config.partners[0].deduplicates = false;
  a.config.partners[0].concurrency = 1;
  sender(a);
  release_one_each(a);
  REQUIRE(a.eventually([&] { return a.health()["outbox_waiting"] == 0; }));
  CHECK(wire.together == std::vector<std::size_t>(kPatients, 1));
}

TEST_CASE("what went out with others and has no answer is sent again alone, so that a message at which the partner dies takes no other with it") {
  Busy wire;
  wire.pipelines = true;
  Hospital a;
  on_busy_wire(a, wire).config.partners[0].concurrency = 1;
  a.config.partners[0].window = 64;
  sender(a);
  a.registers("H1");
  a.submit("consent.given/1", {{"patient_id", "H1"}, {"partner", "other"}, {"at", "2026-11-22T08:00:00+08:00"}});
  release_one_each(a);
  const bool held = holds(wire, 1);
  {
    const std::lock_guard lock(wire.mutex);
    wire.fails = true;  // the next delivery
  }
  let_go(wire);
  REQUIRE(held);
  REQUIRE(a.eventually([&] { return a.health()["outbox_waiting"] == 0; }));
  const std::lock_guard lock(wire.mutex);
  std::size_t sent = 0;
  for (const auto n : wire.together) sent += n;
  const auto again = sent - kPatients;  // those of the delivery that failed
  REQUIRE(again > 1);
  CHECK(static_cast<std::size_t>(std::ranges::count(wire.together, 1U)) >= again);
}

TEST_CASE("a partner that answers only the first of several gets them singly from then on, all of them, and after a while in twos") {
  Busy wire;
  wire.pipelines = wire.first_only = true;
  Hospital a;
  on_busy_wire(a, wire).config.partners[0].concurrency = 1;
  a.config.partners[0].window = 4;
  sender(a);
  const auto several = [&] { return std::ranges::count_if(wire.together, [](std::size_t n) { return n > 1; }); };
  for (int round = 0; round < 10; ++round) {
    {
      const std::lock_guard lock(wire.mutex);
      wire.open = false;
      wire.first_only = several() == 0;
    }
    release_one_each(a, round);
    CHECK(holds(wire, 1));
    let_go(wire);
    REQUIRE(a.eventually([&] { return a.health()["outbox_waiting"] == 0; }));
  }
  CHECK(a.health()["outbox_parked"] == 0);
  const std::lock_guard lock(wire.mutex);
  const auto is_several = [](std::size_t n) { return n > 1; };
  const auto failed = std::ranges::find_if(wire.together, is_several);
  REQUIRE(failed != wire.together.end());
  const auto next = std::find_if(failed + 1, wire.together.end(), is_several);
  REQUIRE(next != wire.together.end());
  CHECK(next - failed > 64);
  CHECK(*next == 2);
}
