#include "adapters/partner/mllp/exchange.hpp"

#include <array>
#include <optional>
#include <utility>

#include "adapters/common/verdict.hpp"
#include "core/base/text.hpp"
#include "core/hl7/ack.hpp"

namespace huren::partner_mllp {
namespace {

using common::Deadline;
using common::Io;
using common::IoStatus;
using common::unknown;
using Kind = hl7::MllpEvent::Kind;

constexpr std::uint32_t kLastWordMs = 1'000;  // how long a peer that cut us off may take to say why

struct Waiting {
  const Message& message;
  const std::string& where;
  const TakeLate& late;
  int skipped = 0;
};

void hand_on(Connection& c, std::string&& ack, const TakeLate& late) {
  const auto head = hl7::peek_header(ack);
  const auto answer = late(std::move(ack));
  if (answer.empty() || head.accept_ack.empty()) return;  // an acknowledgement is answered only where it asks for it
  static_cast<void>(c.stream.write(hl7::frame(answer), Deadline(kLastWordMs)));
}

// What one event of the stream says about our message; nothing: wait on.
std::optional<Exchanged> judge_event(Connection& c, hl7::MllpEvent& event, Waiting& w) {
  switch (event.kind) {
    case Kind::commit:
    case Kind::remark:
      return std::nullopt;
    case Kind::nak: {
      Exchanged out{.receipt = common::not_sent({"transport.nak", w.where, {}}), .reusable = true};
      out.receipt.code = "NAK";
      out.receipt.retry_after_ms = common::kRejectedRetryMs;
      return out;
    }
    case Kind::broken:
      return Exchanged{.receipt = unknown({"transport.ack_unreadable", w.where, {std::string(event.error.id)}})};
    case Kind::frame:
      break;
  }
  const auto ack = hl7::parse_ack(event.bytes);
  if (!ack) return Exchanged{.receipt = unknown({"transport.ack_unreadable", w.where, {std::string(ack.error().id)}})};
  if (trim(ack->control_id) != w.message.id) {
    ++w.skipped;
    hand_on(c, std::move(event.bytes), w.late);
    return std::nullopt;
  }
  return Exchanged{.receipt = common::judge(*ack, w.where), .reply = std::move(event.bytes), .reusable = true};
}

Receipt end_of_stream(const Connection& c, const Io& io, const Waiting& w) {
  if (io.status == IoStatus::alert) {
    const Error why = common::alert_error(io.alert, w.where);
    return !c.answered && common::rejects_certificate(io.alert) ? common::not_sent(why) : unknown(why);
  }
  if (io.status == IoStatus::stopped) return unknown({"transport.stopped_waiting", w.where, {}});
  if (c.decoder.inside_frame()) return unknown({"transport.half_ack", w.where, {}});
  if (w.skipped > 0) return unknown({"transport.wrong_control_id", w.where, {}});
  if (io.status == IoStatus::timed_out) return unknown({"transport.ack_timeout", w.where, {}});
  return unknown({"transport.closed_before_ack", w.where, {}});
}

Exchanged await_answer(Connection& c, Waiting& w, const Deadline& deadline) {
  std::array<char, 8 * 1024> chunk{};
  for (;;) {
    while (auto event = c.decoder.next()) {
      if (auto out = judge_event(c, *event, w)) {
        c.answered = true;
        out->reusable = out->reusable && !c.decoder.inside_frame();
        return std::move(*out);
      }
    }
    const Io io = c.stream.read(chunk, deadline);
    if (io.status != IoStatus::ok) return {.receipt = end_of_stream(c, io, w)};
    c.decoder.feed({chunk.data(), io.bytes});
  }
}

}  // namespace

Exchanged exchange(Connection& c, const Message& message, const Deadline& deadline, const std::string& where,
                   const TakeLate& late) {
  Waiting w{message, where, late};
  const Io io = c.stream.write(hl7::frame(message.body), deadline);
  if (io.status == IoStatus::ok) {
    auto out = await_answer(c, w, deadline);
    out.skipped = w.skipped;
    return out;
  }
  if (io.status == IoStatus::timed_out)
    return {.receipt = io.nothing_left ? common::not_sent({"transport.write_nothing", where, {}})
                                       : unknown({"transport.write_partial", where, {}})};
  // Cut off while sending: an alert or a refusal (a frame over the peer's limit) may have come before the cut.
  auto last_word = await_answer(c, w, Deadline::earlier(deadline, Deadline(kLastWordMs)));
  const auto outcome = last_word.receipt.outcome;
  if (outcome == Outcome::not_sent || outcome == Outcome::refused)
    return {.receipt = std::move(last_word.receipt), .skipped = w.skipped};
  if (io.nothing_left)
    return {.receipt = common::not_sent({"transport.write_nothing", where, {}}),
            .nothing_left = true,
            .skipped = w.skipped};
  return {.receipt = unknown({"transport.write_partial", where, {}}), .skipped = w.skipped};
}

bool still_good(Connection& c, int& skipped, const TakeLate& late) {
  std::array<char, 8 * 1024> chunk{};
  while (c.stream.readable()) {
    const Io io = c.stream.read(chunk, Deadline(0));
    if (io.status == IoStatus::timed_out) break;  // a TLS record without content of ours
    if (io.status != IoStatus::ok) return false;
    c.decoder.feed({chunk.data(), io.bytes});
    while (auto event = c.decoder.next()) {
      if (event->kind == Kind::broken || ++skipped > 100) return false;
      if (event->kind == Kind::frame) hand_on(c, std::move(event->bytes), late);
    }
  }
  return !c.decoder.inside_frame();
}

}  // namespace huren::partner_mllp
