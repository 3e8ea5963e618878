// huren-ctl codes as an operator meets it: all files or none, every bad row by file, line and column, out and in again.
#include <catch2/catch.hpp>
#include <filesystem>
#include <fstream>
#include <sstream>

#include "ctl/place.hpp"
#include "tests/support/temp_dir.hpp"

using namespace huren;

namespace {

struct Desk {
  test::TempDir dir;
  std::ostringstream out, err;
  std::string file(const std::string& name) const { return (dir.path() / name).string(); }
  void write(const std::string& name, const std::string& text) const {
    std::filesystem::create_directories((dir.path() / name).parent_path());
    std::ofstream(dir.path() / name, std::ios::binary) << text;
  }
  std::string read(const std::string& name) const {
    std::ifstream in(dir.path() / name, std::ios::binary);
    return {std::istreambuf_iterator<char>(in), {}};
  }
  bool there(const std::string& name) const { return std::filesystem::exists(dir.path() / name); }
  template <class Verb>
  int run(Verb verb) {
    out.str("");
    err.str("");
    ctl::Place place{.config_dir = dir.path().string(), .language = Language::en, .json = false, .out = out, .err = err, .config = {}, .data = {}, .adapter_dir = {},
                     .loader = {}, .store_adapter = {}, .store = nullptr};
    if (!place.read_config()) return ctl::kUnusable;
    return verb(place);
  }
  Desk() {
    write("local.toml", "[hospital]\ncode = \"HB-COUNTY-01\"\nname = \"县医院\"\nregion = \"420500\"\n");
    write("in/local_items.csv", "code,name,item,panel,unit\nGLU01,葡萄糖,GLU,,mmol/L\n");
  }
};

}  // namespace

TEST_CASE("an import that a crash cut short before it was decided changes nothing, one cut short after that is ended by the next who loads") {
  Desk d;
  const std::string mine = "code,name,item,panel,unit\nGLU01,葡萄糖,GLU,,mmol/L\n", later = "code,name,item,panel,unit\nK01,钾,K,,mmol/L\n";
  const std::string eqa = "lab,item,method_group,verdict,valid_from,valid_to,source\nHB-CITY-01,GLU,,passed,2026-01-01,2026-12-31,NCCL\n";
  d.write("codes/local_items.csv", mine);
  d.write("codes/local_items.csv.new", later);
  d.write("codes/eqa.csv.new", eqa);
  d.write("codes/import.decided.new", "local_items.csv\neqa.csv\n");
  const auto exported = [&](const char* table) {
    REQUIRE(d.run([&](ctl::Place& p) { return ctl::codes_export(p, table, ""); }) == ctl::kOk);
    return d.out.str();
  };
  CHECK(exported("local_items").find("GLU01") != std::string::npos);
  CHECK(exported("local_items").find("K01") == std::string::npos);
  CHECK(exported("eqa").find("NCCL") == std::string::npos);

  std::filesystem::rename(d.file("codes/import.decided.new"), d.file("codes/import.decided"));
  std::filesystem::rename(d.file("codes/eqa.csv.new"), d.file("codes/eqa.csv"));  // one was moved before the crash
  CHECK(exported("local_items").find("K01") != std::string::npos);
  CHECK(exported("eqa").find("NCCL") != std::string::npos);
  CHECK_FALSE(d.there("codes/import.decided"));
  CHECK_FALSE(d.there("codes/local_items.csv.new"));
  CHECK(d.read("codes/local_items.csv") == later);
}

TEST_CASE("an import that cannot be written says so and leaves every table as it was") {
  Desk d;
  d.write("codes/local_items.csv", "code,name,item,panel,unit\nK01,钾,K,,mmol/L\n");
  std::filesystem::create_directory(d.file("codes/eqa.csv.new"));  // in the way of the second
  d.write("in/eqa.csv", "lab,item,method_group,verdict,valid_from,valid_to,source\nHB-CITY-01,GLU,,passed,2026-01-01,2026-12-31,NCCL\n");
  CHECK(d.run([&](ctl::Place& p) { return ctl::codes_import(p, {d.file("in/local_items.csv"), d.file("in/eqa.csv")}, false); }) == ctl::kUnusable);
  CHECK(d.err.str().find("eqa.csv") != std::string::npos);
  CHECK(d.read("codes/local_items.csv").find("K01") != std::string::npos);
  CHECK_FALSE(d.there("codes/eqa.csv"));
}

TEST_CASE("good files are imported together and are in force in what is exported") {
  Desk d;
  d.write("in/eqa.csv", "lab,item,method_group,verdict,valid_from,valid_to,source\nHB-CITY-01,GLU,,passed,2026-01-01,2026-12-31,NCCL\n");
  CHECK(d.run([&](ctl::Place& p) { return ctl::codes_import(p, {d.file("in/local_items.csv"), d.file("in/eqa.csv")}, true); }) == ctl::kOk);
  CHECK_FALSE(d.there("codes/eqa.csv"));  // --dry-run
  CHECK(d.run([&](ctl::Place& p) { return ctl::codes_import(p, {d.file("in/local_items.csv"), d.file("in/eqa.csv")}, false); }) == ctl::kOk);
  CHECK(d.read("codes/eqa.csv") == d.read("in/eqa.csv"));
  CHECK(d.run([&](ctl::Place& p) { return ctl::codes_export(p, "eqa", ""); }) == ctl::kOk);
  CHECK(d.out.str().find("HB-CITY-01,GLU") != std::string::npos);
}

TEST_CASE("one bad row in one file: nothing of any file is imported, and the row is told by file, line and column") {
  Desk d;
  d.write("in/eqa.csv", "lab,item,method_group,verdict,valid_from,valid_to,source\nHB-CITY-01,GLU,,passed,2026-01-01,2026-12-31,x\nHB-CITY-01,K,,maybe,2026-01-01,,x\nHB-CITY-01,NA,,passed,2026-13-01,,x\n");
  CHECK(d.run([&](ctl::Place& p) { return ctl::codes_import(p, {d.file("in/local_items.csv"), d.file("in/eqa.csv")}, false); }) == ctl::kUnusable);
  CHECK(d.err.str().find("eqa.csv:3") != std::string::npos);
  CHECK(d.err.str().find("eqa.csv:4") != std::string::npos);
  CHECK(d.err.str().find("verdict") != std::string::npos);
  CHECK_FALSE(d.there("codes/eqa.csv"));
  CHECK_FALSE(d.there("codes/local_items.csv"));
  d.write("in/nonsense.csv", "a,b\n");
  CHECK(d.run([&](ctl::Place& p) { return ctl::codes_import(p, {d.file("in/nonsense.csv")}, false); }) == ctl::kUnusable);
}

TEST_CASE("what export writes, import takes, and the version stays") {
  Desk d;
  REQUIRE(d.run([&](ctl::Place& p) { return ctl::codes_import(p, {d.file("in/local_items.csv")}, false); }) == ctl::kOk);
  REQUIRE(d.run([&](ctl::Place& p) { return ctl::codes_export(p, "", d.file("all")); }) == ctl::kOk);
  std::vector<std::string> files;
  for (const auto& e : std::filesystem::directory_iterator(d.file("all"))) files.push_back(e.path().string());
  REQUIRE(files.size() > 10);
  REQUIRE(d.run([&](ctl::Place& p) { return ctl::codes_import(p, files, true); }) == ctl::kOk);
  const auto said = d.out.str();
  const auto arrow = said.find(" -> ");
  REQUIRE(arrow != std::string::npos);
  CHECK(said.substr(0, arrow) == said.substr(arrow + 4, said.find('\n') - arrow - 4));
}

TEST_CASE("coverage says which items cannot be recognised and what an unmapped one may be") {
  Desk d;
  REQUIRE(d.run([&](ctl::Place& p) { return ctl::codes_import(p, {d.file("in/local_items.csv")}, false); }) == ctl::kOk);
  d.write("catalogue.csv", "code,name,pinyin,unit,loinc,specimen\nX1,血清钾,XQJ,mmol/L,,血清\n");
  CHECK(d.run([&](ctl::Place& p) { return ctl::codes_coverage(p, d.file("catalogue.csv")); }) == ctl::kFindings);
  CHECK(d.out.str().find("GLU01") != std::string::npos);
  const auto row = d.out.str().find("X1");
  REQUIRE(row != std::string::npos);
  CHECK(d.out.str().find(",K", row) != std::string::npos);
}
