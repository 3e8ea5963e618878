// order.check/1: what the HIS may ask, and how its faults are told.
#include <catch2/catch.hpp>

#include "core/recognition/order_check.hpp"

using namespace huren;
using namespace huren::recognition;

namespace {
std::vector<std::string> faults(std::string_view json) {
  std::vector<std::string> out;
  for (const auto& f : parse_order_check(json, 480).findings) out.push_back(f.error.where + " " + std::string(f.error.id));
  return out;
}
using Faults = std::vector<std::string>;
}  // namespace

TEST_CASE("a whole request is read") {
  const auto parsed = parse_order_check(R"({"patient_id":"P1","encounter_id":"E1","department":"内科","doctor":{"id":"D1","name":"李医生"},
    "situation":["emergency"],"at":"2026-11-22T10:00","orders":[{"order_id":"O1","item":{"code":"L001","name":"葡萄糖"}},{"order_id":"O2","item":{"code":"L002"}}]})", 480);
  REQUIRE(parsed.request);
  CHECK(parsed.findings.empty());
  CHECK(parsed.request->doctor.name == "李医生");
  CHECK(parsed.request->situation == std::vector<std::string>{"emergency"});
  CHECK(to_iso_time(*parsed.request->at) == "2026-11-22T10:00+08:00");
  REQUIRE(parsed.request->orders.size() == 2);
  CHECK(parsed.request->orders[1].item.code == "L002");
}

TEST_CASE("the time of order may be left out") {
  const auto parsed = parse_order_check(R"({"patient_id":"P1","doctor":{"id":"D1"},"orders":[{"order_id":"O1","item":{"code":"L001"}}]})", 480);
  REQUIRE(parsed.request);
  CHECK_FALSE(parsed.request->at);
}

TEST_CASE("every fault of a request is told at its JSON pointer in one pass") {
  const auto parsed = parse_order_check(R"({"patient_id":"","doctor":{},"situation":["Emergency!"],"at":"2026-11-22","odrers":[],
    "orders":[{"order_id":"O1","item":{"code":"L001"}},{"order_id":"O1","item":{}}]})", 480);
  CHECK_FALSE(parsed.request);
  const auto told = faults(R"({"patient_id":"","doctor":{},"situation":["Emergency!"],"at":"2026-11-22","odrers":[],
    "orders":[{"order_id":"O1","item":{"code":"L001"}},{"order_id":"O1","item":{}}]})");
  CHECK_THAT(told, Catch::Matchers::UnorderedEquals(Faults{
                       "/patient_id model.empty", "/doctor/id model.missing_member", "/situation/0 order.situation_word", "/at order.time_too_coarse",
                       "/odrers model.unknown_member_like", "/orders/1/item/code model.missing_member", "/orders/1/order_id order.id_twice"}));
}

TEST_CASE("what is no request at all is refused") {
  CHECK_FALSE(faults("{").empty());
  CHECK_FALSE(faults("[]").empty());
  CHECK_FALSE(faults("{}").empty());
  CHECK_FALSE(faults(R"({"patient_id":"P1","doctor":{"id":"D1"},"orders":"x"})").empty());
}
