// What two hospitals compare of one report: the same text at both ends, whatever each of them added for itself.
#pragma once
#include <string>

#include "core/model/lab_report.hpp"

namespace huren::engine::exchange {

// SHA-256 over number, version, status and each observation's code, value, unit and status, as the origin wrote them.
std::string content_digest(const model::LabReport& report);
// The moment of release; where none is stated, of collection. Its day in the origin's zone is the day that is compared.
std::int64_t release_ms(const model::LabReport& report);

}  // namespace huren::engine::exchange
