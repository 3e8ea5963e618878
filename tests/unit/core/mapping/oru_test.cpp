#include <catch2/catch.hpp>

#include <rapidcheck.h>

#include "core/hl7/profile.hpp"
#include "core/base/pack.hpp"
#include "core/mapping/oru.hpp"
#include "core/model/event.hpp"
#include "tests/support/any_report.hpp"

using namespace huren;
using namespace huren::mapping;

namespace {

Envelope envelope(Charset charset = Charset::utf8) {
  return {.control_id = "C1", .sender = "HA", .receiver = "HB", .at = *parse_hl7_time("20261122093000+0800", 480), .charset = charset};
}

OruRead read(const std::string& bytes, const OruOptions& options = {}) {
  auto message = hl7::Message::read(bytes);
  REQUIRE(message);
  return read_oru(*message, options);
}

std::vector<std::string> told(const Findings& findings) {
  std::vector<std::string> out;
  for (const auto& f : findings) out.push_back(std::string(f.error.id) + " @ " + f.error.where);
  return out;
}

// A foreign message: MSH and the given segments, '\n' between them.
std::string foreign(std::string segments, const std::string& type = "ORU^R01") {
  std::string text = "MSH|^~\\&|LIS|LAB|HIS|HOSP|20261122093000||" + type + "|M1|P|2.4||||||UNICODE UTF-8\n" + segments;
  std::replace(text.begin(), text.end(), '\n', '\r');
  return text;
}

constexpr const char* kPid = "PID|1||P1||张三||19800101|M\n";
const OruOptions kHere{.offset_minutes = 480, .origin = {"H1", "县医院"}, .map = nullptr, .standardise = {}};

model::LabReport single(const OruRead& r) {
  REQUIRE(r.reports.size() == 1);
  return r.reports[0];
}

}  // namespace

TEST_CASE("a report written as ORU^R01 reads back to the same report and the same document") {
  for (const auto charset : {Charset::utf8, Charset::gb18030})
    CHECK(rc::check([charset] {
      auto report = *tests::any_report();
      // GB/T 2261.1 9 has no letter of its own in table 0001.
      if (report.patient.sex == model::Sex::not_stated) report.patient.sex = model::Sex::unknown;
      if (report.status == model::Status::withdrawn)
        for (auto& o : report.observations) o.status = report.status;
      const auto document = *rc::gen::container<std::string>(rc::gen::arbitrary<char>());
      auto bytes = write_oru(report, document, envelope(charset));
      RC_ASSERT(static_cast<bool>(bytes));
      auto message = hl7::Message::read(*bytes);
      RC_ASSERT(static_cast<bool>(message));
      const auto back = read_oru(*message);
      RC_ASSERT(back.versioned);
      RC_ASSERT(back.reports.size() == 1u);
      RC_ASSERT(back.reports[0] == report);
      RC_ASSERT(back.document == document);
    }));
}

TEST_CASE("a document added to a message is the message written with it") {
  for (const auto charset : {Charset::utf8, Charset::gb18030})
    CHECK(rc::check([charset] {
      const auto report = *tests::any_report();
      const auto document = *rc::gen::element<std::string>("", "<x/>", pack("<ClinicalDocument/>"));
      const auto signature = *rc::gen::element<std::string>("", "signed");
      auto before = envelope();
      before.control_id = "earlier";
      before.receiver = "";
      const auto written = write_oru(report, "", before);
      RC_ASSERT(static_cast<bool>(written));
      RC_ASSERT(*add_document(*written, report, document, envelope(charset), signature) == *write_oru(report, document, envelope(charset), signature));
    }));
}

TEST_CASE("what is written satisfies the standard profile") {
  CHECK(rc::check([] {
    auto bytes = write_oru(*tests::any_report(), "<x/>", envelope());
    RC_ASSERT(static_cast<bool>(bytes));
    auto message = hl7::Message::read(*bytes);
    RC_ASSERT(static_cast<bool>(message));
    RC_ASSERT(message->findings().empty());
    const auto findings = hl7::check(*message);
    for (const auto& f : findings)
      if (f.severity == Severity::error) RC_FAIL(std::string(f.error.id) + " @ " + f.error.where);
  }));
}

TEST_CASE("a report without PID, OBR, number or patient id is refused at its place") {
  CHECK(told(read(foreign("OBR|1||R1|GLU\nOBX|1|NM|GLU||5.6||||||F")).findings) == std::vector<std::string>{"mapping.patient_missing @ PID"});
  CHECK(told(read(foreign(kPid)).findings) == std::vector<std::string>{"mapping.no_report @ OBR"});
  const auto r = read(foreign(std::string(kPid) + "OBR|1|||GLU\nOBX|1|NM|GLU||5.6||||||F"));
  CHECK(told(r.findings) == std::vector<std::string>{"mapping.report_number_missing @ OBR-3"});
  CHECK(r.reports.empty());
  CHECK(told(read(foreign("PID|1||||张三\nOBR|1||R1|GLU\nOBX|1|NM|GLU||5.6||||||F")).findings) ==
        std::vector<std::string>{"mapping.patient_unidentified @ PID-3"});
}

TEST_CASE("a foreign report takes its origin from its sender as configured, never from the message") {
  const auto r = read(foreign(std::string(kPid) + "OBR|1||R1^ELSEWHERE|GLU||||||||||||||||||||||F\nOBX|1|NM|GLU^葡萄糖||5.6|mmol/L|||||F"), kHere);
  CHECK_FALSE(r.versioned);
  const auto report = single(r);
  CHECK(report.origin == model::Organisation{"H1", "县医院"});
  CHECK(report.number == "R1");
  CHECK(report.version == 1);
  CHECK(report.observations[0].local == model::Code{"GLU", "葡萄糖", "L"});
}

TEST_CASE("OBX-3 with LOINC only keeps it as the local item too") {
  const auto report = single(read(foreign(std::string(kPid) + "OBR|1||R1|x\nOBX|1|NM|14749-6^Glucose^LN||5.6|mmol/L|3.9-6.1|N|||F"), kHere));
  CHECK(report.observations[0].loinc == "14749-6");
  CHECK(report.observations[0].local == model::Code{"14749-6", "Glucose", "LN"});
}

TEST_CASE("what Chinese laboratories print is read") {
  const auto r = read(foreign(std::string(kPid) +
                              "OBR|1|YZ1|R1|SH^生化|||20261122071500\n"
                              "OBX|0|NM|WBC^白细胞||11.2|10^9/L|205.0000-285.0000|↑|||F\n"
                              "OBX|1|NM|CRP^C反应蛋白||<0.5|^umol/L|0.4--8|↓↓|||F\n"
                              "OBX|2|ST|HBSAG^乙肝表面抗原||阴性||阴性|阴性|||F\n"
                              "OBX|3||TSH^促甲状腺素||2.31|mIU/L|0.27～4.2|偏高|||F\n"
                              "OBX|4|ST|AFP^甲胎蛋白||3.2|ng/mL|<7|正常|||1\n"),
                      kHere);
  const auto report = single(r);
  const auto& o = report.observations;
  REQUIRE(o.size() == 5);
  CHECK(o[0].set_id == "0");
  CHECK(o[0].unit == "10^9/L");
  CHECK(*o[0].range.high == 285);
  CHECK(o[0].flags == std::vector<std::string>{"H"});
  CHECK(o[1].value_type == "SN");
  CHECK(o[1].comparator == "<");
  CHECK(o[1].value == "0.5");
  CHECK(o[1].unit == "umol/L");
  CHECK(*o[1].range.low == 0.4);
  CHECK(o[1].flags == std::vector<std::string>{"LL"});
  CHECK(o[2].value_type == "ST");
  CHECK(o[2].flags == std::vector<std::string>{"NEG"});
  CHECK(o[3].value_type == "NM");
  CHECK(*o[3].range.high == 4.2);
  CHECK(o[4].value_type == "NM");
  CHECK(o[4].status == model::Status::unknown);
  CHECK(to_iso_time(report.specimen.collected_at) == "2026-11-22T07:15:00+08:00");
  CHECK(report.status == model::Status::unknown);  // one result's status is not known: the report's is not either
  CHECK(report.patient.name == "张三");
  CHECK(told(r.findings) == std::vector<std::string>{"mapping.unit_unescaped @ OBX[1]-6", "mapping.status_unknown @ OBX[5]-11"});
}

TEST_CASE("names in one piece, in parts and in ideographs") {
  const auto name = [](const std::string& xpn) {
    return single(read(foreign("PID|1||P1||" + xpn + "\nOBR|1||R1|x\nOBX|1|NM|A||1||||||F"), kHere)).patient.name;
  };
  CHECK(name("欧阳娜娜") == "欧阳娜娜");
  CHECK(name("欧阳^娜娜") == "欧阳娜娜");
  CHECK(name("EVERYWOMAN^EVE^E") == "EVE E EVERYWOMAN");
  CHECK(name("CHEN^DONG^^^^^L^A~陈^东^^^^^L^I") == "陈东");
}

TEST_CASE("identifiers are known by type, by place, and by their own check digit") {
  const auto r = read(foreign("PID|1||P1^^^HOSP^PI~11010519491231002X~E123^^^^PPN~77^^^XX^QQ~A9^^^420100^HC||陈某||||||||||||\n"
                              "OBR|1||R1|x\nOBX|1|NM|A||1||||||F"),
                      kHere);
  const auto p = single(r).patient;
  CHECK(p.local_id == "P1");
  CHECK(p.identifiers == std::vector<model::Identifier>{
                             {"resident_id", "11010519491231002X", ""}, {"passport", "E123", ""}, {"other", "77", "XX"}, {"health_card", "A9", "420100"}});
  CHECK(told(r.findings) == std::vector<std::string>{"mapping.identifier_type_unknown @ PID-3[4].5"});
  const auto q = single(read(foreign("PID|1||P1||陈某||||||||||||||11010519491231002X\nOBR|1||R1|x\nOBX|1|NM|A||1||||||F"), kHere)).patient;
  CHECK(q.identifiers == std::vector<model::Identifier>{{"resident_id", "11010519491231002X", ""}});
}

TEST_CASE("several orders are several reports unless they share a number") {
  const auto r = read(foreign(std::string(kPid) +
                              "ORC|RE\nOBR|1||R1|A\nOBX|1|NM|A1||1||||||F\nORC|RE\nOBR|2||R2|B\nOBX|1|NM|B1||2||||||F\n"
                              "ORC|RE\nOBR|3||R1|C\nOBX|1|NM|C1||3||||||F\n"),
                      kHere);
  REQUIRE(r.reports.size() == 2);
  CHECK(r.reports[0].observations.size() == 2);
  CHECK(r.reports[1].number == "R2");
}

TEST_CASE("OUL^R22 names the specimen before its orders") {
  const auto r = read(foreign(std::string(kPid) +
                                  "SPM|1|B1||XQ^血清|||||||||||||20261122071500|20261122075000\n"
                                  "OBR|1||R1|A|||||||||||||||||||||F\nORC|RE||R1\nNTE|1||溶血\nOBX|1|NM|A1||1||||||F\n"
                                  "SPM|2|B2||NY^尿\nOBR|2||R2|B\nOBX|1|NM|B1||2||||||F\n",
                              "OUL^R22"),
                      kHere);
  REQUIRE(r.reports.size() == 2);
  CHECK(r.reports[0].specimen.id == "B1");
  CHECK(r.reports[0].specimen.type.name == "血清");
  CHECK(to_hl7_time(r.reports[0].specimen.received_at) == "20261122075000");
  CHECK(r.reports[0].notes == std::vector<std::string>{"溶血"});
  CHECK(r.reports[1].specimen.id == "B2");
}

TEST_CASE("titres and intervals stay text - other comparators are numbers") {
  const auto r = single(read(foreign(std::string(kPid) + "OBR|1||R1|x\nOBX|1|SN|A||^1^:^128||||||F\nOBX|2|SN|B||>^40||||||F\n"
                                                        "OBX|3|CE|C||A^A 型^99L||||||F\nOBX|4|NM|D||见附页||||||F\nOBX|5|FT|E||一\\.br\\二~三||||||F"),
                             kHere));
  CHECK(r.observations[0].value == "1:128");
  CHECK(r.observations[0].value_type == "ST");
  CHECK(r.observations[1].comparator == ">");
  CHECK(r.observations[2].value == "A 型");
  CHECK(r.observations[3].value_type == "ST");
  CHECK(r.observations[4].value == "一\n二\n三");
}

TEST_CASE("retractions are read: D, W, X and C") {
  const auto status = [](const char* letter) {
    return single(read(foreign(std::string(kPid) + "OBR|1||R1|x\nOBX|1|NM|A||1||||||" + letter), kHere)).status;
  };
  CHECK(status("D") == model::Status::withdrawn);
  CHECK(status("W") == model::Status::withdrawn);
  CHECK(status("X") == model::Status::cannot_obtain);
  CHECK(status("C") == model::Status::corrected);
  CHECK(status("P") == model::Status::preliminary);
  CHECK(status("") == model::Status::unknown);
}

TEST_CASE("orders without results, stray results and attachments are told, not taken") {
  const auto r = read(foreign("OBX|9|NM|Z||1||||||F\n" + std::string(kPid) +
                              "OBR|1||R1|x\nOBX|1|NM|A||1||||||F\nOBX|2|ED|PDF||^application^pdf^Base64^AAAA||||||F\nZLB|x\nOBR|2||R2|y\n"),
                      kHere);
  CHECK(r.reports.size() == 1);
  CHECK(told(r.findings) == std::vector<std::string>{"mapping.attachment_kept @ OBX[3]-5", "mapping.empty_order @ OBR[2]",
                                                     "mapping.observation_without_order @ OBX[1]", "mapping.segment_kept @ ZLB"});
}

TEST_CASE("a line of text without an item becomes a remark of the report") {
  const auto r = read(foreign(std::string(kPid) + "OBR|1||R1|x\nOBX|1|NM|A||1||||||F\nOBX|2|TX|||建议复查||||||F\nOBX|3|TX|||||||||F"), kHere);
  CHECK(single(r).notes == std::vector<std::string>{"建议复查"});
  CHECK(told(r.findings) == std::vector<std::string>{"mapping.item_missing @ OBX[2]-3", "mapping.item_missing @ OBX[3]-3"});
}

TEST_CASE("a packed document arrives as it was packed - one that cannot be unpacked refuses the message") {
  const auto document = std::string(5000, 'x');
  const auto report = single(read(foreign(std::string(kPid) + "OBR|1||N1|S^x^L|||20261122070000|||||||||||||||20261122083000|||F\nOBX|1|NM|GLU^x^L||5.4|mmol/L|||||F\n"), kHere));
  const auto good = write_oru(report, pack(document), envelope(Charset::utf8));
  REQUIRE(good);
  CHECK(good->find("^application^zstd^Base64^") != std::string::npos);
  const auto back = read_oru(*hl7::Message::read(*good));
  CHECK(*unpack(back.document, 5000) == document);
  auto frame = pack(document);
  frame.back() = static_cast<char>(frame.back() ^ 1);  // its seal
  const auto bad = read_oru(*hl7::Message::read(*write_oru(report, frame, envelope(Charset::utf8))));
  CHECK(has_error(bad.findings));
  CHECK(bad.findings.back().error.id == "pack.damaged");
  frame = pack(document);
  frame.resize(frame.size() - 16);  // without its seal it is whole
  frame[5] = static_cast<char>(frame[5] + 1);  // its dictionary
  const auto unknown = read_oru(*hl7::Message::read(*write_oru(report, frame, envelope(Charset::utf8))));
  CHECK(told(unknown.findings) == std::vector<std::string>{"pack.dictionary @ OBX[2]-5[1].5"});
}

TEST_CASE("a document that is not base64 refuses the message") {
  const auto r = read(foreign(std::string(kPid) + "OBR|1||R1|x\nOBX|1|NM|A||1||||||F\nOBX|2|ED|C0007||^TEXT^XML^Base64^%%%||||||F"), kHere);
  CHECK(r.reports.empty());
  CHECK(told(r.findings) == std::vector<std::string>{"mapping.document_base64 @ OBX[2]-5[1].5"});
}

TEST_CASE("a huren's report must say which version it is") {
  model::LabReport report;
  report.origin.code = "HA";
  report.number = "R1";
  report.patient.local_id = "P1";
  report.patient.name = "张三";
  auto bytes = write_oru(report, "<x/>", envelope());
  REQUIRE(bytes);
  CHECK(read(*bytes).reports.size() == 1);
  for (const char* version : {"", "0", "1.5", "x", "10000"}) {
    auto text = *bytes;
    REQUIRE(text.find("||1||") != std::string::npos);
    text.replace(text.find("||1||"), 5, std::string("||") + version + "||");
    CAPTURE(version);
    CHECK(told(read(text).findings) == std::vector<std::string>{"mapping.bad_version @ OBR-20"});
  }
}

TEST_CASE("the standard item comes from the function that the caller passes in") {
  auto options = kHere;
  options.standardise = [](const model::LabReport& r, model::Observation& o) {
    CHECK(r.number == "R1");
    o.standard = {"GLU", "葡萄糖", "HUREN"};
  };
  CHECK(single(read(foreign(std::string(kPid) + "OBR|1||R1|x\nOBX|1|NM|A||1||||||F"), options)).observations[0].standard.code == "GLU");
}
