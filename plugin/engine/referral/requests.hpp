// What hospitals ask each other for a patient, as the engine keeps it: own steps go out, a partner's come in, the clock reminds.
// Promises: every step is kept; what the steps amount to is core/referral's word alone, written anew in the same transaction;
//   the HIS is told of everything that happened elsewhere, and of whatever did not fit.
// Refuses: an own step that makes no sense (the HIS learns at once why); documents of another person than the request's.
#pragma once
#include "core/mapping/referral_message.hpp"
#include "core/referral/view.hpp"
#include "engine/context.hpp"

namespace huren::engine {

namespace life = huren::referral;

// A partner's messages, checked by is_addressed before they were acknowledged.
Result<void> receive_step(store::Unit& unit, const Context& context, const store::InboxRow& row, mapping::StepMessage message);
Result<void> receive_summary(store::Unit& unit, const Context& context, const store::InboxRow& row, mapping::SummaryMessage message);
// The step is between this hospital and the partner that sent it, and by that partner. Error inbound.step_*
Result<void> is_addressed(const Context& context, const config::Partner& partner, const model::Step& step);

// A lab report was stored: packages that wait for it are looked at again.
Result<void> report_came(store::Unit& unit, const Context& context, const std::string& patient_id);
// A patient registered or changed: requests about somebody unknown are matched again.
Result<void> patient_came(store::Unit& unit, const Context& context, const store::PatientRow& row, const model::Patient& patient);
// Reminders, escalations, expiry, and what a person decided about doubtful patients. true: something changed.
Result<bool> look_at_clock(const Context& context);

// The request as its view (notices, referral.list/1).
Result<std::string> view_of(store::Reader& reader, const Context& context, const store::ReferralRow& row);

}  // namespace huren::engine
