// The checks before anything is stored, and the list of types that they rest on.
#include "module/content.hpp"

#include <catch2/catch.hpp>
#include <filesystem>
#include <nlohmann/json.hpp>
#include <set>

#include "core/model/event.hpp"

using namespace huren;
using namespace huren::module;

namespace {

template <class T>
std::string id_of(const Result<T>& result) { return result ? "" : std::string(result.error().id); }

std::set<std::string> set_of(const std::vector<std::string_view>& names) { return {names.begin(), names.end()}; }

}  // namespace

TEST_CASE("content: the module and the model know the same events and topics") {
  CHECK(set_of(known_types().events) == set_of(model::event_types()));
  CHECK(set_of(known_types().queries) == set_of(model::query_topics()));
}

TEST_CASE("content: every event type has a schema and an example, every schema a type") {
  std::set<std::string> files, expected;
  for (const auto& entry : std::filesystem::directory_iterator(std::string(HUREN_SOURCE_DIR) + "/schemas/event"))
    files.insert(entry.path().filename().string());
  for (std::string name : set_of(known_types().events)) {
    name[name.find('/')] = '.';
    expected.insert(name + ".schema.json");
    expected.insert(name + ".example.json");
  }
  CHECK(files == expected);
}

TEST_CASE("content: JSON is told from other content types by its media type alone") {
  for (const auto* json : {"", "application/json", "Application/Json", " application/json ; charset=utf-8"}) CHECK(is_json(json));
  for (const auto* other : {"application/hl7-v2", "application/json5", "text/json", "application/hl7-v2; x=application/json"}) CHECK_FALSE(is_json(other));
}

TEST_CASE("content: a charset parameter of JSON may only say UTF-8") {
  for (const auto* fine : {"application/json", "application/json; charset=utf-8", "application/json;CHARSET=\"UTF-8\"", "application/json; charset=us-ascii"})
    CHECK(id_of(json_charset(fine)).empty());
  for (const auto* bad : {"application/json; charset=gbk", "application/json; charset=utf-16", "application/json; a=b; charset=x"})
    CHECK(id_of(json_charset(bad)) == "module.json_charset");
}

TEST_CASE("content: encoding is told before syntax, syntax with its byte, depth by itself") {
  CHECK(id_of(json_text("{\"a\":[1,2.5e3,true,null,\"\\u4e2d文\"]}")).empty());
  CHECK(id_of(json_text("{\xFF")) == "module.not_utf8");
  const auto fault = json_text("{\"a\":1]");
  REQUIRE_FALSE(fault);
  CHECK(fault.error().id == "module.not_json");
  CHECK(fault.error().args == std::vector<std::string>{"7"});
  CHECK(id_of(json_text(std::string("1\0", 2))) == "module.not_json");
  CHECK(id_of(json_text(std::string(64, '[') + std::string(64, ']'))).empty());
  CHECK(id_of(json_text(std::string(65, '[') + std::string(65, ']'))) == "module.json_depth");
  CHECK(id_of(json_text("[[],[],[]]")).empty());
}

TEST_CASE("content: what one JSON library takes and another might not is taken or refused as nlohmann alone would") {
  for (const char* text : {" 1", "-0", "01", "1.", "1e5", "1e400", "-1e309", "1e-400", "18446744073709551616", "\"\\ud83d\\ude00\"", "\"\\ud83d\"", "\"\\ude00\"", "\"\\ud83d\\u0041\"",
                           "\"\x1A\"", "\"\x1F\"", "\"\x7F\"", "\"\\u0000\"", "\"\\x\"", "\xEF\xBB\xBF{}", "{\"a\":1,}", "[1,]", "{} {}", "nul", "NaN", "//\n1", "\"open", "{\"a\":1,\"a\":2}"}) {
    INFO(text);
    CHECK(static_cast<bool>(json_text(text)) == nlohmann::json::accept(text));
  }
}

TEST_CASE("content: identifiers end at 128 bytes whatever lies behind") {
  std::string endless(4096, 'x');
  CHECK(id_of(identifier(endless.c_str(), "key")) == "module.identifier");
  endless.resize(128);
  CHECK(id_of(identifier(endless.c_str(), "key")).empty());
  CHECK(id_of(identifier(nullptr, "key")) == "module.null");
}
