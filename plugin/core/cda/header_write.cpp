#include "core/cda/header.hpp"

#include "core/cda/oids.hpp"
#include "core/cda/profile.hpp"

namespace huren::cda {
namespace {

void write_person(XmlOut& out, std::string_view element, std::string_view name) {
  if (name.empty()) return;
  out.open(element).element("name", name).close();
}

void write_id_or_null(XmlOut& out, std::string_view root, std::string_view extension) {
  if (extension.empty()) out.raw(R"(<id nullFlavor="NI"/>)");
  else write_id(out, root, extension);
}

// A tel: URI (RFC 3966) has no blanks; what a person typed is kept by percent-encoding.
std::string tel_uri(std::string_view phone) {
  constexpr std::string_view plain = "0123456789+-()*.;=,";
  constexpr std::string_view digits = "0123456789ABCDEF";
  std::string out = "tel:";
  for (const char c : phone) {
    if (plain.find(c) != std::string_view::npos || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z')) {
      out += c;
    } else {
      const auto byte = static_cast<unsigned char>(c);
      out += '%';
      out += digits[byte >> 4];
      out += digits[byte & 15];
    }
  }
  return out;
}

void write_patient_type(XmlOut& out, std::string_view patient_class) {
  std::string_view code = "9", name = "其他";
  if (patient_class == "outpatient") code = "1", name = "门诊";
  else if (patient_class == "emergency") code = "2", name = "急诊";
  else if (patient_class == "inpatient") code = "3", name = "住院";
  else if (patient_class == "checkup") name = "体检";
  else if (patient_class.empty()) return;
  out.open("patientType").open("patienttypeCode").attr("code", code);
  out.attr("codeSystem", "2.16.156.10011.2.3.1.271").attr("codeSystemName", "患者类型代码表").attr("displayName", name);
  out.close().close();
}

void write_sex(XmlOut& out, model::Sex sex) {
  std::string_view code = "0", name = "未知的性别";
  if (sex == model::Sex::male) code = "1", name = "男性";
  else if (sex == model::Sex::female) code = "2", name = "女性";
  else if (sex == model::Sex::not_stated) code = "9", name = "未说明的性别";
  out.open("administrativeGenderCode").attr("code", code).attr("codeSystem", "2.16.156.10011.2.3.3.4");
  out.attr("codeSystemName", "生理性别代码表(GB/T 2261.1)").attr("displayName", name).close();
}

void write_record_target(XmlOut& out, const HeaderSource& s) {
  const auto& p = *s.patient;
  out.place("patient");
  out.raw("\n<recordTarget typeCode=\"RCT\" contextControlCode=\"OP\">").open("patientRole").attr("classCode", "PAT");
  bool any = false;
  const model::Identifier* resident = nullptr;
  for (const auto& id : p.identifiers) {
    if (id.value.empty()) continue;
    if (id.type == "resident_id" && !resident) {
      resident = &id;  // WS/T 500 has it inside patient
      continue;
    }
    auto root = root_of_identifier(id.type);
    if (root.empty()) root = root_of_identifier("other");
    out.open("id").attr("root", root).attr("extension", id.value).attr_if("assigningAuthorityName", id.assigner).close();
    any = true;
  }
  const auto add = [&](std::string_view root, std::string_view extension) {
    if (extension.empty()) return;
    write_id(out, root, extension);
    any = true;
  };
  add(kArcLocalId, p.local_id);
  add(kReportNumberRoot, s.number);
  add(kOrderRoot, s.order_number);
  add(kSpecimenRoot, s.specimen_id);
  if (!any) out.raw(R"(<id nullFlavor="NI"/>)");
  if (s.mode == Mode::cn) write_patient_type(out, s.patient_class);
  if (!p.phone.empty()) out.open("telecom").attr("value", tel_uri(p.phone)).close();
  out.open("patient").attr("classCode", "PSN").attr("determinerCode", "INSTANCE");
  if (resident) {
    out.open("id").attr("root", kResidentIdRoot).attr("extension", resident->value);
    out.attr_if("assigningAuthorityName", resident->assigner).close();
  }
  if (!p.name.empty()) out.element("name", p.name);
  write_sex(out, p.sex);
  if (p.birth_date.present()) {
    out.open("birthTime").attr("value", to_hl7_date(p.birth_date)).close();
    const int age = s.mode == Mode::cn ? age_years(p.birth_date, s.effective) : -1;
    if (age >= 0) out.open("age").attr("value", std::to_string(age)).attr("unit", "岁").close();
  }
  out.close().close().raw("</recordTarget>");
}

void write_participants(XmlOut& out, const HeaderSource& s) {
  out.place("author");
  out.raw("\n<author typeCode=\"AUT\" contextControlCode=\"OP\">");
  write_time(out, "time", s.effective);
  out.open("assignedAuthor").attr("classCode", "ASSIGNED");
  write_id_or_null(out, kAuthorRoot, s.author->id);
  write_person(out, "assignedPerson", s.author->name);
  if (s.kind.code_system != kLoinc) write_organisation(out, "representedOrganization", *s.origin);
  out.close().raw("</author>");

  out.place("origin");
  out.raw("\n<custodian typeCode=\"CST\"><assignedCustodian classCode=\"ASSIGNED\">");
  out.open("representedCustodianOrganization").attr("classCode", "ORG").attr("determinerCode", "INSTANCE");
  write_id(out, kOrganisationRoot, s.origin->code);
  if (!s.origin->name.empty()) out.element("name", s.origin->name);
  out.close().raw("</assignedCustodian></custodian>");

  if (s.recipient && (!s.recipient->code.empty() || !s.recipient->name.empty())) {
    out.place("recipient");
    out.raw("\n<informationRecipient typeCode=\"PRCP\"><intendedRecipient classCode=\"ASSIGNED\">");
    if (s.recipient_person) {
      write_id(out, kStaffRoot, s.recipient_person->id);
      write_person(out, "informationRecipient", s.recipient_person->name);
    }
    write_organisation(out, "receivedOrganization", *s.recipient);
    out.raw("</intendedRecipient></informationRecipient>");
  }
  if (!s.verifier->id.empty() || !s.verifier->name.empty()) {
    out.place("verifier");
    out.raw("\n<legalAuthenticator>");
    write_time(out, "time", s.effective);
    out.raw(R"(<signatureCode code="S"/>)").open("assignedEntity");
    write_id_or_null(out, kStaffRoot, s.verifier->id);
    out.raw(R"(<code displayName="审核医师"/>)");
    write_person(out, "assignedPerson", s.verifier->name);
    out.close().raw("</legalAuthenticator>");
  }
  if (!s.department.empty()) {
    out.place("department");
    out.raw("\n<participant typeCode=\"PRF\"><associatedEntity classCode=\"ASSIGNED\"><scopingOrganization>");
    out.element("name", s.department).raw("<asOrganizationPartOf>");
    write_organisation(out, "wholeOrganization", *s.origin);
    out.raw("</asOrganizationPartOf></scopingOrganization></associatedEntity></participant>");
  }
  if (s.requester && (!s.requester->id.empty() || !s.requester->name.empty())) {
    out.place("requester");  // IHE LAB TF-3 §2.3.2.5.8: the ordering provider is a referrer
    out.raw("\n<participant typeCode=\"REF\"><templateId root=\"1.3.6.1.4.1.19376.1.3.3.1.6\"/>"
            "<time nullFlavor=\"NI\"/><associatedEntity classCode=\"ASSIGNED\">");
    write_id(out, kStaffRoot, s.requester->id);
    write_person(out, "associatedPerson", s.requester->name);
    out.raw("</associatedEntity></participant>");
  }
}

void write_relations(XmlOut& out, const HeaderSource& s) {
  if (!s.order_number.empty()) {
    out.place("order_number").raw("\n<inFulfillmentOf><order>");
    write_id(out, kOrderRoot, s.order_number);
    out.raw("</order></inFulfillmentOf>");
  }
  const bool has_service = s.service && !(s.service->code.empty() && s.service->name.empty());
  const bool has_performer = s.performer && !(s.performer->code.empty() && s.performer->name.empty());
  if (has_service || has_performer) {
    out.place("panel").raw("\n<documentationOf><serviceEvent>");
    if (has_service) write_coded(out, "code", *s.service);
    if (has_performer) {
      out.raw(R"(<performer typeCode="PRF"><assignedEntity>)");
      write_id_or_null(out, kOrganisationRoot, s.performer->code);
      write_organisation(out, "representedOrganization", *s.performer);
      out.raw("</assignedEntity></performer>");
    }
    out.raw("</serviceEvent></documentationOf>");
  }
  if (s.version > 1) {
    const auto parent = document_id(s.origin->code, s.number, s.version - 1);
    const auto set = set_id(s.origin->code, s.number);
    out.place("number").raw("\n<relatedDocument typeCode=\"RPLC\"><parentDocument>");
    write_id(out, parent.root, parent.extension);
    out.open("setId").attr("root", set.root).attr("extension", set.extension).close();
    out.open("versionNumber").attr("value", std::to_string(s.version - 1)).close();
    out.raw("</parentDocument></relatedDocument>");
  }
}

void write_encounter(XmlOut& out, const HeaderSource& s) {
  out.place("encounter_id").raw("\n<componentOf><encompassingEncounter>");
  write_id(out, kArcEncounter, s.encounter_id);
  if (!s.patient_class.empty()) {
    std::string_view code, name;
    if (s.patient_class == "outpatient") code = "AMB", name = "门诊";
    else if (s.patient_class == "inpatient") code = "IMP", name = "住院";
    else if (s.patient_class == "emergency") code = "EMER", name = "急诊";
    if (!code.empty()) {
      out.open("code").attr("code", code).attr("codeSystem", kActCode).attr("displayName", name).close();
    } else {  // ActCode has no health check-up
      out.raw(R"(<code nullFlavor="OTH">)").element("originalText", s.patient_class).raw("</code>");
    }
  }
  if (s.encounter_from.present() || s.encounter_to.present()) {
    out.open("effectiveTime");
    write_time(out, "low", s.encounter_from);
    if (s.encounter_to.present()) write_time(out, "high", s.encounter_to);
    out.close();
  } else {
    out.raw(R"(<effectiveTime nullFlavor="NI"/>)");
  }
  out.raw("<location><healthCareFacility>");
  write_organisation(out, "serviceProviderOrganization", *s.origin);
  out.raw("</healthCareFacility></location></encompassingEncounter></componentOf>");
}

}  // namespace

TemplateOf template_of(Kind kind) {
  const auto* row = kind_row(kind);
  if (!row) return {};
  return {row->template_id, row->code, row->code_system, row->code_system_name, row->title_zh, row->title_en};
}

bool is_code_token(std::string_view text) {
  if (text.empty()) return false;
  return all_plain(text, [](Eight x) { return x.control() | x.has(' '); }) || text.find_first_of(" \t\r\n") == std::string_view::npos;
}

std::string time_text(const Timestamp& t) {
  auto text = to_hl7_time(t);
  if (t.precision < Precision::hour)
    if (const auto sign = text.find_first_of("+-"); sign != std::string::npos) text.resize(sign);
  return text;
}

void write_time(XmlOut& out, std::string_view element, const Timestamp& t) {
  if (t.present()) out.open(element).quoted(" value=\"", time_text(t), "\"").close();
  else out.raw("<").raw(element).raw(" nullFlavor=\"NI\"/>");
}

void write_id(XmlOut& out, std::string_view root, std::string_view extension) {
  if (!extension.empty()) out.open("id").attr("root", root).attr("extension", extension).close();
}

void write_organisation(XmlOut& out, std::string_view element, const model::Organisation& organisation) {
  out.open(element);
  write_id(out, kOrganisationRoot, organisation.code);
  if (!organisation.name.empty()) out.element("name", organisation.name);
  out.close();
}

void write_coded(XmlOut& out, std::string_view element, const model::Code& code, std::string_view xsi_type) {
  out.open(element);
  if (!xsi_type.empty()) out.attr("xsi:type", xsi_type);
  const bool token = is_code_token(code.code);
  if (token) out.quoted(" code=\"", code.code, "\"");
  else out.raw_attr(" nullFlavor=\"OTH\"");
  const bool local = code.system == "L";  // as every result has it
  const auto oid = local ? kArcLocalCodes : oid_of_system(code.system);
  if (local) out.raw_attr(" codeSystem=\"" HUREN_CDA_ARC ".5\"");
  else out.attr("codeSystem", oid.empty() ? kArcNamedCodes : oid);
  if (oid.empty() || oid == kIcd10) out.attr("codeSystemName", code.system.empty() || is_oid(code.system) ? "ICD-10" : std::string_view(code.system));
  else if (oid == kLoinc) out.attr("codeSystemName", "LOINC");
  if (!code.name.empty()) out.quoted(" displayName=\"", code.name, "\"");
  if (!token && !code.code.empty()) out.element("originalText", code.code);  // a code with blanks is no XSD `cs`
  out.close();
}

void write_header(XmlOut& out, const HeaderSource& s) {
  const auto set = set_id(s.origin->code, s.number);
  const auto derived = s.id ? *s.id : document_id(s.origin->code, s.number, s.version);
  out.raw("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n");
  out.open("ClinicalDocument").attr("xmlns", "urn:hl7-org:v3").attr("xmlns:xsi", "http://www.w3.org/2001/XMLSchema-instance");
  const bool national = s.kind.code_system != kLoinc;
  if (national) out.raw(R"(<realmCode code="CN"/>)");
  out.raw(R"(<typeId root="2.16.840.1.113883.1.3" extension="POCD_MT000040"/>)");
  out.open("templateId").attr("root", s.kind.template_id).close();
  out.place("number");
  write_id(out, derived.root, derived.extension);
  out.open("code").attr("code", s.kind.code).attr("codeSystem", s.kind.code_system).attr("codeSystemName", s.kind.code_system_name).close();
  std::string title(national ? s.kind.title_zh : s.kind.title_en);
  if (s.withdrawn) title += national ? "（已撤回）" : " (withdrawn)";
  out.element("title", title);
  write_time(out, "effectiveTime", s.effective);
  out.raw(R"(<confidentialityCode code="N" codeSystem="2.16.840.1.113883.5.25" codeSystemName="Confidentiality" displayName="正常访问保密级别"/>)");
  out.raw(national ? R"(<languageCode code="zh-CN"/>)" : R"(<languageCode code="en"/>)");
  out.open("setId").attr("root", set.root).attr("extension", set.extension).close();
  out.open("versionNumber").attr("value", std::to_string(s.version)).close();
  write_record_target(out, s);
  write_participants(out, s);
  write_relations(out, s);
  write_encounter(out, s);
}

}  // namespace huren::cda
