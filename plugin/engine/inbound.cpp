#include "engine/inbound.hpp"

#include <algorithm>
#include <charconv>
#include <utility>

#include "core/hl7/ack.hpp"
#include "core/hl7/message.hpp"
#include "core/hl7/profile.hpp"
#include "core/mapping/decision_message.hpp"
#include "core/mapping/oru.hpp"
#include "core/mapping/patient_message.hpp"
#include "core/mapping/question_message.hpp"
#include "core/mapping/referral_message.hpp"
#include "engine/acknowledge.hpp"
#include "engine/audit.hpp"
#include "engine/events.hpp"
#include "engine/exchange/consent.hpp"
#include "engine/exchange/index.hpp"
#include "engine/feed_maps.hpp"
#include "engine/numbering.hpp"
#include "engine/referral/requests.hpp"
#include "engine/relay.hpp"
#include "engine/reports.hpp"

namespace huren::engine {
namespace {

using store::InboxRow;

constexpr std::size_t kMostFreshBytes = std::size_t{16} << 20;  // of message bytes; what is read from them takes some times that

// What a message says, as far as this hospital takes it.
struct Understood {
  enum class Kind { report, decision, index, consent, step, summary, events } kind = Kind::report;
  mapping::OruRead oru;
  std::vector<Rendered> rendered;  // of a partner's report that says which version it is; the reports themselves are in here
  mapping::DecisionMessage decision;
  mapping::IndexMessage index;
  mapping::ConsentMessage consent;
  mapping::StepMessage step;
  mapping::SummaryMessage summary;
  std::vector<model::Event> events;  // patients and encounters of our own HIS
};

struct Reading {
  hl7::Header header;
  hl7::AckCode verdict = hl7::AckCode::AA;
  bool taken = true;  // the header will do: in enhanced mode the message is committed, whatever its content
  Findings findings;
  std::optional<Understood> understood;  // absent when refused
};

bool is_report(const hl7::Header& h) { return (h.type == "ORU" && h.trigger == "R01") || (h.type == "OUL" && (h.trigger == "R22" || h.trigger == "R21" || h.trigger == "R24")); }

const config::Feed* feed_of(const Context& context, std::string_view source) {
  if (!source.starts_with(kFeedPrefix)) return nullptr;
  for (const auto& f : context.config.feeds)
    if (f.name == source.substr(kFeedPrefix.size())) return &f;
  return nullptr;
}

// Over bytes that the caller keeps while the message is in use.
Result<hl7::Message> read_message(const Context& context, std::string_view source, std::string_view bytes) {
  hl7::ReadOptions options;
  const auto* feed = feed_of(context, source);
  if (feed)
    if (const auto it = feed->options.find("charset"); it != feed->options.end()) options.fallback = charset_from_label(it->second);
  return hl7::Message::view(bytes, options);
}

// A step of a request, or a shared summary. false: refused, with the reason among the findings.
bool request_of(const Context& context, const hl7::Message& message, const config::Partner& partner, const mapping::OruOptions& options, Understood& u, Reading& reading) {
  reading.verdict = hl7::AckCode::AE;
  if (u.kind == Understood::Kind::step) {
    auto read = mapping::read_step_message(message, options);
    for (auto& f : read.findings) reading.findings.push_back(std::move(f));
    if (!read.step || has_error(reading.findings)) return false;
    if (auto r = is_addressed(context, partner, read.step->step); !r) {
      reading.findings.push_back({Severity::error, r.error()});
      return false;
    }
    u.step = std::move(*read.step);
  } else {
    auto read = mapping::read_summary_message(message, options);
    for (auto& f : read.findings) reading.findings.push_back(std::move(f));
    if (!read.summary || has_error(reading.findings)) return false;
    u.summary = std::move(*read.summary);
  }
  reading.verdict = hl7::AckCode::AA;
  return true;
}

void understand(const Context& context, std::string_view source, const hl7::Message& message, Reading& reading, std::int64_t arrived_ms) {
  const bool feed = source.starts_with(kFeedPrefix);
  const auto refuse = [&](Error error, hl7::AckCode verdict = hl7::AckCode::AE) {
    reading.findings.push_back({Severity::error, std::move(error)});
    reading.verdict = verdict;
  };
  const auto* partner = context.partner(source);
  reading.taken = false;
  if (reading.header.control_id.empty()) return refuse({"inbound.no_control_id", "MSH-10", {}});
  if (partner && reading.header.sending_facility != partner->hospital.code)
    return refuse({"inbound.sender_mismatch", "MSH-4", {reading.header.sending_facility, partner->code}});
  const bool step = partner && mapping::is_step(message), summary = partner && mapping::is_summary(reading.header);
  const bool report = !step && is_report(reading.header), decision = !feed && mapping::is_decision(reading.header);
  const bool patient = feed && reading.header.type == "ADT";  // a partner's numbers are not ours
  const bool index = partner && mapping::is_index(reading.header), consent = partner && mapping::is_consent(reading.header);
  if (!report && !decision && !index && !consent && !patient && !step && !summary) return refuse({"inbound.unsupported_type", "MSH-9", {reading.header.type + "^" + reading.header.trigger}}, hl7::AckCode::AR);
  reading.taken = true;
  for (auto& f : hl7::check(message, context.profiles.of(source))) reading.findings.push_back(std::move(f));
  if (has_error(reading.findings)) {
    reading.verdict = hl7::AckCode::AE;
    return;
  }
  Understood u;
  if (step || summary) {
    const mapping::OruOptions options{.offset_minutes = partner->hospital.offset_minutes, .origin = {partner->hospital.code, partner->hospital.name}, .map = nullptr, .standardise = {}};
    u.kind = step ? Understood::Kind::step : Understood::Kind::summary;
    if (!request_of(context, message, *partner, options, u, reading)) return;
  } else if (report) {
    const auto& from = partner ? partner->hospital : context.config.hospital;
    mapping::OruOptions options{.offset_minutes = from.offset_minutes, .origin = {from.code, from.name}, .map = nullptr, .standardise = {}};
    if (const auto* settings = feed_of(context, source)) options.map = feed_map(settings->mapping);
    u.oru = mapping::read_oru(message, options);
    for (auto& f : u.oru.findings) reading.findings.push_back(std::move(f));
    if ((u.oru.reports.empty() && !u.oru.skipped) || has_error(reading.findings)) {
      reading.verdict = hl7::AckCode::AE;
      return;
    }
    for (const auto& r : u.oru.reports)
      if (r.origin.code != from.code) return refuse({"inbound.foreign_report", "MSH-4", {r.origin.code, from.code}});
    if (partner) {
      for (auto& f : context.documents.admit(context, *partner, u.oru, arrived_ms)) reading.findings.push_back(std::move(f));
      if (has_error(reading.findings)) {
        reading.verdict = hl7::AckCode::AE;
        return;
      }
      // As far as it goes without the store, in the connection's own thread.
      if (u.oru.versioned)
        for (auto& r : std::exchange(u.oru.reports, {})) {
          standardise(r, *context.codes, context.config.hospital, context.clock.now_ms(), false);
          u.rendered.push_back(render(std::move(r), false));
        }
    }
  } else if (patient) {
    u.kind = Understood::Kind::events;
    const auto& own = context.config.hospital;
    mapping::OruOptions options{.offset_minutes = own.offset_minutes, .origin = {own.code, own.name}, .map = nullptr, .standardise = {}};
    if (const auto* settings = feed_of(context, source)) options.map = feed_map(settings->mapping);
    auto r = mapping::read_adt(message, options);
    for (auto& f : r.findings) reading.findings.push_back(std::move(f));
    if (has_error(reading.findings)) {
      reading.verdict = hl7::AckCode::AE;
      return;
    }
    u.events = std::move(r.events);
  } else if (index || consent) {
    if (index) {
      u.kind = Understood::Kind::index;
      auto r = mapping::read_index(message, partner->hospital.offset_minutes);
      for (auto& f : r.findings) reading.findings.push_back(std::move(f));
      if (r.entry) u.index = std::move(*r.entry);
    } else {
      u.kind = Understood::Kind::consent;
      auto r = mapping::read_consent(message, partner->hospital.offset_minutes);
      for (auto& f : r.findings) reading.findings.push_back(std::move(f));
      if (r.consent) u.consent = std::move(*r.consent);
    }
    if (has_error(reading.findings)) {
      reading.verdict = hl7::AckCode::AE;
      return;
    }
  } else {
    u.kind = Understood::Kind::decision;
    auto r = mapping::read_decision(message, partner ? partner->hospital.offset_minutes : context.config.hospital.offset_minutes);
    for (auto& f : r.findings) reading.findings.push_back(std::move(f));
    if (!r.decision || has_error(reading.findings)) {
      reading.verdict = hl7::AckCode::AE;
      return;
    }
    u.decision = std::move(*r.decision);
  }
  reading.understood = std::move(u);
}

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
  if (!versions->empty() && versions->back().version == report.version && !versions->back().digest.empty() && versions->back().json != rendered.row.json)
    return Error{"report.same_version_differs", "OBR-20", {std::to_string(report.version)}};
  if (const auto* partner = context.partner(row.source)) {
    auto told = chained(context, *partner, *versions, document);
    if (!told) return told.error();
    for (const auto& f : *told)
      if (f.severity == Severity::warning) context.log.write(f.severity, "inbound.chain", f.error);
  }
  auto patient_id = match_patient(unit, context, report);
  if (!patient_id) return patient_id.error();
  auto& stored = rendered.row;
  stored.source = row.source;
  stored.patient_id = *patient_id;
  stored.inbox = row.id;
  stored.document = document;
  if (auto r = put_report(unit, context, rendered); !r) return r;
  if (auto r = audit(unit, context.clock.now_ms(), "report.received", {"partner:" + row.source, "report:" + stored.id, stored.status},
                     {{"patient", stored.patient_id}, {"matched", patient_id->empty() ? "no" : "yes"}}); !r)
    return r;
  if (!context.index_key.empty())
    if (auto r = unit.index_held(row.source, exchange::handle_of(context.index_key, stored.origin, stored.number), stored.version); !r) return r;
  auto bar = unit.bar(row.source, subject_of(stored.origin, stored.number));
  if (!bar) return bar.error();
  // A correction for readers of a copy that went with the consent: they are told (I10), the content does not stay.
  if (*bar && (*bar)->removed) return exchange::strip(unit, stored.origin, stored.number);
  if (auto r = report_came(unit, context, *patient_id); !r) return r;
  if (patient_id->empty() || report.status == model::Status::withdrawn) return {};
  return notify_received(unit, context, stored, report);
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
  std::int64_t mark = 0;
  std::from_chars(content_hash.data(), content_hash.data() + std::min<std::size_t>(content_hash.size(), 15), mark, 16);
  return mark;
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

Inbound::Inbound(const Context& context, std::function<void()> relayed) : context_(context), relayed_(std::move(relayed)) {}
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

Reply Inbound::accept(const huren::Inbound& in) noexcept {
  try {
    const auto* partner = relay_partner(context_, in.source);
    if (!partner) return accept_bytes(in);
    bool queued = false;
    auto reply = relay(context_, *partner, in, queued);
    if (queued) relayed_();
    return reply;
  } catch (const std::exception&) {  // what() may quote the message
    context_.log.write(Severity::error, "inbound.failed", {{"source", in.source}});
    return {};
  }
}

Reply Inbound::accept_bytes(const huren::Inbound& in) {
  Reading reading;
  auto message = read_message(context_, in.source, in.body);
  if (!message) {
    reading.header = hl7::peek_header(in.body);
    reading.verdict = hl7::AckCode::AE;
    reading.taken = false;
    reading.findings.push_back({Severity::error, message.error()});
    if (hl7::is_ack(reading.header)) return {};
  } else {
    reading.header = message->header();
    if (hl7::is_ack(reading.header)) return take_ack(context_, in, *message);
    for (const auto& f : message->findings()) reading.findings.push_back(f);
    understand(context_, in.source, *message, reading, context_.clock.now_ms());
  }
  const auto row_of = [&](const Reading& r, const Answer& answer) {
    const bool good = r.verdict == hl7::AckCode::AA;
    return InboxRow{.id = 0, .source = in.source, .control_id = r.header.control_id, .content_hash = sha256_hex(in.body), .content_type = in.content_type,
                    .body = in.body, .verdict = std::string(hl7::to_string(answer.verdict)), .ack = answer.now, .state = good ? "received" : "refused",
                    .remark = good ? "" : first_error(r.findings), .received_ms = context_.clock.now_ms()};
  };
  Answer answer = answer_to(context_, reading.header, reading.verdict, reading.taken, reading.findings);
  InboxRow row = row_of(reading, answer);
  std::shared_ptr<Read> read;
  if (reading.understood) read = std::make_shared<Read>(Read{row.content_hash, reading.header, std::move(*reading.understood)});
  store::InboxVerdict verdict;
  Handed handed{.received_ms = row.received_ms, .mark = mark_of(row.content_hash),
                .work = [&](store::Unit& unit, Manner manner) { return receive_and_apply(unit, row, *read, verdict, manner); }};
  const bool unique = context_.profiles.of(in.source).unique_control_ids();
  const bool at_once = taker_ && read && !answer.owed && takes_effect_at_once(read->understood) && !unique && taker_->take(handed);
  if (!at_once && read) row.state = "received";
  auto stored = at_once ? handed.outcome : context_.store.transact([&](store::Unit& unit) -> Result<void> {
    const auto receive = [&]() -> Result<void> {
      auto v = unit.receive(row);
      if (!v) return v.error();
      verdict = std::move(*v);
      return {};
    };
    const auto receive_new_id = [&]() -> Result<void> {
      if (auto r = receive(); !r) return r;
      if (verdict.kind != store::InboxVerdict::same_id_other_content || row.state == "refused") return {};
      return Error{"inbound.control_id_again", "MSH-10", {}};
    };
    auto received = unique ? unit.nested(receive_new_id) : receive();
    if (!received && received.error().id == "inbound.control_id_again") {  // its profile says that this cannot be
      reading.findings.push_back({Severity::error, received.error()});
      reading.verdict = hl7::AckCode::AE;
      answer = answer_to(context_, reading.header, reading.verdict, reading.taken, reading.findings);
      row = row_of(reading, answer);
      received = receive();
    }
    if (received && read && row.state == "received" && verdict.kind != store::InboxVerdict::duplicate)
      remember(verdict.id, read, row.body.size());  // before the applier can come to it
    if (!received || !answer.owed) return received;
    return verdict.kind == store::InboxVerdict::duplicate ? repeat_application_ack(unit, context_, verdict.earlier, reading)
           : row.state == "refused"                       ? send_application_ack(unit, context_, in.source, reading.header, reading.verdict, reading.findings)
                                                          : Result<void>();
  }, unique ? store::Store::Again::no : store::Store::Again::may);
  if (!stored) {  // not on disk: say so, and let the sender try again unchanged (AR, v2.5.1 §2.9.2)
    context_.log.write(Severity::error, "store.failed", stored.error());
    return {.body = answer_to(context_, reading.header, hl7::AckCode::AR, false, {{Severity::error, stored.error()}}).now, .stored = false};
  }
  if (!at_once && taker_ && row.state == "received" && verdict.kind != store::InboxVerdict::duplicate) taker_->stored(verdict.id);
  if (row.state == "refused")
    context_.log.write(Severity::warning, "inbound.refused", {{"source", in.source}, {"control_id_hash", sha256_hex(row.control_id).substr(0, 12)}, {"why", reading.findings.empty() ? "" : std::string(reading.findings.back().error.id)}});
  if (verdict.kind == store::InboxVerdict::same_id_other_content)
    context_.log.write(Severity::warning, "peer_misbehaving", {{"source", in.source}, {"what", "control id used again with other content"}});
  const bool again = verdict.kind == store::InboxVerdict::duplicate;
  Reply reply{.body = again ? verdict.earlier.ack : row.ack, .stored = true};
  if (answer.owed && in.source.starts_with(kFeedPrefix)) {  // a feed has no way of its own for it
    const auto said = again ? hl7::ack_code(verdict.earlier.verdict).value_or(reading.verdict) : reading.verdict;
    reply.later = application_ack(context_, reading.header, said, reading.findings, false);
  }
  return reply;
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
