#include "core/model/event.hpp"
#include "engine/exchange/backfill.hpp"

#include <algorithm>

#include "engine/exchange/index.hpp"
#include "engine/exchange/permission.hpp"
#include "engine/reports.hpp"

namespace huren::engine::exchange {
namespace {

constexpr int kLookedAtOnce = 500;

// An agreement that begins anew, or with another way of sharing, is a new one.
std::string place(const model::Agreement& a, const char* what) { return "backfill:" + a.id + ":" + to_iso_date(a.from) + ":" + a.mode + ":" + what; }

}  // namespace

Result<BackfillState> backfill_state(store::Reader& reader, const model::Agreement& agreement) {
  BackfillState s;
  auto began = reader.cursor(place(agreement, "began")), to = reader.cursor(place(agreement, "to")), sent = reader.cursor(place(agreement, "sent")),
       done = reader.cursor(place(agreement, "done"));
  for (const auto* r : {&began, &to, &sent, &done})
    if (!*r) return r->error();
  s.began_ms = *began;
  s.looked_to_ms = *to;
  s.sent = *sent;
  s.done = *done != 0;
  return s;
}

Result<BackfillStep> backfill_step(const Context& context, const model::Agreement& agreement, int most) {
  BackfillStep step;
  const auto* partner = context.partner(agreement.partner);
  if (!partner || !agreement.send || agreement.backfill_days <= 0 || agreement.mode == "pull" || !in_force(agreement, context.today())) return BackfillStep{0, true};
  auto done = context.store.transact([&](store::Unit& unit) -> Result<void> {
    step = {};
    auto state = backfill_state(unit, agreement);
    if (!state) return state.error();
    if (state->done) {
      step.done = true;
      return {};
    }
    const auto now = context.clock.now_ms();
    auto began = state->began_ms;
    if (began == 0) {
      began = now;
      if (auto r = unit.set_cursor(place(agreement, "began"), began); !r) return r;
    }
    auto after = unit.cursor(place(agreement, "seq"));
    if (!after) return after.error();
    auto rows = unit.own_reports(*after, began - agreement.backfill_days * kDayMs, kLookedAtOnce);
    if (!rows) return rows.error();
    std::int64_t seq = *after, to = state->looked_to_ms;
    for (const auto& [at, row] : *rows) {
      if (step.sent == most) break;
      seq = at;
      to = row.stored_ms;
      const auto subject = subject_of(row.origin, row.number);
      auto receivers = unit.receivers(subject);
      if (!receivers) return receivers.error();
      if (std::find(receivers->begin(), receivers->end(), partner->code) != receivers->end()) continue;
      auto ties = unit.ties(row.patient_id);
      if (!ties) return ties.error();
      const auto parsed = report_in(row);
      if (!parsed || !covers(agreement, *parsed) || !tied(*ties, agreement, now)) continue;
      if (agreement.mode == "index") {
        auto indexed = unit.disclosed(subject, partner->code, "index");
        if (!indexed) return indexed.error();
        if (*indexed) continue;
        if (auto r = send_index(unit, context, row, *parsed, *partner, false); !r) return r;
      } else if (auto r = send_report(unit, context, row, *parsed, *partner); !r) {
        return r;
      }
      ++step.sent;
    }
    step.done = rows->empty();
    for (const auto& [what, value] : {std::pair{"seq", seq}, std::pair{"to", to}, std::pair{"sent", state->sent + step.sent}, std::pair{"done", std::int64_t{step.done}}})
      if (auto r = unit.set_cursor(place(agreement, what), value); !r) return r;
    return {};
  });
  if (!done) return done.error();
  return step;
}

}  // namespace huren::engine::exchange
