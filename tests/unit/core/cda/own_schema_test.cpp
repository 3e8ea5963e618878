#include <catch2/catch.hpp>

#include "core/cda/lab_document.hpp"
#include "tests/unit/core/cda/records.hpp"
#include "tests/unit/core/cda/xsd.hpp"

using namespace huren;
using namespace huren::cda;

TEST_CASE("what huren writes is valid against its own schema in both modes, and what lacks a set id is not") {
  const auto schema = std::filesystem::path(HUREN_SOURCE_DIR) / "schemas" / "cda" / "huren-cda.xsd";
  std::vector<std::string> documents;
  for (const auto mode : {Mode::strict, Mode::cn}) {
    for (const auto kind : {Kind::lab_report, Kind::xd_lab})
      documents.push_back(*write_lab_report(test::report(), {.mode = mode, .kind = kind, .id = {}, .effective_time = {}}));
    for (const auto& kind : test::record_kinds()) documents.push_back(*write_record(test::record(kind), {.mode = mode, .id = {}, .transfer = {}}));
  }
  model::ClinicalRecord empty;
  empty.kind = "C0001";
  empty.origin.code = "A";
  empty.number = "1";
  documents.push_back(*write_record(empty, {}));
  CHECK(test::invalid(documents, schema) == "");
  auto bad = documents[0];
  const auto from = bad.find("<setId"), to = bad.find("/>", from) + 2;
  bad.erase(from, to - from);
  CHECK(test::invalid(bad, schema) != "");
}
