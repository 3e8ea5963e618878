#include "engine/relay.hpp"

#include "core/hl7/ack.hpp"
#include "core/hl7/message.hpp"
#include "engine/acknowledge.hpp"
#include "engine/reports.hpp"

namespace huren::engine {
namespace {

constexpr std::size_t kLongestKey = 200;

// The bytes of PID-3's first component: enough to tell one patient from another, whatever charset they are in.
std::string_view patient_key(std::string_view body) {
  const auto msh = body.find("MSH");
  if (msh == std::string_view::npos || msh + 3 >= body.size()) return {};
  const char field = body[msh + 3];
  const std::string pid = std::string("PID") + field;
  std::size_t at = 0;
  while ((at = body.find(pid, at)) != std::string_view::npos && at > 0 && body[at - 1] != '\r' && body[at - 1] != '\n') ++at;
  if (at == std::string_view::npos) return {};
  auto segment = body.substr(at, body.find_first_of("\r\n", at) - at);
  for (int skip = 0; skip < 3; ++skip) {
    const auto next = segment.find(field);
    if (next == std::string_view::npos) return {};
    segment.remove_prefix(next + 1);
  }
  const char stops[] = {field, '^', '~', '\0'};
  return segment.substr(0, std::min(segment.find_first_of(stops), kLongestKey));
}

}  // namespace

const config::Partner* relay_partner(const Context& context, std::string_view source) {
  if (!source.starts_with(kFeedPrefix)) return nullptr;
  for (const auto& feed : context.config.feeds)
    if (feed.name == source.substr(kFeedPrefix.size())) return feed.relay_to.empty() ? nullptr : context.partner(feed.relay_to);
  return nullptr;
}

Reply relay(const Context& context, const config::Partner& partner, const huren::Inbound& in, bool& queued) {
  const auto header = hl7::peek_header(in.body);
  if (hl7::is_ack(header)) {
    context.log.write(Severity::info, "transport.ack_ignored", {{"source", in.source}});
    return {};
  }
  Findings findings;
  if (header.type.empty() || header.control_id.empty())
    findings.push_back({Severity::error, {header.type.empty() ? "inbound.unsupported_type" : "inbound.no_control_id", header.type.empty() ? "MSH-9" : "MSH-10", {"?"}}});
  const bool good = findings.empty();
  const auto answer = answer_to(context, header, good ? hl7::AckCode::AA : hl7::AckCode::AE, good, findings);
  const store::InboxRow row{.id = 0, .source = in.source, .control_id = header.control_id, .content_hash = sha256(in.body), .content_type = in.content_type,
                            .body = good ? std::string() : in.body,  // what goes on lies in the outbox, once
                            .verdict = std::string(hl7::to_string(answer.verdict)), .ack = answer.now, .state = good ? "applied" : "refused",
                            .remark = good ? "" : line(findings.front().error), .received_ms = context.clock.now_ms()};
  store::OutboxRow out;
  out.message_id = new_control_id(row.received_ms) + "-" + in.source;
  out.control_id = header.control_id;
  out.type = header.type + (header.trigger.empty() ? "" : "^" + header.trigger);
  out.content_type = in.content_type;
  out.body = in.body;
  out.order_key = in.source + "/" + std::string(patient_key(in.body));
  store::InboxVerdict verdict;
  auto stored = context.store.transact([&](store::Unit& unit) -> Result<void> {
    auto received = unit.receive(row);
    if (!received) return received.error();
    verdict = std::move(*received);
    return good && verdict.kind != store::InboxVerdict::duplicate ? enqueue(unit, context, partner, out) : Result<void>();
  }, store::Store::Again::may);
  if (!stored) {  // not on disk: the sender tries again unchanged (AR, v2.5.1 §2.9.2)
    context.log.write(Severity::error, "store.failed", stored.error());
    return {.body = answer_to(context, header, hl7::AckCode::AR, false, {{Severity::error, stored.error()}}).now, .stored = false};
  }
  queued = good && verdict.kind != store::InboxVerdict::duplicate;
  return {.body = verdict.kind == store::InboxVerdict::duplicate ? verdict.earlier.ack : row.ack, .stored = true};
}

}  // namespace huren::engine
