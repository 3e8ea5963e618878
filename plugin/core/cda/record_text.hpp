// How an item of a record is shown, in narrative and page alike. Internal to core/cda.
#pragma once
#include <string>

#include "core/model/clinical_record.hpp"

namespace huren::cda {
std::string shown_item(const model::RecordItem& item);
std::string shown_report(const model::LinkedReport& report);
}  // namespace huren::cda
