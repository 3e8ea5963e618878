#include "adapters/his/cds_hooks/entry.hpp"

HUREN_ADAPTER_EXPORT huren_adapter_entry = huren::his_cds_hooks_entry();
