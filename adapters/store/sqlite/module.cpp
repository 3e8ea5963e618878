// The module's one export; the static library leaves it out.
#include "store.hpp"

HUREN_ADAPTER_EXPORT huren_adapter_entry = huren::store_sqlite_entry();
