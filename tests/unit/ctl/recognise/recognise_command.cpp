// huren-ctl recognise: one case in, decision and cards out; faults told at their place; the dry run.
#include "ctl/recognise/recognise_command.hpp"

#include <catch2/catch.hpp>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <functional>
#include <nlohmann/json.hpp>
#include <sstream>

using nlohmann::json;

namespace {

struct Run {
  int code = 0;
  std::string out, err;
};
Run typed(const std::vector<std::string>& args) {
  std::ostringstream out, err;
  const int code = huren::ctl::recognise_command(args, out, err);
  return {code, out.str(), err.str()};
}
Run run(std::vector<std::string> args) {
  args.insert(args.begin(), "--json");
  return typed(args);
}
std::string example(const std::string& name) { return std::string(HUREN_SOURCE_DIR) + "/schemas/query/recognise.case.1." + name + ".json"; }

// A file of its own for each test, gone at the end.
struct CaseFile {
  std::string path;
  explicit CaseFile(const std::string& text) {
    std::string pattern = "/tmp/huren-case-XXXXXX";
    const int fd = mkstemp(pattern.data());
    REQUIRE(fd >= 0);
    path = pattern;
    std::ofstream(path) << text;
    ::close(fd);
  }
  ~CaseFile() { std::filesystem::remove(path); }
};

std::string changed(const std::function<void(json&)>& change) {
  std::ifstream in(example("example"));
  json value = json::parse(in);
  change(value);
  return value.dump();
}

}  // namespace

TEST_CASE("the example case: glucose recognised, the lipid panel partial") {
  const auto r = run({example("example")});
  INFO(r.err);
  REQUIRE(r.code == 0);
  const auto answer = json::parse(r.out);
  CHECK(answer["orders"][0]["outcome"] == "recognised");
  CHECK(answer["orders"][1]["outcome"] == "partial");
  CHECK(answer["orders"][1]["missing"] == json::array({"LDLC"}));
  CHECK(answer["cards"].size() == 2);
}

TEST_CASE("without --explain only what stands in the way is told, with it every check of every candidate") {
  const auto brief = json::parse(run({example("example")}).out), whole = json::parse(run({"--explain", example("example")}).out);
  CHECK(brief["orders"][0]["analytes"][0]["checks"].empty());
  CHECK(whole["orders"][0]["analytes"][0]["checks"].size() == 12);
  CHECK(whole["orders"][0]["analytes"][0]["considered"].size() == 1);
}

TEST_CASE("a person reads lines: what stands in the way, with --explain every check of every result, in the language asked for") {
  const auto brief = typed({"--lang", "en", example("example")}), whole = typed({"--lang", "en", "--explain", example("example")});
  CHECK(brief.code == 0);
  CHECK(brief.out.starts_with("O1  葡萄糖 -> GLU: recognised, An earlier result would do\n  GLU Glucose: pass, result-1.1\nO2  "));
  CHECK(brief.out.find("    [FAIL] item       ") != std::string::npos);
  CHECK(brief.out.find("[ok]") == std::string::npos);
  CHECK(whole.out.find("   result-1.1 A-2026-01: pass\n    [ok]   identity   Verified identifier, name and birth date agree\n") != std::string::npos);
  CHECK(typed({"--explain", example("example")}).out.find("    [ok]   identity   证件与姓名、出生日期一致\n") != std::string::npos);
  CHECK(typed({"--lang", "en", "--dry-run", example("month.example")}).out.starts_with("GLU         orders 2, recognised 1, partial 0, advisory 0, none 1\n"));
}

TEST_CASE("a critical result is advisory, first, and not suggested") {
  const auto answer = json::parse(run({"--lang", "en", example("critical.example")}).out);
  CHECK(answer["outcome"] == "advisory");
  CHECK(answer["reasons"] == json::array({"order.advisory", "abnormal.critical"}));
  CHECK(answer["cards"][0]["indicator"] == "critical");
  CHECK(answer["cards"][0]["summary"].get<std::string>().starts_with("Critical"));
}

TEST_CASE("the dry run looks at each order at its own time") {
  const auto r = run({"--dry-run", example("month.example")});
  REQUIRE(r.code == 0);
  const auto rows = json::parse(r.out)["items"];
  REQUIRE(rows.size() == 3);
  CHECK(rows[0]["item"] == "GLU");
  CHECK(rows[0]["orders"] == 2);
  CHECK(rows[0]["recognised"] == 1);  // on the 19th the result of the 20th was not there
  CHECK(rows[0]["reasons"]["order.no_result"] == 1);
  CHECK(rows[1]["item"] == "K");
  CHECK(rows[1]["reasons"]["window.exceeded"] == 1);
  CHECK(rows[2]["partial"] == 1);
  CHECK(typed({"--dry-run", "--csv", example("month.example")}).out.starts_with("item,orders,recognised,partial,advisory,none,reasons\nGLU,2,1,0,0,1,"));
}

TEST_CASE("a case that cannot be read says where and why") {
  const CaseFile file(changed([](json& c) {
    c["hospitall"] = 1;
    c["agreements"][0]["partner"] = 5;
    c["orders"][0]["item"].erase("code");
  }));
  const auto r = run({file.path});
  CHECK(r.code == 2);
  CHECK(r.out.empty());
  for (const char* where : {"/hospitall", "/agreements/0/partner", "/orders/0/item/code"}) CHECK(r.err.find(where) != std::string::npos);
  const CaseFile bad_table(changed([](json& c) { c["tables"]["local_items"][0]["item"] = "NOPE"; }));
  CHECK(run({bad_table.path}).err.find("local_items.csv:2:item") != std::string::npos);
  CHECK(run({"/nonexistent.json"}).code == 2);
  CHECK(run({CaseFile("{").path}).code == 2);
}

TEST_CASE("wrong use is told") {
  CHECK(run({}).code == 2);
  CHECK(run({"--explain"}).code == 2);
  CHECK(run({"--colour", example("example")}).code == 2);
  CHECK(run({example("example"), example("example")}).code == 2);
}

TEST_CASE("a time without an offset is in the zone of the hospital that wrote it") {
  // 08:00 in a zone one hour east is 07:00 here: the window of 2 d ends an hour earlier.
  const auto outcome = [](const char* zone) {
    const CaseFile file(changed([&](json& c) {
      c["agreements"][0]["hospital"]["zone"] = zone;
      c["agreements"][0]["window_days"] = {{"GLU", 2}};
      c["orders"] = json::array({{{"item", {{"code", "L001"}}}}});
      c["at"] = "2026-11-22T08:00";
      c["history"][0]["result"]["collected_at"] = "2026-11-20T08:00";
    }));
    return json::parse(run({file.path}).out)["outcome"].get<std::string>();
  };
  CHECK(outcome("+08:00") == "recognised");
  CHECK(outcome("+09:00") == "none");
  CHECK(outcome("+07:00") == "recognised");
}
