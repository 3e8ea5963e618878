// Synthetic reports for the tests of core/cda; names invented, identifiers computed.
#pragma once
#include <fstream>
#include <sstream>
#include <string>

#include "core/model/lab_report.hpp"

namespace huren::cda::test {

inline Timestamp time(std::string_view text) { return parse_hl7_time(text, 480).value_or(Timestamp{}); }

inline std::string file(const std::string& path) {
  std::ifstream in(path, std::ios::binary);
  std::stringstream out;
  out << in.rdbuf();
  return out.str();
}

inline model::Observation glucose() {
  model::Observation o;
  o.set_id = "1";
  o.local = {"G01", "葡萄糖", "L"};
  o.standard = {"GLU", "葡萄糖", "huren"};
  o.loinc = "14749-6";
  o.value_type = "NM";
  o.value = "7.10";
  o.unit = "mmol/L";
  o.range = {"3.9-6.1", 3.9, 6.1};
  o.flags = {"H"};
  o.method = {"M1", "己糖激酶法", "L"};
  o.method_group = "hexokinase";
  o.instrument = "AU5800";
  o.performer = {"91350100M000100Y43", "甲医院检验科"};
  o.marks = {"全国HR", "鄂HR"};
  o.observed_at = time("20261121080500+0800");
  o.notes = {"复查后一致"};
  return o;
}

inline model::LabReport report() {
  model::LabReport r;
  r.origin = {"91350100M000100Y43", "甲医院"};
  r.number = "LR-2026-0001";
  r.version = 1;
  r.panel = {"P10", "生化全套", "L"};
  r.category = "生化";
  r.order_number = "REQ1";
  r.patient = {"HIS77", {{"resident_id", "11010519491231002X", ""}, {"health_card", "HC9", "ORG-A"}, {"inpatient_no", "IP1", ""}}, "测试患者", model::Sex::female, {1949, 12, 31}, "027-8888 1234"};
  r.patient_class = "inpatient";
  r.encounter_id = "E100";
  r.department = "神经内科";
  r.diagnosis = {"I63.900", "脑梗死", "I10"};
  r.specimen = {"SPM1", {"serum", "血清", "huren"}, time("20261121080000+0800"), time("20261121083000+0800")};
  r.requester = {"D003", "医师丙"};
  r.author = {"D001", "技师甲"};
  r.verifier = {"D002", "医师乙"};
  r.reported_at = time("20261121113000+0800");
  r.conclusion = "血糖升高 <建议复查> & 随访";
  r.notes = {"标本轻度溶血", "第二条\n两行"};
  r.observations.push_back(glucose());
  model::Observation o;
  o.set_id = "2";
  o.local = {"T02", "肌钙蛋白I", "L"};
  o.value_type = "SN";
  o.comparator = "<";
  o.value = "0.01";
  o.unit = "μg/L";
  o.range = {"<0.04", std::nullopt, 0.04};
  o.flags = {"N"};
  r.observations.push_back(o);
  o = {};
  o.set_id = "3";
  o.local = {"H03", "乙肝表面抗原", "L"};
  o.value_type = "ST";
  o.value = "阴性(-)";
  o.status = model::Status::preliminary;
  r.observations.push_back(o);
  o = {};
  o.set_id = "4";
  o.local = {"X04", "抗核抗体", "L"};
  o.value_type = "SN";
  o.value = "1:320";
  o.flags = {"A", "↑"};
  o.status = model::Status::corrected;
  r.observations.push_back(o);
  o = {};
  o.set_id = "5";
  o.local = {"B05", "血型", "99LAB"};
  o.value_type = "CWE";
  o.value = "A 型";
  r.observations.push_back(o);
  return r;
}

}  // namespace huren::cda::test
