// A recognised result as columns of a vendor's table or as the vendor's XML.
// Promises: what a member says goes out as text that every database reads the same way, times in the hospital's own offset;
//   a member that is empty is null.
#pragma once
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/base/result.hpp"
#include "core/model/lab_report.hpp"

namespace huren::mapping {

// What became of one result: accepted, revoked, corrected, withdrawn, reassigned, disqualified.
struct Recognition {
  std::int64_t seq = 0;            // where it stands among all
  std::string kind, decision_id, patient_id, encounter_id, order_id, order_item, reason;
  model::Person doctor;
  Timestamp at;
  std::string result_id;
  model::LabReport report;         // the result's own report, as it was recognised
  std::size_t position = 0;        // in its observations
  int offset_minutes = 480;        // of the hospital that writes it into its own tables
};

// "decision.id", "decision.kind", "result.id", ..., and all members of a report.
const std::vector<std::string_view>& written_names();
std::optional<std::string> written_text(const Recognition& recognition, std::string_view name);  // nullopt: empty
// {member} replaced by its text, made fit for XML; {{ is a brace.
std::string fill_xml(std::string_view form, const Recognition& recognition);
std::string xml_text(std::string_view text);

// The answer of recognitions.since/1.
struct Recognitions {
  std::int64_t next = 0;           // ask again after this
  std::vector<Recognition> list;
};
Result<Recognitions> recognitions_from_json(std::string_view json, int offset_minutes);  // the hospital's own

}  // namespace huren::mapping
