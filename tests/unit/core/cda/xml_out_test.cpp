// The writer against a naive one that looks at each byte by itself, for every byte at every place of the eight that are
// looked at together.
#include <catch2/catch.hpp>

#include "core/base/text.hpp"
#include "core/cda/xml_out.hpp"

using huren::cda::XmlOut;

namespace {

std::string naive(const std::string& value, bool attribute) {
  std::string out;
  for (const char c : value) {
    if (c == '&') out += "&amp;";
    else if (c == '<') out += "&lt;";
    else if (c == '>') out += "&gt;";
    else if (c == '\r') out += "&#13;";
    else if (c == '"' && attribute) out += "&quot;";
    else if (c == '\t' && attribute) out += "&#9;";
    else if (c == '\n' && attribute) out += "&#10;";
    else out += c;
  }
  return out;
}

bool unwritable(const std::string& value) {
  for (std::size_t i = 0; i < value.size(); ++i) {
    const auto c = static_cast<unsigned char>(value[i]);
    if (c < 0x20 && c != '\t' && c != '\n' && c != '\r') return true;
    if (value.compare(i, 3, "\xEF\xBF\xBE") == 0 || value.compare(i, 3, "\xEF\xBF\xBF") == 0) return true;
  }
  return false;
}

void written_as_naive(const std::string& value) {
  INFO(value);
  XmlOut out(1);
  out.open("a").attr("b", value).attr_if("c", value).text(value).element("d", value).open("e").close();
  out.open("f").quoted(" g=\"", value, "\"").close().open("h").text("<i>", value, "</i>").quoted("<j k=\"", value, "\"/>").close().close();
  const auto attribute = naive(value, true), text = naive(value, false);
  const auto expected = "<a b=\"" + attribute + "\"" + (value.empty() ? "" : " c=\"" + attribute + "\"") + ">" + text + "<d>" + text + "</d><e/><f g=\"" + attribute + "\"/><h><i>" + text + "</i><j k=\"" + attribute +
                        "\"/></h></a>";
  const auto written = out.finish();
  if (unwritable(value)) {
    REQUIRE_FALSE(written);
    CHECK(written.error().id == "cda.unwritable");
  } else if (const auto bad = huren::invalid_utf8(expected)) {
    REQUIRE_FALSE(written);
    CHECK(written.error().id == "cda.not_utf8");
    CHECK(written.error().where == "byte " + std::to_string(*bad));
  } else {
    REQUIRE(written);
    CHECK(*written == expected);
  }
}

}  // namespace

TEST_CASE("every byte at every place of a value is written, escaped or refused as a naive writer does it") {
  for (int c = 0; c < 0x100; ++c)
    for (const std::size_t length : {1U, 2U, 7U, 8U, 9U, 15U, 16U, 17U, 23U})
      for (std::size_t at = 0; at < length; ++at) {
        std::string value(length, 'x');
        value[at] = static_cast<char>(c);
        written_as_naive(value);
      }
}

TEST_CASE("Chinese, non-characters and what is next to a sign that is escaped") {
  for (const char* value : {"", "血糖", "葡萄糖 <5.0 & \"高\"", "\xEF\xBF\xBD", "\xEF\xBF\xBE", "x\xEF\xBF\xBFy", "\xEF\xBC\x9C", "%'=?;:#!", "a&b<c>d\"e\rf\ng\th", "\xF0\x9F\x98\x80",
                            "12345678\xE8\xA1", "\x7F\x7F\x7F\x7F\x7F\x7F\x7F\x7F"})
    written_as_naive(value);
}

TEST_CASE("a character whose bytes stand in two values side by side is no fault, half of one is") {
  XmlOut joined(1);
  joined.open("a").text("\xE8\xA1").text("\x80").close();
  const auto whole = joined.finish();
  REQUIRE(whole);
  CHECK(*whole == "<a>\xE8\xA1\x80</a>");
  XmlOut half(1);
  half.open("a").text("\xE8\xA1").close();
  const auto refused = half.finish();
  REQUIRE_FALSE(refused);
  CHECK(refused.error().where == "byte 3");
}

TEST_CASE("what is repeated stands there each time as it was written first") {
  XmlOut out(1);
  std::string written;
  const auto part = [&] { out.open("b").attr("c", "1 < 2").close().raw("<d/>"); };
  out.open("a");
  for (int i = 0; i < 3; ++i) out.repeat(written, part);
  out.close();
  const auto whole = out.finish();
  REQUIRE(whole);
  const std::string once = "<b c=\"1 &lt; 2\"/><d/>";
  CHECK(*whole == "<a>" + once + once + once + "</a>");
}
