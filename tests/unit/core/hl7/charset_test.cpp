#include "core/hl7/charset.hpp"

#include <catch2/catch.hpp>

#include "core/hl7/message.hpp"

using namespace huren;
using namespace huren::hl7;

namespace {

std::string message(std::string_view label, std::string_view facility = "县医院", std::string_view name = "王^珅") {
  return "MSH|^~\\&|LIS|" + std::string(facility) + "|HIS|B|20261122||ADT^A08^ADT_A01|1|P|2.5.1||||||" + std::string(label) +
         "\rPID|1||7^^^H||" + std::string(name) + "||19800101|M\r";
}

std::string in(Charset charset, std::string_view text) {
  auto bytes = from_utf8(text, charset);
  REQUIRE(bytes);
  return *std::move(bytes);
}

}  // namespace

TEST_CASE("second bytes that look like delimiters do not split: 珅 瑋 東 昞") {
  for (const auto* label : {"GB 18030-2000", "GBK", "GB2312", "gb18030", "GB18030"}) {
    const auto m = Message::read(in(Charset::gb18030, message(label, "東方瑋院", "昞^珅")));
    REQUIRE(m);
    CHECK(m->charset() == Charset::gb18030);
    CHECK(m->value("MSH-4") == "東方瑋院");
    CHECK(m->value("PID-5.1") == "昞");
    CHECK(m->value("PID-5.2") == "珅");
    CHECK(m->value("PID-7") == "19800101");
    CHECK(m->findings().empty());
  }
}

TEST_CASE("without a declared charset the partner's is used, else UTF-8, else GB18030, and a guess is said") {
  const auto guessed = Message::read(in(Charset::gb18030, message("")));
  REQUIRE(guessed);
  CHECK(guessed->value("PID-5.2") == "珅");
  REQUIRE(guessed->findings().size() == 1);
  CHECK(guessed->findings()[0].error.id == "hl7.charset_guessed");
  CHECK(guessed->findings()[0].error.args.at(0) == "GB18030");
  const auto utf8 = Message::read(message(""));
  REQUIRE(utf8);
  CHECK(utf8->value("PID-5.2") == "珅");
  CHECK(utf8->findings().size() == 1);
  ReadOptions o;
  o.fallback = Charset::latin1;
  const auto latin = Message::read(in(Charset::latin1, message("", "H", "Müller^J")), o);
  REQUIRE(latin);
  CHECK(latin->value("PID-5.1") == "Müller");
  CHECK(latin->findings().empty());
}

TEST_CASE("an undecodable byte is an error at its field, never a replaced character") {
  auto bytes = message("UNICODE UTF-8");
  bytes.replace(bytes.find("珅"), 3, "\xAB\x7C");
  const auto m = Message::read(bytes);
  REQUIRE_FALSE(m);
  CHECK(m.error().id == "hl7.undecodable");
  CHECK(m.error().where == "PID-5");
  CHECK(m.error().args.at(0) == std::to_string(bytes.find('\xAB')));
  auto gb = in(Charset::gb18030, message("GBK"));
  gb.replace(gb.find("ADT"), 1, "\xFF");
  const auto bad = Message::read(gb);
  REQUIRE_FALSE(bad);
  CHECK(bad.error().where == "MSH-9");
}

TEST_CASE("UTF-16 and unknown labels are refused by name") {
  for (const auto& bytes : {std::string("\xFF\xFEM\0S\0H\0", 8), std::string("M\0S\0H\0|\0", 8), std::string("\0M\0S\0H\0|", 8)}) {
    const auto m = Message::read(bytes);
    REQUIRE_FALSE(m);
    CHECK(m.error().id == "hl7.charset_unsupported");
    CHECK(m.error().args.at(0) == "UTF-16");
  }
  const auto m = Message::read(message("ISO IR87"));
  REQUIRE_FALSE(m);
  CHECK(m.error().id == "hl7.charset_unsupported");
  CHECK(m.error().args.at(0) == "ISO IR87");
  CHECK(m.error().where == "MSH-18");
}

TEST_CASE("a declaration that the content contradicts is reported or overruled") {
  const auto doubtful = Message::read(message("GBK", "县院", "王^一二"));
  if (doubtful) {
    CHECK(has_error(doubtful->findings()) == false);
    CHECK(doubtful->findings().size() == 1);
  }
  ReadOptions o;
  o.fallback = Charset::gb18030;
  o.trust_fallback = true;
  const auto m = Message::read(in(Charset::gb18030, message("UNICODE UTF-8")), o);
  REQUIRE(m);
  CHECK(m->value("PID-5.2") == "珅");
  CHECK(m->findings().at(0).error.id == "hl7.charset_overruled");
  const auto ascii = Message::read(message("ASCII"));
  REQUIRE(ascii);
  CHECK(ascii->findings().at(0).error.id == "hl7.charset_not_ascii");
}

TEST_CASE("every label of a declared charset is found in the raw bytes") {
  CHECK(declared_charset(message("UTF8")) == "UTF8");
  CHECK(declared_charset(message("8859/1~GBK")) == "8859/1");
  CHECK(declared_charset("MSH|^~\\&|") .empty());
  CHECK(declared_charset("nothing").empty());
  CHECK(declared_charset(in(Charset::gb18030, message("GBK", "珅珅珅"))) == "GBK");
  CHECK(declared_charset(message("UNICODE UTF-8", "县医院|")).empty());
}
