// A synthetic record of each kind, every item filled.
#pragma once
#include "core/cda/profile.hpp"
#include "core/cda/record_document.hpp"
#include "tests/unit/core/cda/samples.hpp"

namespace huren::cda::test {

inline model::ClinicalRecord record(std::string_view kind) {
  const auto lab = report();
  model::ClinicalRecord r;
  r.kind = kind;
  r.origin = lab.origin;
  r.number = std::string("D-") + std::string(kind);
  r.patient = lab.patient;
  r.patient_class = "inpatient";
  r.encounter_id = "E100";
  r.department = "神经内科";
  r.order_number = "REQ7";
  r.service = {"S1", "头颅CT平扫", "L"};
  r.encounter_from = time("20261110");
  r.encounter_to = time("202611211000+0800");
  r.requester = {"D003", "医师丙"};
  r.author = {"D001", "医师甲"};
  r.verifier = {"D002", "医师乙"};
  r.recipient = {"ORG-B", "乙医院"};
  r.recipient_person = {"D900", "医师丁"};
  r.written_at = time("20261121113000+0800");
  int n = 0;
  for (const auto* row : items_of(kind)) {
    model::RecordItem it;
    it.key = row->key;
    if (row->key.find("diagnosis") != std::string::npos) {
      it.value = "急性脑梗死（左侧）";
      it.code = {"I63.900", "脑梗死", "ICD-10"};
      it.at = time("20261120");
    } else if (row->key == "exam_measurement") {
      it.value = "12.5";
      it.unit = "mm";
    } else {
      it.value = row->name_zh + "：内容 <" + std::to_string(++n) + "> & 其他\n第二行";
    }
    r.items.push_back(it);
    if (row->key == "medication") r.items.push_back({"medication", "阿司匹林 100mg 每日一次", "", {"ASA", "阿司匹林", "L"}, time("20261112")});
  }
  r.reports = {{"91350100M000100Y43", "LR-2026-0001", "生化全套", 2}, {"ORG^B", "7", "", 1}};
  return r;
}

inline const std::vector<std::string>& record_kinds() {
  static const std::vector<std::string> kinds{"C0006", "C0001", "C0053", "C0049", "C0045", "TRANSFER"};
  return kinds;
}

}  // namespace huren::cda::test
