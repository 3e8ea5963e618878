#include "core/hl7/escape.hpp"

#include <catch2/catch.hpp>

using namespace huren::hl7;

namespace {

std::string plain(std::string_view raw) { return unescape(raw, Delimiters{}, Formatting::plain); }

struct Unescaped { std::string text; int malformed; };
Unescaped both(std::string_view raw) {
  Unescaped u;
  u.malformed = append_unescaped(u.text, raw, Delimiters{});
  return u;
}

}  // namespace

TEST_CASE("delimiter escapes decode to the message's own delimiters") {
  CHECK(unescape("\\F\\\\S\\\\T\\\\R\\\\E\\", Delimiters{}) == "|^&~\\");
  const Delimiters custom{'$', '%', '*', '!', '@', '\0'};
  CHECK(unescape("!F!!S!!T!!R!!E!", custom) == "$%@*!");
  CHECK(unescape("\\P\\", Delimiters{}) == "#");
}

TEST_CASE("hex escapes decode when they are UTF-8 together, else stay") {
  CHECK(unescape("a\\X0D\\\\X0A\\b", Delimiters{}) == "a\r\nb");
  CHECK(unescape("\\X0d0a\\", Delimiters{}) == "\r\n");
  CHECK(unescape("\\XE6\\\\X9F\\\\X90\\", Delimiters{}) == "某");
  CHECK(unescape("\\XE69F90\\", Delimiters{}) == "某");
  const auto bad = both("\\XE6\\");
  CHECK(bad.text == "\\XE6\\");
  CHECK(bad.malformed == 1);
}

TEST_CASE("what cannot be read stays verbatim and is counted") {
  for (const auto* raw : {"\\F", "\\X0D", "\\", "a\\b", "\\Xwp\\", "\\X0\\", "\\X0D0\\", "\\X\\", "\\\\", "\\\\E\\\\X09\\\\E\\\\"}) {
    const auto u = both(raw);
    CHECK(u.text == raw);
    CHECK(u.malformed > 0);
  }
  const auto unknown = both("\\a\\");
  CHECK(unknown.text == "\\a\\");
  CHECK(unknown.malformed == 0);
  CHECK(both("x \\ y\\F\\z").text == "x \\ y|z");
  CHECK(both("end\\E\\").text == "end\\");
}

TEST_CASE("formatting is kept, or shown as a screen shows it") {
  CHECK(unescape("a\\.br\\b\\H\\c\\N\\", Delimiters{}) == "a\\.br\\b\\H\\c\\N\\");
  CHECK(plain("a\\.br\\b\\H\\c\\N\\") == "a\nbc");
  CHECK(plain("a\\.sp+2\\b\\.sk 3\\") == "a\n\nb\\.sk 3\\");
  CHECK(plain("a\\.sk+3\\b\\.in+4\\c\\.ce\\d") == "a   bc\nd");
  CHECK(plain("\\C1B2842\\\\M2140\\\\Zabc\\") == "\\C1B2842\\\\M2140\\\\Zabc\\");
}

TEST_CASE("escape writes delimiters, the escape character and control characters") {
  CHECK(escape("a|b^c~d&e\\f") == "a\\F\\b\\S\\c\\R\\d\\T\\e\\E\\f");
  CHECK(escape("a\rb\n\t") == "a\\X0D\\b\\X0A\\\\X09\\");
  CHECK(escape("张三 10^12/L") == "张三 10\\S\\12/L");
  CHECK(escape("#") == "#");
  CHECK(escape("#", Delimiters{'|', '^', '~', '\\', '&', '#'}) == "\\P\\");
  CHECK(escape_formatted("a\\.br\\b & \\H\\c\\N\\ \\F\\") == "a\\.br\\b \\T\\ \\H\\c\\N\\ \\E\\F\\E\\");
}
