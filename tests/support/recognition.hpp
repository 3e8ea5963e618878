// A county hospital asks, a city hospital has the result: the smallest whole input of a decision, to vary in tests.
#pragma once
#include <deque>
#include <map>
#include <string>

#include "core/recognition/order_check.hpp"

namespace huren::test {

inline constexpr const char* kLocalItems =
    "code,name,item,panel,unit,method_group\n"
    "L001,葡萄糖,GLU,,mmol/L,\nL002,血脂四项,,LIPID,,\nL003,糖类抗原19-9,CA199,,U/mL,roche_eclia\nL004,D-二聚体,DDIM,,mg/L FEU,\n"
    "L005,血钾,K,,mmol/L,\nL006,尿素,UREA,,mmol/L,\nL007,血气分析,,ABG,,\nL008,血型鉴定,,BTYPE,,\nL009,糖化血红蛋白,HBA1C,,%,\n"
    "L010,乙肝表面抗原,HBSAG,,,\nL011,肾功能,,RENAL,,\nL012,肌钙蛋白I,TNI,,ng/L,abbott_cmia\nL013,电解质,,LYTES,,\n";

inline Timestamp iso(std::string_view text, int offset = 480) { return parse_iso_time(text, offset).value(); }

struct Scene {
  recognition::Input input;
  std::deque<model::LabReport> reports;  // stable addresses

  Scene() {
    static const auto set = [] {
      const terminology::Table own{"local_items.csv", kLocalItems};
      return terminology::extend(*terminology::packaged(), {&own, 1}).set;
    }();
    input.terminology = set;
    input.asking = {"91420000COUNTY0001", "县医院", "420111", 2, 480};
    model::Agreement agreement;
    agreement.id = "A1";
    agreement.partner = "city";
    agreement.from = {2026, 1, 1};
    agreement.all_items = true;
    input.agreements = {{agreement, {"91420000CITY000001", "市医院", "420100", 3, 480}}};
    input.patient.local_id = "P1";
    input.patient.name = "张三";
    input.patient.birth_date = {1980, 1, 1};
    input.patient.identifiers = {{"resident_id", "34052419800101001X", ""}};
    input.patient.sex = model::Sex::male;
    input.encounter_id = "E1";
    input.department = "内分泌科";
    input.at = iso("2026-11-22T10:00:00+08:00");
  }

  void set_terminology(std::initializer_list<terminology::Table> tables) {
    input.terminology = terminology::extend(*input.terminology, {tables.begin(), tables.size()}).set;
  }

  Scene& order(const std::string& local, const std::string& id = "O1") {
    input.orders.push_back({id, {local, "", "L"}});
    return *this;
  }

  // A report of the city hospital for the same person, collected at the given moment, without observations yet.
  model::LabReport& report(std::string_view collected = "2026-11-20T08:00:00+08:00") {
    auto& r = reports.emplace_back();
    r.origin = {"91420000CITY000001", "市医院"};
    r.number = "R" + std::to_string(reports.size());
    r.patient = input.patient;
    r.patient.local_id = "CITY-7";
    r.specimen.type = {"serum", "血清", ""};
    if (!collected.empty()) r.specimen.collected_at = iso(collected);
    if (!collected.empty()) r.reported_at = iso(collected);
    return r;
  }

  recognition::Candidate& result(model::LabReport& r, const std::string& item, const std::string& value, const std::string& unit) {
    model::Observation o;
    o.set_id = std::to_string(r.observations.size() + 1);
    o.local = {"C-" + item, item, "L"};
    o.standard = {item, "", "HUREN"};
    o.value_type = "NM";
    o.value = value;
    o.unit = unit;
    r.observations.push_back(o);
    auto& c = input.candidates.emplace_back();
    c.report = &r;
    c.position = r.observations.size() - 1;
    c.report_id = "rep-" + r.number;
    c.result_id = "res-" + r.number + "-" + o.set_id;
    c.source = "city";
    return c;
  }
  recognition::Candidate& result(const std::string& item, const std::string& value, const std::string& unit) { return result(report(), item, value, unit); }
  model::Observation& observation(std::size_t report = 0, std::size_t position = 0) { return reports[report].observations[position]; }

  recognition::Decision decide() const { return recognition::decide(input); }
  recognition::OrderDecision first() const { return recognition::decide(input).orders.at(0); }
  const recognition::Check check(recognition::Aspect aspect) const {
    const auto order = first();
    for (const auto& c : order.analytes.at(0).checks())
      if (c.aspect == aspect) return c;
    return {};
  }
};

}  // namespace huren::test
