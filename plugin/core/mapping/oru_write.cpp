#include <algorithm>

#include "core/base/pack.hpp"
#include "core/base/text.hpp"
#include "core/hl7/writer.hpp"
#include "core/mapping/header.hpp"
#include "core/mapping/oru.hpp"
#include "core/mapping/oru_parts.hpp"
#include "core/mapping/pid.hpp"
#include "core/mapping/words.hpp"
#include "core/model/reference_range.hpp"

namespace huren::mapping {
namespace {

using hl7::Writer;

void put_code(Writer& w, int field, const model::Code& c) { w.set(field, {c.code, c.name, c.system}); }

// Table 0123 has no W: a withdrawn report is X with ORC-5 CA, and each of its results is W in OBX-11.
std::string_view report_code(model::Status s) {
  if (s == model::Status::withdrawn) return "X";
  return s == model::Status::unknown ? "" : model::hl7_status(s);
}

// "U" would tell a receiver "now final" (table 0085); I, results pending, is what cannot be mistaken.
std::string_view result_code(model::Status of_report, model::Status s) {
  if (of_report == model::Status::withdrawn) return "W";
  return s == model::Status::unknown ? "I" : model::hl7_status(s);
}

std::string_view order_status(model::Status of_report) {  // table 0038
  if (of_report == model::Status::withdrawn) return "CA";
  return of_report == model::Status::preliminary ? "IP" : "CM";
}

// FT text: line ends as \.br\, so that screens show them; everything else escaped.
void put_lines(Writer& w, int field, std::string_view text) {
  w.field(field);
  for (;;) {
    const auto end = text.find('\n');
    w.text(text.substr(0, end));
    if (end == std::string_view::npos) return;
    w.raw("\\.br\\");
    text.remove_prefix(end + 1);
  }
}

// A note; code tells which member of the report it carries, empty: a plain remark.
void put_note(Writer& w, int& set_id, std::string_view text, std::string_view code = {}, std::string_view name = {}) {
  if (text.empty()) return;
  w.segment("NTE").set(1, std::to_string(++set_id)).set(2, "L");
  put_lines(w, 3, text);
  if (!code.empty()) w.set(4, {code, name, kNoteSystem});
}

void put_person(Writer& w, int field, const model::Person& p) { w.set(field, {p.id, p.name}); }

void put_worker(Writer& w, int field, const model::Person& p) {
  w.field(field).component(1).subcomponent(1).text(p.id).subcomponent(2).text(p.name);
}

void put_patient(Writer& w, const model::LabReport& r) {
  put_pid(w, r.patient, r.origin.code);
  w.segment("PV1").set(1, "1").set(2, class_code(r.patient_class)).set(19, r.encounter_id);
}

}  // namespace

void put_order(Writer& w, const model::LabReport& r) {
  w.segment("ORC").set(1, "RE").set(2, r.order_number).set(3, {r.number, r.origin.code}).set(5, order_status(r.status));
  put_person(w, 12, r.requester);
  w.set(17, {"", r.department});
  w.set(21, {r.origin.name, "", "", "", "", "", "", "", "", r.origin.code});

  w.segment("OBR").set(1, "1").set(2, r.order_number).set(3, {r.number, r.origin.code});
  if (r.panel == model::Code{}) w.set(4, {kNoPanel, "", "LN"});
  else put_code(w, 4, r.panel);
  w.set(7, r.specimen.collected_at).set(14, r.specimen.received_at);
  put_person(w, 16, r.requester);
  w.set(20, std::to_string(r.version)).set(21, r.category);
  w.set(22, r.reported_at).set(25, report_code(r.status));
  put_code(w, 31, r.diagnosis);
  put_worker(w, 32, r.verifier);
  put_worker(w, 34, r.author);

  int note = 0;
  put_note(w, note, r.amendment_reason, "AMD", r.status == model::Status::withdrawn ? "撤回原因" : "更正原因");
  put_note(w, note, r.conclusion, "CON", "检验结论");
  for (const auto& n : r.notes) put_note(w, note, n);
}

namespace {

// OBX-3: the laboratory's own item at 1 (empty where it named none), then LOINC and the alliance's item at 4 and 10
// (2.7 added the third triplet). A laboratory whose own codes are LOINC writes one triplet.
void put_item(Writer& w, const model::Observation& o) {
  constexpr int kPlaces[] = {1, 4, 10};
  int used = o.local == model::Code{} ? 1 : 0;
  w.field(3);
  const auto put = [&](std::string_view code, std::string_view name, std::string_view system) {
    const int at = kPlaces[used++];
    w.component(at).text(code).component(at + 1).text(name).component(at + 2).text(system);
  };
  const bool one = o.local.system == kLoinc && o.local.code == o.loinc;
  const bool loinc_first = o.local.system == kLoinc && !one;  // the reader takes the first LN as LOINC
  if (loinc_first && !o.loinc.empty()) put(o.loinc, "", kLoinc);
  if (!(o.local == model::Code{})) put(o.local.code, o.local.name, o.local.system);
  if (!one && !loinc_first && !o.loinc.empty()) put(o.loinc, "", kLoinc);
  if (!o.standard.code.empty()) put(o.standard.code, o.standard.name, kItemSystem);
}

void put_value(Writer& w, const model::Observation& o) {
  if (o.value_type == "SN") w.set(5, {o.comparator, o.value});
  else if (o.value_type == "CWE") w.set(5, {"", o.value});
  else w.set(5, o.value);
}

}  // namespace

void put_observation(Writer& w, const model::Observation& o, model::Status of_report) {
  w.segment("OBX").set(1, o.set_id).set(2, o.value_type.empty() ? "ST" : o.value_type);
  put_item(w, o);
  put_value(w, o);
  w.set(6, o.unit).set(7, o.range.text).field(8);
  for (const auto& flag : o.flags) w.add({flag});
  w.set(11, result_code(of_report, o.status)).set(14, o.observed_at);
  w.set(15, {o.performer.code, o.performer.name});
  w.set(17, {o.method.code, o.method.name, o.method.system, o.method_group, "", o.method_group.empty() ? "" : kMethodGroupSystem});
  w.set(18, o.instrument);
  w.set(23, {o.performer.name, "", "", "", "", "", "", "", "", o.performer.code});

  int note = 0;
  for (const auto& mark : o.marks) put_note(w, note, mark, "HR", "互认标识");
  // OBX-7 is text: bounds that the text does not show travel beside it.
  const auto shown = model::read_bounds(o.range.text);
  if (shown.low != o.range.low || shown.high != o.range.high)
    put_note(w, note, (o.range.low ? model::print_number(*o.range.low) : "") + ".." + (o.range.high ? model::print_number(*o.range.high) : ""),
             "RNG", "参考范围");
  for (const auto& n : o.notes) put_note(w, note, n);
}

namespace {

void put_document(Writer& w, const model::LabReport& r, std::string_view document) {
  w.segment("OBX").set(1, std::to_string(r.observations.size() + 1)).set(2, "ED");
  w.set(3, {kDocumentCode, "检验报告", "2.16.156.10011.2.4"});
  if (is_packed(document)) w.set(5, {"HUREN", "application", "zstd", "Base64"});
  else w.set(5, {"HUREN", "TEXT", "x-hl7-cda-level-one", "Base64"});
  w.component(5).raw(base64_encode(document));
  w.set(11, result_code(r.status, r.status));
}

void put_signature(Writer& w, const model::LabReport& r, std::string_view signature) {
  w.segment("OBX").set(1, std::to_string(r.observations.size() + 2)).set(2, "ED");
  w.set(3, {std::string(kSignatureCode), "文书签名", "HUREN"});
  w.set(5, {"HUREN", "AP", "pkcs7-signature", "Base64"});
  w.component(5).raw(base64_encode(signature));
  w.set(11, result_code(r.status, r.status));
}

void put_documents(Writer& w, const model::LabReport& r, std::string_view document, std::string_view signature) {
  if (document.empty()) return;
  put_document(w, r, document);
  if (!signature.empty()) put_signature(w, r, signature);
}

void put_specimen(Writer& w, const model::Specimen& s) {
  if (s == model::Specimen{}) return;
  w.segment("SPM").set(1, "1").set(2, {"", s.id});
  if (s.type == model::Code{}) w.set(4, {kNoSpecimenType, "未注明", kNoteSystem});  // SPM-4 is required
  else put_code(w, 4, s.type);
  w.set(17, s.collected_at).set(18, s.received_at);
}

}  // namespace

Result<std::string> write_oru(const model::LabReport& report, std::string_view document, const Envelope& envelope, std::string_view signature) {
  Writer w;
  put_msh(w, "ORU", "R01", "ORU_R01", envelope);
  put_patient(w, report);
  put_order(w, report);
  for (const auto& o : report.observations) put_observation(w, o, report.status);
  put_documents(w, report, document, signature);
  put_specimen(w, report.specimen);
  return w.finish(envelope.charset);
}

Result<std::string> add_document(std::string_view written, const model::LabReport& report, std::string_view document, const Envelope& envelope, std::string_view signature) {
  Writer head, documents;
  put_msh(head, "ORU", "R01", "ORU_R01", envelope);
  put_documents(documents, report, document, signature);
  auto message = head.finish();
  const auto between = documents.finish();
  if (!message) return message;
  if (!between) return between;
  written.remove_prefix(std::min(written.find('\r') + 1, written.size()));
  const auto specimen = std::min(written.rfind("\rSPM|"), written.size() - 1) + 1;  // the last segment; a CR in a value is escaped
  message->reserve(message->size() + written.size() + between->size());
  message->append(written.substr(0, specimen));
  if (!document.empty()) message->append(*between);
  message->append(written.substr(specimen));
  if (envelope.charset != Charset::utf8) return from_utf8(*message, envelope.charset);
  return message;
}

}  // namespace huren::mapping
