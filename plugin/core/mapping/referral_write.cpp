#include <algorithm>

#include "core/base/text.hpp"
#include "core/mapping/header.hpp"
#include "core/mapping/pid.hpp"
#include "core/mapping/referral_parts.hpp"
#include "core/mapping/words.hpp"

namespace huren::mapping {
namespace {

using model::Step;

bool asker(const Step& s) { return s.by == s.from; }

// Table 0283: A accepted, E expired, P pending, R rejected; what has no code is pending.
std::string_view status_code(const Step& s) {
  if (s.step == "answered") return s.outcome == "accepted" ? "A" : s.outcome == "declined" ? "R" : "P";
  if (s.step == "cancelled") return asker(s) ? "E" : "R";
  return s.step == "arrived" || s.step == "completed" ? "A" : "P";
}

class StepWriter {
 public:
  StepWriter(const StepMessage& m, const Envelope& envelope) : m_(m), s_(m.step), envelope_(envelope) {}

  Result<std::string> run() {
    const auto type = step_message_type(s_);
    const auto name = std::string_view(type).substr(0, 3), trigger = std::string_view(type).substr(4);
    const auto structure = name == "OMG" ? "OMG_O19" : name == "ORG" ? "ORG_O20" : name == "ORU" ? "ORU_R01" : name == "REF" ? "REF_I12" : "RRI_I12";
    put_msh(w_, name, trigger, structure, envelope_);
    if (name == "ORG") w_.segment("MSA").set(1, "AA").set(2, s_.id);
    if (name == "REF" || name == "RRI") referral();
    else order(name);
    return w_.finish(envelope_.charset);
  }

 private:
  void referral() {
    const auto* priority = std::find_if(std::begin(kPriorities), std::end(kPriorities), [&](const auto& p) { return p.word == s_.priority; });
    w_.segment("RF1").set(1, status_code(s_));
    if (priority != std::end(kPriorities)) w_.set(2, priority->code);
    w_.set(3, {s_.kind, "", kNoteSystem}).set(4, {s_.step, "", kNoteSystem}).set(6, {s_.id, s_.from}).set(7, s_.at);
    if (s_.expires_at.present()) w_.set(8, s_.expires_at);
    w_.set(10, {"", s_.reason});
    if (!s_.their_id.empty()) w_.set(11, {s_.their_id, s_.to});
    w_.segment("PRD").set(1, "RP").set(2, m_.from_name).set(4, {"", "", "", s_.from});
    w_.segment("PRD").set(1, "RT").set(2, m_.to_name).set(4, {"", "", "", s_.to});
    put_pid(w_, s_.patient, s_.by);
    diagnoses();
    w_.segment("OBR").set(1, "1").set(2, {s_.id, s_.from});
    service();
    members();
    observations();
  }

  void order(std::string_view name) {
    put_pid(w_, s_.patient, s_.by);
    const auto control = s_.step == "cancelled" ? (asker(s_) ? "CA" : "OC") : s_.step == "answered" ? (s_.outcome == "declined" ? "UA" : "OK")
                         : name == "ORU" ? "RE" : s_.step == "requested" ? (s_.version > 1 ? "XO" : "NW") : "SC";
    w_.segment("ORC").set(1, control).set(2, {s_.id, s_.from});
    if (!s_.their_id.empty()) w_.set(3, {s_.their_id, s_.to});
    w_.set(9, s_.at).set(12, {s_.person.id, s_.person.name});
    if (!s_.reason.empty()) w_.set(16, {"", s_.reason});
    w_.segment("OBR").set(1, "1").set(2, {s_.id, s_.from});
    if (!s_.their_id.empty()) w_.set(3, {s_.their_id, s_.to});
    service();
    w_.set(13, s_.question).set(22, s_.at);
    w_.set(24, s_.category == "ecg" ? "EC" : s_.category == "ultrasound" ? "RUS" : s_.category == "pathology" ? "PAT" : s_.category == "imaging" ? "RAD" : "");
    if (name == "ORU") w_.set(25, s_.outcome == "corrected" ? "C" : s_.outcome == "withdrawn" ? "X" : "F");
    members();
    if (name == "OMG") diagnoses();
    if (name != "ORG") observations();
  }

  void diagnoses() {
    int n = 0;
    for (const auto& d : s_.diagnoses) w_.segment("DG1").set(1, std::to_string(++n)).set(3, {d.code, d.name, d.system}).set(6, "W");
  }

  void service() {  // OBR-4 is required: without a service it names the kind of request
    if (s_.service.code.empty() && s_.service.name.empty()) w_.set(4, {s_.kind, "", kNoteSystem});
    else w_.set(4, {s_.service.code, s_.service.name, s_.service.system});
  }

  void note(std::string_view member, std::string_view value) {
    if (value.empty()) return;
    w_.segment("NTE").set(1, std::to_string(++notes_)).set(2, "L").set(3, value).set(4, {member, "", kNoteSystem});
  }

  void members() {
    note("kind", s_.kind);
    note("step", s_.step);
    note("by", s_.by);
    note("to", s_.to);
    if (s_.version > 1) note("version", std::to_string(s_.version));
    for (const auto& m : kTextMembers) note(m.name, s_.*m.member);
    if (s_.knew_arrival) note("knew_arrival", "1");
    note("wish.department", s_.wish.department);
    note("wish.bed", s_.wish.bed);
    note("wish.note", s_.wish.note);
    if (s_.wish.appointment.present()) note("wish.appointment", to_hl7_time(s_.wish.appointment));
    note("person.id", s_.person.id);
    note("person.name", s_.person.name);
    if (s_.expires_at.present() && s_.kind == "exam") note("expires_at", to_hl7_time(s_.expires_at));
  }

  void observations() {
    int n = 0;
    for (const auto& a : s_.attachments)
      w_.segment("OBX").set(1, std::to_string(++n)).set(2, "RP").set(3, {kAttachmentCode, a.title, kNoteSystem}).set(5, {a.reference, a.kind, a.bytes ? std::to_string(a.bytes) : std::string()}).set(11, "F");
    for (const auto& p : s_.package)
      w_.segment("OBX").set(1, std::to_string(++n)).set(2, "RP").set(3, {kPackageCode, p.title, kNoteSystem}).set(5, {p.number, p.origin, p.kind, std::to_string(p.version)}).set(11, "F");
    for (const auto& d : m_.documents) put_document(w_, ++n, d);
  }

  const StepMessage& m_;
  const Step& s_;
  const Envelope& envelope_;
  hl7::Writer w_;
  int notes_ = 0;
};

}  // namespace

void put_document(hl7::Writer& w, int set_id, const Document& d) {
  const bool cda = d.kind != "pdf" && d.kind != "scp_ecg";
  w.segment("OBX").set(1, std::to_string(set_id)).set(2, "ED").set(3, {d.kind, d.title, kNoteSystem});
  w.set(4, d.origin + "/" + d.number + "/" + std::to_string(d.version));
  w.set(5, {d.origin, cda ? "text" : "application", cda ? "xml" : d.kind, "Base64"}).component(5).raw(base64_encode(d.bytes));
  w.set(11, "F");
}

std::string step_message_type(const Step& s) {
  if (s.kind == "exam") {
    if (asker(s)) return "OMG^O19";
    return s.step == "completed" ? "ORU^R01" : "ORG^O20";
  }
  if (s.step == "cancelled") return asker(s) ? "REF^I14" : "RRI^I14";
  if (asker(s)) return s.step != "requested" ? "REF^I15" : s.version > 1 ? "REF^I13" : "REF^I12";
  return s.step == "answered" || (s.kind == "consult" && s.step == "completed") ? "RRI^I12" : "RRI^I15";
}

Result<std::string> write_step(const StepMessage& m, const Envelope& envelope) {
  const auto& s = m.step;
  if (s.id.empty()) return Error{"mapping.referral_missing", s.kind == "exam" ? "ORC-2" : "RF1-6", {s.kind == "exam" ? "ORC-2" : "RF1-6"}};
  for (const auto& [value, place] : {std::pair(&s.by, "by"), {&s.from, "from"}, {&s.to, "to"}, {&s.step, "step"}})
    if (value->empty()) return Error{"mapping.referral_missing", place, {place}};
  return StepWriter(m, envelope).run();
}

Result<std::string> write_summary(const SummaryMessage& m, const Envelope& envelope) {
  hl7::Writer w;
  put_msh(w, "MDM", "T02", "MDM_T02", envelope);
  w.segment("EVN").set(2, m.at);
  put_pid(w, m.patient, envelope.sender);
  w.segment("PV1").set(1, "1").set(2, "U");
  w.segment("TXA").set(1, "1").set(2, {m.document.kind, m.document.title, kNoteSystem}).set(3, "TEXT").set(4, m.at);
  w.set(12, {m.document.number, m.document.origin}).set(17, "LA");
  put_document(w, 1, m.document);
  int n = 0;
  for (const auto& [what, on] : m.due) w.segment("NTE").set(1, std::to_string(++n)).set(2, "L").set(3, on + " " + what).set(4, {"due", "", kNoteSystem});
  return w.finish(envelope.charset);
}

}  // namespace huren::mapping
