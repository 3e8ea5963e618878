#include "core/referral/view.hpp"

#include "core/model/report_json.hpp"

namespace huren::referral {
namespace {

using model::OrderedJson;
using model::put;
using model::put_part;

OrderedJson wish(const model::Wish& w) {
  auto out = OrderedJson::object();
  put(out, "department", w.department);
  put(out, "bed", w.bed);
  put(out, "note", w.note);
  put(out, "appointment", w.appointment);
  return out;
}

// What one step adds to the story: who, when, why, and what was granted.
OrderedJson told(const Step& s) {
  auto out = OrderedJson::object();
  out["by"] = s.by;
  put(out, "at", s.at);
  put(out, "outcome", s.outcome);
  put(out, "reason", s.reason);
  put(out, "redirect_to", s.redirect_to);
  put(out, "their_id", s.their_id);
  put_part(out, "wish", wish(s.wish));
  put_part(out, "doctor", model::person_json(s.person));
  if (s.version > 1) out["version"] = s.version;
  return out;
}

OrderedJson package(const Package& p) {
  auto lines = OrderedJson::array();
  for (const auto& l : p.lines) {
    auto line = OrderedJson::object();
    put(line, "kind", l.item.kind);
    put(line, "origin", l.item.origin);
    put(line, "number", l.item.number);
    put(line, "title", l.item.title);
    if (l.item.version) line["version"] = l.item.version;
    line["presence"] = word(l.presence);
    lines.push_back(std::move(line));
  }
  return {{"state", p.complete() ? "complete" : "incomplete"}, {"missing", p.missing()}, {"lines", std::move(lines)}};
}

void time(OrderedJson& out, const char* name, std::int64_t ms, int offset) {
  if (ms) out[name] = to_iso_time(from_epoch_ms(ms, offset));
}

// A problem is said in both languages, a line each: "zh / en". What another system wrote in one language serves for both.
std::string said_in(const std::string& text, bool chinese) {
  std::string out;
  for (std::size_t from = 0; from <= text.size();) {
    const auto end = std::min(text.find('\n', from), text.size());
    const auto line = text.substr(from, end - from);
    const auto cut = line.find(" / ");
    out += (out.empty() ? "" : "\n") + (cut == line.npos ? line : chinese ? line.substr(0, cut) : line.substr(cut + 3));
    from = end + 1;
  }
  return out;
}

}  // namespace

std::string view_json(const Shown& shown) {
  const auto& life = shown.life;
  const auto* request = life.step(life.request);
  const auto* any = request ? request : life.steps.empty() ? nullptr : &life.steps.front();
  auto out = OrderedJson::object();
  if (any) {
    out["id"] = any->id;
    out["kind"] = any->kind;
  }
  out["key"] = shown.key;
  out["partner"] = shown.partner;
  out["ours"] = shown.ours;
  out["state"] = word(life.state);
  if (any) {
    put_part(out, "from", model::organisation_json(shown.organisation(any->from)));
    put_part(out, "to", model::organisation_json(shown.organisation(any->to)));
  }
  put(out, "patient_id", shown.patient_id);
  put(out, "doubt_id", shown.doubt_id);
  const int offset = any ? any->at.offset_minutes : 0;
  if (request) {
    put_part(out, "patient", model::patient_json(request->patient));
    put(out, "priority", request->priority);
    put(out, "direction", request->direction);
    put(out, "follows", request->follows);
    put(out, "requested_at", request->at);
    put(out, "reason", request->reason);
    put(out, "question", request->question);
    put(out, "category", request->category);
    put_part(out, "service", model::code_json(request->service));
    put_part(out, "wish", wish(request->wish));
    put_part(out, "doctor", model::person_json(request->person));
    auto diagnoses = OrderedJson::array();
    for (const auto& d : request->diagnoses) diagnoses.push_back(model::code_json(d));
    put_part(out, "diagnoses", std::move(diagnoses));
    auto attachments = OrderedJson::array();
    for (const auto& a : request->attachments) {
      auto one = OrderedJson::object();
      put(one, "kind", a.kind);
      put(one, "title", a.title);
      put(one, "reference", a.reference);
      if (a.bytes) one["bytes"] = a.bytes;
      attachments.push_back(std::move(one));
    }
    put_part(out, "attachments", std::move(attachments));
    if (request->version > 1) out["version"] = request->version;
    time(out, "answer_due_at", life.answer_due_ms, offset);
    time(out, "report_due_at", life.reading_due_ms, offset);
    time(out, "expires_at", life.expires_ms, offset);
  }
  for (const auto& [name, index] : {std::pair("answer", life.answer), {"arrival", life.arrival}, {"no_show", life.no_show}, {"completion", life.completion},
                                    {"cancellation", life.cancel}, {"received", life.received}})
    if (const auto* s = life.step(index)) out[name] = told(*s);
  if (!shown.package.lines.empty()) out["package"] = package(shown.package);
  auto documents = OrderedJson::array();
  for (const auto& d : shown.documents) {
    auto one = OrderedJson::object();
    put(one, "record_id", d.record_id);
    put(one, "kind", d.kind);
    put(one, "title", d.title);
    put(one, "origin", d.origin);
    put(one, "number", d.number);
    one["version"] = d.version;
    put(one, "status", d.status);
    documents.push_back(std::move(one));
  }
  put_part(out, "documents", std::move(documents));
  auto remarks = OrderedJson::array();
  for (const auto& r : life.remarks) {
    const Error said{r.id, "", {}};
    remarks.push_back({{"id", r.id}, {"step", r.step}, {"zh", text(said, Language::zh)}, {"en", text(said, Language::en)}});
  }
  for (const auto& s : life.steps)
    if (s.step == "problem") remarks.push_back({{"id", "referral.problem"}, {"step", "problem"}, {"by", s.by}, {"zh", said_in(s.reason, true)}, {"en", said_in(s.reason, false)}});
  put_part(out, "remarks", std::move(remarks));
  return out.dump();
}

}  // namespace huren::referral
