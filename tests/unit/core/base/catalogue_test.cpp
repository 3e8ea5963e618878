#include <catch2/catch.hpp>

#include <filesystem>
#include <fstream>
#include <regex>
#include <set>
#include <sstream>

#include "core/base/csv.hpp"
#include "core/base/result.hpp"

using namespace huren;
namespace fs = std::filesystem;

static std::string read(const fs::path& p) {
  std::ifstream in(p, std::ios::binary);
  std::stringstream s;
  s << in.rdbuf();
  return s.str();
}

TEST_CASE("every message file has five columns, both languages, unique ids and a known status") {
  std::set<std::string> seen;
  for (const auto& file : fs::directory_iterator(HUREN_SOURCE_DIR "/schemas/catalog/messages")) {
    CAPTURE(file.path().filename().string());
    const auto rows = parse_csv(read(file.path()));
    REQUIRE(rows);
    CHECK((*rows)[0] == std::vector<std::string>{"id", "status", "hl7", "zh", "en"});
    for (std::size_t i = 1; i < rows->size(); ++i) {
      CAPTURE((*rows)[i][0]);
      REQUIRE((*rows)[i].size() == 5);
      CHECK(seen.insert((*rows)[i][0]).second);
      CHECK_FALSE((*rows)[i][3].empty());
      CHECK_FALSE((*rows)[i][4].empty());
      CHECK(catalogue_entry((*rows)[i][0]) != nullptr);
      CHECK(std::regex_match((*rows)[i][1], std::regex("0|[1-3]|-[1239]\\d\\d")));
    }
  }
}

TEST_CASE("every error id that the sources name is in the catalogue") {
  const std::regex id_of(R"re(\bError\{\s*"([a-z0-9_]+\.[a-z0-9_.]+)")re");
  for (const char* top : {"plugin", "adapters"})
    for (const auto& file : fs::recursive_directory_iterator(fs::path(HUREN_SOURCE_DIR) / top)) {
      if (file.path().extension() != ".cpp" && file.path().extension() != ".hpp") continue;
      const auto source = read(file.path());
      for (std::sregex_iterator it(source.begin(), source.end(), id_of), end; it != end; ++it) {
        CAPTURE(file.path().filename().string(), (*it)[1].str());
        CHECK(catalogue_entry((*it)[1].str()) != nullptr);
      }
    }
}

TEST_CASE("an error reads in both languages with its values and its place") {
  const Error e{"text.undecodable", "byte 7", {"7", "GB18030"}};
  CHECK(text(e, Language::en) == "Byte 7 is not valid GB18030: check the character set that the sender declares");
  CHECK(line(e).starts_with("byte 7: 第 7 个字节"));
  CHECK(status_of(e) == -104);
}
