#include "engine/referral/matching.hpp"

#include <algorithm>
#include <nlohmann/json.hpp>

#include "core/model/event.hpp"
#include "engine/referral/parts.hpp"
#include "engine/reports.hpp"

namespace huren::engine {
namespace {

using model::Match;
using store::DoubtRow;
using store::PatientRow;

Result<void> add(std::vector<PatientRow>& candidates, Result<std::vector<PatientRow>> rows) {
  if (!rows) return rows.error();
  for (auto& row : *rows)
    if (std::none_of(candidates.begin(), candidates.end(), [&](const PatientRow& c) { return c.id == row.id; })) candidates.push_back(std::move(row));
  return {};
}

Result<void> doubt(store::Unit& unit, const Context& context, const model::Patient& theirs, const std::string& organisation, const PatientRow& ours, const model::Matching& m) {
  const auto number = their_number(theirs);
  auto known = unit.doubts_about(organisation, number);
  if (!known) return known.error();
  DoubtRow row{.id = new_id(context.clock.now_ms()), .partner = organisation, .their_id = number, .patient_id = ours.id, .theirs = model::to_json(theirs),
               .evidence = model::to_json(m), .score = m.score, .state = "open", .decided_by = "", .at_ms = context.clock.now_ms(), .decided_ms = 0};
  for (const auto& d : *known)
    if (d.patient_id == ours.id) {
      if (d.state != "open") return {};  // decided already
      row.id = d.id;
      row.at_ms = d.at_ms;
    }
  if (auto r = unit.put_doubt(row); !r) return r;
  context.log.write(Severity::warning, "patient.doubtful", {{"doubt", row.id}, {"score", std::to_string(m.score)}});
  const nlohmann::ordered_json notice{{"notice_id", "doubt-" + row.id}, {"topic", "patient.doubtful/1"}, {"at", to_iso_time(context.now())},
                                      {"body", {{"doubt_id", row.id}, {"patient_id", ours.local_id}, {"organisation", organisation}, {"score", m.score},
                                                {"evidence", nlohmann::ordered_json::parse(row.evidence)}}}};
  return notify(unit, context, "doubt-" + row.id, "patient.doubtful/1", notice.dump());
}

}  // namespace

std::string their_number(const model::Patient& theirs) { return theirs.local_id.empty() ? "#" + sha256_hex(model::to_json(theirs)).substr(0, 32) : theirs.local_id; }

std::vector<std::string> hint_digests(const model::Patient& patient) {
  auto hints = model::hints_of(patient);
  for (auto& h : hints) h = sha256_hex("huren hint 1 " + h).substr(0, 32);
  return hints;
}

Result<void> remember_hints(store::Unit& unit, const std::string& patient_id, const model::Patient& patient) { return unit.put_hints(patient_id, hint_digests(patient)); }

Result<bool> confirmed(store::Reader& reader, const model::Patient& theirs, const std::string& organisation, const std::string& patient_id) {
  auto known = reader.doubts_about(organisation, their_number(theirs));
  if (!known) return known.error();
  return std::any_of(known->begin(), known->end(), [&](const DoubtRow& d) { return d.patient_id == patient_id && d.state == "confirmed"; });
}

Result<std::string> open_doubt(store::Reader& reader, const model::Patient& theirs, const std::string& organisation) {
  auto known = reader.doubts_about(organisation, their_number(theirs));
  if (!known) return known.error();
  for (const auto& d : *known)
    if (d.state == "open") return d.id;
  return std::string();
}

Result<Matched> match_person(store::Unit& unit, const Context& context, const model::Patient& theirs, const std::string& organisation) {
  auto decided = unit.doubts_about(organisation, their_number(theirs));
  if (!decided) return decided.error();
  for (const auto& d : *decided) {
    if (d.state != "confirmed") continue;
    auto ours = unit.patient(d.patient_id);
    if (!ours) return ours.error();
    const auto person = *ours ? model::patient_from_json((*ours)->json) : std::nullopt;
    if (person && model::same_person(theirs, *person).match != Match::different) return Matched{d.patient_id, (*ours)->local_id};
  }
  std::vector<PatientRow> rows;
  for (const auto& [type, value] : verified_ids(theirs))
    if (auto r = add(rows, unit.patients_by_verified_id(type, value)); !r) return r.error();
  const auto rejected = [&](const PatientRow& row) {
    return std::any_of(decided->begin(), decided->end(), [&](const DoubtRow& d) { return d.patient_id == row.id && d.state == "rejected"; });
  };
  std::vector<Matched> same;
  for (const auto& row : rows) {
    const auto ours = model::patient_from_json(row.json);
    if (!ours || rejected(row) || !model::proven_same(theirs, *ours, context.now())) continue;
    auto records = same.empty() ? Result<std::vector<std::string>>(std::vector<std::string>()) : unit.same_person(same.front().patient_id);
    if (!records) return records.error();
    if (std::find(records->begin(), records->end(), row.id) == records->end()) same.push_back({row.id, row.local_id});  // else the HIS merged the two
  }
  if (same.size() == 1) return std::move(same.front());
  if (same.size() > 1) context.log.write(Severity::warning, "report.ambiguous_patient", {});
  // Only a common identifier proves somebody: who is found otherwise can be no more than a doubt, and is looked for only now.
  for (const auto& hint : hint_digests(theirs))
    if (auto r = add(rows, unit.patients_like(hint)); !r) return r.error();
  for (const auto& row : rows) {
    const auto ours = model::patient_from_json(row.json);
    if (!ours || rejected(row)) continue;
    const auto m = model::match_persons(theirs, *ours, context.now());
    if (m.verdict.match != Match::same && !m.doubtful) continue;  // one of several who fit is a doubt as well
    if (auto r = doubt(unit, context, theirs, organisation, row, m); !r) return r.error();
  }
  return Matched{};
}

Result<bool> claimed_same(store::Unit& unit, const Context& context, const model::Patient& theirs, const std::string& organisation, const PatientRow& ours) {
  const auto person = model::patient_from_json(ours.json);
  if (!person) return Error{"event.unknown_patient", "/patient_id", {}};
  const auto m = model::match_persons(theirs, *person, context.now());
  if (m.verdict.match == Match::same) return true;
  if (m.verdict.match == Match::different) return Error{"referral.wrong_patient", "/patient_id", {}};
  auto known = confirmed(unit, theirs, organisation, ours.id);
  if (!known || *known) return known;
  if (auto r = doubt(unit, context, theirs, organisation, ours, m); !r) return r.error();
  return false;
}

Result<bool> apply_decisions(store::Unit& unit, const Context& context) {
  bool changed = false;
  for (const char* wanted : {"confirm", "reject"}) {
    auto rows = unit.doubts(wanted, 100);
    if (!rows) return rows.error();
    for (auto& d : *rows) {
      const bool yes = std::string_view(wanted) == "confirm";
      const auto theirs = model::patient_from_json(d.theirs);
      d.state = yes ? "confirmed" : "rejected";
      d.decided_ms = context.clock.now_ms();
      if (auto r = unit.put_doubt(d); !r) return r.error();
      changed = true;
      auto ours = unit.patient(d.patient_id);
      if (!ours) return ours.error();
      if (!theirs || !*ours) continue;
      const auto person = model::patient_from_json((*ours)->json);
      if (!person) continue;
      if (auto r = patient_came(unit, context, **ours, *person); !r) return r.error();
      if (yes) {
        auto waiting = unit.unmatched_reports(kLinkType, d.partner + "/" + d.their_id);
        if (!waiting) return waiting.error();
        for (auto& row : *waiting) {
          if (auto r = unit.match_report(row.id, d.patient_id); !r) return r.error();
          row.patient_id = d.patient_id;
          const auto parsed = report_in(row);
          if (row.current && parsed)
            if (auto r = notify_received(unit, context, row, *parsed, (*ours)->local_id); !r) return r.error();
        }
        if (auto r = report_came(unit, context, d.patient_id); !r) return r.error();
        continue;
      }
      auto held = unit.reports_of(d.patient_id);  // what an earlier confirmation had moved goes back
      if (!held) return held.error();
      for (const auto& row : *held) {
        const auto parsed = report_in(row);
        if (row.source.empty() || !parsed || row.origin != d.partner || their_number(parsed->patient) != d.their_id) continue;
        if (auto r = unmatch(unit, context, row); !r) return r.error();
      }
    }
  }
  return changed;
}

}  // namespace huren::engine
