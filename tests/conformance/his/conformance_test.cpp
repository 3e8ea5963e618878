// huren.his/1: every adapter of the HIS through the same cases.
#include <catch2/catch.hpp>

#include <nlohmann/json.hpp>

#include "core/hl7/ack.hpp"
#include "core/mapping/oru.hpp"
#include "core/model/event.hpp"
#include "tests/conformance/his/kit.hpp"

using namespace huren;
using namespace huren::test;
using nlohmann::json;

namespace {

// What the engine makes of bytes of a feed, as far as these cases need it: the report, or an answer that says no.
Reply take_bytes(HisEngine& engine, const Inbound& in) {
  auto message = hl7::Message::read(in.body);
  const auto answer = [&](const char* code) { return Reply{.body = "MSH|^~\\&|||||||ACK|1|P|2.4\rMSA|" + std::string(code) + "|" + (message ? message->header().control_id : "") + "\r", .stored = std::string(code) == "AA"}; };
  if (!message) return answer("AE");
  auto read = mapping::read_oru(*message, {.offset_minutes = 480, .origin = {"HA", "县医院"}, .map = nullptr, .standardise = {}});
  if (read.reports.empty()) {
    engine.log(Severity::warning, "inbound.refused", {{"why", read.findings.empty() ? "" : line(read.findings.front().error)}});
    return answer("AE");
  }
  if (!engine.submit("lab.report.released/1", message->header().control_id, json{{"report", json::parse(model::to_json(read.reports[0]))}}.dump())) return answer("AR");
  return answer("AA");
}

struct Running {
  std::unique_ptr<HisKit> kit;
  HisEngine engine;
  std::unique_ptr<Adapter> adapter;
  explicit Running(const HisKitMaker& maker) : kit(maker.make()) {
    engine.accept_with = [this](const Inbound& in) { return take_bytes(engine, in); };
    auto options = kit->options();
    for (std::size_t i = 0; i < kit->entry().option_count; ++i)
      if (const auto& o = kit->entry().options[i]; o.fallback) options.try_emplace(o.name, o.fallback);
    auto made = kit->entry().create({.engine = &engine, .config_dir = kit->folder(), .options = {}, .peers = {{"his", options}}});
    if (!made) throw std::runtime_error(line(made.error()));
    adapter = std::move(*made);
    if (auto r = adapter->start(); !r) throw std::runtime_error(line(r.error()));
  }
  ~Running() { adapter->stop(1000); }
  bool tell(const huren::test::LabReport& r = {}) { return kit->tell(r, engine.port()); }
};

json report_of(const Submitted& s) { return json::parse(s.json).at("report"); }

}  // namespace

TEST_CASE("his: a report reaches the engine whole, the same from every dialect") {
  for (const auto& maker : his_kits())
    DYNAMIC_SECTION(maker.name) {
      Running r(maker);
      if (!r.kit->reports()) {
        CHECK(r.tell());
        continue;
      }
      CHECK(r.tell());
      REQUIRE(r.engine.wait_submitted(1));
      const auto got = r.engine.submitted().at(0);
      CHECK(got.type == "lab.report.released/1");
      const auto report = report_of(got);
      CHECK(report["number"] == "R1");
      CHECK(report["status"] == "final");
      CHECK(report["patient"]["local_id"] == "P1");
      CHECK(report["patient"]["name"] == "陈东珅");
      CHECK(report["patient"]["sex"] == "female");
      CHECK(report["patient"]["birth_date"] == "1949-12-31");
      CHECK(report["patient"]["identifiers"][0]["value"] == "11010519491231002X");
      CHECK(report["specimen"]["collected_at"] == "2026-11-22T07:15:00+08:00");
      CHECK(report["reported_at"] == "2026-11-22T09:20:00+08:00");
      REQUIRE(report["observations"].size() == 1);
      const auto& o = report["observations"][0];
      CHECK(o["local"]["code"] == "GLU01");
      CHECK(o["value"] == "8.42");
      CHECK(o["value_type"] == "NM");
      CHECK(o["unit"] == "mmol/L");
      CHECK(o["range"]["high"] == 6.1);
      CHECK(o["status"] == "final");
    }
}

TEST_CASE("his: what the engine cannot take now is not lost, and nobody is told that it was taken") {
  for (const auto& maker : his_kits())
    DYNAMIC_SECTION(maker.name) {
      Running r(maker);
      if (!r.kit->reports()) continue;
      r.engine.fail(true);
      const bool taken = r.tell();
      REQUIRE(r.engine.wait([&] { return r.engine.tried() > 0; }));
      if (r.kit->told_again()) CHECK_FALSE(taken);
      CHECK(r.engine.submitted().empty());
      r.engine.fail(false);
      if (r.kit->told_again()) CHECK(r.tell());
      REQUIRE(r.engine.wait_submitted(1));
      CHECK(report_of(r.engine.submitted()[0])["number"] == "R1");
    }
}

TEST_CASE("his: a faulty report is refused at its place without a name, and the next one comes") {
  for (const auto& maker : his_kits())
    DYNAMIC_SECTION(maker.name) {
      Running r(maker);
      if (!r.kit->reports()) continue;
      const bool taken = r.tell({.number = "A0", .value = "1", .has_number = false});
      if (r.kit->told_again()) CHECK_FALSE(taken);
      CHECK(r.tell({.number = "R2"}));
      REQUIRE(r.engine.wait_submitted(1));
      REQUIRE(r.engine.wait_logged("refused"));
      CHECK(r.engine.logged().find("[mapping.") != std::string::npos);
      CHECK(r.engine.logged().find("陈东珅") == std::string::npos);
      CHECK(r.engine.logged().find("11010519491231002X") == std::string::npos);
      CHECK(report_of(r.engine.submitted()[0])["number"] == "R2");
    }
}

TEST_CASE("his: garbage ends nothing") {
  for (const auto& maker : his_kits())
    DYNAMIC_SECTION(maker.name) {
      Running r(maker);
      for (int i = 0; i < 3; ++i) CHECK(r.kit->tell_garbage(r.engine.port()));
      CHECK(r.tell({.number = "R3"}));
      if (r.kit->reports()) REQUIRE(r.engine.wait([&] {
          const auto all = r.engine.submitted();
          return std::any_of(all.begin(), all.end(), [](const auto& s) { return report_of(s)["number"] == "R3"; });
        }));
    }
}

TEST_CASE("his: stopped and started again it goes on") {
  for (const auto& maker : his_kits())
    DYNAMIC_SECTION(maker.name) {
      Running r(maker);
      CHECK(r.tell({.number = "R4"}));
      if (r.kit->reports()) REQUIRE(r.engine.wait_submitted(1));
      r.adapter->stop(1000);
      r.adapter->stop(1000);
      REQUIRE(r.adapter->start());
      CHECK(r.tell({.number = "R5"}));
      if (r.kit->reports()) {
        REQUIRE(r.engine.wait_submitted(2));
        CHECK(report_of(r.engine.submitted()[1])["number"] == "R5");
      }
    }
}
