#include "engine/exchange/answerer.hpp"

#include <algorithm>

#include "core/cda/lab_document.hpp"
#include "core/hl7/ack.hpp"
#include "core/model/event.hpp"
#include "engine/audit.hpp"
#include "engine/exchange/compare.hpp"
#include "engine/exchange/permission.hpp"
#include "engine/reports.hpp"

namespace huren::engine::exchange {
namespace {

using mapping::Asked;
using mapping::Question;
using mapping::QuestionAnswer;
using store::ReportRow;

constexpr std::size_t kMostReports = 100, kMostBytes = std::size_t{8} << 20;

// The same report asked for twice is the same message twice: the asker's inbox knows it again.
std::string answered_control_id(const std::string& report_id, const std::string& partner) {
  return "Q" + upper_ascii(sha256_hex(report_id + "/" + partner).substr(0, 19));
}

Result<std::string> rendered(const Context& context, const ReportRow& row, const model::LabReport& report, const config::Partner& partner) {
  auto document = cda::write_lab_report(report, {.mode = partner.cda_mode == "strict" ? cda::Mode::strict : cda::Mode::cn, .kind = cda::Kind::lab_report, .id = {}, .effective_time = {}});
  if (!document) return document.error();
  return mapping::write_oru(report, *document, {.control_id = answered_control_id(row.id, partner.code), .sender = context.config.hospital.code,
                                                .receiver = partner.hospital.code, .at = from_epoch_ms(row.stored_ms, context.config.hospital.offset_minutes)});
}

// Our patient whom the question names; "" when nobody or more than one fits (I12).
Result<std::string> person(store::Unit& unit, const model::Patient& asked) {
  std::string found;
  for (const auto& [type, value] : verified_ids(asked)) {
    auto candidates = unit.patients_by_verified_id(type, value);
    if (!candidates) return candidates.error();
    for (const auto& c : *candidates) {
      const auto patient = model::patient_from_json(c.json);
      if (!patient || model::same_person(asked, *patient).match != model::Match::same || found == c.id) continue;
      if (!found.empty()) return std::string();
      found = c.id;
    }
  }
  return found;
}

bool wanted(const Question& q, const model::LabReport& report) {
  if (q.collected_since_ms && report.specimen.collected_at.present() && report.specimen.collected_at.epoch_ms < *q.collected_since_ms) return false;
  return q.items.empty() || std::any_of(report.observations.begin(), report.observations.end(), [&](const auto& o) {
    return std::find(q.items.begin(), q.items.end(), o.standard.code) != q.items.end();
  });
}

}  // namespace

bool Answerer::too_many(const std::string& partner) {
  const std::lock_guard lock(mutex_);
  const double most = context_.config.exchange.questions_per_minute;
  const auto now = context_.clock.now_ms();
  auto [it, fresh] = allowances_.try_emplace(partner, Allowance{most, now});
  auto& a = it->second;
  if (now > a.at_ms) a.left = std::min(most, a.left + static_cast<double>(now - a.at_ms) * most / 60'000.0);
  a.at_ms = now;  // a clock that went back gives nothing and takes nothing
  if (a.left < 1) return true;
  a.left -= 1;
  return false;
}

Result<QuestionAnswer> Answerer::reports(const config::Partner& partner, const Question& q, const std::string& query) {
  if (!any_agreement(context_, partner.code, {"pull", "index"})) return Error{"exchange.no_agreement", "QPD-1", {}};
  QuestionAnswer answer;
  auto done = context_.store.transact([&](store::Unit& unit) -> Result<void> {
    answer = {};
    auto patient_id = person(unit, q.patient);
    if (!patient_id) return patient_id.error();
    if (patient_id->empty()) return {};
    auto ties = unit.ties(*patient_id);
    if (!ties) return ties.error();
    auto rows = unit.reports_of(*patient_id);
    if (!rows) return rows.error();
    const auto now = context_.clock.now_ms();
    std::size_t bytes = 0;
    for (const auto& row : *rows) {  // newest first
      if (!row.source.empty() || !row.current || row.stored_ms < now - kLookBackMs) continue;
      const auto parsed = report_in(row);
      if (!parsed || !wanted(q, *parsed) || !granted(context_, *ties, partner.code, *parsed, {"pull", "index"})) continue;
      auto message = rendered(context_, row, *parsed, partner);
      if (!message) return message.error();
      bytes += message->size();
      if (answer.messages.size() == kMostReports || bytes > kMostBytes) {
        answer.more = true;
        break;
      }
      if (auto r = unit.put_disclosure({.subject = subject_of(row.origin, row.number), .partner = partner.code, .how = "pull", .query = query, .at_ms = now}); !r)
        return r;
      if (auto r = audit(unit, now, "report.disclosed", {"partner:" + partner.code, "report:" + row.id, "answered"}, {{"patient", row.patient_id}}); !r) return r;
      answer.messages.push_back(std::move(*message));
    }
    return {};
  });
  if (!done) return done.error();
  std::reverse(answer.messages.begin(), answer.messages.end());  // oldest first, as they were released
  return answer;
}

Result<QuestionAnswer> Answerer::compared(const config::Partner& partner, const Question& q) {
  QuestionAnswer answer;
  auto days = days_of(q.from, q.to);
  if (!days) return days.error();
  const bool given = q.side == "given";
  auto done = context_.store.read([&](store::Reader& reader) -> Result<void> {
    auto held = given ? given_to(reader, context_, partner, *days) : held_from(reader, context_, partner, *days);
    if (!held) return held.error();
    answer.rows = q.asked == Asked::digests ? day_rows(*held) : report_rows(*held);
    return {};
  });
  if (!done) return done.error();
  return answer;
}

Result<QuestionAnswer> Answerer::resend(const config::Partner& partner, const Question& q) {
  QuestionAnswer answer;
  auto done = context_.store.transact([&](store::Unit& unit) -> Result<void> {
    answer.rows.clear();
    for (const auto& number : q.numbers) {
      auto what = send_again(unit, context_, partner, number, false);
      if (!what) return what.error();
      answer.rows.push_back({number, std::string(word(*what)), ""});
    }
    return {};
  });
  if (!done) return done.error();
  return answer;
}

Reply Answerer::answer(const huren::Inbound& in) noexcept {
  try {
    return answer_bytes(in);
  } catch (const std::exception&) {  // what() may quote the question
    context_.log.write(Severity::error, "inbound.failed", {{"source", in.source}});
    return {};
  }
}

Reply Answerer::answer_bytes(const huren::Inbound& in) {
  const hl7::AckContext ack{.control_id = new_control_id(context_.clock.now_ms()), .time = context_.now(), .text = "", .language = Language::zh, .charset = Charset::utf8};
  const auto refuse = [&](const Error& why, hl7::AckCode code = hl7::AckCode::AE) -> Reply {
    context_.log.write(Severity::warning, "exchange.refused", {{"partner", in.source}, {"why", std::string(why.id)}});
    return {.body = hl7::build_nak(in.body, code, why, ack), .stored = false};
  };
  const auto* partner = context_.partner(in.source);
  auto message = hl7::Message::read(in.body, {});
  if (!message) return refuse(message.error());
  const auto header = message->header();
  if (!partner || header.sending_facility != partner->hospital.code)
    return refuse({"inbound.sender_mismatch", "MSH-4", {header.sending_facility, in.source}});
  if (header.control_id.empty()) return refuse({"inbound.no_control_id", "MSH-10", {}});
  if (too_many(partner->code))
    return refuse({"exchange.too_many_questions", "MSH", {std::to_string(context_.config.exchange.questions_per_minute)}}, hl7::AckCode::AR);
  auto read = mapping::read_question(*message);
  if (!read.question) return refuse(read.findings.front().error);
  const auto& q = *read.question;
  const auto query = sha256_hex(header.control_id).substr(0, 12);
  auto answer = q.asked == Asked::reports  ? reports(*partner, q, query)
                : q.asked == Asked::resend ? resend(*partner, q)
                                           : compared(*partner, q);
  if (!answer) {
    const bool passes = status_of(answer.error()) <= -200 && status_of(answer.error()) > -300;  // the store, not the question
    if (passes) context_.log.write(Severity::error, "store.failed", answer.error());
    return refuse(answer.error(), passes ? hl7::AckCode::AR : hl7::AckCode::AE);
  }
  answer->asked = q.asked;
  answer->asked_id = header.control_id;
  answer->tag = q.tag;
  auto bytes = mapping::write_answer(*answer, {.control_id = ack.control_id, .sender = context_.config.hospital.code, .receiver = partner->hospital.code, .at = context_.now()});
  if (!bytes) return refuse(bytes.error());
  const auto count = q.asked == Asked::reports ? answer->messages.size() : answer->rows.size();
  context_.log.write(Severity::info, "exchange.answered",
                     {{"partner", in.source}, {"asked", std::to_string(static_cast<int>(q.asked) + 1)}, {"query", query}, {"count", std::to_string(count)}});
  return {.body = std::move(*bytes), .stored = true};
}

}  // namespace huren::engine::exchange
