#include "engine/requalify.hpp"

#include "core/model/event.hpp"
#include "engine/reports.hpp"

namespace huren::engine {
namespace {

constexpr int kBatch = 100;
constexpr const char* kTables = "requalify.tables";  // which set the last whole round was made with
constexpr const char* kPlace = "requalify.place";    // how far this round has come

// A number that stands for a version text; the cursor table holds numbers.
std::int64_t number_of(const std::string& version) {
  return static_cast<std::int64_t>(std::stoull(sha256_hex(version).substr(0, 15), nullptr, 16));
}

std::size_t position_of(const std::string& result_id) {
  const auto dot = result_id.rfind('.');
  const auto number = dot == std::string::npos ? std::string() : result_id.substr(dot + 1);
  if (number.empty() || number.size() > 6 || number.find_first_not_of("0123456789") != std::string::npos) return SIZE_MAX;
  return static_cast<std::size_t>(std::stoul(number));
}

}  // namespace

std::string quality_now(const Context& context, const store::ReportRow& row, std::size_t position, std::int64_t at_ms) {
  const auto parsed = report_in(row);
  if (!parsed || position >= parsed->observations.size()) return {};
  recognition::Input input;
  input.asking = context.config.hospital;
  input.patient = parsed->patient;
  input.at = from_epoch_ms(at_ms, context.config.hospital.offset_minutes);
  input.terminology = context.codes;
  for (const auto& agreement : context.config.agreements)
    if (const auto* partner = context.partner(agreement.partner)) input.agreements.push_back({agreement, partner->hospital});
  input.candidates.push_back({.result_id = "", .report_id = row.id, .source = row.source, .report = &*parsed, .position = position});
  return recognition::word(recognition::quality_of(input, 0));
}

Result<bool> must_judge_again(store::Reader& reader, const Context& context) {
  auto tables = reader.cursor(kTables);
  if (!tables) return tables.error();
  return *tables != number_of(context.codes->version());
}

Result<bool> judge_again(store::Unit& unit, const Context& context) {
  auto place = unit.cursor(kPlace);
  if (!place) return place.error();
  auto uses = unit.uses_after(*place, kBatch);
  if (!uses) return uses.error();
  int told = 0;
  for (auto& use : *uses) {
    auto decision = unit.decision(use.decision_id);
    if (!decision) return decision.error();
    auto report = unit.report(use.report_id);
    if (!report) return report.error();
    if (!*decision || !*report) continue;
    const std::string now = quality_now(context, **report, position_of(use.result_id), (*decision)->at_ms);
    if (now.empty() || now == use.quality) continue;
    if (use.quality == "pass") {
      if (auto r = tell_that(unit, context, **report, {(*decision)->doctor_id, (*decision)->patient_id, "recognised"}, "disqualified",
                             text({"engine.disqualified_reason", "", {}}, Language::zh)); !r)
        return r.error();
      ++told;
    }
    use.quality = now;
    if (auto r = unit.put_use(use); !r) return r.error();
  }
  const bool done = static_cast<int>(uses->size()) < kBatch;
  if (told > 0) context.log.write(Severity::info, "marks.judged_again", {{"told", std::to_string(told)}, {"uses", std::to_string(uses->size())}});
  if (auto r = unit.set_cursor(kPlace, done ? 0 : uses->back().seq); !r) return r.error();
  if (done)
    if (auto r = unit.set_cursor(kTables, number_of(context.codes->version())); !r) return r.error();
  return !done;
}

}  // namespace huren::engine
