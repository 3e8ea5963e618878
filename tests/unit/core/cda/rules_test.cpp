#include <catch2/catch.hpp>
#include <set>

#include "core/base/csv.hpp"
#include "core/cda/lab_document.hpp"
#include "core/cda/rules.hpp"
#include "tests/unit/core/cda/records.hpp"
#include "tests/unit/core/cda/xsd.hpp"

using namespace huren;
using namespace huren::cda;

namespace {

std::string document(const std::string& base) {
  if (base == "C0007" || base == "XD-LAB") {
    const auto kind = base == "C0007" ? Kind::lab_report : Kind::xd_lab;
    return *write_lab_report(test::report(), {.mode = Mode::cn, .kind = kind, .id = {}, .effective_time = {}});
  }
  if (base == "C0007v2") {
    auto r = test::report();
    r.version = 2;
    r.status = model::Status::corrected;
    r.amendment_reason = "录入错误";
    return *write_lab_report(r, {});
  }
  return *write_record(test::record(base), {});
}

std::set<std::string> told(const Findings& findings) {
  std::set<std::string> out;
  for (const auto& f : findings)
    if (f.severity != Severity::info) out.insert(f.error.id == "cda.rule" ? f.error.args.at(0) : std::string(f.error.id));
  return out;
}

std::string all(const std::set<std::string>& ids) {
  std::string out;
  for (const auto& id : ids) out += id + " ";
  return out;
}

}  // namespace

TEST_CASE("what huren writes breaks no rule of its own") {
  auto base = GENERATE(as<std::string>{}, "C0007", "C0007v2", "XD-LAB", "C0006", "C0001", "C0053", "C0049", "C0045", "TRANSFER");
  CAPTURE(base);
  const auto checked = check(document(base), {});
  CHECK(checked.readable);
  for (const auto& f : checked.findings) UNSCOPED_INFO(line(f.error));
  // the sample's coded blood group and ratio have no unit, its second item no method: none of that is a fault
  CHECK(all(told(checked.findings)) == "");
}

TEST_CASE("every rule has its sentence in both languages, a severity, a source and a place to stand") {
  std::set<std::string> ids;
  for (const auto& r : rules()) {
    CAPTURE(r.id);
    CHECK(ids.insert(r.id).second);
    CHECK_FALSE(r.zh.empty());
    CHECK_FALSE(r.en.empty());
    CHECK_FALSE(r.source.empty());
    CHECK_FALSE(r.kinds.empty());
    CHECK_NOTHROW(pugi::xpath_query(r.context.c_str()));
  }
  const auto file = parse_csv(test::file(std::string(HUREN_SOURCE_DIR) + "/schemas/cda/rules/rules.csv"));
  REQUIRE(file);
  for (const auto& row : *file) CHECK(row.size() == 8);
  for (std::size_t i = 1; i < file->size(); ++i) CHECK(ids.contains((*file)[i][0]));
}

TEST_CASE("every seeded fault of the list is caught by the rule that it names") {
  const auto list = parse_csv(test::file(std::string(HUREN_SOURCE_DIR) + "/tests/cases/cda/faults.csv"));
  REQUIRE(list);
  CHECK(list->size() > 60);
  std::set<std::string> names;
  for (std::size_t i = 1; i < list->size(); ++i) {
    const auto& row = (*list)[i];
    REQUIRE(row.size() == 5);
    INFO(row[0]);
    CHECK(names.insert(row[0]).second);
    auto text = document(row[1]);
    const auto at = text.find(row[2]);
    REQUIRE(at != std::string::npos);
    text.replace(at, row[2].size(), row[3]);
    const auto checked = check(text, {});
    const auto ids = told(checked.findings);
    INFO("told: " << all(ids));
    CHECK(ids.contains(row[4]));
  }
}

TEST_CASE("the conformance statement in the manual is the one that the rules give") {
  CHECK(test::file(std::string(HUREN_SOURCE_DIR) + "/packaging/doc/CDA-CONFORMANCE.md") == conformance_statement());
}

TEST_CASE("a document that cannot be read is not checked and says why") {
  const auto checked = check("<a>", {});
  CHECK_FALSE(checked.readable);
  CHECK(has_error(checked.findings));
}
