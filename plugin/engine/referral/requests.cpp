#include "engine/referral/requests.hpp"

#include <algorithm>

#include "core/model/event.hpp"
#include "engine/referral/parts.hpp"
#include "engine/reports.hpp"
#include "engine/ties.hpp"

namespace huren::engine {
namespace {

using model::Step;
using store::Unit;

constexpr std::int64_t kMinuteMs = 60'000;
constexpr int kMostReminders = 3;

}  // namespace

const model::Agreement* agreement_with(const Context& context, const std::string& partner) {
  const model::Agreement* found = nullptr;
  for (const auto& a : context.config.agreements) {
    if (a.partner != partner || !in_force(a, context.today())) continue;
    if (!found || (found->basis != "referral" && a.basis == "referral")) found = &a;
  }
  return found;
}

life::Terms terms_of(const model::Agreement* agreement) {
  life::Terms t;
  if (!agreement) return t;
  std::copy(std::begin(agreement->answer_minutes), std::end(agreement->answer_minutes), std::begin(t.answer_minutes));
  std::copy(std::begin(agreement->reading_minutes), std::end(agreement->reading_minutes), std::begin(t.reading_minutes));
  t.expiry_days = agreement->referral_days;
  return t;
}

const config::Partner* partner_at(const Context& context, std::string_view organisation) {
  for (const auto& p : context.config.partners)
    if (p.hospital.code == organisation) return &p;
  return nullptr;
}

model::Organisation organisation_of(const Context& context, const std::string& code) {
  if (code == context.config.hospital.code) return {code, context.config.hospital.name};
  const auto* partner = partner_at(context, code);
  return {code, partner ? partner->hospital.name : std::string()};
}

Result<Request> load(store::Reader& reader, const Context& context, const std::string& key) {
  Request out;
  auto row = reader.referral(key);
  if (!row) return row.error();
  out.known = row->has_value();
  if (*row) out.row = std::move(**row);
  out.row.key = key;
  auto facts = reader.facts(key);
  if (!facts) return facts.error();
  std::vector<Step> steps;
  for (const auto& f : *facts) {
    auto parsed = model::step_from_json(f.json, context.config.hospital.offset_minutes);
    if (!parsed.step) return Error{"store.unreadable_report", key, {}};
    steps.push_back(std::move(*parsed.step));
  }
  out.life = life::resolve(std::move(steps), terms_of(agreement_with(context, out.row.partner)), context.clock.now_ms());
  return out;
}

Result<Request> add_step(Unit& unit, const Context& context, const Step& step, const std::string& source, bool& stored) {
  const auto key = step.key();
  auto added = unit.put_fact({.referral = key, .fact_id = step.fact_id, .source = source, .json = model::to_json(step), .at_ms = step.at.epoch_ms,
                              .stored_ms = context.clock.now_ms()});
  if (!added) return added.error();
  stored = *added;
  auto before = unit.referral(key);
  if (!before) return before.error();
  if (!*before) {  // the row is there before the agreement's terms are looked up by its partner
    const auto* partner = partner_at(context, step.from == context.config.hospital.code ? step.to : step.from);
    if (auto r = unit.put_referral({.key = key, .kind = step.kind, .partner = partner ? partner->code : "", .patient_id = "", .state = "unknown", .priority = "",
                                    .their_patient = "", .ours = step.from == context.config.hospital.code, .asked_ms = 0,
                                    .changed_ms = context.clock.now_ms(), .due_ms = 0, .told = 0, .package = ""}); !r)
      return r.error();
  }
  auto request = load(unit, context, key);
  if (!request) return request;
  if (stored) {
    request->row.changed_ms = context.clock.now_ms();
    request->row.told = 0;
  }
  if (auto r = refresh(unit, context, *request); !r) return r.error();
  return request;
}

namespace {

// While we ask and the other side may need to know, results of this patient go there; then no longer.
Result<void> follow_with_tie(Unit& unit, const Context& context, const Request& r) {
  const auto* request = r.life.step(r.life.request);
  if (!r.row.ours || !request || request->kind == "exam" || r.row.patient_id.empty()) return {};
  const auto* partner = context.partner(r.row.partner);
  if (!partner) return {};
  if (life::closed(r.life.state)) return close_tie(unit, r.row.patient_id, r.row.partner, "referral", request->id, context.clock.now_ms());
  auto ties = unit.ties(r.row.patient_id);
  if (!ties) return ties.error();
  const bool open = std::any_of(ties->begin(), ties->end(), [&](const store::TieRow& t) {
    return t.partner == r.row.partner && t.basis == "referral" && t.reference == request->id && t.to_ms == 0;
  });
  if (open) return {};
  return unit.put_tie({.patient_id = r.row.patient_id, .partner = r.row.partner, .basis = "referral", .reference = request->id, .from_ms = request->at.epoch_ms, .to_ms = 0});
}

}  // namespace

Result<void> refresh(Unit& unit, const Context& context, Request& r) {
  const auto* request = r.life.step(r.life.request);
  auto& row = r.row;
  const std::int64_t now = context.clock.now_ms();
  if (request) {
    row.kind = request->kind;
    row.priority = request->priority;
    row.asked_ms = request->at.epoch_ms;
    row.their_patient = row.ours ? "" : their_number(request->patient);
    if (!row.ours && row.patient_id.empty()) {
      auto matched = match_person(unit, context, request->patient, request->from);
      if (!matched) return matched.error();
      row.patient_id = std::move(matched->patient_id);
    }
  }
  row.state = life::word(r.life.state);
  row.due_ms = life::next_due_ms(r.life, now);
  const bool overdue = (r.life.answer_due_ms && r.life.answer_due_ms <= now) || (r.life.reading_due_ms && r.life.reading_due_ms <= now);
  if (overdue && request && row.told < kMostReminders) {
    const auto terms = terms_of(agreement_with(context, row.partner));
    const auto rank = static_cast<std::size_t>(life::priority_rank(request->priority));
    const auto again = row.told == 0 ? now : now + std::int64_t{r.life.answer_due_ms ? terms.answer_minutes[rank] : terms.reading_minutes[rank]} * kMinuteMs;
    row.due_ms = row.due_ms ? std::min(row.due_ms, again) : again;
  }
  auto package = package_of(unit, row, r.life);
  if (!package) return package.error();
  row.package = package->lines.empty() ? "" : package->complete() ? "complete" : "incomplete";
  if (auto done = unit.put_referral(row); !done) return done;
  r.known = true;
  if (!row.ours && !row.patient_id.empty()) {  // what came before the patient was known becomes visible
    auto records = unit.records_with(row.key);
    if (!records) return records.error();
    for (const auto& rec : *records)
      if (rec.patient_id.empty() && rec.status != "other_patient")
        if (auto done = unit.match_record(rec.id, row.patient_id, rec.status); !done) return done;
  }
  return follow_with_tie(unit, context, r);
}

Result<void> send_step(Unit& unit, const Context& context, const Request& request, const config::Partner& partner, mapping::StepMessage message) {
  message.from_name = organisation_of(context, message.step.from).name;
  message.to_name = organisation_of(context, message.step.to).name;
  const std::string control_id = new_control_id(context.clock.now_ms());
  auto bytes = mapping::write_step(message, {.control_id = control_id, .sender = context.config.hospital.code, .receiver = partner.hospital.code, .at = context.now(), .charset = Charset::utf8, .enhanced = partner.enhanced});
  if (!bytes) return bytes.error();
  const auto& priority = request.row.priority.empty() ? message.step.priority : request.row.priority;
  const auto key = request.row.patient_id.empty() ? message.step.key() : request.row.patient_id;
  return send(unit, context, partner, control_id, mapping::step_message_type(message.step), std::move(*bytes), key, "request/" + message.step.key(), priority == "critical" ? 0 : 1);
}

Result<std::string> view_of(store::Reader& reader, const Context& context, const store::ReferralRow& row) {
  auto request = load(reader, context, row.key);
  if (!request) return request.error();
  life::Shown shown{.life = request->life, .key = row.key, .partner = row.partner, .ours = row.ours, .patient_id = "", .doubt_id = "", .package = {}, .documents = {},
                    .organisation = [&](const std::string& code) { return organisation_of(context, code); }};
  if (!row.patient_id.empty()) {
    auto patient = reader.patient(row.patient_id);
    if (!patient) return patient.error();
    if (*patient) shown.patient_id = (*patient)->local_id;
  } else if (const auto* asked = request->life.step(request->life.request); asked && !row.ours) {
    auto doubt = open_doubt(reader, asked->patient, asked->from);
    if (!doubt) return doubt.error();
    shown.doubt_id = *doubt;
  }
  auto package = package_of(reader, row, request->life);
  if (!package) return package.error();
  shown.package = std::move(*package);
  auto records = reader.records_with(row.key);
  if (!records) return records.error();
  for (const auto& r : *records) shown.documents.push_back({r.id, r.kind, "", r.status, r.origin, r.number, r.version});
  return life::view_json(shown);
}

Result<void> tell_his(Unit& unit, const Context& context, const Request& request, std::string_view what) {
  auto view = view_of(unit, context, request.row);
  if (!view) return view.error();
  const auto topic = (request.row.kind.empty() ? "referral" : request.row.kind) + "." + std::string(what) + "/1";
  const std::string id = new_id(context.clock.now_ms());
  return notify(unit, context, id, topic, "{\"notice_id\":\"" + id + "\",\"topic\":\"" + topic + "\",\"at\":\"" + to_iso_time(context.now()) + "\",\"body\":" + *view + "}");
}

}  // namespace huren::engine
