// Validation by xmllint, offline, against HL7's CDA.xsd (in shared/ beside the checkout) or the project's own schema.
#pragma once
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <pugixml.hpp>
#include <sstream>
#include <string>
#include <unistd.h>
#include <vector>

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

// xmllint's complaints about any of the documents; empty: all valid.
inline std::string invalid(const std::vector<std::string>& documents, const std::filesystem::path& schema) {
  std::string folder = (std::filesystem::temp_directory_path() / "huren-cda-XXXXXX").string();
  if (!mkdtemp(folder.data())) return "mkdtemp";
  for (std::size_t i = 0; i < documents.size(); ++i) std::ofstream(folder + "/" + std::to_string(i) + ".xml", std::ios::binary) << documents[i];
  const auto command = "xmllint --nonet --noout --schema '" + schema.string() + "' '" + folder + "'/*.xml 2>'" + folder + "/log'";
  const int status = std::system(command.c_str());
  auto complaints = file(folder + "/log");
  std::filesystem::remove_all(folder);
  if (status == 0) return {};
  std::stringstream lines(complaints), wrong;
  for (std::string line; std::getline(lines, line);)
    if (!line.ends_with(" validates")) wrong << line << "\n";
  return wrong.str();
}
inline std::string invalid(const std::string& document, const std::filesystem::path& schema) { return invalid(std::vector<std::string>{document}, schema); }

}  // namespace huren::cda::test
