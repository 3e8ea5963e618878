#include <catch2/catch.hpp>

#include "core/cda/lab_document.hpp"
#include "tests/unit/core/cda/xsd.hpp"

using namespace huren;
using namespace huren::cda;

TEST_CASE("every lab report is valid against HL7's CDA.xsd, cn once its extras are stripped") {
  if (!std::filesystem::exists(test::official_schema())) {
    WARN("not checked: HL7's CDA.xsd is not beside the checkout (shared/data/cda-xsd)");
    return;
  }
  const auto kind = GENERATE(Kind::lab_report, Kind::xd_lab);
  auto r = GENERATE(test::report(), model::LabReport{});
  r.origin.code = "91350100M000100Y43";
  r.number = "LR1";
  r.version = GENERATE(1, 2);
  r.status = GENERATE(model::Status::final_result, model::Status::withdrawn, model::Status::unknown);
  r.amendment_reason = r.version > 1 ? "录入错误" : "";
  const auto strict = write_lab_report(r, {.mode = Mode::strict, .kind = kind, .id = {}, .effective_time = {}});
  REQUIRE(strict);
  CHECK(test::invalid(*strict, test::official_schema()) == "");
  const auto cn = write_lab_report(r, {.mode = Mode::cn, .kind = kind, .id = {}, .effective_time = {}});
  REQUIRE(cn);
  CHECK(test::invalid(test::without_extensions(*cn), test::official_schema()) == "");
  if (!r.patient_class.empty()) CHECK(test::invalid(*cn, test::official_schema()) != "");
}

TEST_CASE("the samples beside the checkout read as the report they are") {
  const auto folder = test::shared_data() / "cda-samples";
  if (!std::filesystem::exists(folder)) {
    WARN("not checked: the samples are not beside the checkout (shared/data/cda-samples)");
    return;
  }
  const std::string name = GENERATE("wst500_7_lab.xml", "wst500_7_lab_strict.xml");
  const auto read = read_lab_report(test::file((folder / name).string()), {});
  for (const auto& f : read.findings) UNSCOPED_INFO(line(f.error));
  REQUIRE(read.report);
  const auto& r = *read.report;
  CHECK(read.head.mode == (name == "wst500_7_lab.xml" ? Mode::cn : Mode::strict));
  CHECK(r.origin == model::Organisation{"ORG-A", "甲医院"});
  CHECK(r.number == "LR1");
  CHECK(r.order_number == "REQ1");
  CHECK(r.patient.name == "测试患者");
  CHECK(r.patient.sex == model::Sex::male);
  CHECK(r.patient.birth_date == Date{1970, 1, 1});
  CHECK(r.diagnosis == model::Code{"I63.900", "脑梗死", "ICD-10"});
  CHECK(r.specimen.collected_at == test::time("20261121080000"));
  CHECK(r.specimen.received_at == test::time("20261121083000"));
  CHECK(r.specimen.type.name == "血清");
  REQUIRE(r.observations.size() == 1);
  const auto& o = r.observations[0];
  CHECK(o.local == model::Code{"14749-6", "葡萄糖", ""});
  CHECK(o.loinc == "14749-6");
  CHECK(o.value_type == "NM");
  CHECK(o.value == "5.6");
  CHECK(o.unit == "mmol/L");
  CHECK(o.flags == std::vector<std::string>{"N"});
  CHECK(o.method.name == "己糖激酶法");
  CHECK_FALSE(o.observed_at.present());
  CHECK(r.conclusion == "见结果");
  CHECK(r.author.name == "医师甲");
  CHECK(r.verifier.name == "医师乙");
  // what the model has no field for is still there
  std::string kept;
  for (const auto& k : read.kept) kept += k.where + " " + k.xml + "\n";
  CHECK(kept.find("检验技师") != std::string::npos);
  CHECK(kept.find("合格") != std::string::npos);
  CHECK(kept.find("检验科") != std::string::npos);
  CHECK(kept.find("DEPT1") != std::string::npos);
  CHECK(kept.find("20261121110000") != std::string::npos);
}
