// One line of a lab report: the observations that make one result, whichever of the profiles they are written by.
// Promises: exact status, printed unit and local code win over what is derived; a value is read once, the rest is kept.
// Refuses: guessing in silence (cda.code_guessed), and guessing at all where huren wrote the line. Internal to core/cda.
#pragma once
#include <cstddef>
#include <string>
#include <string_view>

#include "core/cda/xml_in.hpp"
#include "core/model/lab_report.hpp"

namespace huren::cda {

// One analyte while its parts are gathered.
struct LabItem {
  model::Observation o;
  bool status_given = false, status_exact = false;
  std::string coded_code, coded_name;  // DE04.30.017.00 beside a number
  std::string item_text;               // DE04.30.019.00
  Node item_node;
  bool any = false, has_result = false, unit_printed = false;
  bool own = false;                    // written by huren: nothing is guessed
};

void read_result(Walk& w, Node o, LabItem& item, std::string_view de);  // DE04.30.015.00 or DE04.30.017.00
bool read_result_part(Walk& w, Node c, std::string_view name, LabItem& item);  // what stands beside code and value
bool read_quantity(Walk& w, Node v, model::Observation& o);  // value, by its xsi:type
bool read_unit(Walk& w, Node o, LabItem& item);  // DE04.30.016.00
void read_translations(Walk& w, Node code, model::Observation& o);  // local, LOINC and standard codes

// The observation once all parts are read; index: its place in the report.
model::Observation settled(Walk& w, LabItem item, std::size_t index);

}  // namespace huren::cda
