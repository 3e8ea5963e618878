// The answer to the HIS: CDS Hooks cards, quiet when there is nothing to say, the same bytes for the same input.
#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>
#include <regex>

#include "tests/support/recognition.hpp"

using namespace huren;
using namespace huren::recognition;
using nlohmann::json;
using test::Scene;

namespace {
json cards(const Scene& s, const CardOptions& options = {}) { return json::parse(to_cards(s.input, s.decide(), options)); }
std::size_t characters(const std::string& s) {
  return static_cast<std::size_t>(std::count_if(s.begin(), s.end(), [](char c) { return (static_cast<unsigned char>(c) & 0xC0U) != 0x80U; }));
}
}  // namespace

TEST_CASE("nothing to say is an empty list") {
  Scene s;
  s.order("L001").order("L999", "O2");
  CHECK(cards(s)["cards"].empty());
  s.result("GLU", "6.1", "mmol/L");
  s.reports[0].specimen.collected_at = test::iso("2026-01-01T00:00:00+08:00");
  s.reports[0].status = model::Status::withdrawn;
  CHECK(cards(s)["cards"].empty());
}

TEST_CASE("a recognised result is one card with a suggestion and the reasons for testing again") {
  Scene s;
  s.order("L001").result("GLU", "6.1", "mmol/L");
  s.observation().marks = {"鄂HR"};
  s.observation().method.name = "己糖激酶法";
  const auto answer = cards(s);
  REQUIRE(answer["cards"].size() == 1);
  const auto& card = answer["cards"][0];
  CHECK(card["indicator"] == "info");
  CHECK(card["source"]["label"] == "huren 互认");
  CHECK(card["summary"].get<std::string>().find("6.1 mmol/L") != std::string::npos);
  CHECK(card["selectionBehavior"] == "at-most-one");
  REQUIRE(card["suggestions"].size() == 1);
  CHECK(card["suggestions"][0]["isRecommended"] == true);
  CHECK(card["overrideReasons"].size() == 6);
  CHECK(card["overrideReasons"][0].contains("code"));
  const auto& huren = card["extension"]["huren"];
  CHECK(huren["outcome"] == "recognised");
  CHECK(huren["order_id"] == "O1");
  CHECK(huren["summary"]["zh"] != huren["summary"]["en"]);
  CHECK(huren["result_ids"] == json::array({"res-R1-1"}));
  CHECK(huren["analytes"][0]["checks"].size() == 12);
  for (const char* shown : {"6.1", "市医院", "己糖激酶法", "鄂HR", "2026-11-20T08:00"})
    CHECK(card["detail"].get<std::string>().find(shown) != std::string::npos);
}

TEST_CASE("a partial panel names what is missing") {
  Scene s;
  s.order("L002");
  auto& report = s.report();
  for (const char* item : {"TC", "TG", "HDLC"}) s.result(report, item, "1.5", "mmol/L");
  const auto card = cards(s, {.language = Language::en})["cards"][0];
  CHECK(card["extension"]["huren"]["missing"] == json::array({"LDLC"}));
  CHECK(card["summary"].get<std::string>().find("LDL cholesterol") != std::string::npos);
  CHECK(card["suggestions"][0]["label"].get<std::string>().find("LDL cholesterol") != std::string::npos);
  CHECK(card["extension"]["huren"]["result_ids"].size() == 3);
}

TEST_CASE("an advisory card suggests nothing") {
  Scene s;
  s.order("L001").result("GLU", "6.1", "mmol/L");
  s.input.situation = {"pre_operative"};
  const auto card = cards(s)["cards"][0];
  CHECK_FALSE(card.contains("suggestions"));
  CHECK_FALSE(card.contains("selectionBehavior"));
  CHECK(card["extension"]["huren"]["result_ids"].empty());
  CHECK(card["detail"].get<std::string>().find("手术") != std::string::npos);
}

TEST_CASE("critical cards come first and are marked") {
  Scene s;
  s.order("L001").order("L005", "O2");
  auto& report = s.report();
  s.result(report, "GLU", "6.1", "mmol/L");
  s.result(report, "K", "6.9", "mmol/L");
  const auto answer = cards(s);
  REQUIRE(answer["cards"].size() == 2);
  CHECK(answer["cards"][0]["indicator"] == "critical");
  CHECK(answer["cards"][0]["extension"]["huren"]["order_id"] == "O2");
  CHECK_FALSE(answer["cards"][0].contains("suggestions"));
}

TEST_CASE("identifiers follow from the content, not from the moment of asking") {
  Scene s;
  s.order("L001").result("GLU", "6.1", "mmol/L");
  const auto first = cards(s)["cards"][0];
  s.input.at.epoch_ms += 60'000;
  const auto later = cards(s)["cards"][0];
  CHECK(first["uuid"] == later["uuid"]);
  CHECK(first["suggestions"][0]["uuid"] == later["suggestions"][0]["uuid"]);
  CHECK(first["uuid"] != first["suggestions"][0]["uuid"]);
  CHECK(std::regex_match(first["uuid"].get<std::string>(), std::regex("[0-9a-f]{8}-[0-9a-f]{4}-8[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}")));
  s.input.orders[0].order_id = "O9";
  CHECK(cards(s)["cards"][0]["uuid"] != first["uuid"]);
}

TEST_CASE("the same input gives the same bytes") {
  Scene s;
  s.order("L001").order("L002", "O2");
  auto& report = s.report();
  s.result(report, "GLU", "110", "mg/dL");
  s.result(report, "TC", "4.5", "mmol/L");
  CHECK(to_cards(s.input, s.decide()) == to_cards(s.input, s.decide()));
  CHECK(to_json(s.input, s.decide()) == to_json(s.input, s.decide()));
}

TEST_CASE("a summary stays under 140 characters whatever the names") {
  Scene s;
  s.input.orders.push_back({"O1", {"L002", std::string(300, 'x'), "L"}});
  auto& report = s.report();
  report.origin.name = "非常非常长的医院名称";
  s.result(report, "TC", "4.5", "mmol/L");
  for (const auto language : {Language::zh, Language::en}) CHECK(characters(cards(s, {.language = language})["cards"][0]["summary"].get<std::string>()) < 140);
}

TEST_CASE("a converted value is shown with the original beside it") {
  Scene s;
  s.order("L001").result("GLU", "110", "mg/dL");
  const auto result = cards(s)["cards"][0]["extension"]["huren"]["results"][0];
  CHECK(result["value"] == "6.105");
  CHECK(result["unit"] == "mmol/L");
  CHECK(result["original"]["value"] == "110");
  CHECK(result["original"]["unit"] == "mg/dL");
}
