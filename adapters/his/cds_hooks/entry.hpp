// The adapter his.cds_hooks: recognition for web HIS, as a CDS Hooks 2.0 service.
#pragma once
#include "huren/adapter.hpp"

namespace huren {
const AdapterEntry& his_cds_hooks_entry();
}  // namespace huren
