// A referral request as REF^I12, both ways.
// Promises: reading what was written gives the same referral, patient and hospitals. Refuses: a request without RF1 id or PID.
#pragma once
#include <optional>
#include <string>

#include "core/base/result.hpp"
#include "core/hl7/message.hpp"
#include "core/mapping/oru.hpp"
#include "core/model/event.hpp"

namespace huren::mapping {

struct Referral {
  std::string id;                 // RF1-6, as the requesting hospital numbers it
  model::Organisation from, to;   // PRD RP and RT
  model::Patient patient;         // local_id: the requesting hospital's number
  std::string priority = "routine";  // routine | urgent | critical
  std::string reason;
  Timestamp at;
  friend bool operator==(const Referral&, const Referral&) = default;
};

Result<std::string> write_referral(const Referral& referral, const Envelope& envelope);
struct ReferralRead { std::optional<Referral> referral; Findings findings; };
ReferralRead read_referral(const hl7::Message& message, const OruOptions& options = {});

}  // namespace huren::mapping
