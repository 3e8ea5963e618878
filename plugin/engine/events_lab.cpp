// Our laboratory: reports released, amended, withdrawn; orders placed and cancelled.
#include "engine/handlers.hpp"

#include <algorithm>

#include "core/cda/lab_document.hpp"
#include "core/mapping/order_message.hpp"
#include "core/mapping/oru.hpp"
#include "engine/audit.hpp"
#include "engine/numbering.hpp"

namespace huren::engine {
namespace {

using store::PatientRow;
using store::Unit;

// The document is kept with the report; the message serves all partners that get it in this transaction.
std::optional<Error> render_bytes(const Context& context, Rendered& rendered) {
  auto document = cda::write_packed_lab_report(rendered.report, {});
  if (!document) return document.error();
  const auto& own = context.config.hospital.code;
  auto message = mapping::write_oru(rendered.report, "", {.control_id = new_control_id(context.clock.now_ms()), .sender = own, .receiver = "", .at = context.now(), .charset = Charset::utf8, .enhanced = false});
  if (!message) return message.error();
  rendered.message = std::move(*message);
  rendered.row.document = std::move(*document);
  return std::nullopt;
}

Result<void> release(Unit& unit, const Context& context, Rendered& rendered, const std::string& patient_id) {
  auto& row = rendered.row;
  row.patient_id = patient_id;
  if (auto r = put_report(unit, context, rendered); !r) return r;
  if (auto r = audit(unit, context.clock.now_ms(), "report.released", {"huren", "report:" + row.id, row.status}, {{"patient", row.patient_id}}); !r) return r;
  return distribute(unit, context, row, rendered.report, rendered.message);
}

}  // namespace

Release prepare(const Context& context, model::LabReport report) {
  Release out;
  const auto& own = context.config.hospital;
  if (report.origin.code.empty()) report.origin = {own.code, own.name};
  if (report.origin.name.empty() && report.origin.code == own.code) report.origin.name = own.name;
  if (report.origin.code != own.code) out.at_once = Error{"event.foreign_report", "/report/origin/code", {report.origin.code, own.code}};
  else if (report.patient.local_id.empty()) out.at_once = Error{"event.no_local_id", "/report/patient/local_id", {}};
  if (out.at_once) return out;
  standardise(report, *context.codes, own, context.clock.now_ms(), true);
  out.counted = report.version != 0;
  if (!out.counted) {  // its number is the store's to say
    out.rendered.report = std::move(report);
    return out;
  }
  out.rendered = render(std::move(report), true);
  out.bytes = render_bytes(context, out.rendered);
  return out;
}

Result<void> on(Unit& unit, const Context& context, Release& e) {
  if (e.at_once) return *e.at_once;
  const auto& person = e.rendered.report.patient;
  auto known = unit.patient_by_local_id(person.local_id);
  if (!known) return known.error();
  auto patient = *known ? Result<PatientRow>(std::move(**known)) : keep(unit, context, person);
  if (!patient) return patient.error();
  if (!e.counted) {  // by its sender; and anew when the first try was undone
    auto report = e.rendered.report;
    report.version = 1;
    auto news = number_version(unit, context, report);
    if (!news) return news.error();
    if (!*news) return {};  // told twice
    e.rendered = render(std::move(report), true);
    e.bytes = render_bytes(context, e.rendered);
  }
  if (e.bytes) return *e.bytes;
  return release(unit, context, e.rendered, patient->id);
}

Result<void> on(Unit& unit, const Context& context, const model::LabReportReleased& e) {
  auto release = prepare(context, e.report);
  return on(unit, context, release);
}

Result<void> on(Unit& unit, const Context& context, const model::LabReportWithdrawn& e) {
  const auto& own = context.config.hospital.code;
  auto versions = unit.report_versions(own, e.number);
  if (!versions) return versions.error();
  if (versions->empty()) return Error{"event.unknown_report", "/number", {e.number}};
  auto parsed = report_in(versions->back());
  if (!parsed) return Error{"event.unknown_report", "/number", {e.number}};
  model::LabReport report = std::move(*parsed);
  if (e.version && e.version <= report.version)
    return Error{"report.old_version", "/version", {std::to_string(e.version), std::to_string(report.version)}};
  report.version = e.version ? e.version : report.version + 1;
  report.status = model::Status::withdrawn;
  report.amendment_reason = e.reason;
  report.reported_at = e.at.present() ? e.at : context.now();
  for (auto& o : report.observations) o.status = model::Status::withdrawn;
  auto rendered = render(std::move(report), true);
  if (auto fault = render_bytes(context, rendered)) return *fault;
  return release(unit, context, rendered, versions->back().patient_id);
}

namespace {

// What doctors decided about this order: the results they took over or passed by, each report once.
Result<void> add_prior(Unit& unit, const Context& context, const std::string& patient_id, mapping::OrderMessage& message) {
  auto decisions = unit.decisions_of_order(patient_id, message.order.order_id);
  if (!decisions) return decisions.error();
  const Date day = terminology::day_of(message.order.at.epoch_ms, context.config.hospital.offset_minutes);
  for (const auto& d : *decisions) {
    if (d.outcome == "revoked") continue;
    const std::string& why = message.order.reason.empty() ? d.reason : message.order.reason;
    if (!message.cancelled && d.outcome == "declined" && message.reason.code.empty())
      if (const auto* reason = context.codes->reason(why, day)) message.reason = {reason->code, reason->zh, "HUREN"};
    if (message.cancelled && d.outcome == "accepted") message.reason = {"RECOGNISED", text({"order.cancelled_recognised", "", {}}, Language::zh), "HUREN"};
    const std::size_t first = message.prior.size();
    for (const auto& id : d.result_ids) {
      auto result = unit.result(id);
      if (!result) return result.error();
      if (!*result) continue;
      auto report = unit.report((*result)->report_id);
      if (!report) return report.error();
      if (!*report) continue;
      auto parsed = report_in(**report);
      if (!parsed) continue;
      const auto same = std::find_if(message.prior.begin() + static_cast<std::ptrdiff_t>(first), message.prior.end(), [&](const auto& p) {
        return p.report.origin.code == parsed->origin.code && p.report.number == parsed->number;
      });
      auto& prior = same != message.prior.end() ? *same : message.prior.emplace_back(mapping::PriorResult{d.order_item, std::move(*parsed), {}});
      prior.positions.push_back(static_cast<std::size_t>((*result)->position));
    }
  }
  return {};
}

Result<void> send_order(Unit& unit, const Context& context, const PatientRow& patient, mapping::OrderMessage message) {
  const auto person = model::patient_from_json(patient.json);
  if (!person) return Error{"event.unknown_patient", "/patient_id", {}};
  message.patient = *person;
  if (auto r = add_prior(unit, context, patient.id, message); !r) return r;
  if (message.cancelled) message.prior.clear();
  const std::string subject = "order/" + message.order.order_id;
  for (const auto& partner : context.config.partners) {
    if (!partner.orders) continue;
    const std::string control_id = new_control_id(context.clock.now_ms());
    auto bytes = mapping::write_order(message, {.control_id = control_id, .sender = context.config.hospital.code, .receiver = partner.hospital.code, .at = context.now(), .charset = Charset::utf8, .enhanced = partner.enhanced});
    if (!bytes) return bytes.error();
    if (auto r = send(unit, context, partner, control_id, "OML^O21", std::move(*bytes), patient.id, subject, message.order.priority == "stat" ? 0 : 1); !r) return r;
  }
  return {};
}

}  // namespace

Result<void> on(Unit& unit, const Context& context, const model::LabOrderPlaced& e) {
  auto patient = registered(unit, e.order.patient_id, "/patient_id");
  if (!patient) return patient.error();
  if (!e.order.reason.empty() && !context.codes->reason(e.order.reason, terminology::day_of(e.order.at.epoch_ms, context.config.hospital.offset_minutes)))
    return Error{"event.unknown_reason", "/reason", {e.order.reason}};
  auto known = unit.order(e.order.order_id);
  if (!known) return known.error();
  const std::string json = model::to_json(e.order);
  if (*known) {
    if ((*known)->state == "cancelled") return Error{"event.order_cancelled", "/order_id", {e.order.order_id}};
    if ((*known)->json == json) return {};  // told twice
    return Error{"event.order_exists", "/order_id", {e.order.order_id}};
  }
  if (auto r = unit.put_order({.id = e.order.order_id, .patient_id = patient->id, .json = json, .state = "placed", .at_ms = e.order.at.epoch_ms}); !r) return r;
  mapping::OrderMessage message{.order = e.order, .patient = {}, .cancelled = false, .reason = {}, .prior = {}};
  if (const auto* reason = context.codes->reason(e.order.reason, terminology::day_of(e.order.at.epoch_ms, context.config.hospital.offset_minutes)))
    message.reason = {reason->code, reason->zh, "HUREN"};
  return send_order(unit, context, *patient, std::move(message));
}

Result<void> on(Unit& unit, const Context& context, const model::LabOrderCancelled& e) {
  auto patient = registered(unit, e.patient_id, "/patient_id");
  if (!patient) return patient.error();
  auto known = unit.order(e.order_id);
  if (!known) return known.error();
  if (!*known) return Error{"event.unknown_order", "/order_id", {e.order_id}};
  if ((*known)->patient_id != patient->id) return Error{"event.order_of_other_patient", "/order_id", {}};
  if ((*known)->state == "cancelled") return {};  // told twice
  auto order = model::lab_order_from_json((*known)->json, context.config.hospital.offset_minutes);
  if (!order) return Error{"event.unknown_order", "/order_id", {e.order_id}};
  (*known)->state = "cancelled";
  (*known)->at_ms = e.at.epoch_ms;
  if (auto r = unit.put_order(**known); !r) return r;
  order->doctor = e.doctor;
  order->at = e.at;
  return send_order(unit, context, *patient, {.order = std::move(*order), .patient = {}, .cancelled = true, .reason = {"", e.reason, ""}, .prior = {}});
}

}  // namespace huren::engine
