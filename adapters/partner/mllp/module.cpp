#include "adapters/partner/mllp/entry.hpp"

HUREN_ADAPTER_EXPORT huren_adapter_entry = huren::partner_mllp_entry();
