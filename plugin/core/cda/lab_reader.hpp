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
  bool section(Node s);
  bool narrative(Node n);
  bool entry(Node n);
  bool flat(Node o);
  void close_flat();
  bool organizer(Node g);
  bool component(Node o, LabItem& item);
  bool item_id(Node c, LabItem& item);
  void item_observation(Node o, LabItem& item);
  void add(LabItem item);

  // lab_read_report.cpp: what a report has once
  bool report_level(Node o);
  bool diagnosis(Node o);
  bool conclusion(Node o);
  bool report_relation(Node n);
  bool status_observation(Node o);
  bool specimen(Node o);
  bool specimen_role(Node n);

  // lab_read_xd.cpp: IHE XD-LAB
  bool xd_act(Node act);
  bool xd_part(Node n);
  bool xd_collection(Node p);
  bool xd_organizer(Node g);
  void xd_observation(Node x);

  Walk& w_;
  const Head& head_;
  HeaderFields h_;
  model::LabReport r_;
  std::string item_prefix_, section_method_;
  Node section_method_node_, analysed_node_;
  Timestamp analysed_;
  LabItem flat_;
  const bool own_document_ = written_by_huren(head_);
  bool status_given_ = false, exact_status_ = false, conclusion_seen_ = false;
};

}  // namespace huren::cda
