// huren.his/1 with the real engine behind it: what the HIS tells has its effect once, changes become versions.
#include "tests/conformance/his/kit.hpp"
#include "tests/support/hospital.hpp"

using namespace huren::test;

TEST_CASE("his: told twice has one effect, a change is the next version, and the first value again is one more") {
  for (const auto& maker : his_kits())
    DYNAMIC_SECTION(maker.name) {
      const auto kit = maker.make();
      if (!kit->reports()) continue;
      Hospital b;
      b.more_adapters = {&kit->entry()};
      auto& feed = b.config.feeds.emplace_back();
      feed.name = "his";
      feed.adapter = kit->entry().id;
      feed.options = kit->options();
      if (const auto map = feed.options.find("mapping"); map != feed.options.end()) feed.mapping = map->second;
      b.open();
      b.registers();
      b.encounter();
      std::uint16_t port = 0;
      std::ifstream in(b.folder() + "/data/log/huren.log");
      for (std::string row; std::getline(in, row);)
        if (const auto at = row.find("127.0.0.1:"); row.find("transport.listening") != row.npos && at != row.npos) port = static_cast<std::uint16_t>(std::stoi(row.substr(at + 10)));
      const auto shown = [&]() -> std::string {
        const auto answer = b.must_ask("results.list/1", {{"patient_id", "P1"}, {"encounter_id", "E1"}, {"doctor", {{"id", "D1"}, {"name", "赵敏"}}}, {"limit", 100}});
        std::string out;
        for (const auto& r : answer["results"]) out += r["value"].get<std::string>() + " v" + std::to_string(r["version"].get<int>()) + ";";
        return out;
      };
      const auto becomes = [&](const std::string& wanted) {
        for (int i = 0; i < 500 && shown() != wanted; ++i) std::this_thread::sleep_for(std::chrono::milliseconds(20));
        return shown();
      };
      CHECK(kit->tell({.number = "N1", .value = "8.42"}, port));
      REQUIRE(becomes("8.42 v1;") == "8.42 v1;");
      CHECK(kit->tell({.number = "N1", .value = "8.42"}, port));
      CHECK(kit->tell({.number = "N2", .value = "5.00"}, port));  // behind it: when this one is there the repeated one was judged
      REQUIRE(becomes("5.00 v1;8.42 v1;") == "5.00 v1;8.42 v1;");
      CHECK(kit->tell({.number = "N1", .value = "8.60"}, port));
      REQUIRE(becomes("8.60 v2;5.00 v1;") == "8.60 v2;5.00 v1;");
      CHECK(kit->tell({.number = "N1", .value = "8.42"}, port));
      CHECK(becomes("8.42 v3;5.00 v1;") == "8.42 v3;5.00 v1;");
    }
}
