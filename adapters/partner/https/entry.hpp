// The adapter partner.https: HL7 v2 over HTTP over TLS with partner hospitals, both as caller and as called.
#pragma once
#include "huren/adapter.hpp"

namespace huren {
const AdapterEntry& partner_https_entry();
}  // namespace huren
