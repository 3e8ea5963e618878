// The adapter partner.mllp: HL7 v2 over MLLP over TLS with partner hospitals, both as caller and as called.
#pragma once
#include "huren/adapter.hpp"

namespace huren {
const AdapterEntry& partner_mllp_entry();
}  // namespace huren
