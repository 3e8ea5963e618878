// What goes with a patient: the manifest, its documents and lab reports, and at the other end whether all of it is there.
#include <algorithm>
#include <set>

#include "core/cda/profile.hpp"
#include "core/cda/record_document.hpp"
#include "core/model/event.hpp"
#include "engine/referral/parts.hpp"
#include "engine/reports.hpp"
#include "engine/ties.hpp"

namespace huren::engine {
namespace {

using model::ClinicalRecord;
using model::PackageItem;
using model::Step;

std::string title_of(std::string_view kind) {
  if (const auto k = cda::kind_from_code(kind))
    if (const auto* row = cda::kind_row(*k)) return row->title_zh;
  return std::string(kind);
}

bool is_cda(std::string_view kind) { return cda::kind_from_code(kind).has_value(); }

}  // namespace

ClinicalRecord record_for(const Context& context, const Step& step, const model::Patient& patient, ClinicalRecord content) {
  const auto& own = context.config.hospital;
  content.origin = {own.code, own.name};
  if (content.number.empty()) content.number = step.id + "-" + content.kind;
  content.version = std::max(content.version, step.version);
  content.status = step.outcome == "withdrawn" ? model::Status::withdrawn : content.version > 1 ? model::Status::corrected : model::Status::final_result;
  content.patient = patient;
  if (!content.written_at.present()) content.written_at = step.at;
  if (content.author.id.empty() && content.author.name.empty()) content.author = step.person;
  const auto& other = step.by == step.from ? step.to : step.from;
  content.recipient = organisation_of(context, other);
  content.order_number = step.id;
  if (content.service.code.empty()) content.service = step.service;
  if (content.version > 1 && content.amendment_reason.empty()) content.amendment_reason = step.reason;
  for (const auto& p : step.package)
    if (p.kind == "report" && p.version > 0) content.reports.push_back({p.origin, p.number, p.title, p.version});
  return content;
}

Result<void> enclose(store::Unit& unit, const Context& context, const std::string& key, const std::string& patient_id, const config::Partner& partner,
                     ClinicalRecord record, mapping::StepMessage& message) {
  auto bytes = cda::write_record(record, {.mode = partner.cda_mode == "strict" ? cda::Mode::strict : cda::Mode::cn, .id = {}, .transfer = {context.config.transfer_template, context.config.transfer_code}});
  if (!bytes) return bytes.error();
  auto versions = unit.record_versions(record.kind, record.origin.code, record.number);
  if (!versions) return versions.error();
  if (!versions->empty() && versions->back().version >= record.version)
    return Error{"report.old_version", "/version", {std::to_string(record.version), std::to_string(versions->back().version)}};
  if (auto r = unit.put_record({.id = new_id(context.clock.now_ms()), .referral = key, .kind = record.kind, .origin = record.origin.code, .number = record.number,
                                .source = "", .patient_id = patient_id, .version = record.version, .status = model::status_word(record.status),
                                .json = model::to_json(record), .document = *bytes, .stored_ms = context.clock.now_ms(), .current = true}); !r)
    return r;
  auto signature = context.documents.sign(context, partner, *bytes);
  if (!signature) return signature.error();
  message.documents.push_back({record.kind, record.origin.code, record.number, title_of(record.kind), record.version, std::move(*bytes), std::move(*signature)});
  return {};
}

Result<std::vector<store::ReportRow>> pack(store::Reader& reader, const Context& context, const store::PatientRow& patient, const config::Partner& partner,
                                           std::int64_t since_ms, Step& step) {
  std::vector<store::ReportRow> to_send;
  auto records = reader.same_person(patient.id);
  if (!records) return records.error();
  std::vector<store::ReportRow> reports;
  for (const auto& record : *records) {
    auto own = reader.reports_of(record);
    if (!own) return own.error();
    reports.insert(reports.end(), own->rbegin(), own->rend());  // oldest first, as they were released
  }
  for (auto& row : reports) {
    if (!row.source.empty() || !row.current || row.stored_ms < since_ms || step.package.size() >= 400) continue;
    const auto parsed = report_in(row);
    if (!parsed || !may_leave(context, partner.code, "referral", *parsed)) continue;
    step.package.push_back({"report", row.origin, row.number, parsed->panel.name, row.version});
    auto receivers = reader.receivers(subject_of(row.origin, row.number));
    if (!receivers) return receivers.error();
    if (std::find(receivers->begin(), receivers->end(), partner.code) == receivers->end()) to_send.push_back(std::move(row));
  }
  return to_send;
}

Result<life::Package> package_of(store::Reader& reader, const store::ReferralRow& row, const life::Life& life) {
  // The asked hospital looks at what came with the request, the asking one at what came back.
  const auto* step = row.ours ? life.step(life.completion) : life.step(life.request);
  const auto* request = life.step(life.request);
  if (!step || !request || step->package.empty()) return life::Package{};
  std::vector<life::Held> held;
  auto records = reader.records_with(row.key);
  if (!records) return records.error();
  for (const auto& r : *records) held.push_back({r.kind, r.origin, r.number, r.version, r.status == "withdrawn", r.status == "other_patient"});
  std::set<std::string> seen;
  for (const auto& item : step->package) {
    if (item.kind != "report" || !seen.insert(item.origin + "/" + item.number).second) continue;
    auto versions = reader.report_versions(item.origin, item.number);
    if (!versions) return versions.error();
    for (const auto& v : *versions) {
      const auto parsed = report_in(v);
      const bool other = parsed && model::same_person(parsed->patient, request->patient).match == model::Match::different;
      held.push_back({"report", v.origin, v.number, v.version, v.status == "withdrawn", other});
    }
  }
  return life::check_package(step->package, held);
}

Result<std::vector<Error>> keep_documents(store::Unit& unit, const Context& context, const std::string& key, const std::string& patient_id, const model::Patient& about,
                                          const std::string& source, const std::vector<mapping::Document>& documents, const model::Agreement* agreement, const store::InboxRow* brought_by) {
  std::vector<Error> problems;
  const auto limit = static_cast<std::size_t>(agreement ? agreement->attachment_max_bytes : model::Agreement{}.attachment_max_bytes);
  std::size_t enclosed = 0;
  for (const auto& d : documents) {
    store::RecordRow row{.id = new_id(context.clock.now_ms()), .referral = key, .kind = d.kind, .origin = d.origin, .number = d.number, .source = source,
                         .patient_id = patient_id, .version = d.version, .status = "final", .json = "", .document = d.bytes,
                         .stored_ms = context.clock.now_ms(), .current = true};
    if (brought_by) {
      row.control_id = brought_by->control_id;
      row.content_hash = brought_by->content_hash;
    }
    if (is_cda(d.kind)) {
      const auto* partner = context.partner(source);
      if (!partner) return Error{"event.unknown_partner", "MSH-4", {source}};
      if (auto r = context.documents.admit(context, *partner, d.bytes, d.signature, context.clock.now_ms()); !r) {  // not kept: the line stays missing
        problems.push_back({r.error().id, d.kind, r.error().args});
        continue;
      }
      auto read = cda::read_record(d.bytes, {.assumed_offset_minutes = context.config.hospital.offset_minutes, .charset = "", .limits = {}, .transfer = {context.config.transfer_template, context.config.transfer_code}});
      if (!read.record) {
        problems.push_back({"referral.document_unreadable", d.kind, {d.kind, d.number}});
        continue;
      }
      row.json = model::to_json(*read.record);
      row.status = model::status_word(read.record->status);
      const auto& got = read.record->patient;
      // Our own patient comes back under our own number; anybody else must not be provably another.
      if (model::same_person(got, about).match == model::Match::different ||
          (!got.name.empty() && model::comparable_name(got.name) != model::comparable_name(about.name) && model::same_person(got, about).match != model::Match::same)) {
        row.status = "other_patient";
        row.patient_id.clear();
        problems.push_back({"referral.document_of_other", d.kind, {d.kind, d.number}});
      }
    } else {
      enclosed += d.bytes.size();
      if (enclosed > limit) {
        problems.push_back({"referral.attachment_too_large", d.kind, {std::to_string(enclosed), std::to_string(limit)}});
        continue;
      }
    }
    auto versions = unit.record_versions(row.kind, row.origin, row.number);
    if (!versions) return versions.error();
    if (!versions->empty() && versions->back().version >= row.version && versions->back().status != "removed") continue;  // this one or a later one is here
    if (auto r = unit.put_record(row); !r) return r.error();
  }
  return problems;
}

}  // namespace huren::engine
