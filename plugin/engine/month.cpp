#include "engine/month.hpp"

#include <charconv>
#include <limits>
#include <nlohmann/json.hpp>

#include "engine/audit.hpp"

namespace huren::engine {
namespace {

constexpr int kChunk = 5000;

std::string after(const std::string& text, std::string_view prefix) { return text.starts_with(prefix) ? text.substr(prefix.size()) : text; }

std::int64_t number(const std::string& text) {
  std::int64_t value = 0;
  std::from_chars(text.data(), text.data() + text.size(), value);
  return value;
}

void add(const store::AuditRow& row, recognition::Figures& into) {
  if (row.event == "suggestion.ignored") into.ignored(after(row.object, "suggestion:"));
  if (row.event != "suggestion.shown" && row.event != "decision.made" && row.event != "decision.told") return;
  const auto fields = nlohmann::json::parse(row.fields, nullptr, false);
  const auto field = [&](const char* name) { return fields.is_object() ? fields.value(name, std::string()) : std::string(); };
  if (row.event == "suggestion.shown") {
    into.add(recognition::ShownFact{.id = after(row.object, "suggestion:"), .accepting = field("accepting"), .outcome = row.outcome, .department = field("department"),
                                    .item = field("item"), .partner = field("partner"), .at_ms = row.at_ms});
    return;
  }
  into.add(recognition::DecisionFact{.id = after(row.object, "decision:"), .there = row.event == "decision.told", .partner = field("partner"), .outcome = row.outcome,
                                     .reason = field("reason"), .department = field("department"), .item = field("item"), .suggestion = field("suggestion"),
                                     .at_ms = number(field("at_ms")), .saved_cents = number(field("saved_cents"))});
}

}  // namespace

Result<void> figures_from_store(store::Reader& reader, recognition::Figures& into) {
  const auto& month = into.month();
  auto shown = reader.suggestions(month.from_ms, month.to_ms);
  if (!shown) return shown.error();
  for (auto& s : *shown) {
    if (!s.accepting.empty()) {
      auto offer = reader.offer(s.accepting);
      if (!offer) return offer.error();
      if (*offer && (*offer)->state == "ignored") into.ignored(s.accepting);
    }
    into.add(recognition::ShownFact{.id = std::move(s.id), .accepting = std::move(s.accepting), .outcome = std::move(s.outcome), .department = std::move(s.department),
                                    .item = std::move(s.item), .partner = std::move(s.partner), .at_ms = s.shown_ms});
  }
  // What was shown in the month may be answered after it.
  auto decisions = reader.decisions(month.from_ms, std::numeric_limits<std::int64_t>::max());
  if (!decisions) return decisions.error();
  for (auto& d : *decisions)
    into.add(recognition::DecisionFact{.id = opaque(d.id), .there = !d.source.empty(), .partner = d.source.empty() ? d.partner : d.source, .outcome = std::move(d.outcome),
                                       .reason = std::move(d.reason), .department = std::move(d.department), .item = d.item.empty() ? std::move(d.order_item) : std::move(d.item),
                                       .suggestion = std::move(d.suggestion_id), .at_ms = d.at_ms, .saved_cents = d.saved_cents});
  return {};
}

Result<void> figures_from_audit(store::Store& store, recognition::Figures& into, Findings& chain) {
  AuditChain links;
  std::int64_t marked = 0;
  for (bool more = true; more;) {
    // In pieces: a snapshot of years would hold up checkpoints.
    auto read = store.read([&](store::Reader& reader) -> Result<void> {
      auto rows = reader.audit(links.seq(), kChunk);
      if (!rows) return rows.error();
      for (const auto& row : *rows) {
        if (auto fault = links.add(row)) chain.push_back({Severity::error, std::move(*fault)});
        add(row, into);
      }
      more = rows->size() == kChunk;
      auto mark = reader.cursor(kAuditMark);
      if (!mark) return mark.error();
      marked = *mark;
      return {};
    });
    if (!read) return read;
  }
  if (auto fault = links.end(marked)) chain.push_back({Severity::error, std::move(*fault)});
  return {};
}

Result<std::vector<referral::Counted>> counted_requests(store::Reader& reader, const config::Config& config, std::int64_t from_ms, std::int64_t to_ms, std::int64_t now_ms) {
  auto rows = reader.referrals_asked(from_ms, to_ms);
  if (!rows) return rows.error();
  const int offset = config.hospital.offset_minutes;
  std::vector<referral::Counted> out;
  for (const auto& row : *rows) {
    auto facts = reader.facts(row.key);
    if (!facts) return facts.error();
    std::vector<model::Step> steps;
    for (const auto& f : *facts)
      if (auto parsed = model::step_from_json(f.json, offset); parsed.step) steps.push_back(std::move(*parsed.step));
    referral::Terms terms;
    for (const auto& a : config.agreements)
      if (a.partner == row.partner) terms.expiry_days = a.referral_days;
    out.push_back({referral::resolve(std::move(steps), terms, now_ms), row.ours, offset});
  }
  return out;
}

}  // namespace huren::engine
