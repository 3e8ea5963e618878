#include <algorithm>
#include <charconv>
#include <map>

#include "core/base/text.hpp"
#include "core/mapping/pid.hpp"
#include "core/mapping/referral_parts.hpp"
#include "core/mapping/words.hpp"

namespace huren::mapping {
namespace {

using hl7::Message;
using hl7::Segment;
using model::Step;

int number(std::string_view text, int otherwise) {
  int value = 0;
  const auto [end, fault] = std::from_chars(text.data(), text.data() + text.size(), value);
  return fault == std::errc() && end == text.data() + text.size() ? value : otherwise;
}

class StepReader {
 public:
  StepReader(const Message& message, const ReadContext& context) : message_(message), header_(message.header()), context_(context) {}

  std::optional<StepMessage> run() {
    for (const auto s : message_)
      if (s.name() == "NTE" && s.value(4, 3) == kNoteSystem) notes_[s.value(4)] = s.value(3);
    const auto pid = message_.segment("PID");
    if (!pid.exists()) {
      context_.error("mapping.patient_missing", "PID");
      return {};
    }
    read_pid(pid, context_, s_.patient);
    if (header_.type == "REF" || header_.type == "RRI") referral();
    else order();
    members();
    observations();
    if (s_.id.empty() || s_.from.empty()) context_.error("mapping.referral_missing", place_, {place_});
    if (s_.to.empty()) context_.error("mapping.referral_missing", "PRD", {"PRD"});
    if (s_.step.empty()) context_.error("mapping.referral_step", "MSH-9", {header_.type + '^' + header_.trigger});
    if (s_.step == "requested" && s_.priority.empty()) s_.priority = "routine";
    if (s_.fact_id.empty()) s_.fact_id = header_.control_id;
    if (s_.by.empty()) s_.by = header_.sending_facility;
    if (has_error(context_.findings)) return {};
    return std::move(m_);
  }

 private:
  [[nodiscard]] std::string note(const std::string& name) const {
    const auto it = notes_.find(name);
    return it == notes_.end() ? std::string() : it->second;
  }
  void time(Timestamp& into, const Segment& segment, int field) {
    if (!into.present()) context_.member("at", &into, segment.value(field), {segment, field}, "mapping.bad_time");
  }

  void referral() {
    const auto rf1 = message_.segment("RF1");
    place_ = "RF1-6";
    if (!rf1.exists()) return;
    s_.id = rf1.value(6);
    s_.from = rf1.value(6, 2);
    s_.their_id = rf1.value(11);
    const auto code = rf1.value(2);
    const auto* priority = std::find_if(std::begin(kPriorities), std::end(kPriorities), [&](const auto& p) { return p.code == code; });
    if (priority != std::end(kPriorities)) s_.priority = priority->word;
    else if (!code.empty()) context_.warn("mapping.referral_priority", rf1.where(2));
    const auto type = rf1.value(3);
    s_.kind = type == "consult" || type == "CON" ? "consult" : "referral";
    time(s_.at, rf1, 7);
    time(s_.expires_at, rf1, 8);
    s_.reason = rf1.value(10, 2).empty() ? rf1.value(10) : rf1.value(10, 2);
    for (int i = 1; i <= message_.count("PRD"); ++i) {
      const auto prd = message_.segment("PRD", i);
      const auto role = prd.value(1);
      auto* code_of = role == "RP" ? &s_.from : role == "RT" ? &s_.to : nullptr;
      if (!code_of) continue;
      (role == "RP" ? m_.from_name : m_.to_name) = prd.value(2);
      for (const auto& id : {prd.value(7), prd.value(4, 4)})
        if (!id.empty()) *code_of = id;
    }
    // A system that names no hospitals: who sends a request asks, who sends an answer was asked.
    const bool asks = header_.type == "REF";
    if (s_.from.empty()) s_.from = asks ? header_.sending_facility : header_.receiving_facility;
    if (s_.to.empty()) s_.to = asks ? header_.receiving_facility : header_.sending_facility;
    meaning(rf1.value(1));
    service(message_.segment("OBR"));
  }

  // What a system that is no huren means, by trigger and RF1-1.
  void meaning(const std::string& status) {
    if (header_.trigger == "I14") s_.step = "cancelled";
    else if (header_.type == "REF" && (header_.trigger == "I12" || header_.trigger == "I13")) s_.step = "requested";
    else if (header_.type == "RRI" && (status == "A" || status == "R")) {
      s_.step = "answered";
      s_.outcome = status == "A" ? "accepted" : "declined";
    }
  }

  void service(const Segment& obr) {
    if (!obr.exists() || obr.value(4, 3) == kNoteSystem) return;
    s_.service = {obr.value(4), obr.value(4, 2), obr.value(4, 3)};
  }

  void order() {
    s_.kind = "exam";
    const auto orc = message_.segment("ORC"), obr = message_.segment("OBR");
    place_ = "ORC-2";
    if (!obr.exists() && !orc.exists()) return;
    const auto first = [&](int field, int component) { return orc.exists() && !orc.value(field, component).empty() ? orc.value(field, component) : obr.exists() ? obr.value(field, component) : std::string(); };
    s_.id = first(2, 1);
    s_.from = first(2, 2);
    s_.their_id = first(3, 1);
    s_.to = first(3, 2);
    if (orc.exists()) {
      time(s_.at, orc, 9);
      s_.person = read_person(orc.field(12).repetition(1));
      s_.reason = orc.value(16, 2).empty() ? orc.value(16) : orc.value(16, 2);
    }
    if (obr.exists()) {
      time(s_.at, obr, 22);
      s_.question = obr.value(13);
      const auto section = obr.value(24);
      s_.category = section == "EC" ? "ecg" : section == "RUS" || section == "US" ? "ultrasound" : section == "PAT" || section == "SP" ? "pathology" : section == "RAD" || section == "CT" ? "imaging" : "";
      service(obr);
    }
    const auto control = orc.exists() ? orc.value(1) : std::string();
    if (header_.type == "ORU") {
      s_.step = "completed";
      const auto status = obr.exists() ? obr.value(25) : std::string();
      s_.outcome = status == "C" ? "corrected" : status == "X" || status == "D" || status == "W" ? "withdrawn" : "final";
    } else if (control == "CA" || control == "OC") {
      s_.step = "cancelled";
    } else if (header_.type == "OMG") {
      s_.step = "requested";
    } else if (control == "OK" || control == "UA") {
      s_.step = "answered";
      s_.outcome = control == "OK" ? "accepted" : "declined";
    }
    if (s_.from.empty()) s_.from = header_.type == "OMG" ? header_.sending_facility : header_.receiving_facility;
    if (s_.to.empty()) s_.to = header_.type == "OMG" ? header_.receiving_facility : header_.sending_facility;
  }

  void members() {
    for (const auto& m : kTextMembers)
      if (auto value = note(std::string(m.name)); !value.empty()) s_.*m.member = std::move(value);
    if (auto v = note("kind"); v == "referral" || v == "exam" || v == "consult") s_.kind = v;
    if (auto v = note("step"); !v.empty()) {  // said outright: what the codes were taken to mean does not count
      s_.step = v;
      s_.outcome = note("outcome");
    }
    if (auto v = note("by"); !v.empty()) s_.by = v;
    if (auto v = note("to"); !v.empty()) s_.to = v;
    s_.version = std::clamp(number(note("version"), 1), 1, 9999);
    s_.knew_arrival = note("knew_arrival") == "1";
    s_.wish.department = note("wish.department");
    s_.wish.bed = note("wish.bed");
    s_.wish.note = note("wish.note");
    for (const auto& [name, into] : {std::pair("wish.appointment", &s_.wish.appointment), {"expires_at", &s_.expires_at}})
      if (const auto v = note(name); !v.empty()) context_.member("at", into, v, std::string_view("NTE-3"), "mapping.bad_time");
    if (auto v = note("person.id"); !v.empty()) s_.person.id = v;
    if (auto v = note("person.name"); !v.empty()) s_.person.name = v;
    for (int i = 1; i <= message_.count("DG1") && i <= 100; ++i) {
      const auto dg1 = message_.segment("DG1", i);
      s_.diagnoses.push_back({dg1.value(3), dg1.value(3, 2), dg1.value(3, 3)});
    }
  }

  void observations() {
    for (const auto obx : message_) {
      if (obx.name() != "OBX") continue;
      const auto code = obx.value(3), type = obx.value(2);
      if (type == "RP" && code == kAttachmentCode && s_.attachments.size() < 100)
        s_.attachments.push_back({obx.value(5, 2), obx.value(3, 2), obx.value(5), number(obx.value(5, 3), 0)});
      else if (type == "RP" && code == kPackageCode && s_.package.size() < 500)
        s_.package.push_back({obx.value(5, 3), obx.value(5, 2), obx.value(5), obx.value(3, 2), std::clamp(number(obx.value(5, 4), 0), 0, 9999)});
      else if (type == "ED")
        take_document(m_.documents, obx, context_);
    }
  }

  const Message& message_;
  const hl7::Header header_;
  const ReadContext& context_;
  std::map<std::string, std::string> notes_;
  std::string place_;
  StepMessage m_;
  Step& s_ = m_.step;
};

}  // namespace

std::optional<Document> read_document(const Segment& obx, const ReadContext& context) {
  auto bytes = base64_decode(obx.value(5, 5));
  if (!bytes || bytes->empty()) {
    context.error("mapping.document_base64", obx.where(5, 1, 5));
    return std::nullopt;
  }
  Document d{.kind = obx.value(3), .origin = obx.value(5), .number = "", .title = obx.value(3, 2), .version = 1, .bytes = std::move(*bytes)};
  const auto name = obx.value(4);  // origin/number/version; the number may hold slashes
  const auto first = name.find('/'), last = name.rfind('/');
  if (first != name.npos && last > first) {
    d.number = name.substr(first + 1, last - first - 1);
    d.version = std::clamp(number(std::string_view(name).substr(last + 1), 1), 1, 9999);
  }
  if (d.number.empty()) d.number = name.empty() ? obx.where() : name;
  return d;
}

void take_document(std::vector<Document>& into, const Segment& obx, const ReadContext& context) {
  auto d = read_document(obx, context);
  if (!d) return;
  if (!d->kind.ends_with(kSignatureSuffix)) return into.push_back(std::move(*d));
  const std::string_view kind = std::string_view(d->kind).substr(0, d->kind.size() - kSignatureSuffix.size());
  for (auto& signed_one : into)
    if (signed_one.kind == kind && signed_one.number == d->number && signed_one.version == d->version) signed_one.signature = std::move(d->bytes);
}

bool is_step(const Message& message) {
  const auto msh9 = message.segment(std::size_t{0}).field(9).repetition(1);
  const auto type = msh9.value(1), trigger = msh9.value(2);
  if (type == "REF" || type == "RRI") return trigger >= "I12" && trigger <= "I15";
  if (type == "OMG") return trigger == "O19";
  if (type == "ORG") return trigger == "O20";
  if (type != "ORU" || trigger != "R01") return false;
  for (const auto s : message) {
    if (s.name() == "NTE" && s.value(4) == "kind" && s.value(4, 3) == kNoteSystem) return s.value(3) == "exam";  // a withdrawn report has no document
    if (s.name() == "OBX" && s.field(2).says("ED") && s.field(3).says("C0006")) return true;
  }
  return false;
}

StepRead read_step_message(const Message& message, const OruOptions& options) {
  StepRead out;
  const ReadContext context{options, out.findings, message.segment(std::size_t{0}).value(21) == kProfile};
  out.step = StepReader(message, context).run();
  if (has_error(out.findings)) out.step.reset();
  return out;
}

bool is_summary(const hl7::Header& h) { return h.type == "MDM" && h.trigger == "T02"; }

SummaryRead read_summary_message(const Message& message, const OruOptions& options) {
  SummaryRead out;
  const ReadContext context{options, out.findings, message.segment(std::size_t{0}).value(21) == kProfile};
  SummaryMessage m;
  const auto pid = message.segment("PID"), txa = message.segment("TXA");
  if (!pid.exists()) context.error("mapping.patient_missing", "PID");
  else read_pid(pid, context, m.patient);
  if (txa.exists()) context.member("at", &m.at, txa.value(4), {txa, 4}, "mapping.bad_time");
  std::vector<Document> documents;
  for (int i = 1; i <= message.count("OBX") && i <= 10; ++i)
    if (const auto obx = message.segment("OBX", i); obx.value(2) == "ED") take_document(documents, obx, context);
  if (documents.empty()) context.error("mapping.referral_missing", "OBX", {"OBX (ED)"});
  else m.document = std::move(documents.front());
  for (int i = 1; i <= message.count("NTE") && i <= 100; ++i) {
    const auto nte = message.segment("NTE", i);
    const auto text = nte.value(3);
    const auto blank = text.find(' ');
    if (nte.value(4) == "due" && blank != text.npos) m.due.emplace_back(text.substr(blank + 1), text.substr(0, blank));
  }
  if (!has_error(out.findings)) out.summary = std::move(m);
  return out;
}

}  // namespace huren::mapping
