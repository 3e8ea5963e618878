// The CDA header read back. Internal to core/cda.
#pragma once
#include <memory>
#include <string>

#include "core/base/result.hpp"
#include "core/cda/document.hpp"
#include "core/cda/xml_guard.hpp"
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
  pugi::xml_node encounter_time;  // kept by kinds that have no place for it
  pugi::xml_node body;            // structuredBody; null when there is none
};

// The tree lives in admitted.text (parsed in place). source: the root element as it stood; a view of the caller's bytes where
// they were UTF-8, so they must outlive it.
struct Parsed {
  Admitted admitted;
  std::string_view source;
  std::string transcoded;
  pugi::xml_document document;
  pugi::xml_node root;
};
// Gate, parser, root element and its namespace; findings of the gate go to `findings`.
Result<std::unique_ptr<Parsed>> parse_document(std::string_view bytes, const ReadOptions& options, Findings& findings);

Head read_head(pugi::xml_node root, Walk& walk, const TransferIdentity& transfer);                 // no keeping: reads what every kind has
HeaderFields read_header(pugi::xml_node root, const Head& head, Walk& walk);

}  // namespace huren::cda
