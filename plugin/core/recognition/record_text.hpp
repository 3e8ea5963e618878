// The sentence for the patient's record (病历) that a decision calls for (办法 art. 16, 17: what was recognised is recorded, and
// who tests again says why). Promises: pure, both languages, values as reported with their origin, time and mark.
// times are those of the hospital whose record it is.
// Refuses: words about what the doctor told the patient: software does not know that.
#pragma once
#include <string>
#include <vector>

#include "core/model/lab_report.hpp"
#include "core/terminology/terminology.hpp"

namespace huren::recognition {

struct RecordedResult { const model::LabReport* report = nullptr; std::size_t position = 0; };
struct RecordedDecision {
  std::string outcome;                        // accepted | declined | revoked
  const terminology::Reason* reason = nullptr;
  std::string note;
  model::Person doctor;
  Timestamp at;
  int offset_minutes = 480;                   // of the hospital whose record it is
  std::vector<RecordedResult> results;
};
std::string record_text(const RecordedDecision& decision, const terminology::Set& set, Language language);

}  // namespace huren::recognition
