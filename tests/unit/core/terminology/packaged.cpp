// The packaged tables: whole, and what they say of units, names and windows.
#include <catch2/catch.hpp>
#include <fstream>
#include <set>
#include <sstream>

#include "core/base/csv.hpp"
#include "core/base/embedded.hpp"
#include "core/terminology/terminology.hpp"

namespace huren::embedded {
std::span<const File> codes();
}
using namespace huren;
using namespace huren::terminology;

namespace {
const Date kDay{2026, 11, 22};
const Set& set() { return *packaged(); }
double to(const char* item, double value, const char* from, const char* unit) {
  const auto converted = set().convert(*set().item(item, kDay), value, from, unit);
  REQUIRE(converted);
  return *converted;
}
std::string refused(const char* item, const char* from, const char* unit) {
  const auto converted = set().convert(*set().item(item, kDay), 1, from, unit);
  return converted ? "" : std::string(converted.error().id);
}
}  // namespace

TEST_CASE("the packaged tables load without a fault") {
  std::vector<Table> tables;
  for (const auto& file : embedded::codes()) tables.push_back({file.name, file.text});
  const auto loaded = load(tables);
  for (const auto& f : loaded.findings) FAIL_CHECK(line(f.error));
  REQUIRE(loaded.set);
  REQUIRE(packaged());
  CHECK(loaded.set->version() == packaged()->version());
  CHECK(set().items().size() >= 60);
  CHECK(set().reasons().size() == 6);
}

TEST_CASE("every verified analyte is an item with both of its units and codes") {
  std::ifstream file(std::string(HUREN_SOURCE_DIR) + "/../shared/data/analytes.csv");
  if (!file) {
    WARN("shared/data/analytes.csv is not beside the checkout: nothing compared");
    return;
  }
  std::stringstream text;
  text << file.rdbuf();
  const auto rows = parse_csv(text.str());
  REQUIRE(rows);
  for (std::size_t i = 1; i < rows->size(); ++i) {
    const auto& r = (*rows)[i];
    INFO(r[0]);
    if (r[1] == "1742-6" && r[4] == "ukat/L") continue;  // a second unit of ALT, looked at below
    const Item* item = set().item_by_loinc(r[1], kDay);
    REQUIRE(item);
    CHECK(set().unit_form(*item, r[2]));
    CHECK(set().unit_form(*item, r[4]));
    if (r[0] != "HbA1c" && !r[6].empty()) {
      const auto si = set().convert(*item, 100, r[2], r[4]);
      REQUIRE(si);
      CHECK(*si == Approx(100 * std::stod(r[6])).epsilon(0.0005));
    }
    if (r[0].find("nitrogen") == std::string::npos) CHECK(set().item_by_loinc(r[3], kDay) == item);
  }
}

TEST_CASE("factors belong to the analyte") {
  CHECK(to("GLU", 100, "mg/dL", "mmol/L") == Approx(5.55));
  CHECK(to("UREA", 14, "mg/dL", "mmol/L") == Approx(14 * 0.1665));
  CHECK(to("BUN", 14, "mg/dL", "mmol/L") == Approx(14 * 0.357));
  CHECK(to("CREA", 1, "mg/dL", "umol/L") == Approx(88.4));
  CHECK(to("TC", 200, "mg/dL", "mmol/L") == Approx(5.172));
  CHECK(to("CA", 5, "mEq/L", "mmol/L") == Approx(2.5));
  CHECK(to("NA", 140, "mEq/L", "mmol/L") == Approx(140));
  CHECK(to("ALT", 1, "ukat/L", "U/L") == Approx(60));
  CHECK(to("HGB", 12.5, "g/dL", "g/L") == Approx(125));
}

TEST_CASE("HbA1c converts by the master equation both ways") {
  CHECK(to("HBA1C", 7.0, "%", "mmol/mol") == Approx(53.0).margin(0.1));
  CHECK(to("HBA1C", 53.0, "mmol/mol", "%") == Approx(7.0).margin(0.01));
}

TEST_CASE("what must never be converted is refused") {
  CHECK(refused("LPA", "mg/L", "nmol/L") == "terminology.unit_unknown");
  CHECK(refused("LPAM", "nmol/L", "mg/dL") == "terminology.unit_unknown");
  CHECK(refused("CKMB", "U/L", "ug/L") == "terminology.unit_unknown");
  CHECK(refused("DDIM", "mg/L FEU", "mg/L DDU") == "terminology.unit_other_calibration");
  CHECK(refused("GLU", "g/mL", "mmol/L") == "terminology.unit_unknown");
  CHECK(refused("GLU", "", "mmol/L") == "terminology.unit_unknown");
}

TEST_CASE("units as laboratories print them are understood") {
  const auto [printed, item, ucum] = GENERATE(table<const char*, const char*, const char*>({
      {"x10^9/L", "WBC", "10*9/L"}, {"×10⁹/L", "WBC", "10*9/L"}, {"X10*9/L", "PLT", "10*9/L"}, {"10^9/L", "", "10*9/L"}, {"10E9/L", "WBC", "10*9/L"},
      {"x10^12/L", "RBC", "10*12/L"}, {"10^3/uL", "WBC", "10*3/uL"}, {"K/uL", "WBC", "10*3/uL"}, {"G/L", "WBC", "10*9/L"}, {"g/L", "HGB", "g/L"},
      {"μmol/L", "CREA", "umol/L"}, {"µmol/L", "CREA", "umol/L"}, {"umol/l", "CREA", "umol/L"}, {"MMOL/L", "GLU", "mmol/L"}, {"ｍｍｏｌ／Ｌ", "GLU", "mmol/L"},
      {"IU/L", "ALT", "U/L"}, {"mIU/L", "TSH", "m[IU]/L"}, {"uIU/mL", "TSH", "u[IU]/mL"}, {"μIU/mL", "TSH", "u[IU]/mL"}, {"mEq/L", "K", "meq/L"},
      {"mmHg", "PCO2", "mm[Hg]"}, {"mg/L FEU", "DDIM", "mg/L{FEU}"}, {"% ", "HCT", "%"}, {"mm/1h", "ESR", "mm/h"}, {"秒", "PT", "s"}, {"", "INR", ""}}));
  INFO(printed << " for " << item);
  CHECK(set().ucum(printed, item) == ucum);
}

TEST_CASE("a ratio needs no printed unit, an amount does") {
  CHECK(set().unit_form(*set().item("INR", kDay), ""));
  CHECK_FALSE(set().unit_form(*set().item("GLU", kDay), ""));
}

TEST_CASE("windows follow the item before the class") {
  CHECK(set().window_days(*set().item("GLU", kDay), kDay) == 30);
  CHECK(set().window_days(*set().item("K", kDay), kDay) == 7);
  CHECK(set().window_days(*set().item("HBA1C", kDay), kDay) == 60);
  CHECK(set().window_days(*set().item("TNI", kDay), kDay) == 1);
  for (const auto& item : set().items()) {
    INFO(item.code);
    CHECK(set().window_days(item, kDay));
  }
}

TEST_CASE("a mark covers the regions of its scope, from the day it exists") {
  const auto covers = [](const char* mark, const char* region, Date day = kDay) {
    const auto* scope = set().scope_of_mark(mark, day);
    return scope && set().covers(*scope, region);
  };
  CHECK(covers("全国HR", "420111"));
  CHECK(covers("鄂HR", "420111"));
  CHECK(covers("湖北HR", "429004"));
  CHECK_FALSE(covers("湘HR", "420111"));
  CHECK(covers("京津冀HR", "130100"));
  CHECK_FALSE(covers("京津冀HR", "140100"));
  CHECK(covers("北京市西城区HR", "110102"));
  CHECK_FALSE(covers("北京市西城区HR", "110101"));
  CHECK_FALSE(covers("★", "420111"));
  CHECK_FALSE(covers("全国HR", "420111", {2022, 2, 28}));
  CHECK(covers("全国HR", "420111", {2022, 3, 1}));
  CHECK_FALSE(covers("鄂HR", ""));
}

TEST_CASE("the six national reasons stand verbatim") {
  CHECK(set().reason("emergency", kDay)->zh == "患者处于急诊、急救等紧急状态下的");
  CHECK(set().reason("other", kDay)->requires_note);
  std::set<std::string> texts;
  for (const auto& r : set().reasons()) texts.insert(r.zh);
  CHECK(texts.contains("因病情变化，检查检验结果与患者临床表现、疾病诊断不符，难以满足临床诊疗需求的"));
  CHECK(texts.contains("检查检验项目对于疾病诊疗意义重大的（如手术、输血等重大医疗措施前）"));
}

TEST_CASE("specimens and methods are found by code and by the names that senders use") {
  CHECK(set().specimen("serum")->code == "serum");
  CHECK(set().specimen("血清")->code == "serum");
  CHECK(set().specimen("SER")->code == "serum");
  CHECK(set().specimen("EDTA全血")->code == "whole_blood");
  CHECK_FALSE(set().specimen("牛奶"));
  CHECK(set().method_group("罗氏电化学发光法") == "roche_eclia");
  CHECK(set().method_group("不知道").empty());
}

TEST_CASE("plausible and critical limits of every item make sense in its own unit") {
  for (const auto& item : set().items()) {
    INFO(item.code);
    if (item.critical_low && item.plausible_low) CHECK(*item.critical_low > *item.plausible_low);
    if (item.critical_high && item.plausible_high) CHECK(*item.critical_high < *item.plausible_high);
    CHECK_FALSE(item.pinyin.empty());
  }
}
