// The adapter his.soap_xml: a service that takes a vendor's XML, and a client that calls the vendor's.
#pragma once
#include "huren/adapter.hpp"

namespace huren {
const AdapterEntry& his_soap_xml_entry();
}  // namespace huren
