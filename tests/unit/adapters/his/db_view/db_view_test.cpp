// Middle tables on SQLite, PostgreSQL and both behind ODBC: what is new comes once, whatever dies in between.
#include <catch2/catch.hpp>

#include <nlohmann/json.hpp>
#include <set>

#include "adapters/his/db_view/entry.hpp"
#include "tests/support/his/his_engine.hpp"
#include "tests/support/his/vendor_db.hpp"

using namespace huren;
using namespace huren::test;
using nlohmann::json;

namespace {

struct View {
  HisEngine engine;
  std::unique_ptr<Adapter> adapter;
  Options options;
  View(const VendorDb& db, const std::string& map = "middle_table", const std::string& settle = "0")
      : options{{"database", db.engine()}, {"connection_file", db.connection_file()}, {"poll_ms", "10"}, {"settle_ms", settle}, {"mapping", map}, {"state_dir", db.folder()}, {"offset_minutes", "480"}} {
    auto made = his_db_view_entry().create({.engine = &engine, .config_dir = db.folder(), .options = {}, .peers = {{"his", options}}});
    if (!made) throw std::runtime_error(line(made.error()));
    adapter = std::move(*made);
  }
  void start() {
    if (auto r = adapter->start(); !r) throw std::runtime_error(line(r.error()));
  }
  ~View() { adapter->stop(1000); }
  bool wait(std::size_t count) {
    const bool came = engine.wait_submitted(count);
    if (!came) UNSCOPED_INFO(engine.logged());
    return came;
  }
};

json report_of(const Submitted& s) { return json::parse(s.json).at("report"); }

constexpr const char* kGrowing = R"(kind = "table"
[event.report]
type = "lab.report.released/1"
[event.report.from]
"number" = "NO"
"patient.local_id" = "PID"
"patient.name" = "NAME"
"observation.local.code" = "ITEM"
"observation.value" = "VAL"
[event.report.defaults]
"status" = "final"
"reported_at" = "2026-11-22"
[event.report.read]
table = "V_LIS"
key = "NO"
order = "ITEM"
cursor = "CHANGED"
overlap_s = 3600
)";

}  // namespace

TEST_CASE("the rows of a report are handed over once, and marked in the vendor's table", "[db]") {
  const auto* kind = GENERATE("sqlite", "postgresql", "odbc_sqlite", "odbc_postgresql");
  DYNAMIC_SECTION(kind) {
    VendorDb db(kind);
    db.middle_tables();
    db.result("R1", 1, "GLU01", "8.42");
    db.result("R1", 2, "K01", "<2.0");
    db.result("R2", 1, "GLU01", "5.10");
    db.result("R3", 1, "GLU01", "5.20", "0");  // not approved yet
    View view(db);
    view.start();
    REQUIRE(view.wait(2));
    REQUIRE(view.engine.wait([&] { return db.ask("SELECT DISTINCT REPORT_NO, SEND_FLAG FROM MID_RESULT ORDER BY REPORT_NO") == "R1|1\nR2|1\nR3|0\n"; }));
    auto got = view.engine.submitted();
    std::sort(got.begin(), got.end(), [](const auto& a, const auto& b) { return report_of(a)["number"] < report_of(b)["number"]; });
    const auto r = report_of(got.at(0));
    CHECK(r["patient"]["name"] == "陈东珅");
    CHECK(r["specimen"]["collected_at"] == "2026-11-22T07:15:00+08:00");
    REQUIRE(r["observations"].size() == 2);
    CHECK(r["observations"][0]["value"] == "8.42");
    CHECK(r["observations"][1]["comparator"] == "<");
    db.run("UPDATE MID_RESULT SET STATE='1' WHERE REPORT_NO='R3'");
    CHECK(view.wait(3));
    CHECK(view.engine.logged().find("陈东珅") == std::string::npos);
  }
}

TEST_CASE("what the engine cannot store stays pending and comes when it can", "[db]") {
  const auto* kind = GENERATE("sqlite", "postgresql");
  DYNAMIC_SECTION(kind) {
    VendorDb db(kind);
    db.middle_tables();
    db.result("R1", 1, "GLU01", "8.42");
    View view(db);
    view.engine.fail(true);
    view.start();
    REQUIRE(view.engine.wait([&] { return view.engine.tried() >= 3; }));
    CHECK(db.ask("SELECT SEND_FLAG FROM MID_RESULT") == "0\n");
    CHECK(view.engine.logged().find("storage.busy") != std::string::npos);
    view.engine.fail(false);
    REQUIRE(view.wait(1));
    CHECK(view.engine.wait([&] { return db.ask("SELECT SEND_FLAG FROM MID_RESULT") == "1\n"; }));
  }
}

TEST_CASE("a faulty record is marked and logged by its place, and holds nothing up", "[db]") {
  VendorDb db("sqlite");
  db.middle_tables();
  db.run("INSERT INTO MID_RESULT(REPORT_NO, PATIENT_NAME, ITEM_CODE, RESULT, STATE, SEND_FLAG) VALUES('A0', '陈东珅', 'GLU01', '1', '1', '0')");
  db.result("R1", 1, "GLU01", "8.42");
  db.run("INSERT INTO MID_PATIENT(PATIENT_ID, PATIENT_NAME, SEND_FLAG) VALUES('P1', '陈东珅', '0')");
  View view(db);
  view.start();
  REQUIRE(view.wait(2));
  REQUIRE(view.engine.wait([&] { return db.ask("SELECT REPORT_NO, SEND_FLAG FROM MID_RESULT ORDER BY REPORT_NO") == "A0|9\nR1|1\n"; }));
  CHECK(view.engine.logged().find("db.row_refused name=feed.his event=report why=PATIENT_ID: ") != std::string::npos);
  CHECK(view.engine.logged().find("陈东珅") == std::string::npos);
}

TEST_CASE("rows that still change are not taken", "[db]") {
  VendorDb db("sqlite");
  db.middle_tables();
  View view(db, "middle_table", "300");
  view.start();
  db.result("R1", 1, "GLU01", "8.42");
  std::this_thread::sleep_for(std::chrono::milliseconds(100));
  db.result("R1", 2, "K01", "4.1");
  REQUIRE(view.wait(1));
  CHECK(report_of(view.engine.submitted()[0])["observations"].size() == 2);
}

TEST_CASE("a growing column: nothing is lost or doubled over stops, late rows and ties", "[db]") {
  const auto* kind = GENERATE("sqlite", "postgresql", "odbc_sqlite", "odbc_postgresql");
  DYNAMIC_SECTION(kind) {
    VendorDb db(kind);
    db.run("CREATE TABLE LIS(NO VARCHAR(20), PID VARCHAR(20), NAME VARCHAR(40), ITEM VARCHAR(20), VAL VARCHAR(20), CHANGED BIGINT)");
    db.run("CREATE VIEW V_LIS AS SELECT * FROM LIS");
    std::ofstream(db.folder() + "/growing.toml") << kGrowing;
    const auto put = [&](const std::string& no, int changed, const char* value = "1.5") {
      db.run("INSERT INTO LIS VALUES('" + no + "', 'P1', '张三', 'GLU', '" + value + "', " + std::to_string(changed) + ")");
    };
    const auto numbers = [](const HisEngine& engine) {
      std::set<std::string> out;
      for (const auto& x : engine.submitted()) out.insert(report_of(x)["number"].get<std::string>());
      return out;
    };
    for (int i = 0; i < 20; ++i) put("A" + std::to_string(i), 100 + i / 10);  // ten share a value
    View view(db, "growing.toml");
    view.start();
    REQUIRE(view.wait(20));
    put("LATE", 100);  // a transaction that took its number early and committed late
    REQUIRE(view.wait(21));
    view.adapter->stop(0);
    put("B", 200);
    // A new process on the same store: what it hands over again has the same keys, which the engine knows.
    auto again = his_db_view_entry().create({.engine = &view.engine, .config_dir = db.folder(), .options = {}, .peers = {{"his", view.options}}});
    REQUIRE(again);
    REQUIRE((*again)->start());
    REQUIRE(view.wait(22));
    CHECK(numbers(view.engine).size() == 22);
    db.run("UPDATE LIS SET VAL='2.5', CHANGED=300 WHERE NO='A3'");
    REQUIRE(view.wait(23));
    (*again)->stop(0);
    const auto last = report_of(view.engine.submitted().back());
    CHECK(last["number"] == "A3");
    CHECK(last["observations"][0]["value"] == "2.5");
    CHECK(view.engine.submitted().size() == 23);
  }
}

TEST_CASE("recognised results are written back once, and change when their decision does", "[db]") {
  const auto* kind = GENERATE("sqlite", "postgresql", "odbc_postgresql");
  DYNAMIC_SECTION(kind) {
    VendorDb db(kind);
    db.middle_tables();
    const auto entry = [](int seq, const char* what) {
      const json report{{"origin", {{"code", "HB"}, {"name", "市'医院"}}}, {"number", "R9"}, {"version", 1}, {"status", "final"}, {"patient", {{"local_id", "X"}, {"name", "张三"}}},
                        {"specimen", {{"collected_at", "2026-11-21T07:15:00+08:00"}}},
                        {"observations", json::array({{{"local", {{"code", "GLU"}, {"name", "葡萄糖"}, {"system", "L"}}}, {"standard", {{"code", "GLU"}}}, {"value_type", "NM"}, {"value", "8.42"}, {"unit", "mmol/L"}, {"status", "final"}}})}};
      return json{{"next", seq}, {"recognitions", json::array({{{"seq", seq}, {"kind", what}, {"decision_id", "D1"}, {"patient_id", "P1"}, {"encounter_id", "E1"}, {"doctor", {{"id", "D1027"}}},
                  {"at", "2026-11-22T09:30:00+08:00"}, {"reports", json::array({{{"report_id", "r"}, {"report", report}, {"results", json::array({{{"result_id", "r.0"}, {"position", 0}}})}}})}}})}}.dump();
    };
    View view(db);
    view.engine.will_answer(entry(1, "accepted"), 1);
    view.start();
    const auto rows = [&] { return db.ask("SELECT KIND, PATIENT_ID, HOSPITAL_NAME, ITEM_CODE, RESULT, UNIT, APPLY_NO FROM MID_RECOGNISED"); };
    REQUIRE(view.engine.wait([&] { return rows() == "accepted|P1|市'医院|GLU|8.42|mmol/L|-\n"; }));
    view.engine.will_answer(entry(1, "accepted"), 1);  // a crash after writing, before the place was kept
    view.engine.will_answer(entry(2, "withdrawn"), 2);
    CHECK(view.engine.wait([&] { return rows() == "withdrawn|P1|市'医院|GLU|8.42|mmol/L|-\n"; }));
  }
}

TEST_CASE("a database that is not there, a table that is not there: told, waited for", "[db]") {
  VendorDb db("sqlite");
  View view(db);
  view.start();
  REQUIRE(view.engine.wait_logged("db.no_table"));
  db.middle_tables();
  db.result("R1", 1, "GLU01", "8.42");
  CHECK(view.wait(1));
  VendorDb other("sqlite");
  other.middle_tables();
  other.run("ALTER TABLE MID_RESULT RENAME COLUMN UNIT TO UNITS");
  View second(other);
  second.start();
  CHECK(second.engine.wait_logged("MID_RESULT"));
  CHECK(second.engine.wait_logged("UNIT"));
  std::ofstream(other.connection_file()) << "host=/nonexistent user=x dbname=y\n";
  auto options = second.options;
  options["database"] = "postgresql";
  HisEngine engine;
  auto made = his_db_view_entry().create({.engine = &engine, .config_dir = other.folder(), .options = {}, .peers = {{"his", options}}});
  REQUIRE(made);
  REQUIRE((*made)->start());
  CHECK(engine.wait_logged("db.unreachable"));
  (*made)->stop(0);
}

TEST_CASE("options and places that will not do are refused at their place") {
  VendorDb db("sqlite");
  const auto fault = [&](const std::string& key, const std::string& value) {
    View good(db);
    auto options = good.options;
    options[key] = value;
    HisEngine engine;
    auto made = his_db_view_entry().create({.engine = &engine, .config_dir = db.folder(), .options = {}, .peers = {{"his", options}}});
    return made ? std::string() : std::string(made.error().id) + " @ " + made.error().where;
  };
  CHECK(fault("database", "oracle") == "transport.option_value @ feed.his.database");
  CHECK(fault("connection_file", "none.txt") == "db.connection_file @ feed.his.connection_file");
  CHECK(fault("mapping", "none.toml") == "feed.no_map @ feed.his.mapping");
  CHECK(fault("mapping", "plain") == "feed.map_kind @ feed.his.mapping");
  std::ofstream(db.folder() + "/bad.toml") << "kind = \"table\"\n[event.a]\ntype = \"x\"\n";
  CHECK(fault("mapping", "bad.toml").starts_with("mapping.map_"));
  std::ofstream(db.folder() + "/feed-his.places.json") << "{";
  View view(db);
  const auto started = view.adapter->start();
  REQUIRE_FALSE(started);
  CHECK(started.error().id == "feed.place_unreadable");
}
