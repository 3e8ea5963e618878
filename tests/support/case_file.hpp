// Text cases (tests/cases/**/*.case): a line of words for people, then sections "--- name".
// Promises: sections in order, texts without their last line end. Refuses (throws): a file that has none.
#pragma once
#include <algorithm>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <stdexcept>
#include <string>
#include <vector>

namespace huren::tests {

struct Section {
  std::string name, text;
};

struct Case {
  std::string title;  // its first line
  std::vector<Section> sections;
  [[nodiscard]] const std::string& section(const std::string& name) const {
    static const std::string none;
    for (const auto& s : sections)
      if (s.name == name) return s.text;
    return none;
  }
};

inline Case read_case(const std::filesystem::path& path) {
  std::ifstream in(path, std::ios::binary);
  Case out;
  std::string line;
  while (std::getline(in, line)) {
    if (line.starts_with("--- ")) out.sections.push_back({line.substr(4), ""});
    else if (out.sections.empty()) out.title += out.title.empty() ? line : " " + line;
    else out.sections.back().text += line + '\n';
  }
  for (auto& s : out.sections)
    while (s.text.ends_with('\n')) s.text.pop_back();
  if (out.sections.empty()) throw std::runtime_error(path.string() + ": no section");
  return out;
}

inline std::vector<std::filesystem::path> case_files(const std::filesystem::path& folder) {
  std::vector<std::filesystem::path> out;
  for (const auto& file : std::filesystem::directory_iterator(folder))
    if (file.path().extension() == ".case") out.push_back(file.path());
  std::sort(out.begin(), out.end());
  return out;
}

}  // namespace huren::tests
