// The adapter his.hl7v2_feed: HL7 v2 of the hospital's own systems, over MLLP or as files dropped in a folder.
#pragma once
#include "huren/adapter.hpp"

namespace huren {
const AdapterEntry& his_hl7v2_feed_entry();
}  // namespace huren
