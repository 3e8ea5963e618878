// Every public message reads, is written back, and gets the verdict in corpus.csv: one row a file, checked in, honest.
// To write the table anew after a change of rules: cases_hl7 "write the corpus table" and review the difference.
#ifdef HUREN_CORPUS
#include <algorithm>
#include <catch2/catch.hpp>
#include <filesystem>
#include <fstream>
#include <map>
#include <set>
#include <sstream>

#include "core/base/csv.hpp"
#include "core/hl7/message.hpp"
#include "core/hl7/profile.hpp"

namespace {

using namespace huren;
using namespace huren::hl7;

constexpr std::string_view kHead = "file,type,version,reads,bytes,escapes,check,error_kinds";

std::string read_file(const std::filesystem::path& path) {
  std::ifstream in(path, std::ios::binary);
  std::ostringstream out;
  out << in.rdbuf();
  return out.str();
}

// What a message that breaks the standard in its segment ends looks like when it does not.
std::string mended(std::string_view bytes) {
  if (bytes.starts_with("\xEF\xBB\xBF")) bytes.remove_prefix(3);
  std::string out;
  std::string line;
  const auto end = [&] {
    line.erase(0, line.find_first_not_of(" \t") == std::string::npos ? line.size() : line.find_first_not_of(" \t"));
    if (!line.empty()) out += line + '\r';
    line.clear();
  };
  for (const char c : bytes) {
    if (c == '\r' || c == '\n') end();
    else line += c;
  }
  end();
  return out;
}

std::string joined(const std::set<std::string>& words) {
  std::string out;
  for (const auto& w : words) out += (out.empty() ? "" : " ") + w;
  return out.empty() ? "-" : out;
}

int odd_leaves(const Message& m) {  // whose escapes are not written the way they came
  int n = 0;
  for (const auto s : m)
    for (int f = s.name() == "MSH" ? 3 : 1; f <= s.fields(); ++f)
      for (int r = 1; r <= s.field(f).repetitions(); ++r)
        for (int c = 1; c <= s.field(f).repetition(r).components(); ++c) {
          const auto component = s.field(f).repetition(r).component(c);
          for (int i = 1; i <= component.subcomponents(); ++i) {
            const auto leaf = component.subcomponent(i);
            if (!leaf.is_null() && escape_formatted(leaf.text(), m.delimiters()) != leaf.raw()) ++n;
          }
        }
  return n;
}

std::string verdict(const std::filesystem::path& path) {
  const auto bytes = read_file(path);
  const auto m = Message::read(bytes);
  std::string row = to_csv_field(path.filename().string()) + ',';
  if (!m) return row + ",," + std::string(m.error().id) + ",,,,";
  const auto h = m->header();
  row += to_csv_field(h.type + (h.trigger.empty() ? "" : '^' + h.trigger)) + ',' + h.version + ",yes,";
  const auto back = from_utf8(m->rebuilt(), m->charset());
  std::set<std::string> why;
  for (const auto& f : m->findings())
    for (const auto* id : {"hl7.bom", "hl7.segment_end", "hl7.no_last_cr", "hl7.blank_line", "hl7.segment_blanks", "hl7.leading_blanks"})
      if (f.error.id == id) why.insert(std::string(f.error.id).substr(4));
  if (!back) row += "unencodable,";
  else if (*back == bytes) row += "same,";
  else row += (*back == mended(bytes) ? "mended: " : "DIFFERENT: ") + joined(why) + ',';
  row += std::to_string(odd_leaves(*m)) + ',';
  int errors = 0, warnings = 0;
  std::set<std::string> kinds;
  auto findings = check(*m);
  findings.insert(findings.end(), m->findings().begin(), m->findings().end());
  for (const auto& f : findings) {
    errors += f.severity == Severity::error;
    warnings += f.severity == Severity::warning;
    if (f.severity == Severity::error) kinds.insert(std::string(f.error.id).substr(4));
  }
  return row + (errors ? "errors " : warnings ? "warnings " : "clean ") + std::to_string(errors) + '/' + std::to_string(warnings) + ',' +
         joined(kinds);
}

std::map<std::string, std::string> verdicts() {
  std::map<std::string, std::string> rows;
  for (const auto& entry : std::filesystem::directory_iterator(HUREN_CORPUS))
    if (entry.path().extension() == ".hl7") rows.emplace(entry.path().filename().string(), verdict(entry.path()));
  return rows;
}

const std::string kTable = HUREN_SOURCE_DIR "/tests/cases/hl7/corpus.csv";

}  // namespace

TEST_CASE("hl7 corpus: every public message gets the verdict in the table") {
  std::istringstream table(read_file(kTable));
  std::string line;
  REQUIRE(std::getline(table, line));
  CHECK(line == kHead);
  auto actual = verdicts();
  CHECK(actual.size() >= 180);
  while (std::getline(table, line)) {
    const auto name = line.substr(0, line.find(','));
    const auto row = actual.find(name);
    if (row == actual.end()) {
      FAIL_CHECK(name << " is in the table and not in the corpus");
      continue;
    }
    CHECK(row->second == line);
    CHECK(line.find("DIFFERENT") == std::string::npos);
    actual.erase(row);
  }
  for (const auto& [name, row] : actual) FAIL_CHECK(name << " is not in the table: " << row);
}

TEST_CASE("write the corpus table", "[.]") {
  std::ofstream out(kTable, std::ios::binary);
  out << kHead << '\n';
  for (const auto& [name, row] : verdicts()) out << row << '\n';
}
#endif
