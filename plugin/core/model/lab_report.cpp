#include "core/model/lab_report.hpp"

namespace huren::model {

const char* hl7_status(Status status) {
  switch (status) {
    case Status::final_result: return "F";
    case Status::corrected: return "C";
    case Status::preliminary: return "P";
    case Status::cannot_obtain: return "X";
    case Status::withdrawn: return "W";
    case Status::unknown: break;
  }
  return "U";
}

// HL7 v2.5.1 tables 0085 (OBX-11) and 0123 (OBR-25). I, O, S, N, A and what is not in them say nothing that may be trusted.
Status status_from_hl7(std::string_view code) {
  if (code == "F" || code == "f") return Status::final_result;
  if (code == "C" || code == "c") return Status::corrected;
  if (code == "P" || code == "R" || code == "S" || code == "p" || code == "r" || code == "s") return Status::preliminary;
  if (code == "X" || code == "x") return Status::cannot_obtain;
  if (code == "D" || code == "W" || code == "d" || code == "w") return Status::withdrawn;
  return Status::unknown;
}

const char* status_word(Status status) {
  switch (status) {
    case Status::final_result: return "final";
    case Status::corrected: return "corrected";
    case Status::preliminary: return "preliminary";
    case Status::cannot_obtain: return "cannot_obtain";
    case Status::withdrawn: return "withdrawn";
    case Status::unknown: break;
  }
  return "unknown";
}

Status status_from_word(std::string_view word) {
  for (const auto status : {Status::final_result, Status::corrected, Status::preliminary, Status::cannot_obtain, Status::withdrawn})
    if (word == status_word(status)) return status;
  return Status::unknown;
}

}  // namespace huren::model
