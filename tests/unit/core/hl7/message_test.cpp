#include "core/hl7/message.hpp"

#include <catch2/catch.hpp>

using namespace huren;
using namespace huren::hl7;

namespace {

const std::string kOru =
    "MSH|^~\\&|LIS^1.2.3^ISO|A|HIS|B|20261122093000+0800||ORU^R01^ORU_R01|M1|P|2.5.1|||AL|NE||UNICODE UTF-8\r"
    "PID|1||11010519491231002X^^^MPS^NI~P77^^^A^MR||张^三||19491231|M\r"
    "OBR|1|||2345-7^Glucose^LN\r"
    "OBX|1|NM|2345-7^Glucose^LN||5.6|mmol/L|3.9-6.1||||F\r"
    "OBX|2|ST|X^a&b^L||\"\"||||||F|||\r";

Message read(std::string bytes, const ReadOptions& options = {}) {
  auto m = Message::read(std::move(bytes), options);
  INFO((m ? std::string() : line(m.error())));
  REQUIRE(m);
  return *std::move(m);
}

std::string error_of(std::string bytes, const ReadOptions& options = {}) {
  const auto m = Message::read(std::move(bytes), options);
  return m ? "" : std::string(m.error().id);
}

bool found(const Message& m, std::string_view id) {
  for (const auto& f : m.findings())
    if (f.error.id == id) return true;
  return false;
}

}  // namespace

TEST_CASE("a path reaches any depth, and what is not there is empty") {
  const auto m = read(kOru);
  CHECK(m.size() == 5);
  CHECK(m.value("PID-5.1") == "张");
  CHECK(m.at("PID-3[2].4").text() == "A");
  CHECK(m.at("OBX[2]-3.2.2").text() == "b");
  CHECK(m.at("OBX[2]-3.2").raw() == "a&b");
  CHECK(m.at("OBX[3]-5").raw().empty());
  CHECK(m.at("PID-3[9].4").empty());
  CHECK(m.at("nonsense").empty());
  CHECK(m.segment("OBX", 2).field(5).is_null());
  CHECK_FALSE(m.segment("OBX", 2).field(4).is_null());
  CHECK(m.segment("OBX", 2).fields() == 14);
  CHECK(m.segment("OBX", 1).value(3, 2) == "Glucose");
  CHECK_FALSE(m.segment("ZZZ").exists());
  CHECK(m.segment("ZZZ").field(3).text().empty());
  CHECK(m.segment("PID").field(3).repetitions() == 2);
}

TEST_CASE("the first values of a field are what each of its components is by itself") {
  for (const char* field : {"A^b^L", "A&1^b^L^", "^^", "", "\"\"^b^\"\"", "a\\S\\b^\\X41\\&x^c^d^e", "A~B^c", "one"}) {
    CAPTURE(field);
    const auto m = Message::read("MSH|^~\\&|A\rOBX|1|NM|" + std::string(field) + "\r");
    REQUIRE(m);
    const auto first = m->segment("OBX").field(3).repetition(1);
    std::string room;
    const auto values = first.first_values<4>(room);
    for (int c = 1; c <= 4; ++c) CHECK(values[static_cast<std::size_t>(c - 1)] == first.value(c));
    for (const char* word : {"A", "a^b", "B", "one", "on"}) CHECK(m->segment("OBX").field(3).says(word) == (m->segment("OBX").value(3) == word));
  }
}

TEST_CASE("MSH-1 and MSH-2 are the delimiters themselves") {
  const auto m = read(kOru);
  const auto msh = m.segment("MSH");
  CHECK(msh.field(1).raw() == "|");
  CHECK(msh.field(2).raw() == "^~\\&");
  CHECK(msh.field(2).text() == "^~\\&");
  CHECK(msh.field(9).component(2).text() == "R01");
  CHECK(msh.fields() == 18);
  const auto h = m.header();
  CHECK(h.type == "ORU");
  CHECK(h.structure == "ORU_R01");
  CHECK(h.control_id == "M1");
  CHECK(h.sending_app == "LIS");
  CHECK(h.sending_app_hd == "LIS^1.2.3^ISO");
  CHECK(h.accept_ack == "AL");
  CHECK(h.charset == "UNICODE UTF-8");
}

TEST_CASE("locations name the occurrence only where there are several") {
  const auto m = read(kOru);
  CHECK(m.segment("OBX", 2).where(5) == "OBX[2]-5");
  CHECK(m.segment("PID").where(3, 2, 1) == "PID-3[2].1");
}

TEST_CASE("views stay valid after the message is moved") {
  auto m = read(kOru);
  const auto name = m.segment("PID").field(5).raw();
  const Message moved = std::move(m);
  CHECK(name == "张^三");
  CHECK(moved.segment("PID").field(5).raw().data() == name.data());
}

TEST_CASE("every segment end gives the same message") {
  const auto with = [](std::string_view end) {
    std::string s = kOru;
    for (auto at = s.find('\r'); at != std::string::npos; at = s.find('\r', at + end.size())) s.replace(at, 1, end);
    return s;
  };
  for (const auto* end : {"\r", "\n", "\r\n", "\r\r", "\n        ", "\r\n\r\n"}) {
    const auto m = read(with(end));
    CHECK(m.size() == 5);
    CHECK(m.rebuilt() == kOru);
  }
  CHECK(found(read(with("\n")), "hl7.segment_end"));
  CHECK(found(read(with("\n        ")), "hl7.segment_blanks"));
  CHECK_FALSE(found(read(kOru), "hl7.no_last_cr"));
  CHECK(found(read(kOru.substr(0, kOru.size() - 1)), "hl7.no_last_cr"));
  CHECK(read("\xEF\xBB\xBF" + kOru).rebuilt() == kOru);
  CHECK(read("\r\n  " + kOru).rebuilt() == kOru);
  CHECK(found(read("\xEF\xBB\xBF" + kOru), "hl7.bom"));
}

TEST_CASE("delimiters are those of MSH, and what MSH-2 leaves out does not split") {
  const auto m = read("MSH$%~\\&$A$B$C$D$1$$ADT%A01$X$P$2.3\rPID$1$$7%%%H&1.2\r");
  CHECK(m.value("MSH-9.2") == "A01");
  CHECK(m.value("PID-3.4.2") == "1.2");
  const auto brief = read("MSH|^~\\|A|B|C|D|1||ADT^A01|X|P|2.3\rPID|1||7&8^2\r");
  CHECK(brief.value("PID-3.1") == "7&8");
  CHECK(found(brief, "hl7.delimiters_short"));
  const auto repeated = read("MSH|&&&&|A|B|C|D|1||ADT&A01|X|P|2.3\r");
  CHECK(repeated.value("MSH-9.2") == "A01");
  CHECK(found(repeated, "hl7.delimiter_repeated"));
  CHECK(read("MSH|^~\\&#|A|B|C|D|1||ADT^A01|X|P|2.7\r").delimiters().truncation == '#');
  CHECK(error_of("MSHA^~\\&AxAyA1AADT") == "hl7.delimiters");
  CHECK(error_of("MSH||A|B") == "hl7.delimiters");
}

TEST_CASE("what is no message is refused with its own error") {
  CHECK(error_of("") == "hl7.empty");
  CHECK(error_of(" \r\n ") == "hl7.empty");
  CHECK(error_of("M") == "hl7.no_msh");
  CHECK(error_of("MSH") == "hl7.delimiters");
  CHECK(error_of("MSH|") == "hl7.delimiters");
  CHECK(error_of("PID|1||7\rMSH|^~\\&|A") == "hl7.no_msh");
  CHECK(error_of("FHS|^~\\&|A\rBHS|^~\\&|A\r") == "hl7.is_batch");
  CHECK(error_of("<xml/>") == "hl7.no_msh");
}

TEST_CASE("limits are kept") {
  ReadOptions o;
  o.max_bytes = kOru.size();
  CHECK(error_of(kOru, o).empty());
  o.max_bytes = kOru.size() - 1;
  CHECK(error_of(kOru, o) == "hl7.too_large");
  o = {};
  o.max_segments = 4;
  CHECK(error_of(kOru, o) == "hl7.too_many_segments");
  o = {};
  o.min_segments = 6;
  CHECK(error_of(kOru, o) == "hl7.too_few_segments");
  o = {};
  o.max_fields = 20;
  o.max_segments = 5;
  CHECK(error_of(kOru, o) == "hl7.too_many_fields");
  o = {};
  o.min_bytes = kOru.size() + 1;
  CHECK(error_of(kOru, o) == "hl7.too_small");
}

TEST_CASE("a stray line is kept, reported without its content, and not read as a segment") {
  const auto m = read("MSH|^~\\&|A|B|C|D|1||ORU^R01|X|P|2.3\rOBX|1|TX|a||first\r张三 second line\rOBX|2|TX|a||x\r");
  CHECK(m.size() == 4);
  CHECK(m.count("OBX") == 2);
  REQUIRE(found(m, "hl7.segment_name"));
  for (const auto& f : m.findings()) CHECK(f.error.where.find("张") == std::string::npos);
  CHECK(m.segment(std::size_t{2}).where(1) == "segment 3");
}

TEST_CASE("a message of many blocks reads like a small one") {
  std::string big = kOru;
  for (int i = 3; i < 3000; ++i) big += "OBX|" + std::to_string(i) + "|NM|2345-7^Glucose^LN^GLU^葡萄糖^L||" + std::to_string(i) + "|mmol/L^^UCUM|3.9-6.1|N|||F|||20261122093000+0800\r";
  const auto m = read(big);
  CHECK(m.size() == 3 + 2999);
  CHECK(m.segment("OBX", 2999).value(5) == "2999");
  CHECK(m.rebuilt() == big);
  CHECK(m.memory_bytes() < big.size() * 5 / 2);
}
