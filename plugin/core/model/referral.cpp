#include "core/model/referral.hpp"

#include "core/base/text.hpp"
#include "core/model/json_fields.hpp"
#include "core/model/report_json.hpp"

namespace huren::model {
namespace {


constexpr std::size_t kMaxEnclosureText = 12 * 1024 * 1024;  // base64; the agreement's own limit is checked by the engine

void read_wish(const Json& value, const JsonPlace& path, Source& source, Wish& into) {
  Fields f(value, path, source);
  f.text("department", into.department);
  f.text("bed", into.bed);
  f.prose("note", into.note);
  f.time("appointment", into.appointment);
  f.finish();
}

void read_attachment(const Json& value, const JsonPlace& path, Source& source, Attachment& into) {
  Fields f(value, path, source);
  f.word("kind", into.kind, {"dicom", "url", "pdf", "scp_ecg"}, Need::required);
  f.text("title", into.title);
  f.text("reference", into.reference, Need::required, 1024);
  f.integer("bytes", into.bytes, 0, 1 << 30);
  f.finish();
}

void read_package_item(const Json& value, const JsonPlace& path, Source& source, PackageItem& into) {
  Fields f(value, path, source);
  f.code("kind", into.kind, Need::required);
  f.code("origin", into.origin);
  f.code("number", into.number);
  f.text("title", into.title);
  f.integer("version", into.version, 0, 9999);
  f.finish();
}

// Study instance UIDs are dotted numbers of at most 64 characters (DICOM PS3.5 §9.1).
bool is_uid(std::string_view s) { return !s.empty() && s.size() <= 64 && s.find_first_not_of("0123456789.") == s.npos && s.front() != '.' && s.back() != '.'; }

struct Given { Attachment attachment; Enclosure enclosure; };

void read_given(const Json& value, const JsonPlace& path, Source& source, Given& into) {
  Fields f(value, path, source);
  f.word("kind", into.attachment.kind, {"dicom", "url", "pdf", "scp_ecg"}, Need::required);
  f.text("title", into.attachment.title);
  const bool bytes = into.attachment.kind == "pdf" || into.attachment.kind == "scp_ecg";
  f.text("reference", into.attachment.reference, bytes ? Need::optional : Need::required, 1024);
  std::string content;
  f.text("content", content, bytes ? Need::required : Need::optional, kMaxEnclosureText);
  f.finish();
  if (into.attachment.kind == "dicom" && !into.attachment.reference.empty() && !is_uid(into.attachment.reference)) f.fault("model.not_a_uid", f.at("reference"));
  if (into.attachment.kind == "url" && !into.attachment.reference.empty() && !into.attachment.reference.starts_with("https://")) f.fault("model.not_a_url", f.at("reference"));
  if (!bytes && !content.empty()) f.fault("model.one_of_two", f.at("content"), {"reference", "content"});
  if (!bytes || content.empty()) return;
  auto decoded = base64_decode(content);
  if (!decoded || decoded->empty()) return f.fault("model.not_base64", f.at("content"));
  // A PDF opens with %PDF-; an SCP-ECG record with a CRC and its own length, little-endian (EN 1064 §5.2).
  const auto& b = *decoded;
  const auto byte = [&](std::size_t i) { return static_cast<std::size_t>(static_cast<unsigned char>(b[i])); };
  const bool right = into.attachment.kind == "pdf" ? b.starts_with("%PDF-")
                                                   : b.size() >= 6 && (byte(2) | byte(3) << 8 | byte(4) << 16 | byte(5) << 24) == b.size();
  if (!right) return f.fault("model.not_that_format", f.at("content"), {into.attachment.kind});
  into.attachment.bytes = static_cast<int>(b.size());
  into.enclosure = {into.attachment.kind, into.attachment.title, std::move(*decoded)};
}

// The content of a document: what it says, not whose it is or what it is numbered.
template <class... Kinds>
auto record_reader(Kinds... kinds) {
  return [=](const Json& value, const JsonPlace& path, Source& source, ClinicalRecord& into) {
    Fields f(value, path, source);
    into.kind = std::get<0>(std::tuple<Kinds...>(kinds...));
    f.word("kind", into.kind, {kinds...}, sizeof...(Kinds) > 1 ? Need::required : Need::optional);
    f.code("number", into.number);
    f.integer("version", into.version, 1, 9999);
    f.word("patient_class", into.patient_class, {"", "outpatient", "inpatient", "emergency", "checkup"});
    f.code("encounter_id", into.encounter_id);
    f.text("department", into.department);
    f.time("encounter_from", into.encounter_from);
    f.time("encounter_to", into.encounter_to);
    f.object("author", into.author, read_person);
    f.object("verifier", into.verifier, read_person);
    f.time("written_at", into.written_at);
    f.list("items", into.items, kMaxObservations, read_record_item, Need::required);
    f.prose("amendment_reason", into.amendment_reason);
    f.finish();
  };
}

template <class Reader>
void record(Fields& f, const char* name, StepTaken& e, Reader reader, Need need = Need::optional) {
  if (!f.has(name) && need == Need::optional) return;
  ClinicalRecord r;
  f.object(name, r, reader, need);
  if (f.has(name)) e.records.push_back(std::move(r));
}

void read_request(Fields& f, StepTaken& e) {
  Step& s = e.step;
  s.priority = "routine";
  f.code("patient_id", e.patient_id, Need::required);
  f.code("to_partner", e.to_partner, Need::required);
  f.integer("version", s.version, 1, 9999);
  f.word("priority", s.priority, {"routine", "urgent", "critical"});
  f.prose("reason", s.reason);
  f.code("follows", s.follows);
  f.time("expires_at", s.expires_at);
  f.list("diagnoses", s.diagnoses, kMaxList, read_code);
  if (s.kind == "referral") {
    f.word("direction", s.direction, {"", "up", "down", "back", "sideways"});
    f.object("wish", s.wish, read_wish);
    record(f, "transfer", e, record_reader("TRANSFER"));
    record(f, "summary", e, record_reader("C0001", "C0053"));
  } else if (s.kind == "exam") {
    f.word("category", s.category, {"ecg", "imaging", "ultrasound", "pathology"}, Need::required);
    f.object("service", s.service, read_code, Need::required);
    f.prose("question", s.question);
    std::vector<Given> given;
    f.list("attachments", given, 20, read_given);
    for (auto& g : given) {
      if (!g.enclosure.content.empty()) {
        e.enclosures.push_back(std::move(g.enclosure));
        g.attachment.reference = s.id + "/" + std::to_string(e.enclosures.size());
      }
      s.attachments.push_back(std::move(g.attachment));
    }
  } else {
    f.object("wish", s.wish, read_wish);
    f.prose("question", s.question);
    record(f, "summary", e, record_reader("C0001", "C0053"));
  }
}

void read_answer(Fields& f, StepTaken& e) {
  Step& s = e.step;
  if (s.kind == "consult") f.word("outcome", s.outcome, {"accepted", "declined", "answered"}, Need::required);
  else if (s.kind == "exam") f.word("outcome", s.outcome, {"accepted", "declined"}, Need::required);
  else f.word("outcome", s.outcome, {"accepted", "declined", "redirected"}, Need::required);
  f.prose("reason", s.reason);
  f.code("their_id", s.their_id);
  f.object("wish", s.wish, read_wish);
  if (s.kind == "referral") f.text("redirect_to", s.redirect_to);
  if (s.kind == "consult") {
    f.integer("version", s.version, 1, 9999);
    record(f, "record", e, record_reader("C0045"));
    if (s.outcome == "answered" && e.records.empty()) f.fault("model.missing_member", f.at("record"), {"record"});
  }
  if (s.outcome == "declined" && s.reason.empty()) f.fault("model.refusal_needs_reason", f.at("reason"));
  if (s.outcome == "redirected" && s.redirect_to.empty()) f.fault("model.missing_member", f.at("redirect_to"), {"redirect_to"});
}

template <class T>
void put_list(OrderedJson& into, const char* name, const std::vector<T>& values, OrderedJson (*make)(const T&)) {
  auto list = OrderedJson::array();
  for (const auto& v : values) list.push_back(make(v));
  put_part(into, name, std::move(list));
}

OrderedJson attachment_json(const Attachment& a) {
  auto out = OrderedJson::object();
  put(out, "kind", a.kind);
  put(out, "title", a.title);
  put(out, "reference", a.reference);
  if (a.bytes) out["bytes"] = a.bytes;
  return out;
}

OrderedJson package_item_json(const PackageItem& p) {
  auto out = OrderedJson::object();
  put(out, "kind", p.kind);
  put(out, "origin", p.origin);
  put(out, "number", p.number);
  put(out, "title", p.title);
  if (p.version) out["version"] = p.version;
  return out;
}

OrderedJson wish_json(const Wish& w) {
  auto out = OrderedJson::object();
  put(out, "department", w.department);
  put(out, "bed", w.bed);
  put(out, "note", w.note);
  put(out, "appointment", w.appointment);
  return out;
}

}  // namespace

StepTaken read_step(Fields& f, std::string_view kind, std::string_view step) {
  StepTaken e;
  Step& s = e.step;
  s.kind = kind;
  s.step = step;
  f.code(kind == "exam" ? "exam_id" : kind == "consult" ? "consult_id" : "referral_id", s.id, Need::required);
  f.time("at", s.at, Need::required);
  f.object("doctor", s.person, read_person);
  if (step == "requested") {
    read_request(f, e);
    return e;
  }
  f.code("from_partner", e.from_partner);
  if (step == "answered") {
    read_answer(f, e);
    if (s.kind == "consult" && s.outcome == "answered") {  // the opinion itself: the request is done
      s.step = "completed";
      s.outcome = s.version > 1 ? "corrected" : "final";
    }
  } else if (step == "arrived") {
    f.word("outcome", s.outcome, {"", "arrived", "no_show"});
    f.code("patient_id", e.patient_id, s.outcome == "no_show" ? Need::optional : Need::required);
    f.prose("reason", s.reason);
    if (s.outcome == "no_show") s.step = "no_show";
    s.outcome.clear();
  } else if (step == "completed") {
    s.outcome = "final";
    f.integer("version", s.version, 1, 9999);
    f.prose("reason", s.reason);
    if (s.kind == "exam") {
      f.word("outcome", s.outcome, {"final", "corrected", "withdrawn"});
      record(f, "record", e, record_reader("C0006"), s.outcome == "withdrawn" ? Need::optional : Need::required);
      if (s.outcome != "final" && s.version < 2) f.fault("model.version_of_amendment", f.at("version"));
      if (s.outcome != "final" && s.reason.empty()) f.fault("model.refusal_needs_reason", f.at("reason"));
    } else {
      f.list("diagnoses", s.diagnoses, kMaxList, read_code);
      record(f, "summary", e, record_reader("C0053", "C0001", "C0049"));
    }
  } else {
    f.prose("reason", s.reason);
    if (s.reason.empty()) f.fault("model.refusal_needs_reason", f.at("reason"));
  }
  return e;
}

SummaryShared read_summary(Fields& f) {
  SummaryShared e;
  f.code("patient_id", e.patient_id, Need::required);
  f.code("partner", e.partner, Need::required);
  f.object("record", e.record, record_reader("C0001", "C0053"), Need::required);
  f.list("due", e.due, kMaxList, [](const Json& value, const JsonPlace& path, Source& source, SummaryShared::Due& into) {
    Fields d(value, path, source);
    d.text("what", into.what, Need::required);
    d.date("on", into.on);
    d.finish();
  });
  f.time("at", e.at, Need::required);
  return e;
}

std::string to_json(const Step& s) {
  auto out = OrderedJson::object();
  put(out, "kind", s.kind);
  put(out, "step", s.step);
  put(out, "id", s.id);
  put(out, "fact_id", s.fact_id);
  put(out, "by", s.by);
  put(out, "from", s.from);
  put(out, "to", s.to);
  out["version"] = s.version;
  put(out, "at", s.at);
  put(out, "outcome", s.outcome);
  put(out, "reason", s.reason);
  put(out, "priority", s.priority);
  put(out, "direction", s.direction);
  put(out, "follows", s.follows);
  put(out, "redirect_to", s.redirect_to);
  if (s.knew_arrival) out["knew_arrival"] = true;
  put_part(out, "wish", wish_json(s.wish));
  put(out, "expires_at", s.expires_at);
  put_list(out, "diagnoses", s.diagnoses, code_json);
  if (s.patient != Patient{}) put_part(out, "patient", patient_json(s.patient));
  put_part(out, "person", person_json(s.person));
  put(out, "their_id", s.their_id);
  put(out, "category", s.category);
  put_part(out, "service", code_json(s.service));
  put(out, "question", s.question);
  put_list(out, "attachments", s.attachments, attachment_json);
  put_list(out, "package", s.package, package_item_json);
  return out.dump();
}

ParsedStep step_from_json(std::string_view text, int assumed_offset_minutes) {
  ParsedStep out;
  const auto tree = parse_tree(text, out.findings);
  if (!tree) return out;
  Source source{out.findings, assumed_offset_minutes, true};
  Step s;
  Fields f(*tree, "", source);
  f.word("kind", s.kind, {"referral", "exam", "consult"});
  f.word("step", s.step, {"requested", "answered", "arrived", "no_show", "completed", "cancelled", "received", "problem"});
  f.code("id", s.id);
  f.code("fact_id", s.fact_id);
  f.code("by", s.by);
  f.code("from", s.from);
  f.code("to", s.to);
  f.integer("version", s.version, 1, 9999);
  f.time("at", s.at);
  f.code("outcome", s.outcome);
  f.prose("reason", s.reason);
  f.code("priority", s.priority);
  f.code("direction", s.direction);
  f.code("follows", s.follows);
  f.text("redirect_to", s.redirect_to);
  f.boolean("knew_arrival", s.knew_arrival);
  f.object("wish", s.wish, read_wish);
  f.time("expires_at", s.expires_at);
  f.list("diagnoses", s.diagnoses, kMaxList, read_code);
  f.object("patient", s.patient, read_patient);
  f.object("person", s.person, read_person);
  f.code("their_id", s.their_id);
  f.code("category", s.category);
  f.object("service", s.service, read_code);
  f.prose("question", s.question);
  f.list("attachments", s.attachments, kMaxList, read_attachment);
  f.list("package", s.package, kMaxObservations, read_package_item);
  f.finish();
  if (!has_error(out.findings)) out.step = std::move(s);
  return out;
}

}  // namespace huren::model
