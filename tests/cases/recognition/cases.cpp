// Every case of the .case files beside this one, as a test by its own name; and what must hold over all of them.
#include <algorithm>
#include <catch2/catch.hpp>
#include <filesystem>
#include <fstream>
#include <set>
#include <sstream>

#include "core/recognition/case_file.hpp"
#include "tests/cases/recognition/case_text.hpp"

namespace {

using namespace huren;
using namespace huren::recognition;
using test::Expected;
using test::TextCase;

std::string joined(std::vector<std::string> words) {
  std::string out;
  for (const auto& w : words) out += (out.empty() ? "" : " ") + w;
  return out;
}
std::string sorted(std::vector<std::string> words) {
  std::sort(words.begin(), words.end());
  return joined(std::move(words));
}

void check_order(const Case& c, const OrderDecision& order, const Expected& expected) {
  INFO("order " << order.local_code);
  CHECK(word(order.outcome) == expected.outcome);
  auto reasons = reasons_of(order);
  reasons.erase(reasons.begin());  // the order's own, which says the outcome again
  CHECK(sorted(reasons) == sorted(expected.because));
  if (!expected.missing.empty() || order.outcome == Outcome::partial) CHECK(sorted(order.missing) == sorted(expected.missing));
  CHECK(order.critical == expected.critical);
  if (!expected.uses.empty()) {
    REQUIRE_FALSE(order.analytes.empty());
    const auto& a = order.analytes.front();
    REQUIRE(a.chosen);
    const auto& candidate = c.input.candidates[a.considered[*a.chosen].candidate];
    CHECK(candidate.report->observations[candidate.position].value == expected.uses);
  }
}

void run(const TextCase& text) {
  INFO(text.file << ":" << text.line);
  const auto parsed = parse_case(text.body.dump());
  for (const auto& f : parsed.findings)
    if (f.severity == Severity::error) FAIL_CHECK(line(f.error));
  REQUIRE(parsed.value);
  const auto decision = decide(parsed.value->input);
  REQUIRE(decision.orders.size() == text.expected.size());
  const auto cards = nlohmann::json::parse(to_cards(parsed.value->input, decision))["cards"];
  std::size_t shown = 0;
  for (std::size_t i = 0; i < decision.orders.size(); ++i) {
    check_order(*parsed.value, decision.orders[i], text.expected[i]);
    CHECK((decision.orders[i].outcome == Outcome::none) == text.expected[i].quiet);
    if (decision.orders[i].outcome != Outcome::none) ++shown;
    for (const auto& a : decision.orders[i].analytes)
      for (const auto& check : a.checks()) {
        INFO(check.reason);
        CHECK(catalogue_entry(check.reason));
      }
  }
  CHECK(cards.size() == shown);
  // I11: only what passed is ever suggested.
  for (const auto& card : cards)
    if (card["extension"]["huren"]["outcome"] == "advisory") CHECK_FALSE(card.contains("suggestions"));
}

struct Invoker : Catch::ITestInvoker {
  explicit Invoker(TextCase c) : text(std::move(c)) {}
  void invoke() const override { run(text); }
  TextCase text;
};

const std::vector<TextCase>& all_cases() {
  static const std::vector<TextCase> cases = [] {
    std::vector<TextCase> out;
    std::vector<std::filesystem::path> files;
    for (const auto& entry : std::filesystem::directory_iterator(HUREN_SOURCE_DIR "/tests/cases/recognition"))
      if (entry.path().extension() == ".case") files.push_back(entry.path());
    std::sort(files.begin(), files.end());
    for (const auto& file : files) {
      std::ifstream in(file);
      std::stringstream text;
      text << in.rdbuf();
      for (auto& c : test::read_cases(file.filename().string(), text.str())) out.push_back(std::move(c));
    }
    return out;
  }();
  return cases;
}

// Catch2 asks for its tests before main: the table registers itself.
const bool registered = [] {
  for (const auto& c : all_cases())
    Catch::AutoReg(new Invoker(c), Catch::SourceLineInfo(__FILE__, __LINE__), "", Catch::NameAndTags(c.file.substr(0, c.file.size() - 5) + ": " + c.title, "[case]"));
  return true;
}();

}  // namespace

TEST_CASE("the table has at least 150 cases with names of their own") {
  REQUIRE(registered);
  std::set<std::string> titles;
  for (const auto& c : all_cases()) titles.insert(c.file + c.title);
  CHECK(titles.size() == all_cases().size());
  CHECK(titles.size() >= 150);
}

TEST_CASE("every check of the rules is seen passing, and stopping or advising, somewhere in the table") {
  std::map<Aspect, std::set<Verdict>> seen;
  for (const auto& c : all_cases()) {
    const auto parsed = parse_case(c.body.dump());
    REQUIRE(parsed.value);
    for (const auto& order : decide(parsed.value->input).orders)
      for (const auto& a : order.analytes)
        for (const auto& check : a.checks()) seen[check.aspect].insert(check.verdict);
  }
  CHECK(seen.size() == 12);
  for (const auto& [aspect, verdicts] : seen) {
    INFO(word(aspect));
    CHECK(verdicts.contains(Verdict::pass));
    CHECK(verdicts.size() >= 2);
  }
}

TEST_CASE("a decision replayed gives the same bytes, also with its tables exported and loaded again") {
  for (const auto& c : all_cases()) {
    INFO(c.file << ":" << c.line);
    const auto one = parse_case(c.body.dump()), two = parse_case(c.body.dump());
    REQUIRE(one.value);
    const auto bytes = to_json(one.value->input, decide(one.value->input));
    CHECK(bytes == to_json(two.value->input, decide(two.value->input)));
    std::vector<std::string> texts;
    std::vector<terminology::Table> tables;
    for (const auto name : terminology::table_names()) texts.push_back(one.value->input.terminology->export_csv(name));
    for (std::size_t i = 0; i < texts.size(); ++i) tables.push_back({terminology::table_names()[i], texts[i]});
    Input again = one.value->input;
    again.terminology = terminology::load(tables).set;
    REQUIRE(again.terminology);
    CHECK(bytes == to_json(again, decide(again)));
    if (&c - all_cases().data() > 40) break;  // loading the whole set is slow; forty cases show it
  }
}

TEST_CASE("the order of the history does not matter") {
  for (const auto& c : all_cases()) {
    INFO(c.file << ":" << c.line);
    const auto parsed = parse_case(c.body.dump());
    REQUIRE(parsed.value);
    Input turned = parsed.value->input;
    std::reverse(turned.candidates.begin(), turned.candidates.end());
    CHECK(to_cards(parsed.value->input, decide(parsed.value->input)) == to_cards(turned, decide(turned)));
  }
}
