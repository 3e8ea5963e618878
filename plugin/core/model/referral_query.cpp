#include "core/model/referral_query.hpp"

#include <algorithm>

#include "core/model/json_fields.hpp"
#include "core/model/report_json.hpp"

namespace huren::model {

ParsedReferralList parse_referral_list(std::string_view text, int assumed_offset_minutes) {
  ParsedReferralList out;
  const auto tree = parse_tree(text, out.findings);
  if (!tree) return out;
  Source source{out.findings, assumed_offset_minutes};
  ReferralListRequest r;
  Fields f(*tree, "", source);
  f.object("doctor", r.doctor, read_doctor, Need::required);
  f.code("patient_id", r.patient_id);
  f.code("partner", r.partner);
  f.word("kind", r.kind, {"", "referral", "exam", "consult"});
  f.word("state", r.state, {"", "requested", "accepted", "declined", "redirected", "arrived", "no_show", "completed", "withdrawn", "cancelled", "expired", "unknown"});
  f.time("since", r.since);
  f.integer("limit", r.limit, 1, 500);
  f.finish();
  if (!has_error(out.findings)) out.request = std::move(r);
  return out;
}

ParsedRecordOpen parse_record_open(std::string_view text, int assumed_offset_minutes) {
  ParsedRecordOpen out;
  const auto tree = parse_tree(text, out.findings);
  if (!tree) return out;
  Source source{out.findings, assumed_offset_minutes};
  RecordOpenRequest r;
  Fields f(*tree, "", source);
  f.code("record_id", r.record_id, Need::required);
  f.code("patient_id", r.patient_id, Need::required);
  f.code("encounter_id", r.encounter_id, Need::required);
  f.object("doctor", r.doctor, read_doctor, Need::required);
  f.texts("want", r.want, kMaxCode, Lines::one);
  f.finish();
  for (std::size_t i = 0; i < r.want.size(); ++i)
    if (r.want[i] != "data" && r.want[i] != "document" && r.want[i] != "page") f.fault("model.not_a_word", f.at("want") + "/" + std::to_string(i), {"data, document, page"});
  if (!has_error(out.findings)) out.request = std::move(r);
  return out;
}

}  // namespace huren::model
