// Shared record of chronic disease: a summary by contract, with the last values of the agreed analytes and the next due dates.
#include <algorithm>
#include <nlohmann/json.hpp>

#include "core/cda/record_document.hpp"
#include "core/model/event.hpp"
#include "engine/exchange/permission.hpp"
#include "engine/handlers.hpp"
#include "engine/referral/parts.hpp"
#include "engine/reports.hpp"

namespace huren::engine {
namespace {

using store::Unit;

// The contract or the consent that lets a summary go. Consent that was withdrawn, or never given, holds it back.
Result<const model::Agreement*> basis(store::Reader& reader, const Context& context, const std::string& patient_id, const std::string& partner) {
  auto records = reader.same_person(patient_id);
  if (!records) return records.error();
  std::vector<store::TieRow> ties;
  for (const auto& record : *records) {
    auto own = reader.ties(record);
    if (!own) return own.error();
    ties.insert(ties.end(), own->begin(), own->end());
  }
  for (const auto& a : context.config.agreements)
    if (a.partner == partner && a.send && a.basis != "referral" && in_force(a, context.today()) && exchange::tied(ties, a, context.clock.now_ms())) return &a;
  return Error{"event.no_consent", "/partner", {partner}};
}

// "葡萄糖 5.42 mmol/L（2026-11-22）": the last value of each agreed analyte.
Result<std::string> last_values(store::Reader& reader, const std::string& patient_id, const std::vector<std::string>& items) {
  std::string out;
  auto records = reader.same_person(patient_id);
  if (!records) return records.error();
  for (const auto& item : items) {
    std::optional<store::ResultRow> last;
    for (const auto& record : *records) {
      auto rows = reader.results_of(record, {item}, 0);
      if (!rows) return rows.error();
      for (auto& row : *rows)
        if (row.status != "withdrawn" && (!last || row.collected_ms > last->collected_ms)) last = std::move(row);
    }
    if (!last) continue;
    auto report = reader.report(last->report_id);
    if (!report) return report.error();
    if (!*report) continue;
    auto bar = reader.bar((*report)->source, subject_of((*report)->origin, (*report)->number));
    if (!bar) return bar.error();
    if (*bar) continue;  // another hospital's, and the consent that brought it has ended
    const auto parsed = report_in(**report);
    const auto position = static_cast<std::size_t>(last->position);
    if (!parsed || position >= parsed->observations.size()) continue;
    const auto& o = parsed->observations[position];
    out += (out.empty() ? "" : "\n") + o.standard.name + " " + o.comparator + o.value + " " + o.unit + " (" + to_iso_time(parsed->specimen.collected_at).substr(0, 10) + ", " +
           parsed->origin.name + ")";
  }
  return out;
}

}  // namespace

Result<void> on(Unit& unit, const Context& context, const model::SummaryShared& shared) {
  auto row = unit.patient_by_local_id(shared.patient_id);
  if (!row) return row.error();
  if (!*row) return Error{"event.unknown_patient", "/patient_id", {}};
  const auto patient = model::patient_from_json((*row)->json);
  const auto* partner = context.partner(shared.partner);
  if (!partner) return Error{"event.unknown_partner", "/partner", {shared.partner}};
  auto agreement = basis(unit, context, (*row)->id, partner->code);
  if (!agreement) return agreement.error();
  model::Step step;  // a summary is no request; record_for wants who speaks to whom
  step.id = "SUM-" + shared.patient_id;
  step.by = step.from = context.config.hospital.code;
  step.to = partner->hospital.code;
  step.at = shared.at;
  auto content = shared.record;
  auto values = last_values(unit, (*row)->id, (*agreement)->summary_items);
  if (!values) return values.error();
  const bool has = std::any_of(content.items.begin(), content.items.end(), [](const auto& i) { return i.key == "lab_summary"; });
  if (!values->empty() && !has) content.items.push_back({"lab_summary", *values, "", {}, {}});
  std::string due;
  for (const auto& d : shared.due) due += (due.empty() ? "" : "\n") + (d.on.present() ? to_iso_date(d.on) + " " : std::string()) + d.what;
  if (!due.empty() && content.kind == "C0001" && std::none_of(content.items.begin(), content.items.end(), [](const auto& i) { return i.key == "plan"; }))
    content.items.push_back({"plan", due, "", {}, {}});
  const auto number = content.number.empty() ? step.id + "-" + content.kind : content.number;
  auto versions = unit.record_versions(content.kind, context.config.hospital.code, number);
  if (!versions) return versions.error();
  if (!versions->empty() && content.version <= versions->back().version) content.version = versions->back().version + 1;  // what is shared again is the next version
  content.number = number;
  mapping::StepMessage message;
  message.step = step;
  auto record = record_for(context, step, *patient, std::move(content));
  if (record.version > 1 && record.amendment_reason.empty()) record.amendment_reason = text({"referral.summary_updated", "", {}}, Language::zh);
  if (auto r = enclose(unit, context, "", (*row)->id, *partner, std::move(record), message); !r) return r;
  mapping::SummaryMessage summary{.patient = *patient, .document = std::move(message.documents.front()), .due = {}, .at = shared.at};
  for (const auto& d : shared.due) summary.due.emplace_back(d.what, d.on.present() ? to_iso_date(d.on) : "-");
  const std::string control_id = new_control_id(context.clock.now_ms());
  auto bytes = mapping::write_summary(summary, {.control_id = control_id, .sender = context.config.hospital.code, .receiver = partner->hospital.code, .at = context.now(), .charset = Charset::utf8, .enhanced = partner->enhanced});
  if (!bytes) return bytes.error();
  return send(unit, context, *partner, control_id, "MDM^T02", std::move(*bytes), (*row)->id, "record/" + number);
}

Result<void> receive_summary(Unit& unit, const Context& context, const store::InboxRow& row, mapping::SummaryMessage message) {
  const auto* partner = context.partner(row.source);
  if (!partner) return Error{"event.unknown_partner", "MSH-4", {row.source}};
  if (message.document.origin.empty()) message.document.origin = partner->hospital.code;
  auto matched = match_person(unit, context, message.patient, partner->hospital.code);
  if (!matched) return matched.error();
  const auto& ours = matched->patient_id;
  auto problems = keep_documents(unit, context, "", ours, message.patient, row.source, {message.document}, agreement_with(context, partner->code), &row);
  if (!problems) return problems.error();
  if (!problems->empty()) return problems->front();  // waits for a person, as any message that cannot take effect
  if (ours.empty()) return {};
  auto records = unit.record_versions(message.document.kind, message.document.origin, message.document.number);
  if (!records) return records.error();
  auto due = nlohmann::ordered_json::array();
  for (const auto& [what, on] : message.due) due.push_back({{"what", what}, {"on", on}});
  const std::string id = new_id(context.clock.now_ms());
  nlohmann::ordered_json body{{"patient_id", matched->local_id}, {"record_id", records->empty() ? "" : records->back().id}, {"kind", message.document.kind},
                              {"number", message.document.number}, {"version", message.document.version}, {"partner", partner->code},
                              {"origin", {{"code", partner->hospital.code}, {"name", partner->hospital.name}}}};
  if (!due.empty()) body["due"] = std::move(due);
  return notify(unit, context, id, "record.summary.received/1",
                nlohmann::ordered_json{{"notice_id", id}, {"topic", "record.summary.received/1"}, {"at", to_iso_time(context.now())}, {"body", std::move(body)}}.dump());
}

}  // namespace huren::engine
