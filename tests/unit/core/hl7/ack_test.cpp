#include "core/hl7/ack.hpp"

#include <catch2/catch.hpp>

using namespace huren;
using namespace huren::hl7;

namespace {

Header header_of(const std::string& version = "2.5.1", const std::string& ack = "|AL|NE") {
  const auto m = Message::read("MSH|^~\\&|LIS^1.2^ISO|县医院|HIS|市医院|20261122||ADT^A08^ADT_A01|M7|P|" + version + "||" + ack +
                               "||UNICODE UTF-8\rPID|1\r");
  REQUIRE(m);
  return m->header();
}

AckContext context() {
  return {.control_id = "ACK1", .time = from_epoch_ms(1'795'318'200'000, 480), .text = "", .language = Language::zh, .charset = Charset::utf8};
}

}  // namespace

TEST_CASE("an ACK answers its message: control id, parties swapped, MSH-9 as the version has it") {
  const auto bytes = build_ack(header_of(), AckCode::AA, {}, context());
  const auto m = Message::read(bytes);
  REQUIRE(m);
  const auto h = m->header();
  CHECK(m->at("MSH-9").raw() == "ACK^A08^ACK");
  CHECK(h.sending_app == "HIS");
  CHECK(h.receiving_app_hd == "LIS^1.2^ISO");
  CHECK(h.receiving_facility == "县医院");
  CHECK(m->value("MSA-1") == "AA");
  CHECK(m->value("MSA-2") == "M7");
  CHECK(is_ack(*m));
  CHECK(Message::read(build_ack(header_of("2.3"), AckCode::AA, {}, context()))->at("MSH-9").raw() == "ACK");
  CHECK(Message::read(build_ack(header_of("2.3.1"), AckCode::AA, {}, context()))->at("MSH-9").raw() == "ACK^A08");
  CHECK(Message::read(build_ack(header_of("2.999"), AckCode::AA, {}, context()))->at("MSH-9").raw() == "ACK^A08^ACK");
}

TEST_CASE("findings become located ERR segments that parse back") {
  const Findings findings{{Severity::error, {"hl7.field_required", "PID-3", {}}},
                          {Severity::warning, {"hl7.data_type", "OBX[3]-5[1].1.2", {"NM"}}},
                          {Severity::error, {"hl7.segment_name", "segment 7", {}}}};
  const auto ack = parse_ack(build_ack(header_of(), AckCode::AE, findings, context()));
  REQUIRE(ack);
  CHECK(ack->code == AckCode::AE);
  CHECK(ack->control_id == "M7");
  REQUIRE(ack->errors.size() == 3);
  CHECK(ack->errors[0].location == "PID[1]-3");
  CHECK(ack->errors[0].code == "101");
  CHECK(ack->errors[0].severity == "E");
  CHECK(ack->errors[1].location == "OBX[3]-5[1].1.2");
  CHECK(ack->errors[1].code == "102");
  CHECK(ack->errors[1].severity == "W");
  CHECK(ack->errors[2].location.empty());
  CHECK(ack->text == text(findings[0].error, Language::zh));
  const auto old = Message::read(build_ack(header_of("2.3.1"), AckCode::AE, findings, context()));
  REQUIRE(old);
  CHECK(old->at("ERR-1").raw() == "PID^1^3^101&Required field missing&HL70357");
  CHECK(old->at("ERR-3").empty());
  const auto parsed = parse_ack(*old);
  REQUIRE(parsed);
  CHECK(parsed->errors.at(1).location == "OBX[3]-5");
  CHECK(parsed->errors.at(1).code == "102");
}

TEST_CASE("the causes of a refusal read in both languages, and hold nothing that the peer wrote freely") {
  const auto told = parse_ack("MSH|^~\\&|B|B|A|A|20261122083000||ACK^R01^ACK|S1|P|2.5.1\rMSA|AE|M7|王小明 refused\r"
                              "ERR||PV1^1^2|103^x^HL70357|E||||王小明 not found\rERR||OBX^2^5|102^x^HL70357|E|hl7.data_type^王小明|||NM 王小明\r"
                              "ERR|||999^x^HL70357|E|no.such_id|||王小明\rERR||王小明|<103>|E\r");
  REQUIRE(told);
  CHECK(causes(*told, Language::zh) == "PV1[1]-2 103（代码不在对方的表中）; OBX[2]-5 102（" + text({"hl7.data_type", "", {"…"}}, Language::zh) + "）; 999");
  CHECK(causes(*told, Language::en) == "PV1[1]-2 103 (the code is not in the partner's table); OBX[2]-5 102 (" + text({"hl7.data_type", "", {"…"}}, Language::en) + "); 999");
  CHECK(refusal(*told) == std::vector<std::string>{"AE", causes(*told, Language::zh), causes(*told, Language::en)});
  const auto silent = parse_ack("MSH|^~\\&|B|B|A|A|20261122083000||ACK|S1|P|2.5.1\rMSA|AE|M7\r");
  REQUIRE(silent);
  CHECK(causes(*silent, Language::en) == "-");
}

TEST_CASE("each code of table 0357 that tells of a fault has words") {
  for (const auto* code : {"100", "101", "102", "103", "104", "200", "201", "202", "203", "204", "205", "206", "207"}) CHECK(catalogue_entry(std::string("hl7.cause_") + code) != nullptr);
}

TEST_CASE("bytes that do not read get a NAK all the same") {
  const Error why{"hl7.undecodable", "PID-5", {"12", "UTF-8"}};
  const auto readable = parse_ack(build_nak("MSH|^~\\&|A|B|C|D|1||ADT^A01|X9|P|2.5||||||UNICODE UTF-8\rPID|\xAB|\r", AckCode::AR, why, context()));
  REQUIRE(readable);
  CHECK(readable->control_id == "X9");
  CHECK(readable->code == AckCode::AR);
  CHECK(readable->errors.at(0).location == "PID[1]-5");
  for (const auto* bytes : {"", "garbage", "MSH", "MSH|", "<xml/>"}) {
    const auto ack = parse_ack(build_nak(bytes, AckCode::AR, why, context()));
    REQUIRE(ack);
    CHECK(ack->control_id.empty());
  }
  CHECK(peek_header("MSH|^^^^|A|B|C|D|1||ADT^A01|X1|P|2.5").control_id == "X1");
  CHECK(peek_header("MSH||A|B|C|D|1||ADT^A01|X1|P|2.5").control_id == "X1");
  CHECK(peek_header("MSH|^~\\&|A|B|C|D|1||ADT^A01|X2|P|2.5||||||UTF-16").control_id == "X2");
  CHECK(peek_header("MSH|^~\\&|\xAB\xAB|B|C|D|1||ADT^A01|X3|P|2.5||||||UNICODE UTF-8").control_id == "X3");
}

TEST_CASE("an ACK goes out in the asked charset, in English where that has no Chinese") {
  auto c = context();
  c.charset = Charset::gb18030;
  const Findings findings{{Severity::error, {"hl7.field_required", "PID-3", {}}}};
  const auto gb = build_ack(header_of(), AckCode::AE, findings, c);
  const auto m = Message::read(gb);
  REQUIRE(m);
  CHECK(m->charset() == Charset::gb18030);
  CHECK(m->header().receiving_facility == "县医院");
  c.charset = Charset::ascii;
  const auto plain = Message::read(build_ack({}, AckCode::AE, findings, c));
  REQUIRE(plain);
  CHECK(plain->at("ERR-8").text() == text(findings[0].error, Language::en));
}

TEST_CASE("the acknowledgement mode follows MSH-15 and MSH-16") {
  CHECK_FALSE(ack_mode(header_of("2.5.1", "|")).enhanced);
  CHECK(ack_mode(header_of("2.5.1", "|")).application == AckWish::always);
  const auto mode = ack_mode(header_of("2.5.1", "|AL|ER"));
  CHECK(mode.enhanced);
  CHECK(mode.accept == AckWish::always);
  CHECK(mode.application == AckWish::error);
  CHECK(wanted(AckWish::error, false));
  CHECK_FALSE(wanted(AckWish::error, true));
  CHECK(wanted(AckWish::success, true));
  CHECK_FALSE(wanted(AckWish::never, true));
}

TEST_CASE("what is no acknowledgement is an error of its own") {
  const auto no_msa = parse_ack("MSH|^~\\&|A|B|C|D|1||ADT^A01|X|P|2.5\r");
  REQUIRE_FALSE(no_msa);
  CHECK(no_msa.error().id == "hl7.ack_no_msa");
  const auto bad = parse_ack("MSH|^~\\&|A|B|C|D|1||ACK|X|P|2.5\rMSA|OK|X\r");
  REQUIRE_FALSE(bad);
  CHECK(bad.error().id == "hl7.ack_code");
  CHECK_FALSE(parse_ack(""));
  CHECK_FALSE(parse_ack("   "));
}
