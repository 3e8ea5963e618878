// The human-readable half of a lab report: the same strings as the entries hold. Internal to core/cda.
#pragma once
#include <string>
#include <string_view>

#include "core/base/result.hpp"
#include "core/cda/xml_out.hpp"
#include "core/model/lab_report.hpp"

namespace huren::cda {

std::string_view status_label(model::Status status, Language language);
std::string_view reason_label(model::Status status, Language language);  // of amendment_reason: why it was corrected, or taken back
std::string_view word(std::string_view key, Language language);  // labels of narrative and page: "item", "result", ...
std::string shown_time(const Timestamp& t);                      // 2026-11-21 08:00:00 +08:00; "" when absent
std::string shown_result(const model::Observation& o);           // comparator and value
std::string shown_range(const model::ReferenceRange& range);
std::string shown_code(const model::Code& code);                 // "name (code)", or whichever there is
std::string joined(const std::vector<std::string>& parts, std::string_view separator);

void write_diagnosis_narrative(XmlOut& out, const model::LabReport& report, Language language);
void write_results_narrative(XmlOut& out, const model::LabReport& report, Language language);
void write_conclusion_narrative(XmlOut& out, const model::LabReport& report, Language language);
void write_whole_narrative(XmlOut& out, const model::LabReport& report, Language language);  // all three in one text

}  // namespace huren::cda
