// referral.list/1 and record.open/1: what the HIS asks about requests and documents. Shapes: schemas/query/.
#pragma once
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/base/result.hpp"
#include "core/model/lab_report.hpp"

namespace huren::model {

struct ReferralListRequest {
  Person doctor;                         // whoever looks: every look is noted
  std::string patient_id;                // the HIS's own number; empty: all of this hospital, for the referral desk
  std::string partner, kind, state;      // narrower, each optional
  Timestamp since;                       // changed at or after
  int limit = 100;                       // rows, 1..500
};
struct ParsedReferralList { std::optional<ReferralListRequest> request; Findings findings; };
ParsedReferralList parse_referral_list(std::string_view json, int assumed_offset_minutes);

struct RecordOpenRequest {
  std::string record_id, patient_id, encounter_id;
  Person doctor;
  std::vector<std::string> want;         // "data" | "document" | "page"; empty: data
};
struct ParsedRecordOpen { std::optional<RecordOpenRequest> request; Findings findings; };
ParsedRecordOpen parse_record_open(std::string_view json, int assumed_offset_minutes);

}  // namespace huren::model
