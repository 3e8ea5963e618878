#include "core/cda/lab_write_parts.hpp"

#include "core/cda/lab_narrative.hpp"

namespace huren::cda {

void write_element(XmlOut& out, std::string_view opening, std::string_view value) {
  out.raw("\n<entry>").raw(opening).raw("/><value xsi:type=\"ST\">").text(value).raw("</value></observation></entry>");
}

std::string_view act_status(model::Status status) {
  switch (status) {
    case model::Status::preliminary: return R"(<statusCode code="active"/>)";
    case model::Status::cannot_obtain: return R"(<statusCode code="aborted"/>)";
    case model::Status::withdrawn: return R"(<statusCode code="nullified"/>)";
    case model::Status::unknown: return R"(<statusCode nullFlavor="UNK"/>)";
    default: return R"(<statusCode code="completed"/>)";
  }
}

void write_status(XmlOut& out, std::string_view relation, model::Status status) {
  out.raw("<").raw(relation);
  if (relation == "entryRelationship") out.raw(" typeCode=\"COMP\"");
  out.raw("><observation classCode=\"OBS\" moodCode=\"EVN\"><code code=\"33999-4\" codeSystem=\"2.16.840.1.113883.6.1\" "
          "codeSystemName=\"LOINC\" displayName=\"Status\"/><statusCode code=\"completed\"/><value xsi:type=\"CD\"");
  out.raw(" code=\"").raw(model::hl7_status(status)).raw("\" codeSystem=\"2.16.840.1.113883.12.85\" displayName=\"");
  out.raw(status_label(status, Language::zh)).raw("\"/></observation></").raw(relation).raw(">");
}

void write_comment(XmlOut& out, std::string_view note) {
  out.raw("<entryRelationship typeCode=\"SUBJ\" inversionInd=\"true\"><act classCode=\"ACT\" moodCode=\"EVN\">"
          "<templateId root=\"1.3.6.1.4.1.19376.1.5.3.1.4.2\"/><code code=\"48767-8\" codeSystem=\"2.16.840.1.113883.6.1\" "
          "codeSystemName=\"LOINC\" displayName=\"Annotation comment\"/>");
  out.element("text", note).raw("<statusCode code=\"completed\"/></act></entryRelationship>");
}

}  // namespace huren::cda
