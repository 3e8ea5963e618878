#include "engine/events.hpp"

#include <algorithm>
#include <functional>

#include "engine/handlers.hpp"
#include "engine/inbound.hpp"

namespace huren::engine {

using store::Unit;

Result<void> park(Unit& unit, const Context& context, const SpooledEvent& event, const Findings& findings) {
  const auto worst = std::find_if(findings.begin(), findings.end(), [](const Finding& f) { return f.severity == Severity::error; });
  const std::string remark = worst == findings.end() ? "" : line(worst->error);
  context.log.write(Severity::warning, "event.rejected", {{"type", event.type}, {"seq", std::to_string(event.seq)}, {"why", remark}});
  if (auto r = unit.park_event({.id = event.seq, .type = event.type, .key = event.key, .remark = remark, .parked_ms = context.clock.now_ms()}); !r) return r;
  const std::string id = "rejected-" + std::to_string(event.seq);
  return notify(unit, context, id, "event.rejected/1",
                model::to_json({.notice_id = id, .at = context.now()}, model::EventRejected{.type = event.type, .key = event.key, .findings = findings}));
}

bool store_failed(const Error& error) {
  const int status = status_of(error);
  return status <= -200 && status > -300;
}

Result<void> handle(Unit& unit, const Context& context, const model::Event& event) {
  return std::visit([&](const auto& e) { return on(unit, context, e); }, event);
}

Prepared prepare(const Context& context, const SpooledEvent& event) noexcept try {
  Prepared out;
  if (event.content_type.starts_with("application/hl7-v2")) return out;
  out.parsed = model::parse_event(event.type, event.body, context.config.hospital.offset_minutes);
  if (!out.parsed.event) return out;
  if (auto* released = std::get_if<model::LabReportReleased>(&*out.parsed.event))
    out.release = std::make_unique<Release>(engine::prepare(context, std::move(released->report)));
  return out;
} catch (const std::exception&) {  // the worker's wall; what() may quote it
  Prepared out;
  out.parsed.findings.push_back({Severity::error, {"engine.worker_threw", event.type, {}}});
  return out;
}

Result<void> take_in(Unit& unit, const Context& context, const SpooledEvent& event, Prepared& prepared, Manner manner) {
  const auto walled = [&](const auto& work) -> Result<void> {
    try {
      return work();
    } catch (const std::exception&) {  // one bad event must not stop the queue; what() may quote it
      return Error{"engine.worker_threw", event.type, {}};
    }
  };
  const auto guarded = [&](const std::function<Result<void>()>& work) -> Result<void> {
    if (manner == Manner::apart) return unit.nested([&] { return walled(work); });
    auto done = walled(work);
    if (done || store_failed(done.error())) return done;
    return Error{"engine.taken_apart", event.type, {}};
  };
  if (event.content_type.starts_with("application/hl7-v2")) {
    Findings findings;
    auto done = guarded([&]() -> Result<void> {
      auto r = take_in_hl7(unit, context, event);
      if (!r) return r.error();
      findings = std::move(*r);
      return {};
    });
    if (!done && (store_failed(done.error()) || manner == Manner::together)) return done;
    if (!done) findings.push_back({Severity::error, done.error()});
    return findings.empty() ? done : park(unit, context, event, findings);
  }
  if (!prepared.parsed.event) return park(unit, context, event, prepared.parsed.findings);
  if (auto* step = std::get_if<model::StepTaken>(&*prepared.parsed.event)) step->event = event.type + " " + event.key;
  auto done = guarded([&] { return prepared.release ? on(unit, context, *prepared.release) : handle(unit, context, *prepared.parsed.event); });
  if (done || store_failed(done.error()) || manner == Manner::together) return done;
  return park(unit, context, event, {{Severity::error, done.error()}});
}

}  // namespace huren::engine
