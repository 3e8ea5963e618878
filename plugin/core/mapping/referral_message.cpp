#include "core/mapping/referral_message.hpp"

#include <algorithm>

#include "core/hl7/writer.hpp"
#include "core/mapping/header.hpp"
#include "core/mapping/pid.hpp"
#include "core/mapping/words.hpp"

namespace huren::mapping {
namespace {

struct Priority {
  std::string_view word, code;  // table 0280: S stat, A as soon as possible, R routine
};
constexpr Priority kPriorities[] = {{"routine", "R"}, {"urgent", "A"}, {"critical", "S"}};

}  // namespace

Result<std::string> write_referral(const Referral& r, const Envelope& envelope) {
  const auto* priority = std::find_if(std::begin(kPriorities), std::end(kPriorities), [&](const Priority& p) { return p.word == r.priority; });
  if (r.id.empty()) return Error{"mapping.referral_missing", "RF1-6", {"RF1-6"}};
  if (priority == std::end(kPriorities)) return Error{"mapping.referral_missing", "RF1-2", {"RF1-2"}};
  hl7::Writer w;
  put_msh(w, "REF", "I12", "REF_I12", envelope);
  w.segment("RF1").set(1, "P").set(2, priority->code).set(6, {r.id, r.from.code}).set(7, r.at);
  w.set(10, {"", r.reason});
  w.segment("PRD").set(1, "RP").set(2, r.from.name).set(4, {"", "", "", r.from.code});
  w.segment("PRD").set(1, "RT").set(2, r.to.name).set(4, {"", "", "", r.to.code});
  put_pid(w, r.patient, r.from.code);
  return w.finish(envelope.charset);
}

ReferralRead read_referral(const hl7::Message& message, const OruOptions& options) {
  ReferralRead out;
  const ReadContext context{options, out.findings, message.header().profile == kProfile};
  const auto rf1 = message.segment("RF1"), pid = message.segment("PID");
  if (!rf1.exists() || rf1.value(6).empty()) context.error("mapping.referral_missing", "RF1-6", {"RF1-6"});
  if (!pid.exists()) context.error("mapping.patient_missing", "PID");
  if (has_error(out.findings)) return out;
  Referral r;
  r.id = rf1.value(6);
  const auto code = rf1.value(2);
  const auto* priority = std::find_if(std::begin(kPriorities), std::end(kPriorities), [&](const Priority& p) { return p.code == code; });
  if (priority != std::end(kPriorities)) r.priority = priority->word;
  else if (!code.empty()) context.warn("mapping.referral_priority", rf1.where(2));
  context.member("at", &r.at, rf1.value(7), rf1.where(7), "mapping.bad_time");
  r.reason = rf1.value(10, 2).empty() ? rf1.value(10) : rf1.value(10, 2);
  r.from.code = rf1.value(6, 2);
  for (int i = 1; i <= message.count("PRD"); ++i) {
    const auto prd = message.segment("PRD", i);
    const auto role = prd.value(1);
    auto* side = role == "RP" ? &r.from : role == "RT" ? &r.to : nullptr;
    if (!side) continue;
    side->name = prd.value(2);
    for (const auto& id : {prd.value(7), prd.value(4, 4)})
      if (!id.empty()) side->code = id;
  }
  read_pid(pid, context, r.patient);
  if (r.patient.local_id.empty() && r.patient.identifiers.empty()) context.error("mapping.patient_unidentified", pid.where(3));
  if (!has_error(out.findings)) out.referral = std::move(r);
  return out;
}

}  // namespace huren::mapping
