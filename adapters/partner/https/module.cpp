#include "adapters/partner/https/entry.hpp"

HUREN_ADAPTER_EXPORT huren_adapter_entry = huren::partner_https_entry();
