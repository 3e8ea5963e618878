// Suggestions for unmapped local items: ranked, with evidence, and quiet when nothing points anywhere.
#include "core/terminology/suggest.hpp"

#include <algorithm>
#include <catch2/catch.hpp>

using namespace huren;
using namespace huren::terminology;

namespace {
const Date kDay{2026, 11, 22};
std::vector<Suggestion> ask(const LocalFacts& local) { return suggest(*packaged(), local, kDay); }
std::string best(const LocalFacts& local) {
  const auto found = ask(local);
  return found.empty() ? "" : found.front().item.empty() ? found.front().panel : found.front().item;
}
}  // namespace

TEST_CASE("initials of the reading, also for characters outside the ordered part of GB 2312") {
  CHECK(pinyin_initials("葡萄糖") == "PTT");
  CHECK(pinyin_initials("肌酐") == "JG");
  CHECK(pinyin_initials("C反应蛋白") == "CFYDB");
  CHECK(pinyin_initials("糖化血红蛋白A1c") == "THXHDBA1C");
  CHECK(pinyin_initials("（）·") == "");
  for (const auto& item : packaged()->items()) {
    INFO(item.zh);
    CHECK(pinyin_initials(item.zh) == item.pinyin);
  }
}

TEST_CASE("the item that the name, its alias or its code means comes first") {
  CHECK(best({.name = "葡萄糖(GLU)测定", .unit = "mmol/L", .specimen = "血清"}) == "GLU");
  CHECK(best({.name = "空腹血糖", .unit = "mmol/L"}) == "GLU");
  CHECK(best({.name = "谷丙转氨酶", .unit = "IU/L"}) == "ALT");
  CHECK(best({.name = "血肌酐", .unit = "μmol/L"}) == "CREA");
  CHECK(best({.name = "CA19-9", .unit = "U/mL"}) == "CA199");
  CHECK(best({.name = "LDL-C", .unit = "mmol/L"}) == "LDLC");
  CHECK(best({.name = "血脂四项"}) == "LIPID");
}

TEST_CASE("a LOINC decides where names differ") {
  const auto found = ask({.name = "GLU-3", .unit = "mmol/L", .loinc = "14749-6"});
  REQUIRE_FALSE(found.empty());
  CHECK(found.front().item == "GLU");
  CHECK(std::any_of(found.front().evidence.begin(), found.front().evidence.end(), [](const Evidence& e) { return e.id == "suggest.loinc"; }));
}

TEST_CASE("unit and specimen speak against a name alike") {
  const auto urine = ask({.name = "葡萄糖", .unit = "mmol/L", .specimen = "尿液"});
  const auto serum = ask({.name = "葡萄糖", .unit = "mmol/L", .specimen = "血清"});
  REQUIRE_FALSE(serum.empty());
  CHECK((urine.empty() || urine.front().score < serum.front().score));
  CHECK(best({.name = "肌酸激酶同工酶", .unit = "U/L"}) == "CKMBA");
  CHECK(best({.name = "肌酸激酶同工酶", .unit = "ng/mL"}) == "CKMB");
}

TEST_CASE("what points nowhere gets no suggestion, and every evidence has its sentence in both languages") {
  CHECK(ask({.name = "床位费"}).empty());
  CHECK(ask({.name = ""}).empty());
  for (const auto& s : ask({.name = "总胆固醇", .unit = "mg/dL", .loinc = "2093-3", .specimen = "血清"}))
    for (const auto& e : s.evidence) {
      CHECK(catalogue_entry(e.id));
      CHECK(text(e, Language::zh) != text(e, Language::en));
    }
}

TEST_CASE("suggestions are ranked and few") {
  const auto found = ask({.name = "胆固醇", .unit = "mmol/L"});
  CHECK(found.size() <= 5);
  CHECK(std::is_sorted(found.begin(), found.end(), [](const auto& a, const auto& b) { return a.score > b.score; }));
  CHECK(found.front().item == "TC");
}
