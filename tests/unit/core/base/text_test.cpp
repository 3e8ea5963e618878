#include <catch2/catch.hpp>

#include "core/base/csv.hpp"
#include "core/base/text.hpp"

using namespace huren;

TEST_CASE("the first byte that is not UTF-8 is found") {
  CHECK_FALSE(invalid_utf8("plain 互认 \xF0\xA0\xAE\xB7"));
  CHECK(invalid_utf8("ab\xC0\xAF") == 2);         // overlong
  CHECK(invalid_utf8("\xED\xA0\x80") == 0);       // surrogate
  CHECK(invalid_utf8("a\xF4\x90\x80\x80") == 1);  // beyond U+10FFFF
  CHECK(invalid_utf8("互\xE4\xBA") == 3);         // cut
  CHECK(invalid_utf8("\xFF") == 0);
}

TEST_CASE("GB18030 whose second byte is a delimiter comes out whole") {
  // 珅 AB 7C, 瑋 AC 7C, 東 96 7C (standards.md)
  CHECK(*to_utf8("\xAB\x7C\xAC\x7C\x96\x7C", Charset::gb18030) == "珅瑋東");
  CHECK(*from_utf8("珅瑋東", Charset::gb18030) == "\xAB\x7C\xAC\x7C\x96\x7C");
  const auto bad = to_utf8("ab\xFF", Charset::gb18030);
  REQUIRE_FALSE(bad);
  CHECK(bad.error().where == "byte 2");
  CHECK_FALSE(from_utf8("互", Charset::latin1));
  CHECK(from_utf8("互", Charset::latin1).error().id == "text.unencodable");
}

TEST_CASE("a long text converts whole") {
  std::string big;
  for (int i = 0; i < 5000; ++i) big += "血糖glucose";
  CHECK(*to_utf8(*from_utf8(big, Charset::gb18030), Charset::gb18030) == big);
}

TEST_CASE("charset labels as partners write them") {
  for (const char* label : {"GB 18030-2000", "gb2312", "GBK", "gb18030", "CP936"}) CHECK(charset_from_label(label) == Charset::gb18030);
  for (const char* label : {"UNICODE UTF-8", "utf-8", "UTF8", "utf8"}) CHECK(charset_from_label(label) == Charset::utf8);
  CHECK(charset_from_label("8859/1") == Charset::latin1);
  CHECK_FALSE(charset_from_label("UTF-16"));
  CHECK_FALSE(charset_from_label("KLINGON"));
}

TEST_CASE("base64 goes both ways and refuses what it is not") {
  CHECK(base64_encode("") == "");
  CHECK(base64_encode("f") == "Zg==");
  CHECK(base64_encode("fo") == "Zm8=");
  CHECK(base64_encode("foobar") == "Zm9vYmFy");
  CHECK(*base64_decode("Zm9v\r\n YmE=") == "fooba");
  for (const char* text : {"Z", "Zg=", "Zg===", "Z=g=", "Zm9v!", "===="}) {
    CAPTURE(text);
    CHECK_FALSE(base64_decode(text));
  }
}

TEST_CASE("a misspelt word finds its neighbour, a strange one none") {
  CHECK(closest("adress", {"address", "adapter"}) == "address");
  CHECK(closest("zzz", {"address", "adapter"}).empty());
}

TEST_CASE("CSV: quotes, line ends and a BOM are read - a stray quote is located") {
  const auto t = parse_csv("\xEF\xBB\xBF" "a,b\r\n\"x,\"\"y\"\"\",\n\n\"multi\nline\",z\n");
  REQUIRE(t);
  REQUIRE(t->size() == 3);
  CHECK((*t)[1] == std::vector<std::string>{"x,\"y\"", ""});
  CHECK((*t)[2][0] == "multi\nline");
  CHECK(parse_csv("a\nb\"c\n").error().where == "line 2");
  CHECK_FALSE(parse_csv("\"open"));
  CHECK(to_csv_field("a\"b") == "\"a\"\"b\"");
}
