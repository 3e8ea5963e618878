// Any bytes as what comes in over HTTP for the SOAP service, the first byte choosing the charset that the head names: it opens or is
// refused with an answer that is XML itself; what it carries survives our own envelope, and the vendor's map reads it.
#include <algorithm>
#include <cstdint>

#include "adapters/his/soap_xml/envelope.hpp"
#include "tests/fuzz/mapping/sample.hpp"

using namespace huren;
using namespace huren::his_soap_xml;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size < 1 || size > 1 << 16) return 0;
  constexpr const char* kCharsets[] = {"", "text/xml; charset=utf-8", "text/xml; charset=\"gb18030\"", "text/xml; charset=utf-16"};
  const std::string_view bytes(reinterpret_cast<const char*>(data) + 1, size - 1);
  const auto opened = open(bytes, charset_of(kCharsets[data[0] % 4]), "message");
  if (!opened) {
    for (const auto version : {Soap::v11, Soap::v12}) expect(cda::XmlDocument::read(fault(version, false, line(opened.error())), "").operator bool());
    return 0;
  }
  expect(!invalid_utf8(opened->payload) && !invalid_utf8(opened->operation));
  const auto again = open(envelope(opened->version, "urn:x", "Submit", "message", opened->payload), "utf-8", "message");
  auto sent = opened->payload;
  std::erase(sent, '\r');  // the end of a line is \n in XML (XML 1.0 §2.11)
  expect(again.operator bool() && again->version == opened->version && again->operation == "Submit" && again->payload == trim(sent));
  fuzz::read_sample(*mapping::packaged_map("vendor_xml"), opened->payload);
  return 0;
}
