#include "engine/acknowledge.hpp"

#include "core/delivery/delivery.hpp"
#include "engine/reports.hpp"

namespace huren::engine {
namespace {

using hl7::AckCode;
constexpr int kAckLane = 0;  // before a queue of reports: the partner's row waits for it

hl7::AckContext own_words(const Context& context) {
  return {.control_id = new_control_id(context.clock.now_ms()), .time = context.now(), .text = "", .language = Language::zh, .charset = Charset::utf8};
}

// MSH-15 NE with MSH-16 is original mode by another name (v2.5.1 §2.9.2): one answer, the application's.
bool two_steps(const hl7::AckMode& mode) { return mode.enhanced && mode.accept != hl7::AckWish::never; }

}  // namespace

Answer answer_to(const Context& context, const hl7::Header& of, AckCode verdict, bool taken, const Findings& findings) {
  const auto mode = hl7::ack_mode(of);
  const bool good = verdict == AckCode::AA;
  if (!two_steps(mode))
    return {.now = hl7::wanted(mode.application, good) ? hl7::build_ack(of, verdict, findings, own_words(context)) : "", .owed = false, .verdict = verdict};
  const auto commit = taken ? AckCode::CA : verdict == AckCode::AR ? AckCode::CR : AckCode::CE;
  return {.now = hl7::wanted(mode.accept, taken) ? hl7::build_ack(of, commit, taken ? Findings() : findings, own_words(context)) : "",
          .owed = taken && mode.application != hl7::AckWish::never,
          .verdict = taken ? verdict : commit};
}

std::string application_ack(const Context& context, const hl7::Header& of, AckCode verdict, const Findings& findings, bool own_message) {
  const auto mode = hl7::ack_mode(of);
  if (!two_steps(mode) || !hl7::wanted(mode.application, verdict == AckCode::AA)) return {};
  auto words = own_words(context);
  if (own_message) words.accept_ack = "AL";
  return hl7::build_ack(of, verdict, findings, words);
}

Result<void> send_application_ack(store::Unit& unit, const Context& context, const std::string& partner, const hl7::Header& of,
                                  AckCode verdict, const Findings& findings) {
  if (!context.partner(partner)) return {};
  auto body = application_ack(context, of, verdict, findings, true);
  if (body.empty()) return {};
  const auto control_id = hl7::peek_header(body).control_id;
  const auto now = context.clock.now_ms();
  return unit.enqueue({.id = 0, .message_id = control_id, .control_id = "", .partner = partner, .type = "ACK", .content_type = "application/hl7-v2; charset=utf-8",
                       .body = std::move(body), .order_key = "", .subject = "", .lane = kAckLane, .state = store::OutboxState::waiting, .attempts = 0,
                       .next_ms = 0, .created_ms = now, .changed_ms = now, .expires_ms = 0, .remark = ""});
}

Reply take_ack(const Context& context, const huren::Inbound& in, const hl7::Message& message) {
  const auto header = message.header();
  const auto ack = hl7::parse_ack(message);
  const auto ignored = [&] {
    context.log.write(Severity::info, "transport.ack_ignored", {{"source", in.source}});
    return Reply{};
  };
  if (!ack || hl7::is_commit(ack->code)) return ignored();
  const auto mode = hl7::ack_mode(header);
  const bool asks = mode.enhanced && hl7::wanted(mode.accept, true) && !header.control_id.empty();
  store::InboxRow row{.id = 0, .source = in.source, .control_id = header.control_id, .content_hash = sha256(in.body), .content_type = in.content_type,
                      .body = in.body, .verdict = std::string(hl7::to_string(ack->code)),
                      .ack = asks ? hl7::build_ack(header, AckCode::CA, {}, own_words(context)) : "", .state = "applied", .remark = "",
                      .received_ms = context.clock.now_ms()};
  bool known = false;
  Reply reply{.body = row.ack, .stored = true};
  auto stored = context.store.transact([&](store::Unit& unit) -> Result<void> {
    auto sent = unit.outbox_row(in.source, ack->control_id);
    if (!sent) return sent.error();
    known = sent->has_value();
    if (!known) return {};  // of nothing that we sent: to answer it could go on for ever
    auto received = unit.receive(row);
    if (!received) return received.error();
    if (received->kind == store::InboxVerdict::duplicate) {
      reply.body = received->earlier.ack;
      return {};
    }
    const auto settlement = delivery::after_application_ack(**sent, row.verdict, hl7::refusal(*ack));
    if (!settlement) return {};
    if (wants_person(settlement->state))
      if (auto r = tell_parked(unit, context, **sent, *settlement); !r) return r;
    return unit.settle({*settlement});
  });
  if (!stored) {  // not on disk: no commit, so that it comes again
    context.log.write(Severity::error, "store.failed", stored.error());
    return {.body = asks ? hl7::build_ack(header, AckCode::CR, {{Severity::error, stored.error()}}, own_words(context)) : "", .stored = false};
  }
  if (!known) return ignored();
  if (ack->code != AckCode::AA)
    context.log.write(Severity::warning, "transport.late_refusal", {{"source", in.source}, {"code", row.verdict}, {"causes", hl7::causes(*ack, Language::en)}});
  return reply;
}

}  // namespace huren::engine
