#include "tests/support/hospital.hpp"

using namespace huren::test;

TEST_CASE("a notice comes again until acknowledged, leased for 30 s in between") {
  Hospital b;
  b.open();
  b.registers();
  b.receive(Hospital::oru("R1", "M1"));
  auto first = b.link().poll(3000);
  REQUIRE(first.status == HUREN_OK);
  CHECK(b.link().poll(0).status == HUREN_EMPTY);
  b.clock->advance(std::chrono::seconds(31));
  auto again = b.link().poll(2000);
  REQUIRE(again.status == HUREN_OK);
  CHECK(first.json == again.json);
  const auto id = Json::parse(again.json)["notice_id"].get<std::string>();
  CHECK(b.link().acknowledge(id).status == HUREN_OK);
  b.clock->advance(std::chrono::seconds(31));
  CHECK(b.link().poll(0).status == HUREN_EMPTY);
  CHECK(b.link().acknowledge("no-such").status < 0);
}

TEST_CASE("a notice that did not fit the caller's buffer is not consumed") {
  Hospital b;
  b.open();
  b.registers();
  b.receive(Hospital::oru("R1", "M1"));
  const auto first = b.link().poll(3000);
  REQUIRE(first.status == HUREN_OK);
  b.link().unpoll(Json::parse(first.json)["notice_id"].get<std::string>());
  CHECK(b.link().poll(0).json == first.json);
}

TEST_CASE("an open notice survives a restart") {
  Hospital b;
  b.open();
  b.registers();
  b.receive(Hospital::oru("R1", "M1"));
  b.settle();
  b.close();
  b.open();
  CHECK(b.link().poll(3000).status == HUREN_OK);
}

TEST_CASE("a second engine on the same store answers queries and runs no pumps until the first is gone") {
  Hospital a;
  a.open();
  a.registers();
  a.encounter();
  a.settle();
  CHECK(a.health()["live"] == true);
  Hospital other;
  other.config.data_dir = a.folder() + "/data";
  other.open();
  CHECK(other.health()["live"] == false);
  CHECK(other.list().empty());
  a.close();
  CHECK(other.eventually([&] { return other.health()["live"] == true; }));
}
