#include "console/see.hpp"

#include "tests/support/hospital.hpp"

using namespace huren;
using namespace huren::test;

TEST_CASE("a message is shown beside the version of the report that it carried") {
  Hospital a("HB-COUNTY-01", "HB-CITY-01");
  a.open();
  a.registers();
  a.submit("referral.requested/1", {{"referral_id", "Z1"}, {"patient_id", "P1"}, {"to_partner", "other"}, {"at", "2026-11-22T08:00:00+08:00"}});
  a.submit("lab.report.released/1", Hospital::report("R1"));
  a.submit("lab.report.amended/1", Hospital::report("R1", "9.1", 2));
  a.settle();
  REQUIRE(a.eventually([&] { return a.reports_sent().size() == 2; }));
  a.close();
  auto store = store::sqlite::SqliteStore::open(a.folder() + "/data", {});
  REQUIRE(store);
  const engine::Profiles profiles;
  const console::Looking looking{.config = a.config, .profiles = profiles, .who = "user:admin", .now_ms = 1};
  std::vector<std::pair<int, std::string>> seen;
  auto looked = (*store)->transact([&](store::Unit& unit) -> Result<void> {
    seen.clear();
    auto rows = unit.outbox("other", std::nullopt, 10);
    if (!rows) return rows.error();
    for (const auto& listed : *rows) {
      if (listed.type != "ORU^R01") continue;
      store::OutboxRow row;
      auto one = console::see_outbox(unit, looking, listed.id, row);
      if (!one) return one.error();
      CHECK((*one)["hl7"].get<std::string>().find("|R1") != std::string::npos);
      CHECK((*one)["document"].get<std::string>().find("<ClinicalDocument") != std::string::npos);
      const auto& event = (*one)["event"];
      seen.emplace_back(event["version"].get<int>(), event["observations"][0]["value"].get<std::string>());
    }
    return {};
  });
  REQUIRE(looked);
  std::sort(seen.begin(), seen.end());
  CHECK(seen == std::vector<std::pair<int, std::string>>{{1, "5.42"}, {2, "9.1"}});
}
