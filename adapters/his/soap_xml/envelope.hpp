// SOAP 1.1 and 1.2 envelopes around a vendor's XML, which travels as text in a parameter or as elements.
// Promises: read by the gate that transfer documents pass; what is written is well-formed whatever the texts hold.
// Refuses: envelopes of other namespaces, headers that must be understood.
#pragma once
#include <memory>
#include <string>
#include <string_view>

#include "core/base/result.hpp"
#include "core/cda/xml_document.hpp"

namespace huren::his_soap_xml {

enum class Soap { v11, v12 };
const char* content_type(Soap version);

struct Opened {
  Soap version = Soap::v11;
  std::string operation;  // local name of the body's element
  std::string payload;    // XML: the text of the parameter, or the element in it as it stood
};
// parameter: whose content is the payload; the first child where none has that name. Errors cda.*, soap.*.
Result<Opened> open(std::string_view bytes, std::string_view charset_label, const std::string& parameter);

std::string envelope(Soap version, const std::string& space, const std::string& operation, const std::string& parameter, const std::string& payload);
std::string fault(Soap version, bool ours, const std::string& text);  // ours: Server, else Client
std::string wsdl(const std::string& space, const std::string& operation, const std::string& parameter, const std::string& result, const std::string& address);
std::string charset_of(const std::string& content_type);

}  // namespace huren::his_soap_xml
