// The adapter his.db_view: a vendor's middle tables or views, read and written as its map says.
#pragma once
#include "huren/adapter.hpp"

namespace huren {
const AdapterEntry& his_db_view_entry();
}  // namespace huren
