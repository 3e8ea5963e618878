#include "core/mapping/event_members.hpp"

#include <algorithm>
#include <iterator>

#include "core/mapping/members.hpp"

namespace huren::mapping {
namespace {

constexpr FlatMember kStarted[] = {{"patient_id"}, {"encounter_id"}, {"patient_class"}, {"department"}, {"doctor.id"}, {"doctor.name"}, {"at", FlatKind::time}};
constexpr FlatMember kEnded[] = {{"patient_id"}, {"encounter_id"}, {"at", FlatKind::time}};
constexpr FlatMember kMerged[] = {{"patient_id"}, {"prior_id"}, {"at", FlatKind::time}};
constexpr FlatMember kWithdrawn[] = {{"number"}, {"version", FlatKind::number}, {"reason"}, {"at", FlatKind::time}};
constexpr FlatMember kReferral[] = {{"referral_id"}, {"patient_id"}, {"to_partner"}, {"priority"}, {"reason"}, {"at", FlatKind::time}};
constexpr FlatMember kConsent[] = {{"patient_id"}, {"partner"}, {"at", FlatKind::time}};
constexpr FlatMember kDecided[] = {{"decision_id"}, {"suggestion_id"}, {"order_id"}, {"order_item"}, {"outcome"}, {"reason"}, {"note"}, {"patient_id"}, {"encounter_id"},
                                   {"department"}, {"doctor.id"}, {"doctor.name"}, {"result_ids", FlatKind::list}, {"at", FlatKind::time}};

struct Row {
  std::string_view type;
  std::span<const FlatMember> members;
};
const Row kRows[] = {{"lab.report.released/1", {}},      {"patient.registered/1", {}},      {"patient.updated/1", {}},      {"patient.merged/1", kMerged},
                     {"patient.unmerged/1", kMerged},    {"encounter.started/1", kStarted}, {"encounter.ended/1", kEnded},  {"lab.report.withdrawn/1", kWithdrawn},
                     {"referral.requested/1", kReferral}, {"consent.given/1", kConsent},    {"consent.withdrawn/1", kConsent}, {"recognition.decided/1", kDecided}};

}  // namespace

const std::vector<std::string_view>& mapped_types() {
  static const auto all = [] {
    std::vector<std::string_view> out;
    for (const auto& row : kRows) out.push_back(row.type);
    return out;
  }();
  return all;
}

bool is_report_type(std::string_view type) { return type == "lab.report.released/1"; }
bool is_patient_type(std::string_view type) { return type == "patient.registered/1" || type == "patient.updated/1"; }

std::span<const FlatMember> flat_members(std::string_view type) {
  const auto* it = std::find_if(std::begin(kRows), std::end(kRows), [&](const Row& r) { return r.type == type; });
  return it == std::end(kRows) ? std::span<const FlatMember>{} : it->members;
}

std::vector<std::string_view> member_names(std::string_view type) {
  if (is_report_type(type)) return member_names();
  std::vector<std::string_view> out;
  if (is_patient_type(type)) {
    std::copy_if(member_names().begin(), member_names().end(), std::back_inserter(out), [](std::string_view n) { return n.starts_with("patient."); });
    return out;
  }
  for (const auto& m : flat_members(type)) out.push_back(m.name);
  return out;
}

}  // namespace huren::mapping
