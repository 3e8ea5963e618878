#include "adapters/his/hl7v2_feed/entry.hpp"

HUREN_ADAPTER_EXPORT huren_adapter_entry = huren::his_hl7v2_feed_entry();
