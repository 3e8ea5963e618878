#include "core/hl7/writer.hpp"

#include <catch2/catch.hpp>

using namespace huren;
using namespace huren::hl7;

TEST_CASE("the writer escapes, fills gaps and leaves no trailing delimiters") {
  Writer w;
  Header h;
  h.sending_app = "LIS";
  h.receiving_app_hd = "HIS^1.2^ISO";
  h.time = "20261122";
  h.type = "ADT";
  h.trigger = "A40";
  h.control_id = "1";
  h.charset = "UNICODE UTF-8";
  w.msh(h);
  w.segment("PID").set(1, "1").field(3).add({"7", "", "", "A&B", "MR"}).add({"8"}).set(5, {"张", "三"}).set(6, "");
  w.segment("OBX").set(5, "a|b\r").field(6).component(2).text("umol/L").field(7).null().field(8).component(2).subcomponent(3).text("x");
  w.segment("NTE").field(3).formatted("x\\.br\\y & z").field(9).text("");
  const auto out = w.finish();
  REQUIRE(out);
  CHECK(*out ==
        "MSH|^~\\&|LIS||HIS^1.2^ISO||20261122||ADT^A40^ADT_A39|1|P|2.5.1||||||UNICODE UTF-8\r"
        "PID|1||7^^^A\\T\\B^MR~8||张^三\r"
        "OBX|||||a\\F\\b\\X0D\\|^umol/L|\"\"|^&&x\r"
        "NTE|||x\\.br\\y \\T\\ z\r");
  const auto m = Message::read(*out);
  REQUIRE(m);
  CHECK(m->value("PID-3.4") == "A&B");
  CHECK(m->value("OBX-5") == "a|b\r");
}

TEST_CASE("going backwards, a bad segment name and bad UTF-8 are errors of finish") {
  Writer back;
  back.segment("PID").set(5, "x").set(3, "y");
  CHECK(back.finish().error().id == "hl7.write_order");
  Writer name;
  name.segment("pid");
  CHECK(name.finish().error().id == "hl7.write_segment");
  Writer utf8;
  utf8.segment("PID").set(5, "\xAB");
  CHECK(utf8.finish().error().id == "hl7.write_utf8");
  utf8.reset();
  utf8.segment("PID").set(5, "ok");
  CHECK(utf8.finish());
}

TEST_CASE("MSH-9.3 is the structure of table 0354") {
  CHECK(structure_of("ADT", "A04") == "ADT_A01");
  CHECK(structure_of("ADT", "A08") == "ADT_A01");
  CHECK(structure_of("ADT", "A11") == "ADT_A09");
  CHECK(structure_of("ADT", "A13") == "ADT_A01");
  CHECK(structure_of("ADT", "A40") == "ADT_A39");
  CHECK(structure_of("REF", "I15") == "REF_I12");
  CHECK(structure_of("MDM", "T10") == "MDM_T02");
  CHECK(structure_of("ZZZ", "Z01").empty());
}
