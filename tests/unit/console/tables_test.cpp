// One row, many mappings: what stands in the hospital's own CSV afterwards.
#include <catch2/catch.hpp>

#include "console/tables.hpp"
#include "engine/files.hpp"
#include "tests/support/temp_dir.hpp"

using namespace huren;
using namespace huren::console;

namespace {

const terminology::TableSpec& eqa() { return *terminology::spec_of("eqa.csv"); }

}  // namespace

TEST_CASE("a row of a table is made, changed in its place and taken out, and the rest of the file stays as it was") {
  const std::string own = "lab,item,verdict,valid_from\nH1,GLU,passed,2026-01-01\nH1,TC,passed,2026-01-01\n";
  auto made = with_row(eqa(), own, {{"lab", "H2"}, {"item", "GLU"}, {"verdict", "passed"}, {"valid_from", "2026-01-01"}, {"valid_to", "2026-12-31"}}, std::nullopt, false);
  REQUIRE(made);
  CHECK(*made == "lab,item,verdict,valid_from,valid_to\nH1,GLU,passed,2026-01-01,\nH1,TC,passed,2026-01-01,\nH2,GLU,passed,2026-01-01,2026-12-31\n");
  const Values key{{"lab", "H1"}, {"item", "TC"}, {"method_group", ""}, {"verdict", "passed"}, {"valid_from", "2026-01-01"}};
  auto changed = with_row(eqa(), own, {{"verdict", "withdrawn"}}, key, false);
  REQUIRE(changed);
  CHECK(*changed == "lab,item,verdict,valid_from\nH1,GLU,passed,2026-01-01\nH1,TC,withdrawn,2026-01-01\n");
  auto gone = with_row(eqa(), own, {}, key, true);
  REQUIRE(gone);
  CHECK(*gone == "lab,item,verdict,valid_from\nH1,GLU,passed,2026-01-01\n");
  auto first = with_row(eqa(), "", {{"lab", "H,1"}, {"item", "GLU"}, {"verdict", "passed"}}, std::nullopt, false);
  REQUIRE(first);
  CHECK(*first == "lab,item,method_group,verdict,valid_from,valid_to,source\n\"H,1\",GLU,,passed,,,\n");
}

TEST_CASE("a packaged row is not taken out, and a column that the table lacks is refused") {
  CHECK(with_row(eqa(), "", {}, Values{{"lab", "H1"}}, true).error().id == "console.row_packaged");
  CHECK(with_row(eqa(), "", {{"colour", "red"}}, std::nullopt, false).error().id == "console.unknown_object");
}

TEST_CASE("a packaged row that is changed keeps what was not named") {
  huren::test::TempDir dir;
  const Tables tables(dir.path().string());
  const auto text = tables.row_text("reasons.csv", {{"requires_note", "yes"}}, Values{{"reason", "rapid_course"}, {"valid_from", "2022-03-01"}}, false);
  REQUIRE(text);
  CHECK(text->find("rapid_course,检查检验结果在疾病发展演变过程中变化较快的") != text->npos);
  History history(dir.file("history"));
  CHECK_FALSE(tables.put(history, "reasons.csv", *text, {.id = "", .file = "", .who = "x", .what = "saved", .part = ""}, false));
  const auto codes = tables.load();
  REQUIRE(codes.set);
  CHECK(codes.set->reason("rapid_course", {2026, 11, 22})->requires_note);
  CHECK(codes.set->reason("rapid_course", {2026, 11, 22})->en.starts_with("The result changes fast"));
}

TEST_CASE("a table that is not right is not written, every bad row is told, and a dry run writes nothing") {
  huren::test::TempDir dir;
  const Tables tables(dir.path().string());
  History history(dir.file("history"));
  const Change change{.id = "", .file = "", .who = "x", .what = "saved", .part = ""};
  const auto refused = tables.put(history, "eqa.csv", "lab,item,verdict\nH1,GLU,maybe\nH1,NO_SUCH,passed\n", change, false);
  REQUIRE(refused);
  CHECK(refused->error.id == "console.not_imported");
  CHECK(refused->findings.size() == 2);
  CHECK_FALSE(tables.put(history, "eqa.csv", "lab,item,verdict\nH1,GLU,passed\n", change, true));
  CHECK(tables.own("eqa.csv").empty());
  CHECK(history.list()->empty());
  CHECK_FALSE(tables.put(history, kCatalogue, "code,name\nA,血糖\n", change, false));
  CHECK(tables.own(kCatalogue) == "code,name\nA,血糖\n");
}
