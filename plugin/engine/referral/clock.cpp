// What happens because nothing happened: an answer or a report that is overdue, a request that ran out.
#include "engine/referral/parts.hpp"

namespace huren::engine {
namespace {

constexpr int kBatch = 50;

// Both hospitals hold the request and its times, so each tells its own people without a word on the wire.
Result<void> remind(store::Unit& unit, const Context& context, const std::string& key) {
  auto request = load(unit, context, key);
  if (!request) return request.error();
  const std::int64_t now = context.clock.now_ms();
  const auto state = request->life.state;
  auto& row = request->row;
  if (state == life::State::expired && row.state != life::word(state)) {
    if (auto r = refresh(unit, context, *request); !r) return r;
    return tell_his(unit, context, *request, "expired");
  }
  const bool answer = request->life.answer_due_ms && request->life.answer_due_ms <= now;
  const bool reading = request->life.reading_due_ms && request->life.reading_due_ms <= now;
  if (answer || reading) {
    ++row.told;
    context.log.write(Severity::warning, "request.overdue", {{"kind", row.kind}, {"partner", row.partner}, {"priority", row.priority}, {"what", answer ? "answer" : "report"}, {"times", std::to_string(row.told)}});
    if (auto r = refresh(unit, context, *request); !r) return r;
    return tell_his(unit, context, *request, "overdue");
  }
  return refresh(unit, context, *request);
}

}  // namespace

Result<bool> look_at_clock(const Context& context) {
  const std::int64_t now = context.clock.now_ms();
  std::vector<store::ReferralRow> due;
  bool decided = false;
  auto read = context.store.read([&](store::Reader& reader) -> Result<void> {
    auto rows = reader.referrals_due(now, kBatch);
    if (!rows) return rows.error();
    due = std::move(*rows);
    for (const char* wanted : {"confirm", "reject"}) {
      auto open = reader.doubts(wanted, 1);
      if (!open) return open.error();
      decided = decided || !open->empty();
    }
    return {};
  });
  if (!read) return read.error();
  if (due.empty() && !decided) return false;
  auto done = context.store.transact([&](store::Unit& unit) -> Result<void> {
    for (const auto& row : due)
      if (auto r = remind(unit, context, row.key); !r) return r;
    if (!decided) return {};
    auto applied = apply_decisions(unit, context);
    return applied ? Result<void>() : Result<void>(applied.error());
  });
  if (!done) return done.error();
  return true;
}

}  // namespace huren::engine
