// Documents as others write them: flat entries, prefixes, missing parts, odd times and OIDs.
#include <catch2/catch.hpp>

#include "core/cda/lab_document.hpp"
#include "tests/unit/core/cda/samples.hpp"

using namespace huren;
using namespace huren::cda;

namespace {
const std::string kHead = R"(<ClinicalDocument xmlns="urn:hl7-org:v3" xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance">
<templateId root="2.16.156.10011.2.1.1.27"/><id root="1.2.3" extension="DOC9"/><code code="C0007" codeSystem="2.16.156.10011.2.4"/>
<effectiveTime value="20261121113000"/><setId root="1.2.3" extension="SET9"/>
<recordTarget><patientRole><id root="2.16.156.10011.1.12" extension="IP1"/><patient><name>测试患者</name><administrativeGenderCode code="1"/></patient></patientRole></recordTarget>
<custodian><assignedCustodian><representedCustodianOrganization><id root="2.16.156.10011.1.5" extension="ORG-A"/><name>甲医院</name></representedCustodianOrganization></assignedCustodian></custodian>
<component><structuredBody>)";
const std::string kTail = "</structuredBody></component></ClinicalDocument>";

std::string section(const std::string& entries) {
  return "<component><section><code code=\"30954-2\" codeSystem=\"2.16.840.1.113883.6.1\"/><text/>" + entries + "</section></component>";
}
std::string observation(const std::string& code, const std::string& rest) {
  return "<observation classCode=\"OBS\" moodCode=\"EVN\"><code code=\"" + code + "\" codeSystem=\"2.16.156.10011.2.2.1\"/>" + rest + "</observation>";
}
std::string entry(const std::string& what) { return "<entry>" + what + "</entry>"; }
std::string st(const std::string& v) { return "<value xsi:type=\"ST\">" + v + "</value>"; }

LabRead read(const std::string& body) {
  auto out = read_lab_report(kHead + body + kTail, {});
  for (const auto& f : out.findings) UNSCOPED_INFO(line(f.error));
  return out;
}
bool has(const Findings& findings, std::string_view id) {
  for (const auto& f : findings)
    if (f.error.id == id) return true;
  return false;
}
}  // namespace

TEST_CASE("flat entries make one observation each, in order") {
  const auto r = read(section(entry(observation("DE04.30.019.00", st("GLU 葡萄糖"))) + entry(observation("DE04.30.015.00", "<value xsi:type=\"REAL\" value=\"5.6\"/>")) +
                              entry(observation("DE04.30.016.00", st("mmol/L"))) + entry(observation("DE04.30.019.00", st("乙肝表面抗原"))) +
                              entry(observation("DE04.30.017.00", "<value xsi:type=\"CD\" code=\"2\" displayName=\"阳性\"/>")) +
                              entry(observation("DE04.30.019.00", st("TNI 肌钙蛋白"))) + entry(observation("DE04.30.015.00", st("&lt;0.01")))));
  REQUIRE(r.report);
  REQUIRE(r.report->observations.size() == 3);
  const auto& o = r.report->observations;
  CHECK(o[0].local == model::Code{"GLU", "葡萄糖", ""});
  CHECK(o[0].value == "5.6");
  CHECK(o[0].value_type == "NM");
  CHECK(o[0].unit == "mmol/L");
  CHECK(o[1].local.name == "乙肝表面抗原");
  CHECK(o[1].value == "阳性");
  CHECK(o[1].value_type == "CWE");
  CHECK(o[1].flags == std::vector<std::string>{"A"});
  CHECK(o[2].comparator == "<");
  CHECK(o[2].value == "0.01");
  CHECK(o[2].value_type == "SN");
  CHECK(has(r.findings, "cda.code_guessed"));
  CHECK(has(r.findings, "cda.missing_optional"));  // no collection time
}

TEST_CASE("several items in one organizer are told apart") {
  std::string parts;
  for (const auto* n : {"ALT", "AST"})
    parts += "<component>" + observation("DE04.30.019.00", st(n)) + "</component><component>" +
             observation("DE04.30.015.00", "<value xsi:type=\"PQ\" value=\"30\" unit=\"U/L\"/>") + "</component>";
  const auto r = read(section(entry("<organizer classCode=\"CLUSTER\" moodCode=\"EVN\"><statusCode code=\"completed\"/>" + parts + "</organizer>")));
  REQUIRE(r.report);
  REQUIRE(r.report->observations.size() == 2);
  CHECK(r.report->observations[1].local.code == "AST");
  CHECK(r.report->observations[1].unit == "U/L");
}

TEST_CASE("the laboratory's examination time never passes as the time of collection") {
  const auto r = read(section(entry(observation("DE04.30.019.00", "<effectiveTime value=\"20261121110000\"/>" + st("K 钾"))) +
                              entry(observation("DE04.30.015.00", "<value xsi:type=\"REAL\" value=\"4.1\"/>"))));
  REQUIRE(r.report);
  CHECK_FALSE(r.report->observations.at(0).observed_at.present());
  CHECK_FALSE(r.report->specimen.collected_at.present());
  CHECK(r.kept.size() == 1);
}

TEST_CASE("times at any precision, with or without zone, are taken as they are") {
  const std::string text = GENERATE("2026", "202611", "20261121", "2026112108", "202611210830", "20261121083015", "20261121083015.250+0800", "20261121083015-0330");
  const auto r = read(section(entry(observation("DE04.50.134.00", "<effectiveTime><low value=\"" + text + "\"/></effectiveTime>" + st("血清")))));
  REQUIRE(r.report);
  CHECK(r.report->specimen.collected_at == test::time(text));
}

TEST_CASE("a wrong time is reported with its place and kept") {
  const auto r = read(section(entry(observation("DE04.50.134.00", "<effectiveTime><low value=\"20261350\"/></effectiveTime>" + st("血清")))));
  REQUIRE(r.report);
  CHECK_FALSE(r.report->specimen.collected_at.present());
  REQUIRE(has(r.findings, "cda.time"));
  for (const auto& f : r.findings)
    if (f.error.id == "cda.time") CHECK(f.error.where == "/ClinicalDocument/component/structuredBody/component/section/entry/observation/effectiveTime/low");
  REQUIRE(r.kept.size() == 1);
  CHECK(r.kept[0].xml == "<low value=\"20261350\"/>");
}

TEST_CASE("each ICD-10 OID in use is taken as ICD-10") {
  const std::string oid = GENERATE("2.16.156.10011.2.3.3.11", "2.16.156.10011.2.3.3.11.3", "2.16.156.10011.2.3.3.11.5", "2.16.840.1.113883.6.3", "2.16.840.1.113883.6.90");
  const auto r = read("<component><section><code code=\"29548-5\"/>" +
                      entry(observation("DE05.01.024.00", "<value xsi:type=\"CD\" code=\"I63.900\" codeSystem=\"" + oid + "\" displayName=\"脑梗死\"/>")) + "</section></component>");
  REQUIRE(r.report);
  CHECK(r.report->diagnosis == model::Code{"I63.900", "脑梗死", "ICD-10"});
  CHECK(has(r.findings, "cda.foreign_system") == (oid != "2.16.156.10011.2.3.3.11"));
}

TEST_CASE("what has no place is kept as it stood, to the byte, and reported where it was") {
  const std::string odd = "<entry><act  classCode='ACT' moodCode=\"EVN\"><!-- x --><code code=\"999\"/><text>随访 &amp; 复查</text></act></entry>";
  const std::string extra = "<component><section><code code=\"8716-3\"/><text>体温 <content>36.5</content></text></section></component>";
  const auto r = read(section(odd) + extra);
  REQUIRE(r.report);
  std::string all;
  for (const auto& k : r.kept) all += k.xml + "\n";
  CHECK(all.find("<text>随访 &amp; 复查</text>") != std::string::npos);
  CHECK(all.find("<text>体温 <content>36.5</content></text>") != std::string::npos);
  CHECK(has(r.findings, "cda.kept"));
  CHECK_FALSE(has_error(r.findings));
}

TEST_CASE("a prefix for the HL7 namespace and a missing namespace both read") {
  auto text = kHead + section("") + kTail;
  std::string prefixed;
  for (std::size_t i = 0; i < text.size(); ++i) {
    prefixed += text[i];
    if (text[i] == '<') {
      if (text[i + 1] == '/') prefixed += text[++i];
      prefixed += "h:";
    }
  }
  prefixed.replace(prefixed.find("xmlns="), 6, "xmlns:h=");
  const auto a = read_lab_report(prefixed, {});
  REQUIRE(a.report);
  CHECK(a.report->origin.code == "ORG-A");
  text.erase(text.find(" xmlns=\"urn:hl7-org:v3\""), 23);
  const auto b = read_lab_report(text, {});
  REQUIRE(b.report);
  CHECK(has(b.findings, "cda.namespace_missing"));
}

TEST_CASE("a document without number or version takes its set id and counts as version 1") {
  const auto r = read(section(""));
  REQUIRE(r.report);
  CHECK(r.report->number == "SET9");
  CHECK(r.report->version == 1);
  CHECK(has(r.findings, "cda.no_version"));
}

TEST_CASE("a document without custodian is refused: nobody answers for it") {
  auto text = kHead + section("") + kTail;
  const auto from = text.find("<custodian>"), to = text.find("</custodian>") + 12;
  text.erase(from, to - from);
  const auto r = read_lab_report(text, {});
  CHECK_FALSE(r.report);
  CHECK(has(r.findings, "cda.missing"));
}
