// .case text to the JSON of huren-ctl recognise and its expectations. The lines are told in README.md.
#pragma once
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

namespace huren::test {

struct Expected {
  std::string outcome;
  std::vector<std::string> because, missing;
  std::string uses;
  bool critical = false, quiet = false;
};
struct TextCase {
  std::string file, title;
  int line = 0;
  nlohmann::json body;
  std::vector<Expected> expected;
};
// Throws std::runtime_error with file and line on a word that README.md does not know.
std::vector<TextCase> read_cases(const std::string& file, const std::string& text);

}  // namespace huren::test
