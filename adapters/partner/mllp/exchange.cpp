#include "adapters/partner/mllp/exchange.hpp"

#include <algorithm>
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
  std::span<const Message> messages;
  const std::string& where;
  const TakeLate& late;
  std::vector<std::optional<Replied>> answers{messages.size()};
  std::size_t open = messages.size();  // without an answer
  int skipped = 0;

  void answer(std::size_t i, Replied answered) {
    answers[i] = std::move(answered);
    --open;
  }
  // What is said of all that have no answer.
  void end(const Receipt& receipt) {
    for (auto& a : answers)
      if (!a) a = Replied{receipt, {}};
    open = 0;
  }
  [[nodiscard]] std::size_t first_open() const {
    return static_cast<std::size_t>(std::ranges::find_if(answers, [](const auto& a) { return !a; }) - answers.begin());
  }
  Exchanged result(bool reusable = false) {
    Exchanged out{.each = {}, .reusable = reusable, .skipped = skipped};
    for (auto& a : answers) out.each.push_back(std::move(*a));
    return out;
  }
};

void hand_on(Connection& c, std::string&& ack, const TakeLate& late) {
  const auto head = hl7::peek_header(ack);
  const auto answer = late(std::move(ack));
  if (answer.empty() || head.accept_ack.empty()) return;  // an acknowledgement is answered only where it asks for it
  static_cast<void>(c.stream.write(hl7::frame(answer), Deadline(kLastWordMs)));
}

// What one event of the stream says about our messages. false: the stream cannot be read on.
bool judge_event(Connection& c, hl7::MllpEvent& event, Waiting& w) {
  switch (event.kind) {
    case Kind::commit:
    case Kind::remark:
      return true;
    case Kind::nak: {  // of the oldest: they are taken in their order
      auto receipt = common::not_sent({"transport.nak", w.where, {}});
      receipt.code = "NAK";
      receipt.retry_after_ms = common::kRejectedRetryMs;
      w.answer(w.first_open(), {std::move(receipt), {}});
      return true;
    }
    case Kind::broken:
      w.end(unknown({"transport.ack_unreadable", w.where, {std::string(event.error.id)}}));
      return false;
    case Kind::frame:
      break;
  }
  const auto ack = hl7::parse_ack(event.bytes);
  if (!ack) {
    w.end(unknown({"transport.ack_unreadable", w.where, {std::string(ack.error().id)}}));
    return false;
  }
  const auto id = trim(ack->control_id);
  for (std::size_t i = 0; i < w.messages.size(); ++i) {
    if (w.answers[i] || id != w.messages[i].id) continue;
    w.answer(i, {common::judge(*ack, w.where), std::move(event.bytes)});
    return true;
  }
  ++w.skipped;
  hand_on(c, std::move(event.bytes), w.late);
  return true;
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

// true: all are answered and the connection may be kept.
bool await_answers(Connection& c, Waiting& w, const Deadline& deadline) {
  std::array<char, 8 * 1024> chunk{};
  for (;;) {
    while (auto event = c.decoder.next()) {
      const auto before = w.open;
      const bool readable = judge_event(c, *event, w);
      c.answered = c.answered || w.open < before;
      if (!readable) return false;
      if (w.open == 0) return !c.decoder.inside_frame();
    }
    const Io io = c.stream.read(chunk, deadline);
    if (io.status != IoStatus::ok) {
      w.end(end_of_stream(c, io, w));
      return false;
    }
    c.decoder.feed({chunk.data(), io.bytes});
  }
}

std::string frames(std::span<const Message> messages) {
  if (messages.size() == 1) return hl7::frame(messages.front().body);
  std::string bytes;
  for (const auto& message : messages) bytes += hl7::frame(message.body);
  return bytes;
}

}  // namespace

Exchanged exchange(Connection& c, std::span<const Message> messages, const Deadline& deadline, const std::string& where,
                   const TakeLate& late) {
  Waiting w{messages, where, late};
  const Io io = c.stream.write(frames(messages), deadline);
  if (io.status == IoStatus::ok) {
    const bool reusable = await_answers(c, w, deadline);
    return w.result(reusable);
  }
  const auto cut_short = io.nothing_left ? common::not_sent({"transport.write_nothing", where, {}})
                                         : unknown({"transport.write_partial", where, {}});
  if (io.status == IoStatus::timed_out) {
    w.end(cut_short);
    return w.result();
  }
  // Cut off while sending: answers to what came before the cut may be there, and an alert or a refusal (a frame over the peer's limit).
  await_answers(c, w, Deadline::earlier(deadline, Deadline(kLastWordMs)));
  // The newest acceptance may be of the message that was cut: some receivers take what they have.
  bool said = false, later = false;
  for (auto a = w.answers.rbegin(); a != w.answers.rend(); ++a) {
    auto& [receipt, body] = **a;
    const bool accepted = receipt.outcome == Outcome::delivered;
    if (receipt.outcome == Outcome::unknown || (accepted && !later)) receipt = cut_short;
    else said = true;
    later = later || accepted;
  }
  auto out = w.result();
  out.nothing_left = io.nothing_left && !said;
  return out;
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
