// A lab report gathered from its document: sections, report-level elements, items; WS/T 500.7 and XD-LAB alike.
// Promises: each element is placed in the report or kept; the items stand in the order of the document.
// Refuses: a second value for what a report has once (it is kept). Used once: run() ends the reader. Internal to core/cda.
#pragma once
#include <string>
#include <utility>

#include "core/cda/header_read.hpp"
#include "core/cda/lab_read_result.hpp"
#include "core/cda/xml_in.hpp"
#include "core/model/lab_report.hpp"

namespace huren::cda {

class LabReader {
 public:
  LabReader(Walk& walk, const Head& head, HeaderFields header) : w_(walk), head_(head), h_(std::move(header)) {}

  model::LabReport run();

 private:
  // lab_read.cpp: header, sections and items
  void take_header();
  void finish();
  bool section(pugi::xml_node s);
  bool entry(pugi::xml_node n);
  bool flat(pugi::xml_node o);
  void close_flat();
  bool organizer(pugi::xml_node g);
  bool component(pugi::xml_node o, LabItem& item);
  bool item_id(pugi::xml_node c, LabItem& item);
  void item_observation(pugi::xml_node o, LabItem& item);
  void add(LabItem item);

  // lab_read_report.cpp: what a report has once
  bool report_level(pugi::xml_node o);
  bool diagnosis(pugi::xml_node o);
  bool conclusion(pugi::xml_node o);
  bool report_relation(pugi::xml_node n);
  bool specimen(pugi::xml_node o);
  bool specimen_role(pugi::xml_node n);

  // lab_read_xd.cpp: IHE XD-LAB
  bool xd_act(pugi::xml_node act);
  bool xd_part(pugi::xml_node n);
  bool xd_collection(pugi::xml_node p);
  bool xd_organizer(pugi::xml_node g);
  void xd_observation(pugi::xml_node x);

  Walk& w_;
  const Head& head_;
  HeaderFields h_;
  model::LabReport r_;
  std::string item_prefix_, section_method_;
  pugi::xml_node section_method_node_, analysed_node_;
  Timestamp analysed_;
  LabItem flat_;
  bool status_given_ = false, conclusion_seen_ = false;
};

}  // namespace huren::cda
