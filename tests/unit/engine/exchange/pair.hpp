// Two hospitals that reach each other: county A, which releases, and city B, which asks. Loopback carries messages and
// questions alike; a test may listen in or cut the line.
#pragma once
#include "storage/sqlite.hpp"
#include "tests/support/hospital.hpp"

namespace huren::test {

class Pair {
 public:
  Hospital a{"HB-COUNTY-01", "HB-CITY-01"}, b{"HB-CITY-01", "HB-COUNTY-01"};
  std::atomic<bool> cut{false};  // while set nobody answers

  explicit Pair(const std::string& mode = "push", const std::string& basis = "consent") {
    for (auto* h : {&a, &b}) {
      h->config.agreements[0].mode = mode;
      h->config.agreements[0].basis = basis;
      h->config.exchange.key_file = "alliance.key";
      h->config.exchange.reconcile_hour = -1;
      h->write("alliance.key", "0123456789abcdef0123456789abcdef\n");
      std::filesystem::permissions(h->folder() + "/alliance.key", std::filesystem::perms::owner_read | std::filesystem::perms::owner_write);
    }
  }
  ~Pair() {
    a.wire().connect({});
    b.wire().connect({});
  }
  Pair& open() {
    a.open();
    b.open();
    connect();
    return *this;
  }
  void connect() {
    a.wire().connect([this](std::string_view body) { return carry(body, b, said_by_a_, said_by_b_); });
    b.wire().connect([this](std::string_view body) { return carry(body, a, said_by_b_, said_by_a_); });
  }
  // Both know the patient, A has her consent, B has her in front of it.
  Pair& known() {
    a.registers();
    b.registers();
    consent(true);
    return *this;
  }
  void consent(bool given) {
    a.submit(given ? "consent.given/1" : "consent.withdrawn/1",
             {{"patient_id", "P1"}, {"partner", "other"}, {"at", to_iso_time(from_epoch_ms(a.clock->now_ms(), 480))}});
    a.settle();
  }
  // Every message that went over from A, requests and replies.
  std::vector<std::string> said_by_a() {
    const std::lock_guard lock(mutex_);
    return said_by_a_;
  }
  bool all_delivered() {
    a.settle();
    b.settle();
    return a.eventually([&] { return a.health()["outbox_waiting"] == 0 && b.health()["outbox_waiting"] == 0 && b.health()["inbox_waiting"] == 0; });
  }
  static Json order(const char* patient = "P1", const char* encounter = "E1") {
    return {{"patient_id", patient}, {"encounter_id", encounter}, {"doctor", Hospital::doctor()}, {"at", "2026-11-22T10:00:00+08:00"},
            {"orders", Json::array({{{"order_id", "O1"}, {"item", {{"code", "GLU01"}, {"name", "葡萄糖"}}}}})}};
  }
  static Json listed(Hospital& h) {
    return h.must_ask("results.list/1", {{"patient_id", "P1"}, {"encounter_id", "E1"}, {"doctor", Hospital::doctor()}});
  }
  static std::string log_of(Hospital& h) {
    std::ifstream in(h.folder() + "/data/log/huren.log");
    return {std::istreambuf_iterator<char>(in), {}};
  }
  static std::unique_ptr<storage::Database> database(Hospital& h) {
    auto db = storage::Database::open(h.folder() + "/data/store.db", {});
    REQUIRE(db);
    return std::move(*db);
  }
  static std::int64_t count(Hospital& h, const std::string& sql) {
    auto db = database(h);
    auto n = storage::Query(*db, sql).number();
    REQUIRE(n);
    return *n;
  }

 private:
  Reply carry(std::string_view body, Hospital& to, std::vector<std::string>& mine, std::vector<std::string>& theirs) {
    if (cut) return {};
    const std::lock_guard lock(mutex_);
    mine.emplace_back(body);
    auto reply = to.receive(std::string(body));
    theirs.push_back(reply.body);
    return reply;
  }
  std::mutex mutex_;
  std::vector<std::string> said_by_a_, said_by_b_;
};

}  // namespace huren::test
