#include "engine/duties.hpp"

#include "core/model/notice.hpp"
#include "engine/audit.hpp"
#include "engine/referral/requests.hpp"
#include "engine/reports.hpp"
#include "engine/requalify.hpp"

namespace huren::engine {
namespace {

constexpr int kBatch = 200;
constexpr std::int64_t kMinuteMs = 60'000;

struct Due {
  std::vector<store::OfferRow> suggestions;
  std::vector<store::RetractionRow> retractions;
  bool tables = false;
  [[nodiscard]] bool any() const { return tables || !suggestions.empty() || !retractions.empty(); }
};

Result<Due> due(store::Reader& reader, const Context& context) {
  const std::int64_t now = context.clock.now_ms();
  Due out;
  auto suggestions = reader.offers_open(now - context.config.ignored_after_minutes * kMinuteMs, kBatch);
  if (!suggestions) return suggestions.error();
  out.suggestions = std::move(*suggestions);
  auto retractions = reader.open_retractions();
  if (!retractions) return retractions.error();
  for (auto& r : *retractions)  // oldest first
    if (r.escalated_ms == 0 && r.at_ms <= now - context.config.escalate_after_minutes * kMinuteMs && out.retractions.size() < kBatch)
      out.retractions.push_back(std::move(r));
  auto tables = must_judge_again(reader, context);
  if (!tables) return tables.error();
  out.tables = *tables;
  return out;
}

Result<void> escalate(store::Unit& unit, const Context& context, const store::RetractionRow& row) {
  context.log.write(Severity::warning, "retraction.escalated", {{"notice", row.notice_id}, {"report", row.report_id}});
  auto first = unit.notice(row.notice_id);
  if (!first) return first.error();
  const std::string id = row.notice_id + kEscalated;
  if (*first)
    if (auto json = model::escalated({.notice_id = id, .at = context.now()}, (*first)->json, {context.config.quality_manager, ""}))
      if (auto r = notify(unit, context, id, (*first)->topic, std::move(*json)); !r) return r;
  return unit.escalate_retraction(row.notice_id, row.doctor_id, context.clock.now_ms());
}

}  // namespace

Result<bool> look_after(const Context& context) {
  Due waiting;
  auto read = context.store.read([&](store::Reader& reader) -> Result<void> {
    auto d = due(reader, context);
    if (!d) return d.error();
    waiting = std::move(*d);
    return {};
  });
  if (!read) return read.error();
  if (!waiting.any()) return look_at_clock(context);
  auto done = context.store.transact([&](store::Unit& unit) -> Result<void> {
    for (auto& s : waiting.suggestions) {
      auto now = unit.offer(s.id);  // a decision may have come since it was read
      if (!now) return now.error();
      if (!*now || (*now)->state != "open") continue;
      (*now)->state = "ignored";
      (*now)->changed_ms = context.clock.now_ms();
      if (auto r = unit.put_offer(**now); !r) return r;
      if (auto r = audit(unit, context.clock.now_ms(), "suggestion.ignored", {"huren", "suggestion:" + s.id, "ignored"}, {}); !r) return r;
    }
    for (const auto& r : waiting.retractions)
      if (auto told = escalate(unit, context, r); !told) return told;
    if (waiting.tables) {
      auto again = judge_again(unit, context);
      if (!again) return again.error();
    }
    return {};
  });
  if (!done) return done.error();
  return true;
}

}  // namespace huren::engine
