#include "core/mapping/decision_message.hpp"

#include <algorithm>

#include "core/hl7/writer.hpp"
#include "core/mapping/header.hpp"
#include "core/mapping/words.hpp"
#include "core/model/reference_range.hpp"

namespace huren::mapping {
namespace {

constexpr std::string_view kType = "ZRD", kStructure = "ZRD_Z01", kReasonSystem = "HUREN-REASON";
constexpr std::size_t kMaxResults = 500;

struct KindRow {
  DecisionKind kind;
  std::string_view trigger;
  std::vector<std::string_view> outcomes;
};

const std::vector<KindRow>& kinds() {
  static const std::vector<KindRow> rows{{DecisionKind::decided, "Z01", {"accepted", "declined"}},
                                         {DecisionKind::revoked, "Z02", {"revoked"}},
                                         {DecisionKind::viewed, "Z03", {"viewed"}},
                                         {DecisionKind::retraction_acknowledged, "Z04", {"acknowledged"}}};
  return rows;
}

// MO: yuan with two decimals.
std::string money(std::int64_t cents) {
  const auto rest = std::to_string(cents % 100);
  return std::to_string(cents / 100) + (rest.size() == 1 ? ".0" : ".") + rest;
}

// nullopt: not an amount; at most eight digits of yuan, so that sums of many stay whole.
std::optional<std::int64_t> cents_of(std::string_view text) {
  const auto dot = text.find('.');
  const auto yuan = text.substr(0, dot), rest = dot == std::string_view::npos ? std::string_view("00") : text.substr(dot + 1);
  if (yuan.empty() || yuan.size() > 8 || rest.size() != 2) return std::nullopt;
  std::int64_t value = 0;
  for (const auto part : {yuan, rest})
    for (const char c : part) {
      if (c < '0' || c > '9') return std::nullopt;
      value = value * 10 + (c - '0');
    }
  return value;
}

std::string either(const std::vector<std::string_view>& words) {
  std::string out;
  for (const auto w : words) {
    if (!out.empty()) out += " | ";
    out += w;
  }
  return out;
}

}  // namespace

Result<std::string> write_decision(const DecisionMessage& d, const Envelope& envelope) {
  const auto row = std::find_if(kinds().begin(), kinds().end(), [&](const KindRow& k) { return k.kind == d.kind; });
  if (d.id.empty()) return Error{"mapping.decision_missing", "ZRD-1", {"ZRD-1"}};
  if (!d.at.present()) return Error{"mapping.decision_missing", "ZRD-6", {"ZRD-6"}};
  if (d.results.empty()) return Error{"mapping.decision_missing", "ZRR", {"ZRR"}};
  if (std::find(row->outcomes.begin(), row->outcomes.end(), d.outcome) == row->outcomes.end())
    return Error{"mapping.decision_outcome", "ZRD-2", {either(row->outcomes), std::string(row->trigger)}};

  hl7::Writer w;
  put_msh(w, kType, row->trigger, kStructure, envelope);
  w.segment("ZRD").set(1, {d.id, d.hospital}).set(2, d.outcome);
  if (!d.reason.empty()) w.set(3, {d.reason, "", kReasonSystem});
  w.set(4, d.doctor_id).set(5, d.department).set(6, d.at).set(7, d.order_item);
  if (d.saved_cents > 0) w.set(8, {money(d.saved_cents), "CNY"});
  int set_id = 0;
  for (const auto& r : d.results) {
    w.segment("ZRR").set(1, std::to_string(++set_id)).set(2, {r.number, r.origin}).set(3, std::to_string(r.version));
    w.set(4, r.item).set(5, r.local_item);
  }
  return w.finish(envelope.charset);
}

bool is_decision(const hl7::Header& header) { return header.type == kType; }

DecisionRead read_decision(const hl7::Message& message, int offset_minutes) {
  DecisionRead out;
  const auto fault = [&](std::string_view id, std::string where, std::vector<std::string> args = {}) {
    out.findings.push_back({Severity::error, {id, std::move(where), std::move(args)}});
  };
  const auto missing = [&](const std::string& where) { fault("mapping.decision_missing", where, {where}); };

  DecisionMessage d;
  const auto header = message.header();
  const auto row = std::find_if(kinds().begin(), kinds().end(), [&](const KindRow& k) { return k.trigger == header.trigger; });
  if (row == kinds().end()) {
    fault("mapping.decision_trigger", "MSH-9.2");
    return out;
  }
  d.kind = row->kind;
  const auto zrd = message.segment("ZRD");
  if (!zrd.exists()) {
    missing("ZRD");
    return out;
  }
  d.id = zrd.value(1, 1);
  d.hospital = zrd.value(1, 2);
  d.outcome = zrd.value(2);
  d.reason = zrd.value(3);
  d.doctor_id = zrd.value(4);
  d.department = zrd.value(5);
  d.order_item = zrd.value(7);
  if (const auto saved = zrd.value(8); !saved.empty()) {
    if (const auto cents = cents_of(saved)) d.saved_cents = *cents;
    else fault("mapping.decision_amount", "ZRD-8");
  }
  if (d.id.empty()) missing("ZRD-1.1");
  if (d.hospital.empty()) missing("ZRD-1.2");
  if (std::find(row->outcomes.begin(), row->outcomes.end(), d.outcome) == row->outcomes.end())
    fault("mapping.decision_outcome", "ZRD-2", {either(row->outcomes), std::string(row->trigger)});
  if (const auto at = parse_hl7_time(zrd.value(6), offset_minutes)) d.at = *at;
  else missing("ZRD-6");

  const int results = message.count("ZRR");
  if (results == 0) missing("ZRR");
  for (int i = 1; i <= results && static_cast<std::size_t>(i) <= kMaxResults; ++i) {
    const auto zrr = message.segment("ZRR", i);
    ResultRef r{zrr.value(2, 2), zrr.value(2, 1), 0, zrr.value(4), zrr.value(5)};
    const auto version = model::read_number(zrr.value(3));
    if (version && *version >= 1 && *version <= 9999 && *version == static_cast<int>(*version)) r.version = static_cast<int>(*version);
    else fault("mapping.bad_version", zrr.where(3));
    if (r.number.empty()) missing(zrr.where(2, 0, 1));
    if (r.origin.empty()) missing(zrr.where(2, 0, 2));
    d.results.push_back(std::move(r));
  }
  if (!has_error(out.findings)) out.decision = std::move(d);
  return out;
}

}  // namespace huren::mapping
