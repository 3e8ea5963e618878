// What a strict CDA R2 reader finds who knows nothing of huren: plain XPath over the elements that the standard names for it.
#include <catch2/catch.hpp>
#include <pugixml.hpp>

#include "core/cda/lab_document.hpp"
#include "tests/unit/core/cda/samples.hpp"

using namespace huren;
using namespace huren::cda;

namespace {

struct Found {
  pugi::xml_document document;
  [[nodiscard]] std::string at(const std::string& path) const { return document.select_node(path.c_str()).attribute().value(); }
  [[nodiscard]] std::string text(const std::string& path) const { return document.select_node(path.c_str()).node().child_value(); }
};

void load(Found& f, const model::LabReport& report, Kind kind) {
  const auto bytes = write_lab_report(report, {.mode = Mode::strict, .kind = kind, .id = {}, .effective_time = {}});
  REQUIRE(bytes);
  REQUIRE(f.document.load_buffer(bytes->data(), bytes->size()));
}

// The observation whose code or a translation of it is glucose in LOINC.
const std::string kGlucose = "//observation[code/@code='14749-6' or code/translation[@codeSystem='2.16.840.1.113883.6.1']/@code='14749-6']";

}  // namespace

TEST_CASE("what WS/T 500.7 lacks is found where CDA R2 has it: range, flag, LOINC, method, instrument, laboratory, mark, collection time") {
  const auto kind = GENERATE(Kind::lab_report, Kind::xd_lab);
  Found f;
  load(f, test::report(), kind);
  CHECK(f.at(kGlucose + "/value/@value") == "7.10");
  CHECK(f.at(kGlucose + "/interpretationCode[@codeSystem='2.16.840.1.113883.5.83']/@code") == "H");
  CHECK(f.at(kGlucose + "/referenceRange/observationRange/value/low/@value") == "3.9");
  CHECK(f.at(kGlucose + "/referenceRange/observationRange/value/high/@value") == "6.1");
  CHECK(f.at(kGlucose + "/referenceRange/observationRange/value/high/@unit") == "mmol/L");
  CHECK(f.text(kGlucose + "/referenceRange/observationRange/text") == "3.9-6.1");
  CHECK(f.at(kGlucose + "/methodCode/@displayName") == "己糖激酶法");
  CHECK(f.text(kGlucose + "/participant[@typeCode='DEV']/participantRole/playingDevice/manufacturerModelName") == "AU5800");
  CHECK(f.text(kGlucose + "/performer/assignedEntity/representedOrganization/name") == "甲医院检验科");
  CHECK(f.text(kGlucose + "/entryRelationship/observation[code/@displayName='检查检验结果互认标识']/value") == "全国HR");
  if (kind == Kind::lab_report) CHECK(f.at("//observation[code/@displayName='标本类别']/effectiveTime/low/@value").substr(0, 12) == "202611210800");
  else CHECK(f.at("//procedure[code/@code='33882-2']/effectiveTime/@value").substr(0, 12) == "202611210800");
  if (kind == Kind::xd_lab) CHECK(f.at(kGlucose + "/value[@xsi:type='PQ']/@unit") == "mmol/L");
}

TEST_CASE("a unit that UCUM does not know never reads as a count of ones") {
  const auto kind = GENERATE(Kind::lab_report, Kind::xd_lab);
  auto r = test::report();
  r.observations.resize(1);
  auto& o = r.observations[0];
  o.unit = GENERATE("滴度", "");
  o.comparator = GENERATE("", "<");
  o.value_type = o.comparator.empty() ? "NM" : "SN";
  Found f;
  load(f, r, kind);
  const auto physical = f.document.select_nodes("//observation[code//@code='14749-6']//*[starts-with(@xsi:type,'PQ') or @xsi:type='IVL_PQ']");
  if (o.unit.empty()) CHECK((kind == Kind::lab_report || physical.size() == 2));  // the pure number of an INR is a PQ
  else CHECK(physical.empty());
  const auto back = read_lab_report(*write_lab_report(r, {.mode = Mode::strict, .kind = kind, .id = {}, .effective_time = {}}), {});
  REQUIRE(back.report);
  CHECK(back.report->observations[0] == canonical(r).observations[0]);
}
