#include "engine/inbound.hpp"

#include <algorithm>
#include <utility>

#include "engine/acknowledge.hpp"
#include "engine/audit.hpp"
#include "engine/events.hpp"
#include "engine/exchange/consent.hpp"
#include "engine/exchange/index.hpp"
#include "engine/numbering.hpp"
#include "engine/profiles.hpp"
#include "engine/reading.hpp"
#include "engine/referral/requests.hpp"
#include "engine/relay.hpp"
#include "engine/reports.hpp"

namespace huren::engine {
namespace {

using store::InboxRow;

constexpr std::size_t kMostFreshBytes = std::size_t{16} << 20;  // of message bytes; what is read from them takes some times that
constexpr int kReadAtATime = 128;  // twice the connections that a listener takes by default

std::string first_error(const Findings& findings) {
  for (const auto& f : findings)
    if (f.severity == Severity::error) return line(f.error);
  return {};
}

// Decisions, views and receipts of a partner about our results.
Result<void> apply_decision(store::Unit& unit, const Context& context, const InboxRow& row, const mapping::DecisionMessage& m) {
  if (m.kind == mapping::DecisionKind::viewed || m.kind == mapping::DecisionKind::retraction_acknowledged) {
    for (const auto& ref : m.results) {
      auto versions = unit.report_versions(ref.origin, ref.number);
      if (!versions) return versions.error();
      if (versions->empty()) continue;
      if (auto r = unit.put_view({.report_id = versions->back().id, .doctor_id = row.source + kPartnerDoctor + m.doctor_id, .kind = m.outcome, .at_ms = m.at.epoch_ms}); !r)
        return r;
      if (auto r = audit(unit, context.clock.now_ms(), "result.viewed", {"partner:" + row.source + "/" + m.doctor_id, "report:" + versions->back().id, m.outcome},
                         {{"patient", versions->back().patient_id}}); !r)
        return r;
    }
    return {};
  }
  store::DecisionRow d{.id = row.source + "/" + m.id, .suggestion_id = "", .order_id = "", .order_item = m.order_item, .outcome = m.outcome, .reason = m.reason,
                       .note = "", .patient_id = "", .doctor_id = m.doctor_id, .department = m.department, .result_ids = {}, .result_refs = {},
                       .source = row.source, .at_ms = m.at.epoch_ms, .saved_cents = m.saved_cents};
  for (const auto& ref : m.results) {
    d.result_refs.push_back(reference(ref));
    d.item = &ref == &m.results.front() || d.item == ref.item ? ref.item : "";  // several: the order's own code stands for them
  }
  if (auto r = unit.put_decision(d); !r) return r;
  return audit_decision(unit, context, d);
}

// A message from our own laboratory system is an event like any other; sent again with other content, it amends.
Result<void> apply_feed(store::Unit& unit, const Context& context, model::LabReport report, bool versioned) {
  standardise(report, *context.codes, context.config.hospital, context.clock.now_ms(), true);
  if (!versioned)
    if (auto r = number_version(unit, context, report); !r) return r.error();
  return handle(unit, context, model::LabReportReleased{std::move(report)});
}

Result<void> apply_report(store::Unit& unit, const Context& context, const InboxRow& row, Rendered& rendered, const std::string& document) {
  const auto& report = rendered.report;
  auto versions = unit.report_versions(report.origin.code, report.number);
  if (!versions) return versions.error();
  if (!versions->empty() && versions->back().version == report.version && !versions->back().digest.empty() && report_in(versions->back()) != report)
    return Error{"report.same_version_differs", "OBR-20", {std::to_string(report.version)}};
  if (const auto* partner = context.partner(row.source)) {
    auto told = chained(context, *partner, *versions, document);
    if (!told) return told.error();
    for (const auto& f : *told)
      if (f.severity == Severity::warning) context.log.write(f.severity, "inbound.chain", f.error);
  }
  auto matched = match_patient(unit, context, report);
  if (!matched) return matched.error();
  const auto& [patient_id, local_id] = *matched;
  auto& stored = rendered.row;
  stored.source = row.source;
  stored.patient_id = patient_id;
  stored.inbox = row.id;
  stored.document = document;
  if (auto r = put_report(unit, context, rendered); !r) return r;
  if (auto r = audit(unit, context.clock.now_ms(), "report.received", {"partner:" + row.source, "report:" + stored.id, stored.status},
                     {{"patient", stored.patient_id}, {"matched", patient_id.empty() ? "no" : "yes"}}); !r)
    return r;
  if (!context.index_key.empty())
    if (auto r = unit.index_held(row.source, exchange::handle_of(context.index_key, stored.origin, stored.number), stored.version); !r) return r;
  auto bar = unit.bar(row.source, subject_of(stored.origin, stored.number));
  if (!bar) return bar.error();
  // A correction for readers of a copy that went with the consent: they are told (I10), the content does not stay.
  if (*bar && (*bar)->removed) return exchange::strip(unit, stored.origin, stored.number);
  if (auto r = report_came(unit, context, patient_id); !r) return r;
  if (patient_id.empty() || report.status == model::Status::withdrawn) return {};
  return notify_received(unit, context, stored, report, local_id);
}

Result<void> take_effect(store::Unit& unit, const Context& context, const InboxRow& row, Understood& u) {
  if (u.kind == Understood::Kind::decision) return apply_decision(unit, context, row, u.decision);
  for (const auto& event : u.events)
    if (auto r = handle(unit, context, event); !r) return r;
  if (u.kind == Understood::Kind::index) return exchange::apply_index(unit, context, row.source, u.index);
  if (u.kind == Understood::Kind::consent) return exchange::apply_consent(unit, context, row.source, u.consent);
  if (u.kind == Understood::Kind::step) return receive_step(unit, context, row, std::move(u.step));
  if (u.kind == Understood::Kind::summary) return receive_summary(unit, context, row, std::move(u.summary));
  for (auto& rendered : u.rendered)
    if (auto r = apply_report(unit, context, row, rendered, u.oru.document); !r) return r;
  for (auto report : u.oru.reports) {  // our own laboratory's, and those whose sender counts no versions
    if (row.source.starts_with(kFeedPrefix)) {
      if (auto r = apply_feed(unit, context, std::move(report), u.oru.versioned); !r) return r;
      continue;
    }
    standardise(report, *context.codes, context.config.hospital, context.clock.now_ms(), false);
    if (auto r = number_version(unit, context, report); !r) return r.error();
    auto rendered = render(std::move(report), false);
    if (auto r = apply_report(unit, context, row, rendered, u.oru.document); !r) return r;
  }
  return {};
}

// A partner's reports that say which version they are: they ask nothing of what came before them but that it was applied,
// and what they do can be done again from the start. The rest waits for its turn in the inbox.
bool takes_effect_at_once(const Understood& u) { return !u.rendered.empty(); }

std::int64_t mark_of(const std::string& content_hash) {
  std::uint64_t mark = 0;
  for (const char c : std::string_view(content_hash).substr(0, sizeof mark)) mark = mark << 8 | static_cast<unsigned char>(c);
  return static_cast<std::int64_t>(mark >> 4);  // a number, and not a negative one
}

// A repeated message gets its application acknowledgement again: the first may be what was lost.
Result<void> repeat_application_ack(store::Unit& unit, const Context& context, const InboxRow& earlier, const Reading& reading) {
  if (earlier.state == "received") return {};  // it follows when it is applied
  const bool applied = earlier.state == "applied";
  const Findings why = applied || has_error(reading.findings) ? reading.findings : Findings{{Severity::error, {"inbound.waits_for_person", "", {}}}};
  return send_application_ack(unit, context, earlier.source, reading.header, applied ? hl7::AckCode::AA : hl7::AckCode::AE, applied ? Findings() : why);
}

}  // namespace

struct Inbound::Read {
  std::string content_hash;
  hl7::Header header;
  Understood understood;
};

Inbound::Inbound(const Context& context, std::function<void()> relayed, const std::string& mark_path)
    : context_(context), relayed_(std::move(relayed)), reading_(mark_path, kReadAtATime) {}
Inbound::~Inbound() = default;

void Inbound::remember(std::int64_t id, std::shared_ptr<Read> read, std::size_t bytes) {
  const std::lock_guard lock(mutex_);
  if (fresh_bytes_ + bytes > kMostFreshBytes) return;  // the applier is behind: it will read again what it comes to
  auto& place = fresh_[id];  // one may lie there from a transaction that failed: its id is given again
  fresh_bytes_ += bytes - place.second;
  place = {std::move(read), bytes};
}

std::shared_ptr<Inbound::Read> Inbound::recall(std::int64_t id) {
  const std::lock_guard lock(mutex_);
  const auto it = fresh_.find(id);
  if (it == fresh_.end()) return nullptr;
  auto read = std::move(it->second.first);
  fresh_bytes_ -= it->second.second;
  fresh_.erase(it);
  return read;
}

struct Inbound::Arrival {
  const huren::Inbound& in;
  Reply& reply;
  Reading reading = {};
  Answer answer = {};
  InboxRow row = {};
  std::shared_ptr<Read> read = {};
  store::InboxVerdict verdict = {};
  bool unique = false;    // its profile says that a control id is never used again
  bool settled = false;   // an acknowledgement: it has been dealt with
};

Reply Inbound::accept(const huren::Inbound& in) noexcept {
  Reply reply;
  try {
    if (const auto* partner = relay_partner(context_, in.source)) {
      bool queued = false;
      reply = relay(context_, *partner, in, queued);
      if (queued) relayed_();
      return reply;
    }
    Arrival arrival{.in = in, .reply = reply};
    read_in(arrival);
    if (!arrival.settled) take_in({&arrival, 1});
    return reply;
  } catch (const std::exception&) {  // what() may quote the message
    context_.log.write(Severity::error, "inbound.failed", {{"source", in.source}});
    return {};
  }
}

std::vector<Reply> Inbound::accept_many(const std::vector<huren::Inbound>& messages) noexcept {
  std::vector<Reply> replies;
  try {
    replies.resize(messages.size());
    std::vector<Arrival> arrivals;
    arrivals.reserve(messages.size());
    std::size_t first = 0;  // of those that go together
    const auto take_from_first = [&](std::size_t end) {
      if (first < end) take_in({arrivals.data() + first, end - first});
      first = end;
    };
    for (std::size_t i = 0; i < messages.size(); ++i) {
      auto& arrival = arrivals.emplace_back(Arrival{.in = messages[i], .reply = replies[i]});
      read_in(arrival);
      if (may_hand_in(arrival) && i - first < Handed::kMost) continue;
      take_from_first(i);
      if (may_hand_in(arrival)) continue;
      if (!arrival.settled) take_in({&arrival, 1});
      first = i + 1;
    }
    take_from_first(arrivals.size());
  } catch (const std::exception&) {  // what() may quote the message; whoever has no reply sends again
    context_.log.write(Severity::error, "inbound.failed", {{"source", messages.front().source}});
  }
  return replies;
}

namespace {
InboxRow row_of(const huren::Inbound& in, const Reading& r, const Answer& answer, std::string content_hash, std::int64_t now_ms) {
  const bool good = r.verdict == hl7::AckCode::AA;
  return InboxRow{.id = 0, .source = in.source, .control_id = r.header.control_id, .content_hash = std::move(content_hash), .content_type = in.content_type,
                  .body = in.body, .verdict = std::string(hl7::to_string(answer.verdict)), .ack = answer.now, .state = good ? "received" : "refused",
                  .remark = good ? "" : first_error(r.findings), .received_ms = now_ms};
}
}  // namespace

void Inbound::read_in(Arrival& a) {
  auto content_hash = sha256(a.in.body);
  const auto mark = mark_of(content_hash);
  if (reading_.deaths(Mark::Kind::reading, mark) >= context_.config.max_attempts) {
    unread(a, {"engine.item_kills", a.in.source, {}});
  } else {
    const Mark::Held held(reading_, Mark::Kind::reading, mark);
    if (auto message = read_message(context_, a.in.source, a.in.body)) read(a, *message);
    else unread(a, message.error());
  }
  if (a.settled) return;
  a.answer = answer_to(context_, a.reading.header, a.reading.verdict, a.reading.taken, a.reading.findings);
  a.row = row_of(a.in, a.reading, a.answer, std::move(content_hash), context_.clock.now_ms());
  if (a.reading.understood) a.read = std::make_shared<Read>(Read{a.row.content_hash, a.reading.header, std::move(*a.reading.understood)});
  a.unique = context_.profiles.of(a.in.source).unique_control_ids();
}

void Inbound::unread(Arrival& a, Error why) {
  a.reading.header = hl7::peek_header(a.in.body);
  a.reading.verdict = hl7::AckCode::AE;
  a.reading.taken = false;
  a.reading.findings.push_back({Severity::error, std::move(why)});
  a.settled = hl7::is_ack(a.reading.header);
}

void Inbound::read(Arrival& a, const hl7::Message& message) {
  a.reading.header = message.header();
  if (hl7::is_ack(a.reading.header)) {
    a.settled = true;
    a.reply = take_ack(context_, a.in, message);
    return;
  }
  for (const auto& f : message.findings()) a.reading.findings.push_back(f);
  understand(context_, a.in.source, message, a.reading, context_.clock.now_ms());
}

bool Inbound::may_hand_in(const Arrival& a) const { return taker_ && a.read && !a.answer.owed && takes_effect_at_once(a.read->understood) && !a.unique; }

// Those that may be handed in go together; of the others there is one.
void Inbound::take_in(std::span<Arrival> arrivals) {
  Handed handed{.received_ms = arrivals.front().row.received_ms, .messages = {}};
  bool at_once = false;
  if (may_hand_in(arrivals.front())) {
    for (auto& a : arrivals)
      handed.messages.push_back({mark_of(a.row.content_hash), [this, &a](store::Unit& unit, Manner manner) { return receive_and_apply(unit, a.row, *a.read, a.verdict, manner); }});
    at_once = taker_->take(handed);
  }
  for (auto& a : arrivals) finish(a, at_once ? &handed.outcome : nullptr);
}

void Inbound::finish(Arrival& a, const Result<void>* at_once) {
  if (!at_once && a.read) a.row.state = "received";
  const auto stored = at_once ? *at_once : store_only(a);
  if (!stored) {  // not on disk: say so, and let the sender try again unchanged (AR, v2.5.1 §2.9.2)
    context_.log.write(Severity::error, "store.failed", stored.error());
    a.reply = {.body = answer_to(context_, a.reading.header, hl7::AckCode::AR, false, {{Severity::error, stored.error()}}).now, .stored = false};
    return;
  }
  const auto& [in, reply, reading, answer, row, read, verdict, unique, settled] = a;
  if (!at_once && taker_ && row.state == "received" && verdict.kind != store::InboxVerdict::duplicate) taker_->stored(verdict.id);
  if (row.state == "refused")
    context_.log.write(Severity::warning, "inbound.refused", {{"source", in.source}, {"control_id_hash", sha256_hex(row.control_id).substr(0, 12)}, {"why", reading.findings.empty() ? "" : std::string(reading.findings.back().error.id)}});
  if (verdict.kind == store::InboxVerdict::same_id_other_content)
    context_.log.write(Severity::warning, "peer_misbehaving", {{"source", in.source}, {"what", "control id used again with other content"}});
  const bool again = verdict.kind == store::InboxVerdict::duplicate;
  a.reply = {.body = again ? verdict.earlier.ack : row.ack, .stored = true};
  if (answer.owed && in.source.starts_with(kFeedPrefix)) {  // a feed has no way of its own for it
    const auto said = again ? hl7::ack_code(verdict.earlier.verdict).value_or(reading.verdict) : reading.verdict;
    a.reply.later = application_ack(context_, reading.header, said, reading.findings, false);
  }
}

// It waits for its turn, or was refused.
Result<void> Inbound::store_only(Arrival& a) {
  return context_.store.transact([&](store::Unit& unit) -> Result<void> {
    const auto receive = [&]() -> Result<void> {
      auto v = unit.receive(a.row);
      if (!v) return v.error();
      a.verdict = std::move(*v);
      return {};
    };
    const auto receive_new_id = [&]() -> Result<void> {
      if (auto r = receive(); !r) return r;
      if (a.verdict.kind != store::InboxVerdict::same_id_other_content || a.row.state == "refused") return {};
      return Error{"inbound.control_id_again", "MSH-10", {}};
    };
    auto received = a.unique ? unit.nested(receive_new_id) : receive();
    if (!received && received.error().id == "inbound.control_id_again") {  // its profile says that this cannot be
      a.reading.findings.push_back({Severity::error, received.error()});
      a.reading.verdict = hl7::AckCode::AE;
      a.answer = answer_to(context_, a.reading.header, a.reading.verdict, a.reading.taken, a.reading.findings);
      a.row = row_of(a.in, a.reading, a.answer, std::move(a.row.content_hash), context_.clock.now_ms());
      received = receive();
    }
    if (received && a.read && a.row.state == "received" && a.verdict.kind != store::InboxVerdict::duplicate)
      remember(a.verdict.id, a.read, a.row.body.size());  // before the applier can come to it
    if (!received || !a.answer.owed) return received;
    return a.verdict.kind == store::InboxVerdict::duplicate ? repeat_application_ack(unit, context_, a.verdict.earlier, a.reading)
           : a.row.state == "refused"                       ? send_application_ack(unit, context_, a.in.source, a.reading.header, a.reading.verdict, a.reading.findings)
                                                            : Result<void>();
  }, a.unique ? store::Store::Again::no : store::Store::Again::may);
}

Result<void> Inbound::apply(store::Unit& unit, const InboxRow& row, Manner manner) {
  auto read = recall(row.id);
  hl7::Header header;
  Findings findings;
  if (read && read->content_hash == row.content_hash) {
    header = read->header;
  } else {
    read.reset();
    Reading reading;
    if (auto message = read_message(context_, row.source, row.body)) {
      reading.header = message->header();
      understand(context_, row.source, *message, reading, row.received_ms);
    }
    header = std::move(reading.header);
    if (reading.understood) read = std::make_shared<Read>(Read{row.content_hash, header, std::move(*reading.understood)});
    findings = std::move(reading.findings);
  }
  return conclude(unit, row, header, read.get(), findings, manner);
}

// Together it is stored as applied: if it does not come to that, nothing stays of all this.
Result<void> Inbound::receive_and_apply(store::Unit& unit, InboxRow& row, Read& read, store::InboxVerdict& verdict, Manner manner) {
  row.state = manner == Manner::together ? "applied" : "received";
  auto received = unit.receive(row);
  if (!received) return received.error();
  verdict = std::move(*received);
  if (verdict.kind == store::InboxVerdict::duplicate) return {};
  row.id = verdict.id;
  return conclude(unit, row, read.header, &read, {}, manner);
}

Result<void> Inbound::conclude(store::Unit& unit, const InboxRow& row, const hl7::Header& header, Read* read, const Findings& findings, Manner manner) {
  // In enhanced mode the sender is told what became of it, in the same transaction.
  const auto finish = [&](const char* state, const std::string& remark, hl7::AckCode code, const Findings& why) -> Result<void> {
    if (row.state != state)
      if (auto r = unit.finish_inbox(row.id, state, remark); !r) return r;
    return send_application_ack(unit, context_, row.source, header, code, why);
  };
  if (!read) return finish("parked", first_error(findings), hl7::AckCode::AE, findings);

  const auto walled = [&]() -> Result<void> {
    try {
      return take_effect(unit, context_, row, read->understood);
    } catch (const std::exception&) {  // one bad message must not stop the queue; what() may quote it
      return Error{"engine.worker_threw", "inbox", {}};
    }
  };
  auto done = manner == Manner::apart ? unit.nested(walled) : walled();
  if (done) return finish("applied", "", hl7::AckCode::AA, {});
  if (store_failed(done.error())) return done;
  if (manner == Manner::together) return Error{"engine.taken_apart", "inbox", {}};
  // An older version that arrives late changes nothing; anything else waits for a person.
  const bool late = done.error().id == "report.old_version";
  if (!late) context_.log.write(Severity::warning, "inbound.parked", done.error());
  return finish(late ? "applied" : "parked", line(done.error()), late ? hl7::AckCode::AA : hl7::AckCode::AE, {{late ? Severity::info : Severity::error, done.error()}});
}

Result<Findings> take_in_hl7(store::Unit& unit, const Context& context, const SpooledEvent& event) {
  hl7::ReadOptions options;
  if (const auto at = event.content_type.find("charset="); at != std::string::npos) {
    options.fallback = charset_from_label(std::string_view(event.content_type).substr(at + 8));
    if (!options.fallback) return Findings{{Severity::error, {"inbound.charset_unknown", "content_type", {}}}};
  }
  auto message = hl7::Message::view(event.body, options);
  if (!message) return Findings{{Severity::error, message.error()}};
  Reading reading;
  reading.header = message->header();
  understand(context, kFeedPrefix, *message, reading, context.clock.now_ms());
  if (!reading.understood) return reading.findings;
  for (const auto& e : reading.understood->events)
    if (auto r = handle(unit, context, e); !r) return r.error();
  for (auto& report : reading.understood->oru.reports)
    if (auto r = apply_feed(unit, context, std::move(report), reading.understood->oru.versioned); !r) return r.error();
  return Findings{};
}

}  // namespace huren::engine
