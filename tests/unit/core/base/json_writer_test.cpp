// What is written reads back: every byte that JSON escapes, at every place of the eight that are looked at together.
#include <catch2/catch.hpp>
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
