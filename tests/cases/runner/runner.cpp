#include "tests/cases/runner/runner.hpp"

#include <algorithm>
#include <catch2/catch.hpp>
#include <filesystem>
#include <fstream>
#include <memory>
#include <set>
#include <sstream>

namespace huren::cases {
namespace {

int hex(char c) { return c >= '0' && c <= '9' ? c - '0' : c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1; }

// Length of the well-formed UTF-8 character at the front of s; 0: none.
std::size_t character(std::string_view s) {
  const auto b = static_cast<unsigned char>(s[0]);
  const std::size_t n = b < 0x80 ? 1 : b >= 0xC2 && b < 0xE0 ? 2 : b >= 0xE0 && b < 0xF0 ? 3 : b >= 0xF0 && b < 0xF5 ? 4 : 0;
  if (n == 0 || n > s.size()) return 0;
  for (std::size_t i = 1; i < n; ++i)
    if ((static_cast<unsigned char>(s[i]) & 0xC0) != 0x80) return 0;
  return n;
}

class Invoker : public Catch::ITestInvoker {
 public:
  Invoker(Case c, Verb verb) : case_(std::move(c)), verb_(std::move(verb)) {}
  void invoke() const override {
    INFO(case_.file << ":" << case_.line);
    const auto actual = verb_(case_);
    CHECK(actual == case_.section("out"));
  }

 private:
  Case case_;
  Verb verb_;
};

void add_test(const std::string& name, Case c, Verb verb) {
  // Catch takes the invoker and copies the name.
  Catch::AutoReg(std::make_unique<Invoker>(std::move(c), std::move(verb)).release(), Catch::SourceLineInfo("cases", 0), Catch::StringRef(),
                 Catch::NameAndTags(name));
}

std::string safe_name(std::string name) {  // what Catch and ctest take apart in a test's name
  std::replace_if(name.begin(), name.end(), [](char c) { return c == ',' || c == '[' || c == ']' || c == ';' || c == '\\'; }, ' ');
  return name;
}

}  // namespace

std::string Case::option(const std::string& key, std::string otherwise) const {
  const auto it = options.find(key);
  return it == options.end() ? otherwise : it->second;
}

std::string Case::section(const std::string& key) const {
  const auto it = sections.find(key);
  return it == sections.end() ? std::string() : it->second;
}

std::vector<Case> parse_cases(std::string_view text, const std::string& file, std::string& fault) {
  std::vector<Case> cases;
  std::istringstream in{std::string(text)};
  std::string line, section;
  int number = 0;
  bool inside = false;
  const auto wrong = [&](const std::string& what) { fault = file + ":" + std::to_string(number) + ": " + what; };
  while (std::getline(in, line) && fault.empty()) {
    ++number;
    if (line.starts_with("## ")) {
      cases.push_back({.file = file, .line = number, .name = line.substr(3), .verb = {}, .options = {}, .sections = {}});
      inside = false;
    } else if (cases.empty()) {
      if (!line.empty() && line[0] != '#') wrong("text before the first case");
    } else if (line.starts_with("--- ")) {
      section = line.substr(4);
      inside = true;
      if (!cases.back().sections.emplace(section, "").second) wrong("section twice: " + section);
    } else if (inside) {
      cases.back().sections[section] += line + '\n';
    } else if (line.empty() || line[0] == '#') {
      continue;
    } else if (cases.back().verb.empty()) {
      cases.back().verb = line;
    } else if (const auto colon = line.find(':'); colon != std::string::npos) {
      auto value = line.substr(colon + 1);
      value.erase(0, value.find_first_not_of(' ') == std::string::npos ? value.size() : value.find_first_not_of(' '));
      cases.back().options[line.substr(0, colon)] = value;
    } else {
      wrong("neither an option nor a section");
    }
  }
  for (auto& c : cases)
    for (auto& [key, value] : c.sections)
      while (value.ends_with('\n')) value.pop_back();
  return cases;
}

Room::Room(std::string name, const std::string& folder, std::map<std::string, Verb> verbs) {
  std::vector<std::filesystem::path> files;
  for (const auto& entry : std::filesystem::recursive_directory_iterator(folder))
    if (entry.path().extension() == ".case") files.push_back(entry.path());
  std::sort(files.begin(), files.end());
  std::set<std::string> names;
  for (const auto& path : files) {
    std::ifstream in(path, std::ios::binary);
    std::ostringstream text;
    text << in.rdbuf();
    std::string fault;
    auto cases = parse_cases(text.str(), path.filename().string(), fault);
    const auto fail = [&](const std::string& why, const Case& c) {
      add_test(safe_name(name + '/' + path.stem().string() + ": " + why), c, [why](const Case&) -> std::string { FAIL(why); return why; });
    };
    if (!fault.empty()) fail(fault, {});
    if (cases.empty()) fail(path.filename().string() + " holds no case", {});
    for (auto& c : cases) {
      const auto title = safe_name(name + '/' + path.stem().string() + ": " + c.name);
      const auto verb = verbs.find(c.verb);
      if (!names.insert(title).second) fail("two cases are named " + c.name, c);
      else if (verb == verbs.end()) fail("no verb " + c.verb + " for " + c.name, c);
      else add_test(title, std::move(c), verb->second);
    }
  }
  if (files.empty()) add_test(name + ": no case files", {}, [](const Case&) -> std::string { FAIL("no case files"); return {}; });
}

std::string bytes(std::string_view text) {
  std::string out;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '<' && i + 3 < text.size() && text[i + 3] == '>' && hex(text[i + 1]) >= 0 && hex(text[i + 2]) >= 0) {
      out += static_cast<char>(hex(text[i + 1]) * 16 + hex(text[i + 2]));
      i += 3;
    } else {
      out += text[i];
    }
  }
  return out;
}

std::string shown(std::string_view s, bool keep_lines) {
  constexpr std::string_view digits = "0123456789ABCDEF";
  std::string out;
  while (!s.empty()) {
    const auto n = character(s);
    const auto b = static_cast<unsigned char>(s[0]);
    const bool control = (b < 0x20 && !(b == '\n' && keep_lines)) || b == 0x7F;
    if (n == 0 || control) {
      out += '<';
      out += digits[b >> 4];
      out += digits[b & 15];
      out += '>';
      s.remove_prefix(1);
    } else {
      out += s.substr(0, n);
      s.remove_prefix(n);
    }
  }
  return out;
}

}  // namespace huren::cases
