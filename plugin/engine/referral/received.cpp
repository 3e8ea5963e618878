// A partner's steps and summaries, after they were acknowledged: kept, looked at, told, and answered where something is wrong.
#include <algorithm>

#include "core/model/event.hpp"
#include "engine/referral/parts.hpp"
#include "engine/reports.hpp"

namespace huren::engine {
namespace {

using mapping::StepMessage;
using model::Step;
using store::Unit;

// What the HIS is told by, of a partner's step.
std::string topic_of(const Step& s) {
  if (s.kind == "exam" && s.step == "completed") return "report.received";
  if (s.kind == "consult" && s.step == "completed") return "answered";
  if (s.step == "no_show") return "arrived";
  if (s.step == "received") return "package";
  return s.step;
}

Step own_step(const Context& context, const Step& about, const char* what) {
  Step s;
  s.kind = about.kind;
  s.step = what;
  s.id = about.id;
  s.fact_id = new_id(context.clock.now_ms());
  s.by = context.config.hospital.code;
  s.from = about.from;
  s.to = about.to;
  s.at = context.now();
  s.patient = about.patient;
  return s;
}

// The other side's people must be able to read what became of their message: a step of kind problem, never answered itself.
Result<void> object(Unit& unit, const Context& context, const Request& request, const config::Partner& partner, const Step& about, const std::vector<Error>& problems) {
  if (problems.empty() || about.step == "problem" || !partner.huren) return {};
  StepMessage m;
  m.step = own_step(context, about, "problem");
  for (const auto& p : problems) m.step.reason += (m.step.reason.empty() ? "" : "\n") + text(p, Language::zh) + " / " + text(p, Language::en);
  bool stored = false;
  auto added = add_step(unit, context, m.step, "", stored);
  if (!added) return added.error();
  return send_step(unit, context, request, partner, std::move(m));
}

// Our own report that the package is whole: the sender's people see it, too.
Result<void> confirm_package(Unit& unit, const Context& context, const Request& request, const config::Partner& partner) {
  const auto* asked = request.life.step(request.life.request);
  if (request.row.ours || request.row.package != "complete" || !asked) return {};
  if (const auto* received = request.life.step(request.life.received); received && received->version >= asked->version) return {};
  StepMessage m;
  m.step = own_step(context, *asked, "received");
  m.step.version = asked->version;
  m.step.outcome = "complete";
  bool stored = false;
  auto added = add_step(unit, context, m.step, "", stored);
  if (!added) return added.error();
  if (auto r = tell_his(unit, context, *added, "package"); !r) return r;
  return partner.huren ? send_step(unit, context, *added, partner, std::move(m)) : Result<void>();
}

}  // namespace

Result<void> is_addressed(const Context& context, const config::Partner& partner, const Step& s) {
  const auto& own = context.config.hospital.code;
  const auto& theirs = partner.hospital.code;
  const bool ours = s.from == own && s.to == theirs, other = s.from == theirs && s.to == own;
  if (!ours && !other) return Error{"inbound.step_elsewhere", "RF1-6", {s.from, s.to}};
  if (s.by != theirs) return Error{"inbound.step_author", "NTE", {s.by, theirs}};
  return {};
}

Result<void> receive_step(Unit& unit, const Context& context, const store::InboxRow& row, StepMessage message) {
  Step& s = message.step;
  const auto* partner = context.partner(row.source);
  if (!partner) return Error{"event.unknown_partner", "MSH-4", {row.source}};
  const auto key = s.key();
  const bool asked_of_us = s.step == "requested";
  bool stored = false;
  auto request = add_step(unit, context, s, row.source, stored);
  if (!request) return request.error();
  if (!stored) return {};

  std::vector<Error> problems;
  const auto* asked = request->life.step(request->life.request);
  // The asker's own word may overtake its request, which then comes; an answer to what was never asked is somebody's mistake.
  if (!asked && s.by == s.to && s.step != "problem") problems.push_back({"referral.unknown", "RF1-6", {s.id}});
  auto kept = keep_documents(unit, context, key, request->row.patient_id, asked ? asked->patient : s.patient, row.source, message.documents,
                             agreement_with(context, partner->code));
  if (!kept) return kept.error();
  problems.insert(problems.end(), kept->begin(), kept->end());
  if (s.kind == "exam" && s.step == "completed" && s.outcome == "withdrawn") {  // the report is taken back, its document with it
    auto records = unit.records_with(key);
    if (!records) return records.error();
    for (const auto& r : *records)
      if (r.kind == "C0006" && r.source == row.source)
        if (auto done = unit.match_record(r.id, r.patient_id, "withdrawn"); !done) return done;
  }
  auto now_known = load(unit, context, key);
  if (!now_known) return now_known.error();
  if (auto r = refresh(unit, context, *now_known); !r) return r;
  if (auto r = tell_his(unit, context, *now_known, topic_of(s)); !r) return r;
  if (auto r = object(unit, context, *now_known, *partner, s, problems); !r) return r;
  if (!asked_of_us && asked) return {};
  auto again = load(unit, context, key);  // a problem step may have been added
  if (!again) return again.error();
  return confirm_package(unit, context, *again, *partner);
}

Result<void> report_came(Unit& unit, const Context& context, const std::string& patient_id) {
  std::vector<std::string> records{patient_id};
  if (!patient_id.empty()) {
    auto same = unit.same_person(patient_id);
    if (!same) return same.error();
    records = std::move(*same);
  }
  std::vector<store::ReferralRow> waiting;
  for (const auto& record : records) {
    store::ReferralFilter filter;
    filter.patient_id = record;
    filter.unmatched = record.empty();
    auto rows = unit.referrals(filter);
    if (!rows) return rows.error();
    waiting.insert(waiting.end(), std::make_move_iterator(rows->begin()), std::make_move_iterator(rows->end()));
  }
  for (const auto& row : waiting) {
    if (row.package != "incomplete") continue;
    auto request = load(unit, context, row.key);
    if (!request) return request.error();
    if (auto r = refresh(unit, context, *request); !r) return r;
    const auto* partner = context.partner(row.partner);
    if (request->row.package != "complete" || !partner) continue;
    if (request->row.ours) {
      if (auto r = tell_his(unit, context, *request, "package"); !r) return r;
    } else if (auto r = confirm_package(unit, context, *request, *partner); !r) {
      return r;
    }
  }
  return {};
}

Result<void> patient_came(Unit& unit, const Context& context, const store::PatientRow& row, const model::Patient& patient) {
  if (auto r = remember_hints(unit, row.id, patient); !r) return r;
  store::ReferralFilter filter;
  filter.unmatched = true;
  auto waiting = unit.referrals(filter);
  if (!waiting) return waiting.error();
  for (const auto& w : *waiting) {
    if (w.ours) continue;
    auto request = load(unit, context, w.key);
    if (!request) return request.error();
    if (auto r = refresh(unit, context, *request); !r) return r;
    const auto* partner = context.partner(w.partner);
    if (partner)
      if (auto r = confirm_package(unit, context, *request, *partner); !r) return r;
  }
  return {};
}

}  // namespace huren::engine
