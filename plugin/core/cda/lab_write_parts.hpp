// Pieces of a lab report's entries that stand in several places. Internal to core/cda.
#pragma once
#include <string_view>

#include "core/cda/xml_out.hpp"
#include "core/model/lab_report.hpp"

namespace huren::cda {

// <observation> with a data element of WS/T 363/364 as its code; leaves it open.
#define HUREN_DE(code, name)                                                                                      \
  "<observation classCode=\"OBS\" moodCode=\"EVN\"><code code=\"" code                                            \
  "\" codeSystem=\"2.16.156.10011.2.2.1\" codeSystemName=\"卫生信息数据元目录\" displayName=\"" name "\""

void write_element(XmlOut& out, std::string_view opening, std::string_view value);  // an entry of its own
std::string_view act_status(model::Status status);
// HL7 table 0123/0085 status as an observation of its own: ActStatus cannot tell a correction from a first issue.
void write_status(XmlOut& out, std::string_view relation, model::Status status);
void write_comment(XmlOut& out, std::string_view note);  // IHE PCC 1.3.6.1.4.1.19376.1.5.3.1.4.2

}  // namespace huren::cda
