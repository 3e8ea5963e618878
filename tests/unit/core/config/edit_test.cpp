// One table changed in the text of local.toml, the rest untouched.
#include <algorithm>
#include <catch2/catch.hpp>
#include <tuple>

#include "core/config/config.hpp"
#include "core/config/edit.hpp"

using namespace huren;
using config::edit_table;
using config::remove_table;
using config::table_text;

namespace {

const std::string kFile = R"(# 本院
[hospital]
code = "A"      # 联盟代码
name = "甲"

# 城里的医院
[partner.city]   # 三级
organisation = "B"
adapter = "partner.mllp"
address = "b:2575"   # 专线 "内网"
time_to_live_hours = { REF = 24 }

[agreement.one]
partner = "city"
from = 2026-01-01
items = [
  "GLU",
  "TC",   # [agreement.two]
]

[agreement.one.window_days]
"class:lipid" = 14

# 下一份
[agreement.two]
partner = "city"
from = 2026-02-01
)";

using Values = std::map<std::string, std::optional<std::string>>;

std::string edited(std::string_view path, const Values& values) {
  auto out = edit_table(kFile, path, values);
  REQUIRE(out);
  return *out;
}

}  // namespace

TEST_CASE("a changed value keeps its comment, every other line stays byte for byte") {
  const auto out = edited("partner.city", {{"address", "c:2575"}});
  std::string wanted = kFile;
  wanted.replace(wanted.find("\"b:2575\""), 8, "\"c:2575\"");
  CHECK(out == wanted);
}

TEST_CASE("values are written as their declared type, new keys go to the end of their table") {
  const auto out = edited("agreement.two", {{"send", "false"}, {"items", "GLU,TC"}, {"to", "2026-12-31"}, {"min_level", "2"}});
  CHECK(out.ends_with("from = 2026-02-01\nitems = [\"GLU\", \"TC\"]\nmin_level = 2\nsend = false\nto = 2026-12-31\n"));
}

TEST_CASE("a value of several lines and a table of its own are replaced whole") {
  const auto out = edited("agreement.one", {{"items", "K"}, {"window_days", "GLU=30,class:lipid=7"}});
  CHECK(out.find("items = [\"K\"]\n") != out.npos);
  CHECK(out.find("\"TC\"") == out.npos);
  CHECK(out.find("window_days = { \"GLU\" = 30, \"class:lipid\" = 7 }") != out.npos);
  CHECK(out.find("[agreement.one.window_days]") == out.npos);
  CHECK(out.find("# 下一份\n[agreement.two]") != out.npos);
}

TEST_CASE("a table that is not there is added, one that is removed takes its subtables along") {
  const auto out = edited("partner.town", {{"organisation", "C"}});
  CHECK(out == kFile + "\n[partner.town]\norganisation = \"C\"\n");
  const auto without = remove_table(kFile, "agreement.one");
  REQUIRE(without);
  CHECK(table_text(*without, "agreement.one").empty());
  CHECK(without->find("# 下一份\n[agreement.two]") != without->npos);
  CHECK(without->find("class:lipid") == without->npos);
}

TEST_CASE("a table's text is its own: a line inside a value opens no table, a comment belongs to what follows it") {
  const auto one = table_text(kFile, "agreement.one");
  CHECK(one.starts_with("[agreement.one]\n"));
  CHECK(one.find("[agreement.one.window_days]") != one.npos);
  CHECK(one.find("下一份") == one.npos);
  CHECK(table_text(kFile, "agreement.on").empty());
}

TEST_CASE("what nobody typed is not written: unknown keys, two lines in one value, values of another type") {
  CHECK(edit_table(kFile, "partner.city", {{"nonsense", "x"}}).error().id == "config.unknown_key");
  CHECK(edit_table(kFile, "partner.city", {{"name", "a\nb = 1"}}).error().id == "config.edit_value");
  CHECK(edit_table(kFile, "agreement.two", {{"send", "true\n[partner.evil]"}}).error().id == "config.edit_value");
  // What is of another type goes in as a text, and the parser names the option.
  for (const auto& [key, value, fault] : {std::tuple{"min_level", "1 # x", "config.not_integer"}, {"window_days", "GLU=x", "config.not_days"}, {"from", "2026-99-99", "config.not_date"}, {"send", "ja", "config.not_boolean"}}) {
    const auto findings = config::parse(edited("agreement.two", {{key, value}}), "local.toml").findings;
    CHECK(std::any_of(findings.begin(), findings.end(), [&](const auto& f) { return f.error.id == fault; }));
  }
  const auto quoted = edited("partner.city", {{"name", "a\" b \\ [x]"}});
  CHECK(quoted.find(R"(name = "a\" b \\ [x]")") != quoted.npos);
}

TEST_CASE("tables written in another way are left to a person") {
  CHECK(edit_table("partner.city.organisation = \"B\"\n", "partner.city", {{"organisation", "C"}}).error().id == "config.edit_by_hand");
  CHECK(edit_table("partner = { city = { organisation = \"B\" } }\n", "partner.city", {{"organisation", "C"}}).error().id == "config.edit_by_hand");
  CHECK(edit_table("[[[", "partner.city", {}).error().id == "config.edit_by_hand");
  CHECK(remove_table(kFile, "partner.town").error().id == "config.edit_by_hand");
}

TEST_CASE("the packaged example goes through an edit and parses as before") {
  const std::string toml = "[hospital]\r\ncode = \"A\"\r\nname = \"B\"\r\n";
  const auto out = edit_table(toml, "hospital", {{"name", "C"}});
  REQUIRE(out);
  CHECK(*out == "[hospital]\ncode = \"A\"\nname = \"C\"\n");
  CHECK_FALSE(has_error(config::parse(*out, "local.toml").findings));
}
