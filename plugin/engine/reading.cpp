#include "engine/reading.hpp"

#include <utility>

#include "core/hl7/profile.hpp"
#include "engine/feed_maps.hpp"
#include "engine/profiles.hpp"
#include "engine/referral/requests.hpp"

namespace huren::engine {
namespace {

bool is_report(const hl7::Header& h) { return (h.type == "ORU" && h.trigger == "R01") || (h.type == "OUL" && (h.trigger == "R22" || h.trigger == "R21" || h.trigger == "R24")); }

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

}  // namespace

const config::Feed* feed_of(const Context& context, std::string_view source) {
  if (!source.starts_with(kFeedPrefix)) return nullptr;
  for (const auto& f : context.config.feeds)
    if (f.name == source.substr(kFeedPrefix.size())) return &f;
  return nullptr;
}

Result<hl7::Message> read_message(const Context& context, std::string_view source, std::string_view bytes) {
  hl7::ReadOptions options;
  const auto* feed = feed_of(context, source);
  if (feed)
    if (const auto it = feed->options.find("charset"); it != feed->options.end()) options.fallback = charset_from_label(it->second);
  return hl7::Message::view(bytes, options);
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

}  // namespace huren::engine
