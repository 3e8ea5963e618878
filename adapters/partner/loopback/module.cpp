#include "adapters/partner/loopback/entry.hpp"

HUREN_ADAPTER_EXPORT huren_adapter_entry = huren::partner_loopback_entry();
