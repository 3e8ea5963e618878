// The CDA header read back. Internal to core/cda.
#pragma once
#include <string>

#include "core/cda/document.hpp"
#include "core/cda/head_read.hpp"
#include "core/cda/xml_in.hpp"

namespace huren::cda {

struct HeaderFields {
  model::Organisation origin;
  std::string number;
  model::Patient patient;
  std::string patient_class, encounter_id, department, order_number, specimen_id;
  model::Person requester, author, verifier, recipient_person;
  model::Organisation recipient;
  model::Code service;
  Timestamp encounter_from, encounter_to;
  Node encounter_time;  // kept by kinds that have no place for it
  Node body;            // structuredBody; null when there is none
};

HeaderFields read_header(Node root, const Head& head, Walk& walk);

}  // namespace huren::cda
