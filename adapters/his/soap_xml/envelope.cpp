#include "adapters/his/soap_xml/envelope.hpp"

#include <algorithm>

#include "core/base/text.hpp"
#include "core/mapping/place.hpp"
#include "core/mapping/write_back.hpp"

namespace huren::his_soap_xml {
namespace {

using mapping::local_name;
using mapping::xml_text;

constexpr std::string_view kSpace11 = "http://schemas.xmlsoap.org/soap/envelope/", kSpace12 = "http://www.w3.org/2003/05/soap-envelope";

cda::Node child(cda::Node node, std::string_view name) {
  for (auto c = node.first_child(); c; c = c.next_sibling())
    if (c.is_element() && (name.empty() || local_name(c.name()) == name)) return c;
  return {};
}

// The namespace of an element's prefix, declared on it or above it.
std::string_view space_of(cda::Node node) {
  const auto name = node.name();
  const auto colon = name.find(':');
  const std::string wanted = colon == std::string_view::npos ? "xmlns" : "xmlns:" + std::string(name.substr(0, colon));
  for (auto n = node; n; n = n.parent())
    if (const auto space = n.attribute(wanted); !space.empty()) return space;
  return {};
}

std::string all_text(cda::Node node) {
  std::string out;
  for (auto c = node.first_child(); c; c = c.next_sibling())
    if (!c.is_element()) out += c.value();
  return std::string(trim(out));
}

}  // namespace

const char* content_type(Soap version) { return version == Soap::v12 ? "application/soap+xml; charset=utf-8" : "text/xml; charset=utf-8"; }

std::string charset_of(const std::string& type) {
  const auto at = upper_ascii(type).find("CHARSET=");
  if (at == std::string::npos) return {};
  auto label = type.substr(at + 8);
  label.resize(std::min(label.find(';'), label.size()));
  std::erase(label, '"');
  return std::string(trim(label));
}

Result<Opened> open(std::string_view bytes, std::string_view charset_label, const std::string& parameter) {
  auto document = cda::XmlDocument::read(bytes, charset_label);
  if (!document) return document.error();
  const auto root = (*document)->root();
  const auto space = space_of(root);
  if (local_name(root.name()) != "Envelope" || (space != kSpace11 && space != kSpace12)) return Error{"soap.no_envelope", "/", {}};
  Opened out;
  out.version = space == kSpace12 ? Soap::v12 : Soap::v11;
  if (const auto header = child(root, "Header"))
    for (auto c = header.first_child(); c; c = c.next_sibling())
      for (std::uint32_t i = 0; c.is_element() && i < c.data().attribute_count; ++i) {
        const auto& a = c.tree().attributes[c.data().attributes + i];
        if (local_name(a.name) == "mustUnderstand" && (a.value == "1" || a.value == "true")) return Error{"soap.must_understand", "/Envelope/Header", {}};
      }
  const auto operation = child(child(root, "Body"), "");
  if (!operation) return Error{"soap.no_operation", "/Envelope/Body", {}};
  out.operation = std::string(local_name(operation.name()));
  auto holder = child(operation, parameter);
  if (!holder) holder = child(operation, "");
  if (!holder) return out;
  const auto inner = child(holder, "");
  out.payload = inner ? std::string((*document)->source(inner)) : all_text(holder);
  return out;
}

std::string envelope(Soap version, const std::string& space, const std::string& operation, const std::string& parameter, const std::string& payload) {
  std::string out = "<?xml version=\"1.0\" encoding=\"utf-8\"?><soap:Envelope xmlns:soap=\"";
  out += version == Soap::v12 ? kSpace12 : kSpace11;
  out += "\"><soap:Body><" + operation + " xmlns=\"" + xml_text(space) + "\"><" + parameter + ">" + xml_text(payload) + "</" + parameter + "></" + operation + "></soap:Body></soap:Envelope>";
  return out;
}

std::string fault(Soap version, bool ours, const std::string& text) {
  std::string out = "<?xml version=\"1.0\" encoding=\"utf-8\"?><soap:Envelope xmlns:soap=\"";
  out += version == Soap::v12 ? kSpace12 : kSpace11;
  out += "\"><soap:Body><soap:Fault>";
  if (version == Soap::v12) {
    out += "<soap:Code><soap:Value>soap:";
    out += ours ? "Receiver" : "Sender";
    out += "</soap:Value></soap:Code><soap:Reason><soap:Text xml:lang=\"zh\">" + xml_text(text) + "</soap:Text></soap:Reason>";
  } else {
    out += "<faultcode>soap:";
    out += ours ? "Server" : "Client";
    out += "</faultcode><faultstring>" + xml_text(text) + "</faultstring>";
  }
  return out + "</soap:Fault></soap:Body></soap:Envelope>";
}

std::string wsdl(const std::string& space, const std::string& operation, const std::string& parameter, const std::string& result, const std::string& address) {
  const auto ns = xml_text(space);
  const auto action = ns + (space.ends_with("/") || space.starts_with("urn:") ? "" : "/") + operation;
  return "<?xml version=\"1.0\" encoding=\"utf-8\"?>\n"
         "<wsdl:definitions xmlns:wsdl=\"http://schemas.xmlsoap.org/wsdl/\" xmlns:soap=\"http://schemas.xmlsoap.org/wsdl/soap/\" xmlns:xs=\"http://www.w3.org/2001/XMLSchema\" "
         "xmlns:tns=\"" + ns + "\" targetNamespace=\"" + ns + "\" name=\"huren\">\n"
         "  <wsdl:types><xs:schema elementFormDefault=\"qualified\" targetNamespace=\"" + ns + "\">\n"
         "    <xs:element name=\"" + operation + "\"><xs:complexType><xs:sequence><xs:element name=\"" + parameter + "\" type=\"xs:string\"/></xs:sequence></xs:complexType></xs:element>\n"
         "    <xs:element name=\"" + operation + "Response\"><xs:complexType><xs:sequence><xs:element name=\"" + result + "\" type=\"xs:string\"/></xs:sequence></xs:complexType></xs:element>\n"
         "  </xs:schema></wsdl:types>\n"
         "  <wsdl:message name=\"" + operation + "In\"><wsdl:part name=\"parameters\" element=\"tns:" + operation + "\"/></wsdl:message>\n"
         "  <wsdl:message name=\"" + operation + "Out\"><wsdl:part name=\"parameters\" element=\"tns:" + operation + "Response\"/></wsdl:message>\n"
         "  <wsdl:portType name=\"hurenPort\"><wsdl:operation name=\"" + operation + "\"><wsdl:input message=\"tns:" + operation + "In\"/><wsdl:output message=\"tns:" + operation + "Out\"/></wsdl:operation></wsdl:portType>\n"
         "  <wsdl:binding name=\"hurenSoap\" type=\"tns:hurenPort\"><soap:binding transport=\"http://schemas.xmlsoap.org/soap/http\"/>\n"
         "    <wsdl:operation name=\"" + operation + "\"><soap:operation soapAction=\"" + action + "\" style=\"document\"/><wsdl:input><soap:body use=\"literal\"/></wsdl:input><wsdl:output><soap:body use=\"literal\"/></wsdl:output></wsdl:operation></wsdl:binding>\n"
         "  <wsdl:service name=\"huren\"><wsdl:port name=\"hurenSoap\" binding=\"tns:hurenSoap\"><soap:address location=\"" + xml_text(address) + "\"/></wsdl:port></wsdl:service>\n"
         "</wsdl:definitions>\n";
}

}  // namespace huren::his_soap_xml
