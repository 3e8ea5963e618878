#include "engine/exchange/consent.hpp"

#include <algorithm>
#include <set>

#include "core/hl7/ack.hpp"
#include "core/model/event.hpp"
#include "engine/exchange/index.hpp"
#include "engine/exchange/permission.hpp"
#include "engine/reports.hpp"

namespace huren::engine::exchange {
namespace {

using store::OutboxState;
using store::ReportRow;

Result<void> tell_partner(store::Unit& unit, const Context& context, const std::string& patient_id, const config::Partner& partner,
                          mapping::ConsentMessage message) {
  if (!partner.huren) return {};
  auto all = std::move(message.reports);
  for (std::size_t from = 0; from < all.size(); from += mapping::kMostNumbers) {
    const auto to = std::min(all.size(), from + mapping::kMostNumbers);
    message.reports.assign(all.begin() + static_cast<std::ptrdiff_t>(from), all.begin() + static_cast<std::ptrdiff_t>(to));
    const auto now = context.clock.now_ms();
    const auto control_id = new_control_id(now);
    message.id = control_id;
    auto bytes = mapping::write_consent(message, {.control_id = control_id, .sender = context.config.hospital.code, .receiver = partner.hospital.code, .at = context.now()});
    if (!bytes) return bytes.error();
    auto queued = unit.enqueue({.id = 0, .message_id = control_id, .partner = partner.code, .type = "ZCN", .content_type = "application/hl7-v2; charset=utf-8",
                                .body = std::move(*bytes), .order_key = patient_id, .subject = "consent:" + control_id, .lane = 1,
                                .state = OutboxState::waiting, .attempts = 0, .next_ms = 0, .created_ms = now, .changed_ms = now, .remark = ""});
    if (!queued) return queued;
  }
  return {};
}

// Rows that never left are cancelled, unless an earlier version did leave: then they are corrections (I10). True: something left.
Result<bool> stop_sending(store::Unit& unit, const std::string& subject, const std::string& partner) {
  auto rows = unit.outbox_of(subject, partner);
  if (!rows) return rows.error();
  const auto left = [](const store::OutboxRow& r) {
    return r.state == OutboxState::delivered || r.state == OutboxState::on_wire || r.state == OutboxState::claimed || r.attempts > 0;
  };
  if (std::any_of(rows->begin(), rows->end(), left)) return true;
  std::vector<store::Settlement> cancelled;
  for (const auto& r : *rows)
    if (r.state != OutboxState::cancelled)
      cancelled.push_back({.id = r.id, .state = OutboxState::cancelled, .next_ms = 0, .remark = line({"exchange.consent_ended", partner, {}}), .give_back = false});
  if (auto r = unit.settle(cancelled); !r) return r.error();
  return unit.disclosed(subject, partner, "pull");
}

// Our own reports of a patient, each in its newest version.
Result<std::vector<ReportRow>> own_newest(store::Unit& unit, const std::string& patient_id) {
  auto reports = unit.reports_of(patient_id);
  if (!reports) return reports;
  std::vector<ReportRow> out;
  for (auto& r : *reports) {
    if (!r.source.empty()) continue;
    const auto same = std::find_if(out.begin(), out.end(), [&](const ReportRow& o) { return o.number == r.number; });
    if (same == out.end()) out.push_back(std::move(r));
    else if (same->version < r.version) *same = std::move(r);
  }
  std::reverse(out.begin(), out.end());  // oldest first
  return out;
}

// Summaries that were shared on this consent: the newest version of each stands for all of it.
Result<void> withdraw_summaries(store::Unit& unit, const Context& context, const std::string& patient_id, const std::vector<store::TieRow>& ties,
                                const config::Partner& partner, mapping::ConsentMessage& message) {
  const bool covered = std::any_of(context.config.agreements.begin(), context.config.agreements.end(), [&](const model::Agreement& a) {
    return a.partner == partner.code && a.send && a.basis != "referral" && in_force(a, context.today()) && tied(ties, a, context.clock.now_ms());
  });
  if (covered) return {};
  auto records = unit.records_of(patient_id);
  if (!records) return records.error();
  for (const auto& row : *records) {
    if (!row.source.empty() || !row.referral.empty() || !row.current) continue;
    const auto subject = "record/" + row.number;
    auto receivers = unit.receivers(subject);
    if (!receivers) return receivers.error();
    if (std::find(receivers->begin(), receivers->end(), partner.code) == receivers->end()) continue;
    auto left = stop_sending(unit, subject, partner.code);
    if (!left) return left.error();
    if (*left) message.reports.push_back({.origin = row.origin, .number = row.number, .version = row.version, .item = row.kind, .local_item = ""});
  }
  return {};
}

// A summary that came with the consent goes with it, and so does the message that brought it.
Result<void> remove_summary(store::Unit& unit, const std::string& source, const mapping::ResultRef& ref) {
  auto versions = unit.record_versions(ref.item, ref.origin, ref.number);
  if (!versions) return versions.error();
  for (const auto& v : *versions) {
    if (v.source != source || !v.referral.empty() || v.status == "removed") continue;
    if (!v.control_id.empty())
      if (auto r = unit.forget_inbox(source, v.control_id, v.content_hash); !r) return r;
    if (auto r = unit.strip_record(v.id); !r) return r;
  }
  return {};
}

}  // namespace

Result<void> consent_ended(store::Unit& unit, const Context& context, const std::string& patient_id, const config::Partner& partner, const Timestamp& at) {
  auto ties = unit.ties(patient_id);
  if (!ties) return ties.error();
  auto reports = own_newest(unit, patient_id);
  if (!reports) return reports.error();
  mapping::ConsentMessage message{.id = "", .given = false, .at = at, .reports = {}};
  for (const auto& row : *reports) {
    const auto parsed = report_in(row);
    if (parsed && granted(context, *ties, partner.code, *parsed, {"push", "pull", "index"})) continue;  // another tie covers it
    const auto subject = subject_of(row.origin, row.number);
    auto indexed = unit.disclosed(subject, partner.code, "index");
    if (!indexed) return indexed.error();
    if (*indexed && parsed)
      if (auto r = send_index(unit, context, row, *parsed, partner, true); !r) return r;
    auto left = stop_sending(unit, subject, partner.code);
    if (!left) return left.error();
    if (!*left) continue;
    if (auto r = unit.put_bar({.partner = partner.code, .subject = subject, .removed = false, .at_ms = at.epoch_ms}); !r) return r;
    message.reports.push_back({.origin = row.origin, .number = row.number, .version = row.version, .item = "", .local_item = ""});
  }
  if (auto r = withdraw_summaries(unit, context, patient_id, *ties, partner, message); !r) return r;
  context.log.write(Severity::info, "exchange.consent_ended", {{"partner", partner.code}, {"reports", std::to_string(message.reports.size())}});
  return tell_partner(unit, context, patient_id, partner, std::move(message));
}

Result<void> consent_returned(store::Unit& unit, const Context& context, const std::string& patient_id, const config::Partner& partner, const Timestamp& at) {
  auto ties = unit.ties(patient_id);
  if (!ties) return ties.error();
  auto reports = own_newest(unit, patient_id);
  if (!reports) return reports.error();
  mapping::ConsentMessage message{.id = "", .given = true, .at = at, .reports = {}};
  std::vector<std::pair<const ReportRow*, model::LabReport>> again;
  for (const auto& row : *reports) {
    const auto subject = subject_of(row.origin, row.number);
    auto barred = unit.bar(partner.code, subject);
    if (!barred) return barred.error();
    if (!*barred) continue;
    auto parsed = report_in(row);
    if (!parsed || !granted(context, *ties, partner.code, *parsed, {"push", "pull", "index"})) continue;
    if (auto r = unit.lift_bar(partner.code, subject); !r) return r;
    message.reports.push_back({.origin = row.origin, .number = row.number, .version = row.version, .item = "", .local_item = ""});
    again.emplace_back(&row, std::move(*parsed));
  }
  if (auto r = tell_partner(unit, context, patient_id, partner, std::move(message)); !r) return r;
  for (const auto& [row, report] : again)
    if (granted(context, *ties, partner.code, report, {"push"}))
      if (auto r = send_report(unit, context, *row, report, partner); !r) return r;
  return {};
}

Result<void> strip(store::Unit& unit, const std::string& origin, const std::string& number) {
  auto versions = unit.report_versions(origin, number);
  if (!versions) return versions.error();
  for (const auto& v : *versions) {
    if (auto r = unit.strip_report(v.id); !r) return r;
    if (!v.hl7.empty())  // once no report names it any more
      if (auto r = unit.forget_inbox(v.source, hl7::peek_header(v.hl7).control_id, sha256(v.hl7)); !r) return r;
  }
  return {};
}

Result<void> apply_consent(store::Unit& unit, const Context& context, const std::string& source, const mapping::ConsentMessage& message) {
  const auto* partner = context.partner(source);
  int removed = 0, kept = 0;
  for (const auto& ref : message.reports) {
    if (!partner || ref.origin != partner->hospital.code) return Error{"inbound.foreign_report", "ZRR-2", {ref.origin, source}};
    if (!ref.item.empty()) {
      if (message.given) continue;  // it comes again when it is shared again
      if (auto r = remove_summary(unit, source, ref); !r) return r;
      ++removed;
      continue;
    }
    const auto subject = subject_of(ref.origin, ref.number);
    if (message.given) {
      if (auto r = unit.lift_bar(source, subject); !r) return r;
      continue;
    }
    auto audience = unit.audience(ref.origin, ref.number);
    if (!audience) return audience.error();
    const bool used = std::any_of(audience->begin(), audience->end(), [](const store::ViewRow& v) { return v.kind == "recognised"; });
    if (auto r = unit.put_bar({.partner = source, .subject = subject, .removed = !used, .at_ms = message.at.epoch_ms}); !r) return r;
    ++(used ? kept : removed);
    if (used) continue;
    if (auto r = strip(unit, ref.origin, ref.number); !r) return r;
  }
  context.log.write(Severity::info, "exchange.copies_removed", {{"partner", source}, {"removed", std::to_string(removed)}, {"kept", std::to_string(kept)}});
  return {};
}

}  // namespace huren::engine::exchange
