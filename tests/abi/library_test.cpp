// libhuren.so as a file: its ten exports and nothing else, no foreign libraries; the header and its catalogue agree.
#include <catch2/catch.hpp>
#include <cstdio>
#include <map>
#include <set>
#include <sstream>

#include "tests/abi/sandbox.hpp"

namespace {

std::string output(const std::string& command) {
  std::string out;
  FILE* pipe = popen(command.c_str(), "r");
  REQUIRE(pipe);
  char buffer[4096];
  while (const auto n = std::fread(buffer, 1, sizeof buffer, pipe)) out.append(buffer, n);
  REQUIRE(pclose(pipe) == 0);
  return out;
}

std::string file(const std::string& path) {
  std::ifstream in(std::string(HUREN_SOURCE_DIR) + "/" + path, std::ios::binary);
  REQUIRE(in);
  std::ostringstream out;
  out << in.rdbuf();
  return out.str();
}

// Every word that begins with prefix and, with blanks allowed between, is followed by next; and what follows that.
std::map<std::string, std::string> words_before(const std::string& text, const std::string& prefix, char next) {
  std::map<std::string, std::string> out;
  for (auto at = text.find(prefix); at != text.npos; at = text.find(prefix, at + 1)) {
    const auto end = text.find_first_not_of("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz_", at + prefix.size());
    const auto sign = text.find_first_not_of(' ', end);
    if (sign == text.npos || text[sign] != next) continue;
    const auto value = text.find_first_not_of(' ', sign + 1);
    out[text.substr(at, end - at)] = text.substr(value, text.find_first_of(", \n", value) - value);
  }
  return out;
}

const std::string kModule = std::string(HUREN_BINARY_DIR) + "/lib/libhuren.so";

}  // namespace

TEST_CASE("abi: the module exports the ten functions of huren.h and nothing else") {
  std::set<std::string> exported, declared;
  std::istringstream lines(output("nm -D --defined-only " + kModule));
  for (std::string line; std::getline(lines, line);) exported.insert(line.substr(line.rfind(' ') + 1));
  const auto header = file("plugin/include/huren/huren.h");
  for (const auto& [name, rest] : words_before(header, "HUREN_CALL huren_", '(')) declared.insert(name.substr(name.find(' ') + 1));
  CHECK(declared.size() == 10);
  CHECK(exported == declared);
}

TEST_CASE("abi: the module needs no library but the compiler's, and stays once loaded") {
  const auto dynamic = output("readelf -d " + kModule);
  const std::set<std::string> allowed{"libstdc++", "libm", "libgcc_s", "libc", "libpthread", "libdl", "libasan", "libubsan", "libtsan", "ld-linux-x86-64"};
  std::istringstream lines(dynamic);
  int needed = 0;
  for (std::string line; std::getline(lines, line);) {
    if (line.find("(NEEDED)") == line.npos) continue;
    const auto name = line.substr(line.find('[') + 1, line.find(".so") - line.find('[') - 1);
    INFO(name);
    CHECK(allowed.count(name) == 1);
    ++needed;
  }
  CHECK(needed >= 2);
  CHECK(dynamic.find("NODELETE") != std::string::npos);
  CHECK(output("nm -D " + kModule).find("sqlite3") == std::string::npos);  // bound inside: a host's own copy cannot capture it
  CHECK(dynamic.find("RPATH") == std::string::npos);
  const auto major = words_before(file("plugin/include/huren/huren.h"), "define HUREN_ABI_MAJOR", '1');
  CHECK(major.size() == 1);  // a host that was linked against interface 1 asks the loader for 1
  CHECK(dynamic.find("soname: [libhuren.so.1]") != std::string::npos);
}

TEST_CASE("abi: every status of huren.h stands in the catalogue with the same number, and the other way round") {
  const auto header = file("plugin/include/huren/huren.h");
  std::map<std::string, std::string> declared, listed;
  declared = words_before(header, "HUREN_", '=');
  CHECK(declared.size() == 22);
  std::istringstream rows(file("schemas/catalog/status.csv"));
  std::string row;
  std::getline(rows, row);
  CHECK(row == "name,value,zh,en");
  while (std::getline(rows, row)) {
    std::vector<std::string> cells;
    std::istringstream fields(row);
    for (std::string cell; std::getline(fields, cell, ',');) cells.push_back(cell);
    REQUIRE(cells.size() == 4);
    listed[cells[0]] = cells[1];
    CHECK(!cells[2].empty());
    CHECK(!cells[3].empty());
  }
  CHECK(listed == declared);
}

TEST_CASE("abi: every constant of the frozen header keeps its number") {
  const auto today = words_before(file("plugin/include/huren/huren.h"), "HUREN_", '=');
  const auto frozen = words_before(file("tests/abi/frozen/huren/huren.h"), "HUREN_", '=');
  CHECK(frozen.size() >= 22);
  for (const auto& [name, value] : frozen) {
    INFO(name);
    REQUIRE(today.count(name) == 1);
    CHECK(today.at(name) == value);
  }
}

TEST_CASE("abi: every declaration of huren.h carries its tags in the agreed order") {
  const auto header = file("plugin/include/huren/huren.h");
  int found = 0;
  const std::string declaration = "\nHUREN_API ";
  for (auto at = header.find(declaration); at != header.npos; at = header.find(declaration, at + 1)) {
    const auto before = header.substr(0, at);
    const auto comment = before.substr(before.rfind("/*"));
    const auto thread = comment.find("[thread: "), mem = comment.find("[mem: "), wait = comment.find("[wait: "), since = comment.find("[since: ");
    INFO(comment);
    REQUIRE(thread != std::string::npos);
    REQUIRE(wait != std::string::npos);
    REQUIRE(since != std::string::npos);
    CHECK(thread < wait);
    CHECK((mem == std::string::npos || (thread < mem && mem < wait)));
    CHECK(wait < since);
    ++found;
  }
  CHECK(found == 10);
}
