#include "engine/exchange/exchange.hpp"

#include <algorithm>

#include "core/model/event.hpp"
#include "engine/audit.hpp"
#include "engine/exchange/backfill.hpp"
#include "engine/exchange/index.hpp"
#include "engine/exchange/permission.hpp"
#include "engine/exchange/question.hpp"
#include "engine/reports.hpp"
#include "engine/threads.hpp"

namespace huren::engine::exchange {
namespace {

using std::chrono::milliseconds;

constexpr milliseconds kLook{1000};
constexpr int kAtOnce = 16, kMostAttempts = 500;
constexpr std::int64_t kFirstPauseMs = 2'000, kLongestPauseMs = 60'000;
constexpr std::int64_t kHourMs = 3'600'000;

bool may_ask(const Context& context, const std::string& partner, std::string_view mode) {
  return std::any_of(context.config.agreements.begin(), context.config.agreements.end(), [&](const model::Agreement& a) {
    return a.partner == partner && a.receive && a.mode == mode && in_force(a, context.today());
  });
}

std::int64_t pause_after(int attempts) { return std::min(kLongestPauseMs, kFirstPauseMs << std::min(attempts, 8)); }

}  // namespace

Result<void> ask_partners(store::Unit& unit, const Context& context, const std::string& patient_id, const std::string& encounter_id) {
  const auto now = context.clock.now_ms();
  for (const auto& partner : context.config.partners) {
    if (!partner.huren || !may_ask(context, partner.code, "pull")) continue;
    if (auto r = unit.put_fetch({.id = 0, .partner = partner.code, .patient_id = patient_id, .reason = "encounter", .reference = encounter_id, .doctor_id = "",
                                 .asked_ms = now, .next_ms = now, .until_ms = now + context.config.exchange.ask_within_ms, .attempts = 0}); !r)
      return r;
    *context.asked = true;
  }
  return {};
}

void Exchange::add(const config::Partner& partner, PartnerAdapter& adapter) { peers_[partner.code] = {&partner, &adapter}; }

void Exchange::start() {
  for (const auto& [code, peer] : peers_)
    if (peer.partner->huren) threads_.push_back(background_thread([this, partner = code] { fetch_loop(partner); }));
  threads_.push_back(background_thread([this] { upkeep_loop(); }));
}

void Exchange::wake() noexcept {
  const std::lock_guard lock(mutex_);
  ++asked_;
  wakes_.notify_all();
}

void Exchange::stop() noexcept {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
    wakes_.notify_all();
  }
  for (auto& t : threads_)
    if (t.joinable()) t.join();
  threads_.clear();
}

bool Exchange::pause(milliseconds most, std::uint64_t& seen) {
  std::unique_lock lock(mutex_);
  wakes_.wait_for(lock, most, [&] { return stopping_ || asked_ != seen; });
  seen = asked_;
  return !stopping_;
}

Ask Exchange::asking(const Peer& peer) const {
  return [this, &peer](const Message& message) -> Replied {
    try {
      return peer.adapter->ask(peer.partner->code, message, static_cast<std::uint32_t>(context_.config.exchange.ask_timeout_ms));
    } catch (...) {  // the adapter's thunk
      return {{.outcome = Outcome::unknown, .code = "", .remark = {"delivery.adapter_threw", peer.partner->code, {}}}, {}};
    }
  };
}

Result<void> Exchange::fetch(const Peer& peer, const store::FetchRow& row) {
  const auto now = context_.clock.now_ms();
  mapping::Question q{.asked = mapping::Asked::reports, .tag = "", .patient = {}, .items = {}, .collected_since_ms = now - kLookBackMs, .side = "",
                      .from = {}, .to = {}, .numbers = {}};
  const auto finish = [&](const std::string& outcome, std::size_t count) {
    return context_.store.transact([&](store::Unit& unit) -> Result<void> {
      const std::string who = row.doctor_id.empty() ? "huren" : "doctor:" + row.doctor_id;
      if (auto r = audit(unit, context_.clock.now_ms(), "report.fetched", {who, "patient:" + row.patient_id, outcome},
                         {{"count", std::to_string(count)}, {"partner", row.partner}, {"reason", row.reason}}); !r)
        return r;
      return unit.finish_fetch(row.id);
    });
  };
  const auto end = [&](const Error& why) {
    context_.log.write(Severity::warning, "exchange.not_fetched", {{"partner", row.partner}, {"why", std::string(why.id)}});
    return finish(std::string(why.id), 0);
  };
  bool askable = row.until_ms > now && row.attempts < kMostAttempts;
  if (!askable) return end({"exchange.too_late", row.partner, {}});
  auto read = context_.store.read([&](store::Reader& reader) -> Result<void> {
    auto patient = reader.patient(row.patient_id);
    if (!patient) return patient.error();
    const auto person = *patient ? model::patient_from_json((*patient)->json) : std::optional<model::Patient>();
    askable = person.has_value();
    if (!askable) return {};
    q.patient.name = person->name;
    q.patient.sex = person->sex;
    q.patient.birth_date = person->birth_date;
    for (const auto& [type, value] : verified_ids(*person))
      if (q.patient.identifiers.size() < mapping::kMostIdentifiers) q.patient.identifiers.push_back({type, value, ""});
    askable = !q.patient.identifiers.empty() && q.patient.birth_date.present() && !q.patient.name.empty();
    if (!askable || row.reason != "open") return {};
    auto entries = elsewhere(reader, context_, *person, 0);
    if (!entries) return entries.error();
    for (const auto& e : *entries)
      if (e.partner == row.partner && e.handle == row.reference) {
        if (q.items.size() < mapping::kMostItems) q.items.push_back(e.item);
        q.collected_since_ms = e.collected_ms;
      }
    askable = !q.items.empty();  // else it came meanwhile, or was taken back
    return {};
  });
  if (!read) return read;
  if (!askable) return end({"exchange.nothing_to_ask", row.partner, {}});

  auto answer = question(context_, *peer.partner, asking(peer), q);
  if (!answer) {
    if (answer.error().id == "exchange.asked_refused" && answer.error().args.front() != "AR") return end(answer.error());
    context_.log.write(Severity::info, "exchange.asked_in_vain", {{"partner", row.partner}, {"why", std::string(answer.error().id)}});
    return context_.store.transact([&](store::Unit& unit) { return unit.postpone_fetch(row.id, now + pause_after(row.attempts)); });
  }
  for (auto& message : answer->messages) {
    const auto reply = take_({.source = row.partner, .content_type = "application/hl7-v2", .body = std::move(message)});
    if (!reply.stored) return Error{"storage.busy", row.partner, {}};  // the row stays: asked again
  }
  context_.log.write(Severity::info, "exchange.fetched",
                     {{"partner", row.partner}, {"reason", row.reason}, {"count", std::to_string(answer->messages.size())}, {"doctor", row.doctor_id}});
  return finish("answered", answer->messages.size());
}

Result<bool> Exchange::fetch_once(const std::string& partner) {
  const auto peer = peers_.find(partner);
  if (peer == peers_.end()) return false;
  std::vector<store::FetchRow> rows;
  auto read = context_.store.read([&](store::Reader& reader) -> Result<void> {
    auto due = reader.fetches_due(partner, context_.clock.now_ms(), kAtOnce);
    if (!due) return due.error();
    rows = std::move(*due);
    return {};
  });
  if (!read) return read.error();
  for (const auto& row : rows)
    if (auto r = fetch(peer->second, row); !r) return r.error();
  return rows.size() == kAtOnce;
}

void Exchange::fetch_loop(const std::string& partner) {
  std::uint64_t seen = 0;
  for (bool more = false; pause(more ? milliseconds(0) : kLook, seen);) {
    Result<bool> done = false;
    try {
      done = fetch_once(partner);
    } catch (const std::exception&) {  // the worker's wall
      done = Error{"engine.worker_threw", partner, {}};
    }
    if (!done) context_.log.write(Severity::error, "exchange.failed", done.error());
    more = done && *done;
  }
}

// Yesterday and the days before it, once a night; a night that was missed is made up for by the next.
Result<void> Exchange::nightly(std::int64_t now_ms) {
  const auto& settings = context_.config.exchange;
  const auto zone = context_.config.hospital.offset_minutes;
  const auto local_ms = now_ms + std::int64_t{zone} * 60'000;
  if (settings.reconcile_hour < 0 || (local_ms / kHourMs) % 24 < settings.reconcile_hour) return {};
  const auto today = local_ms / kDayMs;
  for (const auto& [code, peer] : peers_) {
    if (!peer.partner->huren) continue;
    const std::string place = "reconciled:" + code;
    std::int64_t last = 0;
    auto read = context_.store.read([&, partner = code](store::Reader& reader) -> Result<void> {
      auto c = reader.cursor(place);
      if (!c) return c.error();
      last = *c;
      return {};
    });
    if (!read) return read;
    if (last == today) continue;  // a clock that was wrong for a while must not stop it
    if (last == 0) {              // a hospital that has just begun has nothing to compare
      if (auto r = context_.store.transact([&](store::Unit& unit) { return unit.set_cursor(place, today); }); !r) return r;
      continue;
    }
    const auto days = std::min<std::int64_t>(std::max<std::int64_t>(settings.reconcile_days, last > today ? 0 : today - last), 366);
    auto done = reconcile(context_, *peer.partner, asking(peer), terminology::day_of(now_ms - days * kDayMs, zone), terminology::day_of(now_ms - kDayMs, zone), false);
    if (!done) {
      context_.log.write(Severity::warning, "exchange.not_reconciled", {{"partner", code}, {"why", std::string(done.error().id)}});
      continue;  // tried again at the next look
    }
    const int open = done->differs + done->only_there + done->waits_for_person + done->unknown_there;
    const auto severity = open > 0 ? Severity::warning : Severity::info;
    context_.log.write(severity, "exchange.reconciled",
                       {{"partner", code}, {"days", std::to_string(done->days)}, {"differing", std::to_string(done->differing_days)},
                        {"sent", std::to_string(done->sent)}, {"asked", std::to_string(done->asked)}, {"person", std::to_string(open)}});
    if (auto r = context_.store.transact([&](store::Unit& unit) { return unit.set_cursor(place, today); }); !r) return r;
  }
  return {};
}

void Exchange::upkeep_loop() {
  double allowed = 0;
  auto before = std::chrono::steady_clock::now(), night = before;
  constexpr std::chrono::minutes kNightLook{10};
  bool first = true;
  while (true) {
    {
      std::unique_lock lock(mutex_);
      if (wakes_.wait_for(lock, kLook, [&] { return stopping_; })) return;
    }
    try {
      const auto at = std::chrono::steady_clock::now();
      const double a_second = context_.config.exchange.backfill_per_minute / 60.0;
      allowed = std::min(std::max(a_second, 1.0), allowed + a_second * std::chrono::duration<double>(at - before).count());
      before = at;
      for (const auto& agreement : context_.config.agreements) {
        if (agreement.backfill_days <= 0 || allowed < 1) continue;
        auto step = backfill_step(context_, agreement, static_cast<int>(allowed));
        if (!step) context_.log.write(Severity::error, "exchange.failed", step.error());
        else allowed -= step->sent;
      }
      if (first || at - night >= kNightLook) {
        first = false;
        night = at;
        if (auto r = nightly(context_.clock.now_ms()); !r) context_.log.write(Severity::error, "exchange.failed", r.error());
      }
    } catch (const std::exception&) {  // the worker's wall
      context_.log.write(Severity::error, "exchange.failed", Error{"engine.worker_threw", "exchange", {}});
    }
  }
}

}  // namespace huren::engine::exchange
