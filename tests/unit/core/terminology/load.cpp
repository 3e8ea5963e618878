// Import: every bad row told with line and column, nothing by half, round trip, effective dates.
#include <catch2/catch.hpp>

#include "core/terminology/terminology.hpp"

using namespace huren;
using namespace huren::terminology;

namespace {
const Date kDay{2026, 11, 22};
Loaded with(std::string_view name, std::string_view text) {
  const Table table{name, text};
  return extend(*packaged(), {&table, 1});
}
std::vector<std::string> faults(const Loaded& loaded) {
  std::vector<std::string> out;
  for (const auto& f : loaded.findings) out.push_back(f.error.where + " " + std::string(f.error.id));
  return out;
}
using Faults = std::vector<std::string>;
}  // namespace

TEST_CASE("a hospital's own items join the packaged set") {
  const auto loaded = with("local_items.csv", "code,name,item,panel\nG1,血糖,GLU,\nX1,血脂,,LIPID\n");
  REQUIRE(loaded.set);
  CHECK(loaded.findings.empty());
  CHECK(loaded.set->local_item("G1", kDay)->item == "GLU");
  CHECK(loaded.set->local_item("X1", kDay)->panel == "LIPID");
  CHECK_FALSE(loaded.set->local_item("G2", kDay));
  CHECK_FALSE(packaged()->local_item("G1", kDay));
  CHECK(loaded.set->version() != packaged()->version());
}

TEST_CASE("every bad row is told with line and column, and nothing is imported") {
  const auto loaded = with("local_items.csv",
                           "code,name,item,panel,valid_from,valid_to\r\n"
                           "G1,血糖,GLU,,,\r\n"
                           "G2,血糖,GLUX,,,\r\n"
                           ",血糖,GLU,,,\r\n"
                           "G4,血糖,GLU,LIPID,,\r\n"
                           "G5,血糖,,,,\r\n"
                           "\r\n"
                           "G6,血糖,GLU,,2026-02-30,\r\n"
                           "G7,血糖,GLU,,2026-02-03,2026-02-02\r\n"
                           "G8,\"血\n糖\",GLU,,,\r\n"
                           "G1,血糖,GLU,,,\r\n"
                           "G9,血糖,GLU\r\n");
  CHECK_FALSE(loaded.set);
  CHECK_THAT(faults(loaded), Catch::Matchers::UnorderedEquals(Faults{
                                 "local_items.csv:3:item terminology.reference", "local_items.csv:4:code terminology.required",
                                 "local_items.csv:5:item terminology.item_or_panel", "local_items.csv:6:item terminology.item_or_panel",
                                 "local_items.csv:8:valid_from terminology.not_date", "local_items.csv:9:valid_to terminology.period",
                                 "local_items.csv:10:name terminology.control_character", "local_items.csv:12 terminology.duplicate",
                                 "local_items.csv:13 terminology.fields_count"}));
}

TEST_CASE("a faulty heading names the column and the likely one") {
  const auto loaded = with("local_items.csv", "code,nam,item,panel\nG1,血糖,GLU,\n");
  CHECK(faults(loaded) == Faults{"local_items.csv:1 terminology.column_unknown", "local_items.csv:1 terminology.column_missing"});
  CHECK(loaded.findings.front().error.args == std::vector<std::string>{"nam", "name"});
  CHECK(faults(with("prices.csv", "")) == Faults{"prices.csv terminology.table_empty"});
  CHECK(faults(with("local_item.csv", "code\n")) == Faults{"local_item.csv terminology.table_unknown"});
  CHECK(faults(with("prices.csv", "code,price\nA,\"1")) == Faults{"prices.csv:line 2 csv.quote"});
  CHECK(faults(with("prices.csv", "code,price\nA,\xB5\n")) == Faults{"prices.csv:byte 13 terminology.not_utf8"});
}

TEST_CASE("a column may stand anywhere and optional ones may be left out") {
  const auto loaded = with("local_items.csv", "\xEF\xBB\xBFname,panel,code,item\n血糖,,G1,GLU\n");
  REQUIRE(loaded.set);
  CHECK(loaded.set->local_item("G1", kDay)->name == "血糖");
}

TEST_CASE("prices are yuan and give cents") {
  const auto loaded = with("prices.csv", "code,price\nG1,12.50\nG2,0.1\n");
  REQUIRE(loaded.set);
  CHECK(loaded.set->price_cents("G1", kDay) == 1250);
  CHECK(loaded.set->price_cents("G2", kDay) == 10);
  CHECK_FALSE(loaded.set->price_cents("G3", kDay));
  CHECK(faults(with("prices.csv", "code,price\nG1,-1\nG2,1e\nG3,nan\n")) ==
        Faults{"prices.csv:3:price terminology.not_number", "prices.csv:4:price terminology.not_number", "prices.csv:2:price terminology.price"});
}

TEST_CASE("mappings hold on their own days, both ends included") {
  const auto loaded = with("local_items.csv",
                           "code,name,item,panel,valid_from,valid_to\n"
                           "G1,旧,GLU,,2026-01-01,2026-06-30\nG1,新,CREA,,2026-07-01,\n");
  REQUIRE(loaded.set);
  const auto item_on = [&](Date day) {
    const auto* local = loaded.set->local_item("G1", day);
    return local ? local->item : std::string("-");
  };
  CHECK(item_on({2025, 12, 31}) == "-");
  CHECK(item_on({2026, 1, 1}) == "GLU");
  CHECK(item_on({2026, 6, 30}) == "GLU");
  CHECK(item_on({2026, 7, 1}) == "CREA");
  CHECK(item_on({2099, 1, 1}) == "CREA");
}

TEST_CASE("two meanings on the same day are a fault") {
  CHECK(faults(with("local_items.csv", "code,name,item,panel,valid_from,valid_to\nG1,a,GLU,,,2026-07-01\nG1,b,CREA,,2026-07-01,\n")) ==
        Faults{"local_items.csv:3:valid_from terminology.overlap"});
}

TEST_CASE("exported tables load to the same set and the same version") {
  const auto own = with("local_items.csv", "code,name,item,panel,unit,source\nG1,\"血糖, \"\"快速\"\"\",GLU,,mmol/L,检验科 2026\nX1,血脂,,LIPID,,\n");
  REQUIRE(own.set);
  std::vector<std::string> texts;
  std::vector<Table> tables;
  for (const auto name : table_names()) texts.push_back(own.set->export_csv(name));
  for (std::size_t i = 0; i < texts.size(); ++i) tables.push_back({table_names()[i], texts[i]});
  const auto again = load(tables);
  REQUIRE(again.set);
  CHECK(again.set->version() == own.set->version());
  for (const auto name : table_names()) CHECK(again.set->export_csv(name) == own.set->export_csv(name));
  CHECK(again.set->local_item("G1", kDay)->name == "血糖, \"快速\"");
}

TEST_CASE("the order of rows and columns does not change the version") {
  const auto a = with("prices.csv", "code,price\nA,1\nB,2\n"), b = with("prices.csv", "price,code\n2,B\n1,A\n");
  REQUIRE(a.set);
  REQUIRE(b.set);
  CHECK(a.set->version() == b.set->version());
  CHECK(with("prices.csv", "code,price\nA,1\nB,3\n").set->version() != a.set->version());
}

TEST_CASE("a row of the hospital replaces the packaged row of the same key") {
  const auto loaded = with("windows.csv", "scope,days,source\nclass:chemistry,7,县医联体\nGLU,3,县医联体\n");
  REQUIRE(loaded.set);
  CHECK(loaded.set->window_days(*loaded.set->item("GLU", kDay), kDay) == 3);
  CHECK(loaded.set->window_days(*loaded.set->item("CREA", kDay), kDay) == 7);
}

TEST_CASE("faults that only show between rows are told at the row") {
  CHECK(faults(with("windows.csv", "scope,days\nclass:unknown,3\n")) == Faults{"windows.csv:2:scope terminology.reference"});
  CHECK(faults(with("units.csv", "item,unit,loinc,scale,offset\nGLU,mg/L,2823-3,0.00555,0\n")) == Faults{"units.csv:2:loinc terminology.loinc_twice"});
  CHECK(faults(with("units.csv", "item,unit,scale,offset\nGLU,mg/L,0,0\n")) == Faults{"units.csv:2:scale terminology.scale"});
  CHECK(faults(with("units.csv", "item,unit,scale,offset\nGLU,mmol/L,2,0\n")) == Faults{"items.csv:(GLU):unit terminology.preferred_unit"});
  CHECK(faults(with("eqa.csv", "lab,item,verdict\nX,GLU,maybe\n")) == Faults{"eqa.csv:2:verdict terminology.not_choice"});
  CHECK(faults(with("rules.csv", "rule,action,zh,en\nr,window,a,b\n")) == Faults{"rules.csv:2:window_days terminology.required"});
  CHECK(faults(with("hr_scopes.csv", "scope,zh,en,marks,regions\nZ,a,b,ZHR,42x\n")) == Faults{"hr_scopes.csv:2:regions terminology.region"});
}

TEST_CASE("a local unit that cannot be converted is a warning, not a refusal") {
  const auto loaded = with("local_items.csv", "code,name,item,panel,unit\nG1,血糖,GLU,,foo\n");
  REQUIRE(loaded.set);
  CHECK(faults(loaded) == Faults{"local_items.csv:2:unit terminology.unit_not_of_item"});
}

TEST_CASE("a panel's members join and leave on their own days") {
  const auto loaded = with("panels.csv", "panel,zh,en,item,required,valid_from,valid_to\nLYTES,电解质,Electrolytes,MG,yes,2027-01-01,\nNEW,新,New,GLU,yes,2027-01-01,\n");
  CHECK(faults(loaded) == Faults{"panels.csv:2:valid_from terminology.overlap"});
  const auto good = with("panels.csv", "panel,zh,en,item,required,valid_from,valid_to\nNEW,新,New,GLU,yes,2027-01-01,\n");
  REQUIRE(good.set);
  CHECK_FALSE(good.set->panel("NEW", kDay));
  CHECK(good.set->panel("NEW", {2027, 1, 1}));
}

TEST_CASE("a department is found by its code, its name and what each system calls it, and a name belongs to one department") {
  const auto loaded = with("departments.csv", "department,zh,en,aliases\nENDO,内分泌科,Endocrinology,0213|内分泌门诊\nICU,重症医学科,,ICU1\n");
  REQUIRE(loaded.set);
  for (const auto* said : {"ENDO", "内分泌科", "0213", " 内分泌门诊"}) CHECK(loaded.set->department(said)->code == "ENDO");
  CHECK_FALSE(loaded.set->department("内科"));
  CHECK(faults(with("departments.csv", "department,zh,aliases\nENDO,内分泌科,0213\nNEPH,肾内科,0213\n")) == Faults{"departments.csv:3:aliases terminology.department_twice"});
}
