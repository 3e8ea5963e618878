// Validation by xmllint, offline, against HL7's CDA.xsd (in shared/ beside the checkout) or the project's own schema.
#pragma once
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <pugixml.hpp>
#include <sstream>
#include <string>
#include <unistd.h>

#include "tests/unit/core/cda/samples.hpp"

namespace huren::cda::test {

inline std::filesystem::path shared_data() { return std::filesystem::path(HUREN_SOURCE_DIR).parent_path() / "shared" / "data"; }
inline std::filesystem::path official_schema() { return shared_data() / "cda-xsd" / "normative" / "infrastructure" / "cda" / "CDA.xsd"; }

// What strip_ext.xsl beside the official samples does.
inline std::string without_extensions(const std::string& bytes) {
  pugi::xml_document document;
  document.load_buffer(bytes.data(), bytes.size());
  for (const auto* name : {"//patientType", "//age", "//nationality", "//professionalTechnicalPosition"})
    for (const auto& n : document.select_nodes(name)) n.node().parent().remove_child(n.node());
  std::stringstream out;
  document.save(out, "", pugi::format_raw);
  return out.str();
}

// xmllint's complaints; empty: valid.
inline std::string invalid(const std::string& bytes, const std::filesystem::path& schema) {
  std::string folder = (std::filesystem::temp_directory_path() / "huren-cda-XXXXXX").string();
  if (!mkdtemp(folder.data())) return "mkdtemp";
  const auto document = folder + "/document.xml", log = folder + "/log";
  std::ofstream(document, std::ios::binary) << bytes;
  const auto command = "xmllint --nonet --noout --schema '" + schema.string() + "' '" + document + "' 2>'" + log + "'";
  const int status = std::system(command.c_str());
  auto complaints = file(log);
  std::filesystem::remove_all(folder);
  return status == 0 ? std::string() : complaints;
}

}  // namespace huren::cda::test
