// The documents beside lab reports: C0006 检查报告, C0001 病历概要, C0053 出院小结, C0049 出院记录, C0045 会诊记录, 转诊(院)记录.
// Promises: as lab_document.hpp; which items a kind has, and in which section and data element, is data (schemas/cda/sections.csv).
// Refuses: items that the kind has no place for.
#pragma once
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/cda/document.hpp"
#include "core/model/clinical_record.hpp"

namespace huren::cda {

struct RecordWriteOptions {
  Mode mode = Mode::cn;
  std::optional<DocumentId> id;
  TransferIdentity transfer;
};
// Errors: cda.no_identity, cda.unwritable, cda.kind, cda.item_unknown.
Result<std::string> write_record(const model::ClinicalRecord& record, const RecordWriteOptions& options);

struct RecordRead {
  std::optional<model::ClinicalRecord> record;
  Head head;
  Findings findings;
  std::vector<Kept> kept;
};
RecordRead read_record(std::string_view bytes, const ReadOptions& options);

// What a record reads back as: as canonical(LabReport); items in the order of the document, a unit only beside a number.
model::ClinicalRecord canonical(model::ClinicalRecord record);

}  // namespace huren::cda
