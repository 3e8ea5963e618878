#include "adapters/his/db_view/entry.hpp"

HUREN_ADAPTER_EXPORT huren_adapter_entry = huren::his_db_view_entry();
