// The CDA header, the same for every kind: written from and read into views of the model. Internal to core/cda.
#pragma once
#include <string>
#include <string_view>

#include "core/cda/document.hpp"
#include "core/cda/xml_out.hpp"
#include "core/model/lab_report.hpp"

namespace huren::cda {

struct TemplateOf {  // what names a kind on the wire
  std::string_view template_id, code, code_system, code_system_name, title_zh, title_en;
};

TemplateOf template_of(Kind kind);  // schemas/cda/kinds.csv

// What the header is written from; everything is borrowed.
struct HeaderSource {
  Mode mode = Mode::cn;
  TemplateOf kind;
  const model::Organisation* origin = nullptr;
  std::string_view number;
  int version = 1;
  bool withdrawn = false;
  const DocumentId* id = nullptr;         // null: derived
  Timestamp effective;
  const model::Patient* patient = nullptr;
  std::string_view patient_class, encounter_id, department, order_number;
  std::string_view specimen_id;
  const model::Person* requester = nullptr;
  const model::Person* author = nullptr;
  const model::Person* verifier = nullptr;
  const model::Organisation* recipient = nullptr;      // referrals
  const model::Person* recipient_person = nullptr;
  const model::Code* service = nullptr;   // what was ordered or done
  const model::Organisation* performer = nullptr;  // of the service, when it is one for all
  Timestamp encounter_from, encounter_to;
};

// XML declaration, root start tag and everything before `component`. Leaves the root open.
void write_header(XmlOut& out, const HeaderSource& source);

// Shared pieces.
void write_time(XmlOut& out, std::string_view element, const Timestamp& t);      // nullFlavor when absent
void write_id(XmlOut& out, std::string_view root, std::string_view extension);   // nothing when the extension is empty
void write_coded(XmlOut& out, std::string_view element, const model::Code& code, std::string_view xsi_type = {});
void write_organisation(XmlOut& out, std::string_view element, const model::Organisation& organisation);
std::string time_text(const Timestamp& t);  // as CDA's TS: no offset on what is coarser than an hour
bool is_code_token(std::string_view text);  // XSD `cs`: not empty, no blanks

}  // namespace huren::cda
