#include "tests/support/hospital.hpp"

using namespace huren;
using namespace huren::test;

namespace {
// A foreign message that huren has no map for, in bytes that are no UTF-8.
std::string foreign(const std::string& id, const std::string& patient, const std::string& text = "x") {
  return "MSH|^~\\&|XRAY|LAB|PACS|HQ|20261122||OMI^O23|" + id + "|P|2.5\rPID|1||" + patient + "^^^LAB~other||\xB3\xC2\r" + "NTE|1||" + text + "\r";
}
std::string code_of(const Reply& reply) { return reply.body.substr(reply.body.find("MSA|") + 4, 2); }

Hospital& relaying(Hospital& a) {
  a.config.feeds[0].relay_to = "other";
  return a.open();
}
}  // namespace

TEST_CASE("I9: a relayed message is answered when it is stored and goes on byte for byte, whatever it is") {
  Hospital a;
  relaying(a);
  const auto bytes = foreign("X1", "P7");
  const auto reply = a.from_own_lab(bytes);
  CHECK(reply.stored);
  CHECK(code_of(reply) == "AA");
  REQUIRE(a.eventually([&] { return a.wire().sent().size() == 1 && a.health()["outbox_waiting"] == 0; }));
  CHECK(a.wire().sent()[0].body == bytes);
  CHECK(a.wire().sent()[0].id == "X1");
  CHECK(a.health()["inbox_waiting"] == 0);
}

TEST_CASE("a relayed message that comes again gets the first answer and goes on once; the same id with other content goes on") {
  Hospital a;
  relaying(a);
  const auto first = a.from_own_lab(foreign("X1", "P7"));
  CHECK(a.from_own_lab(foreign("X1", "P7")).body == first.body);
  CHECK(code_of(a.from_own_lab(foreign("X1", "P7", "another"))) == "AA");
  REQUIRE(a.eventually([&] { return a.wire().sent().size() == 2 && a.health()["outbox_waiting"] == 0; }));
  CHECK(a.wire().sent()[0].id == a.wire().sent()[1].id);
}

TEST_CASE("I5: relayed messages of one patient go in the order of their arrival, though the first fails at first") {
  Hospital a;
  relaying(a);
  a.wire().script({{{.outcome = Outcome::not_sent, .code = ""}, false}, {{.outcome = Outcome::not_sent, .code = ""}, false}});
  for (int i = 0; i < 8; ++i) REQUIRE(a.from_own_lab(foreign("X" + std::to_string(i), "P7")).stored);
  REQUIRE(a.eventually([&] { return a.wire().sent().size() == 8 && a.health()["outbox_waiting"] == 0; }));
  for (std::size_t i = 0; i < 8; ++i) CHECK(a.wire().sent()[i].id == "X" + std::to_string(i));
}

TEST_CASE("what cannot be relayed is refused with its place: no MSH, no control id; an ACK is not answered") {
  Hospital a;
  relaying(a);
  CHECK(code_of(a.from_own_lab("hello")) == "AE");
  CHECK(code_of(a.from_own_lab("MSH|^~\\&|a|b|c|d|20261122||OMI^O23||P|2.5\r")) == "AE");
  CHECK(a.from_own_lab("MSH|^~\\&|a|b|c|d|20261122||ACK|1|P|2.5\rMSA|AA|X\r").body.empty());
  CHECK(a.wire().sent().empty());
}
