#include <catch2/catch.hpp>
#include <random>

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

namespace {

std::string some_bytes(std::mt19937& random, std::size_t most, std::string_view of) {
  std::string out;
  for (auto n = random() % (most + 1); n > 0; --n) out += of.empty() ? static_cast<char>(random() % 256) : of[random() % of.size()];
  return out;
}

// Byte by byte and by the definition (RFC 3629).
std::optional<std::size_t> naive_invalid_utf8(std::string_view s) {
  for (std::size_t i = 0; i < s.size();) {
    const auto lead = static_cast<unsigned char>(s[i]);
    const std::size_t length = lead < 0x80 ? 1 : lead >= 0xC0 && lead < 0xE0 ? 2 : lead >= 0xE0 && lead < 0xF0 ? 3 : lead >= 0xF0 && lead < 0xF8 ? 4 : 0;
    if (length == 0 || i + length > s.size()) return i;
    std::uint32_t c = length == 1 ? lead : lead & (0xFFU >> (length + 1));
    for (std::size_t k = 1; k < length; ++k) {
      const auto tail = static_cast<unsigned char>(s[i + k]);
      if (tail >> 6 != 2) return i;
      c = c << 6 | (tail & 0x3FU);
    }
    constexpr std::uint32_t least[] = {0, 0, 0x80, 0x800, 0x10000};
    if (c < least[length] || c > 0x10FFFF || (c >= 0xD800 && c <= 0xDFFF)) return i;
    i += length;
  }
  return std::nullopt;
}

std::string naive_base64(std::string_view bytes) {
  constexpr std::string_view letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  std::string out;
  std::uint32_t bits = 0;
  int have = 0;
  for (const char c : bytes) {
    bits = bits << 8 | static_cast<unsigned char>(c);
    for (have += 8; have >= 6; have -= 6) out += letters[bits >> (have - 6) & 63U];
  }
  if (have > 0) out += letters[bits << (6 - have) & 63U];
  while (out.size() % 4 != 0) out += '=';
  return out;
}

}  // namespace

TEST_CASE("UTF-8 is judged as its definition has it, wherever the fault stands") {
  std::mt19937 random(3);
  const std::vector<std::string> pieces{"a", "plain text of forty characters, no more ", "互", "认", "é", "😀", "\xEF\xBF\xBD", "\xE0\xA0\x80", "\xED\x9F\xBF"};
  for (int round = 0; round < 20'000; ++round) {
    std::string text;
    for (auto n = random() % 12; n > 0; --n) text += pieces[random() % pieces.size()];
    if (round % 2 && !text.empty()) text[random() % text.size()] = static_cast<char>(random() % 256);
    if (round % 3 == 0) text.resize(random() % (text.size() + 1));
    CAPTURE(text);
    REQUIRE(invalid_utf8(text) == naive_invalid_utf8(text));
  }
}

TEST_CASE("base64 of any bytes is what bit by bit gives, and comes back") {
  std::mt19937 random(5);
  for (int round = 0; round < 5'000; ++round) {
    const auto bytes = some_bytes(random, 50, {});
    const auto text = base64_encode(bytes);
    REQUIRE(text == naive_base64(bytes));
    REQUIRE(base64_decode(text) == bytes);
  }
}

TEST_CASE("a character that is not of base64 is seen wherever it stands") {
  const std::string good = base64_encode("one step of sixteen characters and then some more");
  for (std::size_t at = 0; at < good.size() - 4; ++at)
    for (int c = 0; c < 256; ++c) {
      auto text = good;
      text[at] = static_cast<char>(c);
      const bool known = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '+' || c == '/';
      const auto bytes = base64_decode(text);
      REQUIRE(bytes.has_value() == known);
      if (bytes) REQUIRE(naive_base64(*bytes) == text);
    }
}

TEST_CASE("blanks at both ends are trimmed, those between stay") {
  CHECK(trim(" \t\r\n\f\va \x1F b\v ") == "a \x1F b");
  CHECK(trim("\x08 x \x0E") == "\x08 x \x0E");
  CHECK(trim(" \t ").empty());
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
