#include "console/see.hpp"

#include <algorithm>

#include "core/base/pack.hpp"
#include "core/base/time.hpp"
#include "core/cda/rules.hpp"
#include "core/hl7/profile.hpp"
#include "core/mapping/decision_message.hpp"
#include "core/mapping/oru.hpp"
#include "core/mapping/referral_message.hpp"
#include "core/model/event.hpp"
#include "engine/audit.hpp"
#include "engine/reports.hpp"

namespace huren::console {
namespace {

using store::Unit;

constexpr std::size_t kLongestShown = 200;          // of base64 inside the HL7 text
constexpr std::size_t kMostDocuments = 20;

Json parsed(const std::string& json) {
  auto tree = Json::parse(json, nullptr, false);
  return tree.is_discarded() ? Json(nullptr) : tree;
}

// What two checkers say of one place is said once.
void add(Json& out, const char* part, const Findings& findings) {
  for (const auto& f : findings) {
    auto row = finding_json(f);
    row["part"] = part;
    auto& all = out["findings"];
    if (std::find(all.begin(), all.end(), row) == all.end()) all.push_back(std::move(row));
  }
}

// The reader's remarks on what it took anyway are for nobody's eyes here.
Findings worth_saying(Findings findings) {
  std::erase_if(findings, [](const Finding& f) { return f.severity == Severity::info; });
  return findings;
}

void add_document(Json& out, const Looking& looking, const std::string& title, const std::string& bytes) {
  if (out["documents"].size() == kMostDocuments) return;
  const bool xml = bytes.find("<ClinicalDocument") != std::string::npos;
  out["documents"].push_back({{"title", title}, {"text", xml ? bytes : ""}, {"bytes", bytes.size()}});
  if (!xml) return;
  if (out["document"].get_ref<const std::string&>().empty()) out["document"] = bytes;
  add(out, "document", cda::check(bytes, {.assumed_offset_minutes = looking.config.hospital.offset_minutes, .charset = "", .limits = {}, .transfer = {}}).findings);
}

// Documents are the OBX of type ED; the text that is shown has their length in place of their bytes.
void add_hl7(Json& out, const Looking& looking, const std::string& source, const hl7::Message& message) {
  add(out, "hl7", hl7::check(message, looking.profiles.of(source)));
  std::string lines;
  for (std::size_t i = 0; i < message.size(); ++i) {
    const auto s = message.segment(i);
    std::string line(s.raw());
    if (s.name() == "OBX" && s.value(2) == "ED") {
      const auto data = s.value(5, 5);
      if (auto bytes = base64_decode(data)) {
        if (s.value(5, 3) == "zstd")
          if (auto whole = unpack(*bytes, mapping::kLargestDocument)) *bytes = std::move(*whole);
        if (s.value(5, 3) != "pkcs7-signature") add_document(out, looking, s.value(3), *bytes);
      }
      if (const auto at = data.size() > kLongestShown ? line.find(data) : line.npos; at != line.npos) line.replace(at, data.size(), "(" + std::to_string(data.size()) + " base64)");
    }
    lines += line + "\n";
  }
  out["hl7"] = lines;
}

// What the message says in the words of our events, for messages that no event of our HIS made.
Json said(Json& out, const hl7::Message& message, int offset_minutes) {
  const mapping::OruOptions options{.offset_minutes = offset_minutes, .origin = {}, .map = nullptr, .standardise = {}, .trace = nullptr};
  const auto header = message.header();
  if (mapping::is_step(message)) {
    auto read = mapping::read_step_message(message, options);
    add(out, "hl7", worth_saying(std::move(read.findings)));
    return read.step ? parsed(model::to_json(read.step->step)) : Json(nullptr);
  }
  if (header.type == "ORU" || header.type == "OUL") {
    auto read = mapping::read_oru(message, options);
    add(out, "hl7", worth_saying(std::move(read.findings)));
    return read.reports.empty() ? Json(nullptr) : parsed(model::to_json(read.reports.front()));
  }
  if (mapping::is_decision(header)) {
    auto read = mapping::read_decision(message, offset_minutes);
    add(out, "hl7", worth_saying(std::move(read.findings)));
    if (!read.decision) return nullptr;
    const auto& d = *read.decision;
    Json told{{"id", d.id}, {"hospital", d.hospital}, {"outcome", d.outcome}, {"reason", d.reason}, {"doctor", d.doctor_id}, {"department", d.department},
             {"order_item", d.order_item}, {"saved_cents", d.saved_cents}, {"at", to_iso_time(d.at)}, {"results", Json::array()}};
    for (const auto& r : d.results) told["results"].push_back({{"origin", r.origin}, {"number", r.number}, {"version", r.version}, {"item", r.item.empty() ? r.local_item : r.item}});
    return told;
  }
  return nullptr;
}

Json empty_view() { return {{"event", nullptr}, {"hl7", ""}, {"document", ""}, {"documents", Json::array()}, {"findings", Json::array()}}; }

void look_at(Json& out, const Looking& looking, const std::string& source, const std::string& bytes) {
  if (bytes.empty()) return;
  auto message = hl7::Message::read(bytes);
  if (!message) {
    add(out, "hl7", {{Severity::error, message.error()}});
    return;
  }
  add_hl7(out, looking, source, *message);
  out["event"] = said(out, *message, looking.config.hospital.offset_minutes);
}

// The report that this message carried, in the version that it names; of one whose bytes are gone the newest.
Result<std::optional<store::ReportRow>> report_of(Unit& unit, const store::OutboxRow& row, const Json& read_back) {
  const auto slash = row.subject.find('/');
  const int version = read_back.is_object() ? read_back.value("version", 0) : 0;
  std::optional<store::ReportRow> found;
  if (!row.type.starts_with("ORU") || row.subject.starts_with("request/") || slash == std::string::npos) return found;
  auto versions = unit.report_versions(row.subject.substr(0, slash), row.subject.substr(slash + 1));
  if (!versions) return versions.error();
  for (auto& v : *versions) {
    found = std::move(v);
    if (found->version == version) break;
  }
  return found;
}

// What our HIS submitted, where the store still has it.
Result<Json> event_of(Unit& unit, const store::OutboxRow& row, const std::optional<store::ReportRow>& report, const Json& read_back) {
  const auto after = [&](std::string_view prefix) { return row.subject.starts_with(prefix) ? row.subject.substr(prefix.size()) : std::string(); };
  if (report) {
    const auto whole = engine::report_in(*report);
    return whole ? parsed(model::to_json(*whole)) : Json(nullptr);
  }
  if (const auto key = after("request/"); !key.empty()) {
    auto facts = unit.facts(key);
    if (!facts) return facts.error();
    const auto id = read_back.is_object() ? read_back.value("fact_id", std::string()) : std::string();
    for (const auto& f : *facts)
      if (f.fact_id == id) return parsed(f.json);
    return read_back;
  }
  if (const auto id = after("order/"); !id.empty()) {
    auto order = unit.order(id);
    if (!order) return order.error();
    return *order ? parsed((*order)->json) : Json(nullptr);
  }
  if (const auto id = after("patient/"); !id.empty()) {
    auto patient = unit.patient(id);
    if (!patient) return patient.error();
    return *patient ? parsed((*patient)->json) : Json(nullptr);
  }
  if (const auto number = after("record/"); !number.empty() && !row.order_key.empty()) {
    auto records = unit.records_of(row.order_key);
    if (!records) return records.error();
    for (const auto& r : *records)
      if (r.number == number && !r.json.empty()) return parsed(r.json);
  }
  return read_back;
}

Result<void> note(Unit& unit, const Looking& looking, const std::string& message_id, const std::string& partner) {
  if (looking.by_ctl)
    return engine::audit(unit, looking.now_ms, "operator.message_viewed", {looking.who, "message:" + message_id, "shown"}, {{"partner", partner}});
  return engine::audit(unit, looking.now_ms, "console.message_viewed", {looking.who, "message:" + message_id, "shown"}, {{"partner", partner}});
}

}  // namespace

Json finding_json(const Finding& finding) {
  auto out = error_json(finding.error);
  out["severity"] = finding.severity == Severity::error ? "error" : finding.severity == Severity::warning ? "warning" : "info";
  return out;
}

Result<Json> see_outbox(Unit& unit, const Looking& looking, std::int64_t id, store::OutboxRow& row) {
  auto whole = unit.outbox_whole(id);
  if (!whole) return whole.error();
  if (!*whole) return Error{"ctl.no_row", "/id", {std::to_string(id)}};
  row = std::move(**whole);
  auto out = empty_view();
  look_at(out, looking, row.partner, row.body);
  auto report = report_of(unit, row, out["event"]);
  if (!report) return report.error();
  if (*report && out["document"].get_ref<const std::string&>().empty() && !(*report)->document.empty()) add_document(out, looking, "C0007", (*report)->document);
  auto event = event_of(unit, row, *report, out["event"]);
  if (!event) return event;
  out["event"] = std::move(*event);
  if (auto noted = note(unit, looking, row.message_id, row.partner); !noted) return noted.error();
  return out;
}

Result<Json> see_inbox(Unit& unit, const Looking& looking, std::int64_t id, store::InboxRow& row) {
  auto whole = unit.inbox_whole(id);
  if (!whole) return whole.error();
  if (!*whole) return Error{"ctl.no_row", "/id", {std::to_string(id)}};
  row = std::move(**whole);
  auto out = empty_view();
  look_at(out, looking, row.source, row.body);
  if (auto noted = note(unit, looking, row.control_id, row.source); !noted) return noted.error();
  return out;
}

}  // namespace huren::console
