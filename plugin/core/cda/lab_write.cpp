#include "core/cda/lab_document.hpp"

#include <algorithm>

#include "core/base/pack.hpp"
#include "core/cda/header.hpp"
#include "core/cda/lab_narrative.hpp"
#include "core/cda/lab_value.hpp"
#include "core/cda/lab_write_parts.hpp"
#include "core/cda/oids.hpp"

namespace huren::cda {
namespace {

class Writer {
 public:
  Writer(const model::LabReport& report, const LabWriteOptions& options, std::string room = {})
      : r_(report), options_(options), xd_(options.kind == Kind::xd_lab), out_(8192 + report.observations.size() * 2600, std::move(room)) {}

  Result<void> run() {
    if (r_.origin.code.empty()) return Error{"cda.no_identity", "/origin/code", {}};
    if (r_.number.empty()) return Error{"cda.no_identity", "/number", {}};
    if (r_.version < 1) return Error{"cda.no_identity", "/version", {}};
    HeaderSource h;
    h.mode = options_.mode;
    h.kind = template_of(xd_ ? Kind::xd_lab : Kind::lab_report);
    h.origin = &r_.origin;
    h.number = r_.number;
    h.version = r_.version;
    h.withdrawn = r_.status == model::Status::withdrawn;
    h.id = options_.id ? &*options_.id : nullptr;
    h.effective = options_.effective_time.value_or(r_.reported_at);
    h.patient = &r_.patient;
    h.patient_class = r_.patient_class;
    h.encounter_id = r_.encounter_id;
    h.department = r_.department;
    h.order_number = r_.order_number;
    h.specimen_id = r_.specimen.id;
    h.requester = &r_.requester;
    h.author = &r_.author;
    h.verifier = &r_.verifier;
    h.service = &r_.panel;
    write_header(out_, h);
    out_.raw("\n<component><structuredBody>");
    if (xd_) {
      specialty_section();
    } else {
      diagnosis_section();
      studies_section();
      report_section();
    }
    out_.raw("\n</structuredBody></component>").close();
    return {};
  }
  XmlOut& out() { return out_; }

 private:
  void section(std::string_view code) {
    out_.raw("\n<component><section>").raw(code);
  }

  void diagnosis_entry() {
    out_.raw("\n<entry>").raw(HUREN_DE("DE05.01.024.00", "诊断代码") "/>");
    write_coded(out_, "value", r_.diagnosis, "CD");
    out_.raw("</observation></entry>");
  }

  void diagnosis_section() {
    if (r_.diagnosis.code.empty() && r_.diagnosis.name.empty()) return;
    out_.place("diagnosis");
    section(R"(<code code="29548-5" codeSystem="2.16.840.1.113883.6.1" codeSystemName="LOINC" displayName="Diagnosis"/><title>诊断</title>)");
    write_diagnosis_narrative(out_, r_, Language::zh);
    diagnosis_entry();
    out_.raw("</section></component>");
  }

  void studies_section() {
    section(R"(<code code="30954-2" codeSystem="2.16.840.1.113883.6.1" codeSystemName="LOINC" displayName="STUDIES SUMMARY"/><title>检验</title>)");
    out_.place("observations");
    write_results_narrative(out_, r_, Language::zh);
    std::vector<std::string_view> methods;
    for (const auto& o : r_.observations)
      if (!o.method.name.empty() && std::find(methods.begin(), methods.end(), o.method.name) == methods.end()) methods.push_back(o.method.name);
    if (!methods.empty()) {
      out_.raw("\n<entry>").raw(HUREN_DE("DE02.10.027.00", "检验方法名称") "/><value xsi:type=\"ST\">");
      for (std::size_t i = 0; i < methods.size(); ++i) out_.text(i ? "；" : "").text(methods[i]);
      out_.raw("</value></observation></entry>");
    }
    out_.place("category");
    if (!r_.category.empty()) write_element(out_, HUREN_DE("DE04.30.018.00", "检验类别"), r_.category);
    for (std::size_t i = 0; i < r_.observations.size(); ++i) {
      out_.place("observations", static_cast<int>(i));
      item(r_.observations[i]);
    }
    if (r_.observations.empty()) {
      out_.place("specimen").raw("\n<entry><organizer classCode=\"CLUSTER\" moodCode=\"EVN\"><statusCode code=\"completed\"/>");
      specimen_role();
      out_.raw("<component>");
      specimen_observation();
      out_.raw("</component></organizer></entry>");
    }
    out_.raw("</section></component>");
  }

  void report_section() {
    section(R"(<code displayName="检验报告"/><title>检验报告</title>)");
    write_conclusion_narrative(out_, r_, Language::zh);
    out_.place("conclusion").raw("\n<entry>").raw(HUREN_DE("DE04.50.130.00", "检验报告结果") "/>").raw(act_status(r_.status));
    if (r_.conclusion.empty()) out_.raw(R"(<value xsi:type="ST" nullFlavor="NI"/>)");
    else out_.raw("<value xsi:type=\"ST\">").text(r_.conclusion).raw("</value>");
    write_status(out_, "entryRelationship", r_.status);
    if (!r_.amendment_reason.empty()) {
      out_.place("amendment_reason");
      out_.raw("<entryRelationship typeCode=\"RSON\"><act classCode=\"ACT\" moodCode=\"EVN\"><code nullFlavor=\"OTH\">"
               "<originalText>").raw(reason_label(r_.status, Language::zh)).raw("</originalText></code>");
      out_.element("text", r_.amendment_reason).raw("</act></entryRelationship>");
    }
    out_.raw("</observation></entry>");
    out_.place("origin");
    if (!r_.origin.name.empty()) write_element(out_, HUREN_DE("DE08.10.013.00", "检验报告机构名称"), r_.origin.name);
    out_.place("notes");
    for (const auto& note : r_.notes) write_element(out_, HUREN_DE("DE06.00.179.00", "检验报告备注"), note);
    out_.raw("</section></component>");
  }

  // The specimen is one for all results: what every one of them repeats is written once and copied.
  void specimen_role() {
    const auto& s = r_.specimen;
    if (s.id.empty() && s.type.code.empty() && s.type.name.empty()) return;
    out_.repeat(specimen_role_, [&] { new_specimen_role(); });
  }
  void specimen_observation() {
    out_.repeat(specimen_observation_, [&] { new_specimen_observation(); });
  }

  void new_specimen_role() {
    const auto& s = r_.specimen;
    out_.raw("<specimen typeCode=\"SPC\"><specimenRole classCode=\"SPEC\">");
    write_id(out_, kSpecimenRoot, s.id);
    if (!s.type.code.empty() || !s.type.name.empty()) {
      out_.raw("<specimenPlayingEntity>");
      write_coded(out_, "code", s.type);
      out_.raw("</specimenPlayingEntity>");
    }
    out_.raw("</specimenRole></specimen>");
  }

  void new_specimen_observation() {
    const auto& s = r_.specimen;
    out_.raw(HUREN_DE("DE04.50.134.00", "标本类别") "/>");
    if (s.collected_at.present() || s.received_at.present()) {
      out_.open("effectiveTime");
      write_time(out_, "low", s.collected_at);
      if (s.received_at.present()) write_time(out_, "high", s.received_at);
      out_.close();
    }
    const auto& shown = s.type.name.empty() ? s.type.code : s.type.name;
    if (shown.empty()) out_.raw(R"(<value xsi:type="ST" nullFlavor="NI"/>)");
    else out_.raw("<value xsi:type=\"ST\">").text(shown).raw("</value>");
    out_.raw("</observation>");
  }

  void write_local_loinc(const model::Code& local) {
    out_.open("translation");
    if (is_code_token(local.code)) out_.attr("code", local.code);
    else out_.attr("nullFlavor", "OTH");
    out_.attr("codeSystem", kArcNamedCodes).attr("codeSystemName", "LN").attr_if("displayName", local.name);
    if (!is_code_token(local.code) && !local.code.empty()) out_.element("originalText", local.code);
    out_.close();
  }

  // What names the analyte, as translations of the result's code.
  void translations(const model::Observation& o) {
    if (!(o.local.code.empty() && o.local.name.empty())) {
      // a laboratory that uses LOINC as its own codes: named, so that it is not taken for the item's LOINC
      if (o.local.system == "LN") write_local_loinc(o.local);
      else write_coded(out_, "translation", o.local);
    }
    if (!o.standard.code.empty() || !o.standard.name.empty()) {
      const bool token = is_code_token(o.standard.code);
      out_.open("translation");
      if (token) out_.quoted(" code=\"", o.standard.code, "\" codeSystem=\"" HUREN_CDA_ARC ".7\"");
      else out_.raw_attr(" nullFlavor=\"OTH\" codeSystem=\"" HUREN_CDA_ARC ".7\"");
      if (!o.standard.system.empty()) out_.quoted(" codeSystemName=\"", o.standard.system, "\"");
      if (!o.standard.name.empty()) out_.quoted(" displayName=\"", o.standard.name, "\"");
      if (!o.standard.code.empty() && !token) out_.element("originalText", o.standard.code);
      out_.close();
    }
    if (!xd_ && is_code_token(o.loinc)) out_.quoted("<translation code=\"", o.loinc, "\" codeSystem=\"2.16.840.1.113883.6.1\" codeSystemName=\"LOINC\"/>");
  }

  void item(const model::Observation& o) {
    out_.raw("\n<entry><organizer classCode=\"CLUSTER\" moodCode=\"EVN\">");
    item_id(o);
    out_.raw(act_status(o.status));
    specimen_role();
    out_.raw("<component>" HUREN_DE("DE04.30.019.00", "检验项目代码") "/>");
    write_time(out_, "effectiveTime", o.observed_at);
    out_.text("<value xsi:type=\"ST\">", o.local.code, "");
    if (!o.local.code.empty() && !o.local.name.empty()) out_.raw(" ");
    out_.text("", o.local.name, "</value><entryRelationship typeCode=\"COMP\">");
    specimen_observation();
    out_.raw("</entryRelationship></observation></component>");
    const auto shape = shape_of(o);
    const bool numeric = shape != ValueShape::text && shape != ValueShape::coded;
    const auto code = result_code(o.flags);
    if (numeric) {
      if (!code.empty()) {
        out_.raw("\n<component>" HUREN_DE("DE04.30.017.00", "检验结果代码") "/>");
        coded_result(code, nullptr);
        out_.raw("</observation></component>");
      }
      out_.raw("\n<component>" HUREN_DE("DE04.30.015.00", "检验定量结果") ">");
    } else {
      out_.raw("\n<component>" HUREN_DE("DE04.30.017.00", "检验结果代码") ">");
    }
    translations(o);
    out_.raw("</code>");
    result(o, shape);
    out_.raw("</observation></component></organizer></entry>");
  }

  void item_id(const model::Observation& o) {
    if (!o.set_id.empty()) out_.quoted("<id root=\"" HUREN_CDA_ARC ".4\" extension=\"", item_prefix(), "").quoted("", o.set_id, "\"/>");
  }
  const std::string& item_prefix() {
    if (item_prefix_.empty()) item_prefix_ = set_id(r_.origin.code, r_.number).extension + '^';
    return item_prefix_;
  }

  void coded_result(std::string_view code, const model::Observation* textual) {
    out_.raw("<value xsi:type=\"CD\"");
    if (code == "1") out_.raw(R"( code="1" codeSystem="2.16.156.10011.2.3.2.38" codeSystemName="检查(检验)结果代码表" displayName="正常")");
    else if (code == "2") out_.raw(R"( code="2" codeSystem="2.16.156.10011.2.3.2.38" codeSystemName="检查(检验)结果代码表" displayName="异常")");
    else out_.raw(R"( nullFlavor="OTH")");
    out_.raw(">");
    if (textual) {
      if (!textual->value.empty() || !textual->comparator.empty()) out_.raw("<originalText>").text(textual->comparator).text(textual->value).raw("</originalText>");
      if (textual->value_type == "CWE") {  // a coded result whose code system the report does not name
        if (textual->value.empty()) out_.raw(R"(<translation nullFlavor="NI"/>)");
        else out_.open("translation").attr("nullFlavor", "OTH").attr("displayName", textual->value).close();
      }
    }
    out_.raw("</value>");
  }

  void value(const model::Observation& o, ValueShape shape) {
    const auto ucum = xd_ ? ucum_of_unit(o.unit) : std::string_view{};
    // A PQ without a unit is a count of ones (HL7 data types, PQ.unit): a unit that UCUM does not know stands beside a REAL.
    const bool physical = xd_ && (!ucum.empty() || o.unit.empty());
    const auto number = [&](std::string_view element, std::string_view v, std::string_view inclusive) {
      out_.open(element).attr("value", v);
      if (xd_ && !ucum.empty()) out_.attr("unit", ucum);
      if (!inclusive.empty()) out_.attr("inclusive", inclusive);
      out_.close();
    };
    std::string_view left, right;
    switch (shape) {
      case ValueShape::number:
        if (!xd_ && !o.value.empty()) {
          out_.quoted("<value xsi:type=\"REAL\" value=\"", o.value, "\"/>");
          break;
        }
        out_.open("value").attr("xsi:type", physical ? "PQ" : "REAL");
        if (o.value.empty()) out_.attr("nullFlavor", "NI");
        else out_.attr("value", o.value);
        if (xd_ && !ucum.empty()) out_.attr("unit", ucum);
        out_.close();
        break;
      case ValueShape::bound:
        out_.open("value").attr("xsi:type", physical ? "IVL_PQ" : "IVL_REAL");
        number(o.comparator[0] == '<' ? "high" : "low", o.value, o.comparator.size() == 2 ? "true" : "false");
        out_.close();
        break;
      case ValueShape::interval:
        if (!split_pair(o.value, '-', left, right)) left = right = o.value;
        out_.open("value").attr("xsi:type", physical ? "IVL_PQ" : "IVL_REAL");
        number("low", left, "");
        number("high", right, "");
        out_.close();
        break;
      case ValueShape::ratio:
        split_pair(o.value, ':', left, right);
        out_.raw("<value xsi:type=\"RTO_PQ_PQ\">").open("numerator").attr("value", left).close();
        out_.open("denominator").attr("value", right).close().raw("</value>");
        break;
      default:
        if (xd_) {
          if (o.value_type == "CWE") {
            out_.raw(R"(<value xsi:type="CD" nullFlavor="OTH">)");
            if (!o.value.empty()) out_.element("originalText", o.value);
            out_.raw("</value>");
          } else if (o.value.empty() && o.comparator.empty()) {
            out_.raw(R"(<value xsi:type="ST" nullFlavor="NI"/>)");
          } else {
            out_.raw("<value xsi:type=\"ST\">").text(o.comparator).text(o.value).raw("</value>");
          }
        } else {
          coded_result(result_code(o.flags), &o);
        }
    }
  }

  // Everything of an observation after its code, in the schema's order.
  void result(const model::Observation& o, ValueShape shape) {
    out_.raw(act_status(o.status));
    if (o.observed_at.present()) write_time(out_, "effectiveTime", o.observed_at);
    value(o, shape);
    for (const auto& flag : o.flags) {
      if (is_code_token(flag)) out_.quoted("<interpretationCode code=\"", flag, "\" codeSystem=\"2.16.840.1.113883.5.83\"/>");
      else if (!flag.empty()) out_.raw("<interpretationCode nullFlavor=\"OTH\">").element("originalText", flag).raw("</interpretationCode>");
    }
    if (!o.method.code.empty() || !o.method.name.empty()) write_coded(out_, "methodCode", o.method);
    if (!o.method_group.empty()) {
      out_.raw("<methodCode nullFlavor=\"OTH\" codeSystem=\"" HUREN_CDA_ARC ".8\">").element("originalText", o.method_group).raw("</methodCode>");
    }
    if (!o.performer.code.empty() || !o.performer.name.empty()) {
      out_.raw(R"(<performer typeCode="PRF"><assignedEntity>)");
      if (o.performer.code.empty()) out_.raw(R"(<id nullFlavor="NI"/>)");
      write_id(out_, kOrganisationRoot, o.performer.code);
      write_organisation(out_, "representedOrganization", o.performer);
      out_.raw("</assignedEntity></performer>");
    }
    if (!o.instrument.empty()) {
      out_.raw("<participant typeCode=\"DEV\"><participantRole classCode=\"MANU\"><playingDevice>");
      out_.element("manufacturerModelName", o.instrument).raw("</playingDevice></participantRole></participant>");
    }
    if (!o.unit.empty()) {
      out_.raw("<entryRelationship typeCode=\"COMP\">" HUREN_DE("DE04.30.016.00", "检验定量结果计量单位") "/><value xsi:type=\"ST\">");
      out_.text("", o.unit, "</value></observation></entryRelationship>");
    }
    if (o.status == model::Status::corrected) write_status(out_, "entryRelationship", o.status);
    for (const auto& mark : o.marks) {
      out_.raw("<entryRelationship typeCode=\"COMP\"><observation classCode=\"OBS\" moodCode=\"EVN\"><code code=\"HR\" codeSystem=\"" HUREN_CDA_ARC
               ".9\" displayName=\"检查检验结果互认标识\"/><value xsi:type=\"ST\">");
      out_.text(mark).raw("</value></observation></entryRelationship>");
    }
    for (const auto& note : o.notes) write_comment(out_, note);
    range(o);
  }

  void range(const model::Observation& o) {
    const auto& r = o.range;
    if (r.text.empty() && !r.low && !r.high) return;
    out_.raw("<referenceRange typeCode=\"REFV\"><observationRange classCode=\"OBS\" moodCode=\"EVN.CRT\">");
    if (!r.text.empty()) out_.text("<text>", r.text, "</text>");
    if (r.low || r.high) {
      const auto ucum = ucum_of_unit(o.unit);
      out_.raw(ucum.empty() && !o.unit.empty() ? "<value xsi:type=\"IVL_REAL\">" : "<value xsi:type=\"IVL_PQ\">");
      if (r.low) out_.quoted("<low value=\"", number_text(*r.low), "\"").quoted_some(" unit=\"", ucum, "\"").raw("/>");
      if (r.high) out_.quoted("<high value=\"", number_text(*r.high), "\"").quoted_some(" unit=\"", ucum, "\"").raw("/>");
      out_.raw("</value>");
    }
    out_.raw("</observationRange></referenceRange>");
  }

  std::string_view ucum_of_unit(std::string_view printed) {  // one result's unit is often the next one's
    if (printed != unit_) {
      unit_ = printed;
      ucum_ = ucum_of(printed);
    }
    return ucum_;
  }

  // IHE LAB TF-3 §2.3.4: specialty section, report item entry, battery, observations
  void specialty_section() {
    section(R"(<templateId root="1.3.6.1.4.1.19376.1.3.3.2.1"/><code code="26436-6" codeSystem="2.16.840.1.113883.6.1" codeSystemName="LOINC" displayName="Laboratory studies"/><title>Laboratory studies</title>)");
    out_.raw("<component><section><templateId root=\"1.3.6.1.4.1.19376.1.3.3.2.2\"/>"
             "<code code=\"26436-6\" codeSystem=\"2.16.840.1.113883.6.1\" codeSystemName=\"LOINC\"/><title>Laboratory report</title>");
    out_.place("observations");
    write_whole_narrative(out_, r_, Language::en);
    out_.raw("\n<entry typeCode=\"DRIV\"><templateId root=\"1.3.6.1.4.1.19376.1.3.1\"/><act classCode=\"ACT\" moodCode=\"EVN\">"
             "<code code=\"26436-6\" codeSystem=\"2.16.840.1.113883.6.1\" codeSystemName=\"LOINC\"/>").raw(act_status(r_.status));
    write_status(out_, "entryRelationship", r_.status);
    specimen_act();
    if (!r_.observations.empty()) battery();
    conclusion_acts();
    out_.raw("</act></entry></section></component></section></component>");
  }

  void specimen_act() {
    const auto& s = r_.specimen;
    if (s == model::Specimen{}) return;
    out_.place("specimen");
    out_.raw("\n<entryRelationship typeCode=\"COMP\"><procedure classCode=\"PROC\" moodCode=\"EVN\"><templateId root=\"1.3.6.1.4.1.19376.1.3.1.2\"/>"
             "<code code=\"33882-2\" codeSystem=\"2.16.840.1.113883.6.1\" codeSystemName=\"LOINC\" displayName=\"Collection date of specimen\"/>");
    write_time(out_, "effectiveTime", s.collected_at);
    out_.raw("<participant typeCode=\"PRD\"><participantRole classCode=\"SPEC\">");
    write_id(out_, kSpecimenRoot, s.id);
    if (!s.type.code.empty() || !s.type.name.empty()) {
      out_.raw("<playingEntity>");
      write_coded(out_, "code", s.type);
      out_.raw("</playingEntity>");
    }
    out_.raw("</participantRole></participant>");
    if (s.received_at.present()) {
      out_.raw("<entryRelationship typeCode=\"COMP\"><act classCode=\"ACT\" moodCode=\"EVN\"><templateId root=\"1.3.6.1.4.1.19376.1.3.1.3\"/>"
               "<code code=\"SPRECEIVE\" codeSystem=\"1.3.5.1.4.1.19376.1.5.3.2\" codeSystemName=\"IHEActCode\" displayName=\"Receive Time\"/>");
      write_time(out_, "effectiveTime", s.received_at);
      out_.raw("</act></entryRelationship>");
    }
    out_.raw("</procedure></entryRelationship>");
  }

  void battery() {
    out_.raw("\n<entryRelationship typeCode=\"COMP\"><organizer classCode=\"BATTERY\" moodCode=\"EVN\"><templateId root=\"1.3.6.1.4.1.19376.1.3.1.4\"/>");
    if (!r_.panel.code.empty() || !r_.panel.name.empty()) write_coded(out_, "code", r_.panel);
    out_.raw(act_status(r_.status));
    for (std::size_t i = 0; i < r_.observations.size(); ++i) {
      const auto& o = r_.observations[i];
      out_.place("observations", static_cast<int>(i));
      out_.raw("\n<component><observation classCode=\"OBS\" moodCode=\"EVN\"><templateId root=\"1.3.6.1.4.1.19376.1.3.1.6\"/>");
      item_id(o);
      if (is_code_token(o.loinc)) {
        out_.open("code").attr("code", o.loinc).raw_attr(R"( codeSystem="2.16.840.1.113883.6.1" codeSystemName="LOINC")");
        translations(o);
        out_.close();
      } else {
        out_.raw(R"(<code nullFlavor="UNK">)");
        translations(o);
        out_.raw("</code>");
      }
      result(o, shape_of(o));
      out_.raw("</observation></component>");
    }
    out_.raw("</organizer></entryRelationship>");
  }

  void observation_text(std::string_view opening, std::string_view value) {
    out_.raw("\n<entryRelationship typeCode=\"COMP\">").raw(opening).raw("/><value xsi:type=\"ST\">").text(value).raw("</value></observation></entryRelationship>");
  }

  void conclusion_acts() {
    if (!r_.conclusion.empty()) observation_text(HUREN_DE("DE04.50.130.00", "检验报告结果"), r_.conclusion);
    if (!r_.category.empty()) observation_text(HUREN_DE("DE04.30.018.00", "检验类别"), r_.category);
    if (!r_.amendment_reason.empty()) {
      out_.raw("<entryRelationship typeCode=\"RSON\"><act classCode=\"ACT\" moodCode=\"EVN\"><code nullFlavor=\"OTH\">"
               "<originalText>").raw(reason_label(r_.status, Language::zh)).raw("</originalText></code>");
      out_.element("text", r_.amendment_reason).raw("</act></entryRelationship>");
    }
    if (!r_.diagnosis.code.empty() || !r_.diagnosis.name.empty()) {
      out_.raw("\n<entryRelationship typeCode=\"COMP\">").raw(HUREN_DE("DE05.01.024.00", "诊断代码") "/>");
      write_coded(out_, "value", r_.diagnosis, "CD");
      out_.raw("</observation></entryRelationship>");
    }
    for (const auto& note : r_.notes) write_comment(out_, note);
  }

  const model::LabReport& r_;
  const LabWriteOptions& options_;
  bool xd_;
  XmlOut out_;
  std::string item_prefix_;
  std::string_view unit_, ucum_;  // the last one met
  std::string specimen_role_, specimen_observation_;
};

}  // namespace

Result<std::string> write_lab_report(const model::LabReport& report, const LabWriteOptions& options) {
  const auto tidy = canonical(report);  // so that what is written is what a reader will hold
  Writer writer(tidy, options);
  if (auto r = writer.run(); !r) return r.error();
  return writer.out().finish();
}

Result<std::string> write_packed_lab_report(const model::LabReport& report, const LabWriteOptions& options) {
  constexpr std::size_t kMostKept = std::size_t{1} << 20, kMostItems = 1000;
  thread_local std::string room;  // a thread writes many
  thread_local model::LabReport tidy;
  tidy = report;  // into the room that the last one's texts had
  make_canonical(tidy);
  Writer writer(tidy, options, std::move(room));
  if (auto r = writer.run(); !r) return r.error();
  const auto whole = writer.out().look();
  if (!whole) return whole.error();
  auto packed = pack(*whole);
  room = std::move(writer.out()).room();
  if (room.size() > kMostKept) room = {};
  if (tidy.observations.size() > kMostItems) tidy = {};
  return packed;
}

}  // namespace huren::cda
