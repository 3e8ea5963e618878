#include "adapters/partner/https/exchange.hpp"

#include <Poco/DateTimeFormat.h>
#include <Poco/DateTimeFormatter.h>
#include <Poco/DateTimeParser.h>
#include <Poco/Exception.h>
#include <Poco/Net/HTTPRequest.h>
#include <Poco/Net/HTTPResponse.h>
#include <Poco/Timestamp.h>

#include <algorithm>
#include <charconv>
#include <sstream>
#include <utility>

#include "adapters/common/verdict.hpp"
#include "core/base/text.hpp"
#include "core/hl7/ack.hpp"

namespace huren::partner_https {
namespace {

using common::Deadline;
using common::Io;
using common::IoStatus;
using common::unknown;
using common::HttpChannel;
using common::HttpRead;
using End = HttpRead::End;

constexpr std::size_t kMaxAnswer = std::size_t{16} << 20;  // the reply to a question may hold documents
constexpr std::uint32_t kLastWordMs = 1'000;

std::string post(const Message& message, const Target& target, std::int64_t now_ms) {
  Poco::Net::HTTPRequest request(Poco::Net::HTTPRequest::HTTP_POST, target.path, Poco::Net::HTTPMessage::HTTP_1_1);
  request.set("Host", target.host);
  request.setContentType(message.content_type.empty() ? "application/hl7-v2; charset=utf-8"
                                                      : std::string(message.content_type));
  request.setContentLength64(static_cast<Poco::Int64>(message.body.size()));
  request.set("Accept", "application/hl7-v2");
  const Poco::Timestamp now(now_ms * 1'000);
  request.set("Date", Poco::DateTimeFormatter::format(now, Poco::DateTimeFormat::HTTP_FORMAT));
  std::ostringstream out;
  request.write(out);
  out << message.body;
  return std::move(out).str();
}

// Seconds, or a date (RFC 9110 §10.2.3); at most an hour is believed.
std::uint32_t retry_after_ms(const Poco::Net::HTTPResponse& response, std::int64_t now_ms) {
  constexpr std::int64_t kMostMs = 3'600'000;
  const auto text = response.get("Retry-After", "");
  const auto value = trim(text);
  std::int64_t seconds = 0;
  if (const auto [end, error] = std::from_chars(value.data(), value.data() + value.size(), seconds);
      error == std::errc{} && end == value.data() + value.size() && seconds >= 0)
    return static_cast<std::uint32_t>(std::min(std::min(seconds, kMostMs) * 1'000, kMostMs));
  Poco::DateTime date;
  int zone = 0;
  if (!value.empty() && Poco::DateTimeParser::tryParse(Poco::DateTimeFormat::HTTP_FORMAT, text, date, zone))
    return static_cast<std::uint32_t>(
        std::clamp<std::int64_t>(date.timestamp().epochMicroseconds() / 1'000 - now_ms, 0, kMostMs));
  return common::kRejectedRetryMs;
}

Receipt judge(const Poco::Net::HTTPResponse& response, const std::string& body, const Message& message,
              const Target& target, std::int64_t now_ms) {
  const int status = response.getStatus();
  const auto number = std::to_string(status);
  if (const auto ack = hl7::parse_ack(body)) {
    if (trim(ack->control_id) != message.id) return unknown({"transport.wrong_control_id", target.where, {}});
    auto receipt = common::judge(*ack, target.where);
    if (receipt.retry_after_ms > 0 && response.has("Retry-After"))
      receipt.retry_after_ms = retry_after_ms(response, now_ms);
    return receipt;
  } else if (status >= 200 && status < 300) {
    return unknown({"transport.ack_unreadable", target.where, {std::string(ack.error().id)}});
  }
  if (status == 429 || status == 503 || status == 408) {
    auto receipt = common::not_sent({"transport.http_busy", target.where, {number}});
    receipt.code = number;
    receipt.retry_after_ms = retry_after_ms(response, now_ms);
    return receipt;
  }
  if (status >= 500) return unknown({"transport.http_failed", target.where, {number}});
  return {.outcome = Outcome::refused, .code = number, .remark = {"transport.http_status", target.where, {number}}};
}

Receipt end_of_stream(const Connection& c, const HttpRead& read, const Target& target) {
  if (read.end != End::ok && read.end != End::stream)
    return unknown(
        {"transport.ack_unreadable", target.where, {read.end == End::too_large ? "http too large" : "http"}});
  switch (read.io.status) {
    case IoStatus::alert: {
      const Error why = common::alert_error(read.io.alert, target.where);
      return !c.answered && common::rejects_certificate(read.io.alert) ? common::not_sent(why) : unknown(why);
    }
    case IoStatus::stopped:
      return unknown({"transport.stopped_waiting", target.where, {}});
    default:
      break;
  }
  if (read.began) return unknown({"transport.half_ack", target.where, {}});
  if (read.io.status == IoStatus::timed_out) return unknown({"transport.ack_timeout", target.where, {}});
  return unknown({"transport.closed_before_ack", target.where, {}});
}

Exchanged await_answer(Connection& c, const Message& message, const Target& target, std::int64_t now_ms,
                       const Deadline& deadline) {
  HttpChannel channel(std::move(c.stream));
  Exchanged out;
  Poco::Net::HTTPResponse response;
  do {  // 100 Continue and its like come before the response
    std::string head;
    const auto read = channel.read_head(head, deadline);
    if (read.end != End::ok) {
      c.stream = std::move(channel.stream);
      return {.receipt = end_of_stream(c, read, target)};
    }
    try {
      std::istringstream in(head);
      response.clear();
      response.read(in);
    } catch (const Poco::Exception&) {
      c.stream = std::move(channel.stream);
      return {.receipt = unknown({"transport.ack_unreadable", target.where, {"http"}})};
    }
  } while (response.getStatus() < 200);
  std::string body;
  HttpRead read;
  if (response.getStatus() != 204 && response.getStatus() != 304)
    read = channel.read_body(response, true, kMaxAnswer, body, deadline);
  const bool framed = response.has("Content-Length") || response.has("Transfer-Encoding");
  out.reusable = read.end == End::ok && framed && response.getKeepAlive() && !channel.buffered();
  c.stream = std::move(channel.stream);
  if (read.end != End::ok) {
    read.began = true;
    out.receipt = end_of_stream(c, read, target);
    return out;
  }
  c.answered = true;
  out.receipt = judge(response, body, message, target, now_ms);
  const auto ack = hl7::parse_ack(body);
  if (ack && trim(ack->control_id) == message.id) out.reply = std::move(body);
  return out;
}

}  // namespace

Exchanged exchange(Connection& c, const Message& message, const Target& target, std::int64_t now_ms,
                   const Deadline& deadline) {
  const Io io = c.stream.write(post(message, target, now_ms), deadline);
  if (io.status == IoStatus::ok) return await_answer(c, message, target, now_ms, deadline);
  if (io.status == IoStatus::timed_out)
    return {.receipt = io.nothing_left ? common::not_sent({"transport.write_nothing", target.where, {}})
                                       : unknown({"transport.write_partial", target.where, {}})};
  // Cut off while sending: an alert or a refusal (413) may have come before the cut.
  auto last_word = await_answer(c, message, target, now_ms, Deadline::earlier(deadline, Deadline(kLastWordMs)));
  const auto outcome = last_word.receipt.outcome;
  if (outcome == Outcome::not_sent || outcome == Outcome::refused) return {.receipt = std::move(last_word.receipt)};
  if (io.nothing_left)
    return {.receipt = common::not_sent({"transport.write_nothing", target.where, {}}), .nothing_left = true};
  return {.receipt = unknown({"transport.write_partial", target.where, {}})};
}

}  // namespace huren::partner_https
