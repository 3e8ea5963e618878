#include "core/cda/xml_document.hpp"

#include "core/cda/xml_guard.hpp"
#include "core/cda/xml_scan.hpp"

namespace huren::cda {

Result<std::unique_ptr<XmlDocument>> XmlDocument::read(std::string_view bytes, std::string_view charset_label, Limits limits) {
  limits.inert = false;
  auto admitted = decoded(bytes, charset_label, limits);
  if (!admitted) return admitted.error();
  std::unique_ptr<XmlDocument> out(new XmlDocument);
  out->text_ = std::move(admitted->text);
  out->findings_ = std::move(admitted->findings);
  if (const auto root = scan_xml(out->text_, limits, out->tree_, out->findings_); !root) return root.error();
  return out;
}

}  // namespace huren::cda
