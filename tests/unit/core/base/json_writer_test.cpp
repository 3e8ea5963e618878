// What is written reads back: every byte that JSON escapes, at every place of the eight that are looked at together.
#include <catch2/catch.hpp>
#include <limits>
#include <nlohmann/json.hpp>

#include "core/base/json_writer.hpp"

using huren::JsonWriter;

TEST_CASE("every character survives at every place of a string, whatever its length") {
  for (int c = 0; c < 0x80; ++c)
    for (std::size_t length = 1; length <= 18; ++length)
      for (std::size_t at = 0; at < length; ++at) {
        std::string text(length, 'x');
        text[at] = static_cast<char>(c);
        JsonWriter json(1);
        json.open('{').member("a", text).member("b", true).close('}');
        const auto back = nlohmann::json::parse(json.take());
        REQUIRE(back["a"].get<std::string>() == text);
        REQUIRE(back["b"] == true);
      }
}

TEST_CASE("Chinese beside escapes, and more than the size that was thought likely") {
  std::string text;
  for (int i = 0; i < 500; ++i) text += "血糖\"\\\n\x01";
  JsonWriter json(8);
  json.open('[');
  for (int i = 0; i < 20; ++i) json.value(text);
  json.close(']');
  const auto back = nlohmann::json::parse(json.take());
  REQUIRE(back.size() == 20);
  for (const auto& v : back) CHECK(v.get<std::string>() == text);
}

TEST_CASE("a text in pieces is the text that they make, and a value can be written again wherever the writer has grown to") {
  const std::string odd = "酶\"\\\n\x1f法";
  JsonWriter json(1);
  json.open('{').key("pieces").open_text().piece("a").piece(odd).piece("").piece("b").close_text().key("none").open_text().close_text();
  json.key("list").open('[');
  const auto first = json.written([&] { json.open('{').member("a", odd).member("n", 7).close('}'); });
  const auto second = json.written([&] { json.value(odd); });
  for (int i = 0; i < 20; ++i) json.again(first).again(second);
  json.close(']').close('}');
  const auto back = nlohmann::json::parse(json.view());
  CHECK(back["pieces"].get<std::string>() == "a" + odd + "b");
  CHECK(back["none"].get<std::string>().empty());
  REQUIRE(back["list"].size() == 42);
  for (std::size_t i = 0; i < 42; ++i) CHECK(back["list"][i] == back["list"][i % 2]);
  CHECK(back["list"][0]["a"].get<std::string>() == odd);
}

TEST_CASE("whole numbers are written to their last digit, into the room of an earlier text too") {
  JsonWriter first(64);
  first.value(std::string(50, 'x'));
  JsonWriter json(1, std::move(first).room());
  json.open('[').value(std::numeric_limits<std::int64_t>::min()).value(std::numeric_limits<std::int64_t>::max()).value(0).value(-1).close(']');
  CHECK(json.take() == "[-9223372036854775808,9223372036854775807,0,-1]");
}
