// The HIS's own steps: checked, completed, kept, sent.
#include <algorithm>

#include "core/cda/profile.hpp"
#include "core/model/event.hpp"
#include "engine/handlers.hpp"
#include "engine/referral/parts.hpp"
#include "engine/reports.hpp"

namespace huren::engine {
namespace {

using model::ClinicalRecord;
using model::Step;
using model::StepTaken;
using store::PatientRow;
using store::Unit;

constexpr std::int64_t kDayMs = 86'400'000;

struct Taking {
  Unit& unit;
  const Context& context;
  StepTaken taken;
  mapping::StepMessage message{};
  std::vector<store::ReportRow> reports{};  // to send after the step
  const config::Partner* partner = nullptr;
  std::string patient_id{};                 // huren's own

  Step& step() { return message.step; }
  [[nodiscard]] const std::string& own() const { return context.config.hospital.code; }
  [[nodiscard]] std::string pointer() const { return taken.step.kind == "exam" ? "/exam_id" : taken.step.kind == "consult" ? "/consult_id" : "/referral_id"; }

  Result<PatientRow> registered(const std::string& local_id) {
    auto row = unit.patient_by_local_id(local_id);
    if (!row) return row.error();
    if (!*row) return Error{"event.unknown_patient", "/patient_id", {}};
    return std::move(**row);
  }

  // Whose request an id means: ours, or the only partner's that has this number.
  Result<std::string> key_of() {
    std::vector<std::string> keys;
    for (const auto& p : context.config.partners)
      if (taken.from_partner.empty() || taken.from_partner == p.code) keys.push_back(p.hospital.code + "/" + taken.step.id);
    if (taken.from_partner.empty()) keys.push_back(own() + "/" + taken.step.id);
    std::string found;
    for (const auto& key : keys) {
      auto row = unit.referral(key);
      if (!row) return row.error();
      if (!*row || (*row)->kind != taken.step.kind) continue;
      if (!found.empty()) return Error{"referral.ambiguous", pointer(), {taken.step.id}};
      found = key;
    }
    if (found.empty()) return Error{"referral.unknown", pointer(), {taken.step.id}};
    return found;
  }

  // A document's content becomes a document; what it should hold and does not is a line of the manifest.
  Result<void> enclose_all(const model::Patient& patient) {
    for (auto& content : taken.records) {
      if (step().step == "completed" && step().outcome == "withdrawn") break;
      for (const auto* item : cda::items_of(content.kind)) {
        const bool there = std::any_of(content.items.begin(), content.items.end(), [&](const auto& i) { return i.key == item->key; });
        if (item->required && !there) step().package.push_back({content.kind + "." + item->key, own(), "", item->name_zh, 0});
      }
      auto record = record_for(context, step(), patient, std::move(content));
      step().package.push_back({record.kind, own(), record.number, "", record.version});
      if (auto r = enclose(unit, context, step().key(), patient_id, *partner, std::move(record), message); !r) return r;
    }
    return {};
  }

  Result<void> ask() {
    auto row = registered(taken.patient_id);
    if (!row) return row.error();
    patient_id = row->id;
    const auto patient = model::patient_from_json(row->json);
    if (!patient) return Error{"event.unknown_patient", "/patient_id", {}};
    partner = context.partner(taken.to_partner);
    if (!partner) return Error{"event.unknown_partner", "/to_partner", {taken.to_partner}};
    const auto* agreement = agreement_with(context, partner->code);
    if (!agreement) return Error{"event.no_agreement", "/to_partner", {partner->code}};
    step().from = own();
    step().to = partner->hospital.code;
    step().patient = *patient;
    auto before = load(unit, context, step().key());
    if (!before) return before.error();
    if (auto r = life::may(before->life, step(), own()); !r) return r.error();
    if (step().kind == "referral" && step().direction.empty()) {
      auto earlier = step().follows.empty() ? Result<std::optional<store::ReferralRow>>(std::nullopt) : unit.referral(partner->hospital.code + "/" + step().follows);
      if (!earlier) return earlier.error();
      step().direction = life::direction_between(context.config.hospital.level, partner->hospital.level, earlier->has_value());
    }
    std::size_t bytes = 0;
    for (const auto& e : taken.enclosures) bytes += e.content.size();
    if (bytes > static_cast<std::size_t>(agreement->attachment_max_bytes))
      return Error{"referral.attachment_too_large", "/attachments", {std::to_string(bytes), std::to_string(agreement->attachment_max_bytes)}};
    int n = 0;
    for (auto& e : taken.enclosures) {
      const std::string number = step().id + "/" + std::to_string(++n);
      const int version = step().version;
      if (auto r = unit.put_record({.id = new_id(context.clock.now_ms()), .referral = step().key(), .kind = e.kind, .origin = own(), .number = number, .source = "",
                                    .patient_id = patient_id, .version = version, .status = "final", .json = "", .document = e.content,
                                    .stored_ms = context.clock.now_ms(), .current = true}); !r)
        return r;
      message.documents.push_back({e.kind, own(), number, e.title, version, std::move(e.content)});
    }
    if (step().kind == "exam") return {};
    // The package: reports first, so that the transfer document can name them.
    auto to_send = pack(unit, context, *row, *partner, context.clock.now_ms() - agreement->package_days * kDayMs, step());
    if (!to_send) return to_send.error();
    reports = std::move(*to_send);
    if (step().kind == "referral") complete_package();
    return enclose_all(*patient);
  }

  // A referral always has its 转诊 document; what the HIS left out of it, and a summary that is not there, is said.
  void complete_package() {
    auto& records = taken.records;
    auto transfer = std::find_if(records.begin(), records.end(), [](const auto& r) { return r.kind == "TRANSFER"; });
    if (transfer == records.end()) {
      records.insert(records.begin(), ClinicalRecord{});
      transfer = records.begin();
      transfer->kind = "TRANSFER";
    }
    const auto lacks = [&](std::string_view key) { return std::none_of(transfer->items.begin(), transfer->items.end(), [&](const auto& i) { return i.key == key; }); };
    if (lacks("transfer_reason") && !step().reason.empty()) transfer->items.push_back({"transfer_reason", step().reason, "", {}, {}});
    if (lacks("diagnosis"))
      for (const auto& d : step().diagnoses) transfer->items.push_back({"diagnosis", d.name, "", d, {}});
    if (std::none_of(records.begin(), records.end(), [](const auto& r) { return r.kind == "C0001" || r.kind == "C0053"; }))
      step().package.push_back({"summary", own(), "", "", 0});
  }

  Result<void> reply() {
    auto key = key_of();
    if (!key) return key.error();
    auto before = load(unit, context, *key);
    if (!before) return before.error();
    step().from = key->substr(0, key->size() - taken.step.id.size() - 1);
    const auto* request = before->life.step(before->life.request);
    if (auto r = life::may(before->life, step(), own()); !r) return Error{r.error().id, r.error().where.empty() ? pointer() : r.error().where, r.error().args};
    step().to = request->to;
    step().knew_arrival = before->life.arrival >= 0;
    step().patient = request->patient;
    partner = context.partner(before->row.partner);
    if (!partner) return Error{"event.unknown_partner", pointer(), {before->row.partner}};
    patient_id = before->row.patient_id;
    if (step().service.code.empty()) step().service = request->service;
    if (step().category.empty()) step().category = request->category;
    if (step().step == "arrived") return arrive(*request);
    if (step().step == "completed") return complete(*request, *before);
    return {};
  }

  // B's desk says who came. Provably somebody else: refused. Not proved: noted as a doubt, and a person looks.
  Result<void> arrive(const Step& request) {
    auto row = registered(taken.patient_id);
    if (!row) return row.error();
    auto same = claimed_same(unit, context, request.patient, request.from, *row);
    if (!same) return same.error();
    patient_id = *same ? row->id : patient_id;
    return {};
  }

  Result<void> complete(const Step& request, const Request& before) {
    if (step().kind == "referral" && !patient_id.empty()) {
      auto row = unit.patient(patient_id);
      if (!row) return row.error();
      const auto* arrival = before.life.step(before.life.arrival);
      if (*row && arrival) {
        auto to_send = pack(unit, context, **row, *partner, std::min(arrival->at.epoch_ms, request.at.epoch_ms), step());
        if (!to_send) return to_send.error();
        reports = std::move(*to_send);
      }
      if (taken.records.empty()) step().package.push_back({"summary", own(), "", "", 0});
    }
    return enclose_all(request.patient);
  }

  Result<void> run() {
    step() = taken.step;
    step().by = own();
    step().fact_id = new_id(context.clock.now_ms());
    if (auto r = step().step == "requested" ? ask() : reply(); !r) return r;
    bool stored = false;
    // The row has its patient before it is made anew.
    auto row = unit.referral(step().key());
    if (!row) return row.error();
    store::ReferralRow kept = *row ? std::move(**row)
                                   : store::ReferralRow{.key = step().key(), .kind = step().kind, .partner = partner->code, .patient_id = "", .state = "unknown", .priority = "",
                                                        .their_patient = "", .ours = step().from == own(), .asked_ms = 0, .changed_ms = context.clock.now_ms(),
                                                        .due_ms = 0, .told = 0, .package = ""};
    if (kept.patient_id != patient_id || !*row) {
      kept.patient_id = patient_id;
      if (auto r = unit.put_referral(kept); !r) return r;
    }
    auto request = add_step(unit, context, step(), "event " + taken.event, stored);
    if (!request) return request.error();
    const int lane = request->row.priority == "critical" ? 0 : 1;
    if (auto r = send_step(unit, context, *request, *partner, std::move(message)); !r) return r;
    for (const auto& report : reports) {
      const auto parsed = report_in(report);
      if (!parsed) continue;
      if (auto r = send_report(unit, context, report, *parsed, *partner, lane); !r) return r;
    }
    if (step().step != "requested" || step().kind == "exam") return {};
    auto patient = unit.patient(patient_id);
    if (!patient) return patient.error();
    return *patient ? add_tie(unit, context, **patient, partner->code, "referral", step().id, step().at.epoch_ms) : Result<void>();
  }
};

}  // namespace

Result<void> on(Unit& unit, const Context& context, const StepTaken& taken) { return Taking{unit, context, taken}.run(); }

}  // namespace huren::engine
