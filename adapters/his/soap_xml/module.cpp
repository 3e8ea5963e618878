#include "adapters/his/soap_xml/entry.hpp"

HUREN_ADAPTER_EXPORT huren_adapter_entry = huren::his_soap_xml_entry();
