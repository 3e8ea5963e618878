#include <catch2/catch.hpp>

#include "core/base/text.hpp"
#include "core/cda/lab_document.hpp"
#include "core/cda/xml_guard.hpp"
#include "tests/unit/core/cda/samples.hpp"

using namespace huren;
using namespace huren::cda;
using namespace std::string_literals;

namespace {

std::string good() { return *write_lab_report(test::report(), {}); }

std::string put(std::string text, const std::string& before, const std::string& what) {
  const auto at = text.find(before);
  REQUIRE(at != std::string::npos);
  return text.insert(at, what);
}
std::string swap(std::string text, const std::string& from, const std::string& to) {
  const auto at = text.find(from);
  REQUIRE(at != std::string::npos);
  return text.replace(at, from.size(), to);
}

struct Case {
  const char* name;
  const char* error;
  std::string bytes;
};

std::vector<Case> cases() {
  const auto g = good();
  std::string deep = "<text>", wide = "<text>", attributes = "<text", long_text = "<text>" + std::string(1100000, 'x') + "</text>";
  for (int i = 0; i < 100; ++i) deep += "<content>";
  for (int i = 0; i < 100; ++i) deep += "</content>";
  deep += "</text>";
  for (int i = 0; i < 200001; ++i) wide += "<br/>";
  wide += "</text>";
  for (int i = 0; i < 30; ++i) attributes += " a" + std::to_string(i) + "=\"\"";
  attributes += "/>";
  const auto in_body = [&](const std::string& what) { return put(g, "<component><structuredBody>", what); };
  return {
      {"a DOCTYPE", "cda.doctype", put(g, "<ClinicalDocument", "<!DOCTYPE ClinicalDocument SYSTEM \"file:///etc/passwd\">")},
      {"an internal subset with an entity", "cda.doctype", put(g, "<ClinicalDocument", "<!DOCTYPE a [<!ENTITY e \"x\">]>")},
      {"a DOCTYPE after the root", "cda.doctype", g + "<!DOCTYPE a>"},
      {"a DOCTYPE inside the root", "cda.doctype", in_body("<!DOCTYPE a>")},
      {"an entity declaration inside the root", "cda.doctype", in_body("<!ENTITY a \"b\">")},
      {"an undeclared entity", "cda.entity", swap(g, "复查后一致", "&e;")},
      {"an undeclared entity in an attribute", "cda.entity", swap(g, "displayName=\"葡萄糖\"", "displayName=\"&xxe;\"")},
      {"a lone ampersand", "cda.entity", swap(g, "复查后一致", "a & b")},
      {"&#0;", "cda.character_reference", swap(g, "复查后一致", "ok&#0;hidden")},
      {"&#x0;", "cda.character_reference", swap(g, "复查后一致", "ok&#x0;hidden")},
      {"a surrogate reference", "cda.character_reference", swap(g, "复查后一致", "&#xD800;")},
      {"a reference beyond Unicode", "cda.character_reference", swap(g, "复查后一致", "&#x110000;")},
      {"a noncharacter reference", "cda.character_reference", swap(g, "复查后一致", "&#xFFFF;")},
      {"a control character in text", "cda.control_character", swap(g, "复查后一致", "a\x01")},
      {"a NUL in text", "cda.control_character", swap(g, "复查后一致", "a\0b"s)},
      {"a control character in an attribute", "cda.control_character", swap(g, "displayName=\"葡萄糖\"", "displayName=\"\x1F\"")},
      {"U+FFFE", "cda.control_character", swap(g, "复查后一致", "\xEF\xBF\xBE")},
      {"duplicate attributes", "cda.duplicate_attribute", swap(g, "<value xsi:type=\"REAL\" value=\"7.10\"", "<value xsi:type=\"REAL\" value=\"7.10\" value=\"1.7\"")},
      {"two roots", "cda.two_roots", g + "<ClinicalDocument xmlns=\"urn:hl7-org:v3\"/>"},
      {"text after the root", "cda.trailing_text", g + "and more"},
      {"text before the root", "cda.not_xml", "x" + g},
      {"a processing instruction in the root", "cda.processing_instruction", in_body("<?php echo 1 ?>")},
      {"a processing instruction after the root", "cda.processing_instruction", g + "<?x y?>"},
      {"a processing instruction before the root", "cda.processing_instruction", put(g, "<ClinicalDocument", "<?mso-application progid=\"Word\"?>")},
      {"a comment that splits a value", "cda.split_text", swap(g, "<td>7.10</td>", "<td>7<!-- -->.10</td>")},
      {"CDATA after a comment that splits a value", "cda.split_text", swap(g, "<td>7.10</td>", "<td>7<!-- --><![CDATA[.10]]></td>")},
      {"a script element", "cda.active_content", swap(g, "<td>7.10</td>", "<td>7.10<script>alert(1)</script></td>")},
      {"a SCRIPT element in another case", "cda.active_content", swap(g, "<td>7.10</td>", "<td><ScRiPt/></td>")},
      {"a script element with a prefix", "cda.active_content", swap(g, "<td>7.10</td>", "<td><h:script xmlns:h=\"http://www.w3.org/1999/xhtml\"/></td>")},
      {"an iframe", "cda.active_content", swap(g, "<td>7.10</td>", "<td><iframe src=\"http://x\"/></td>")},
      {"an event handler", "cda.active_content", swap(g, "<td>7.10</td>", "<td onclick=\"x()\">7.10</td>")},
      {"a javascript: reference", "cda.active_reference", swap(g, "<td>7.10</td>", "<td><linkHtml href=\"javascript:x()\">7.10</linkHtml></td>")},
      {"a javascript: reference in disguise", "cda.active_reference", swap(g, "<td>7.10</td>", "<td><linkHtml href=\" Java&#x53;cript&#58;x()\">7</linkHtml></td>")},
      {"a javascript: telecom", "cda.active_reference", swap(g, "value=\"tel:", "value=\"javascript:")},
      {"a data:text/html reference", "cda.active_reference", swap(g, "<td>7.10</td>", "<td><linkHtml href=\"data:text/html,x\">7</linkHtml></td>")},
      {"100 levels", "cda.limit", in_body(deep)},
      {"200,001 nodes", "cda.limit", in_body(wide)},
      {"30 attributes", "cda.limit", in_body(attributes)},
      {"a megabyte of text in one run", "cda.limit", in_body(long_text)},
      {"9 MiB", "cda.limit", in_body(std::string(9 << 20, ' '))},
      {"a missing end tag", "cda.malformed", swap(g, "</structuredBody>", "")},
      {"crossed tags", "cda.malformed", swap(g, "<td>7.10</td>", "<td>7.10</th>")},
      {"an attribute without quotes", "cda.malformed", swap(g, "<table border=\"1\">", "<table border=1>")},
      {"an attribute without a value", "cda.malformed", swap(g, "<table border=\"1\">", "<table border>")},
      {"< in an attribute", "cda.malformed", swap(g, "<table border=\"1\">", "<table border=\"<\">")},
      {"]]> in text", "cda.malformed", swap(g, "复查后一致", "a]]>b")},
      {"-- in a comment", "cda.malformed", in_body("<!-- a -- b -->")},
      {"an unclosed comment", "cda.malformed", g.substr(0, 400) + "<!-- "},
      {"an unclosed CDATA section", "cda.malformed", swap(g, "复查后一致", "<![CDATA[x")},
      {"a document cut short", "cda.malformed", g.substr(0, g.size() / 2)},
      {"nothing", "cda.no_root", ""},
      {"blanks only", "cda.no_root", "  \n "},
      {"JSON", "cda.not_xml", "{\"a\": 1}"},
      {"another root", "cda.not_cda", "<html/>"},
      {"another namespace", "cda.not_cda", "<ClinicalDocument xmlns=\"urn:other\"/>"},
      {"UTF-32", "cda.charset", "\xFF\xFE\0\0<\0\0\0"s},
      {"an unknown charset", "cda.charset", swap(g, "encoding=\"UTF-8\"", "encoding=\"EBCDIC-CP-US\"")},
      {"UTF-8 that is not", "cda.undecodable", swap(g, "复查后一致", "\xC3\x28")},
      {"overlong UTF-8", "cda.undecodable", swap(g, "复查后一致", "\xC0\xBC")},
      {"GB18030 that is not", "cda.undecodable", swap(swap(g, "encoding=\"UTF-8\"", "encoding=\"GB18030\""), "复查后一致", "\xFF")},
      {"odd UTF-16", "cda.undecodable", "\xFF\xFE<\0a"s},
      {"a lone surrogate in UTF-16", "cda.undecodable", "\xFF\xFE<\0\x00\xDC"s},
      {"template and code at odds", "cda.kind_unlike", swap(g, "<code code=\"C0007\"", "<code code=\"C0006\"")},
      {"another kind", "cda.not_lab", swap(swap(g, "<code code=\"C0007\"", "<code code=\"C0006\""), "2.16.156.10011.2.1.1.27", "2.16.156.10011.2.1.1.26")},
      {"an unknown kind", "cda.kind_unknown", swap(swap(g, "<code code=\"C0007\"", "<code code=\"C9999\""), "2.16.156.10011.2.1.1.27", "1.2.3")},
  };
}

}  // namespace

TEST_CASE("each hostile or broken document is refused with its own error and no report") {
  for (const auto& c : cases()) {
    INFO(c.name);
    const auto read = read_lab_report(c.bytes, {});
    CHECK_FALSE(read.report);
    std::string seen;
    for (const auto& f : read.findings)
      if (f.severity == Severity::error) seen += std::string(f.error.id) + " ";
    CHECK(seen == std::string(c.error) + " ");
    REQUIRE(catalogue_entry(c.error));
    CHECK_FALSE(catalogue_entry(c.error)->zh.empty());
  }
}

TEST_CASE("comments between elements, CDATA for text and a stylesheet before the root do no harm") {
  auto text = swap(good(), "<td>7.10</td>", "<!-- note --><td><![CDATA[7.10]]></td><!-- -->");
  text = swap(text, "<originalText>阴性(-)</originalText>", "<originalText>阴<![CDATA[性(-)]]></originalText>");
  text = put(text, "<ClinicalDocument", "<?xml-stylesheet type=\"text/xsl\" href=\"http://example.invalid/cda.xsl\"?>\n<!-- c -->");
  const auto read = read_lab_report(text + "\n<!-- end -->\n", {});
  REQUIRE(read.report);
  CHECK(*read.report == test::report());
  REQUIRE(read.findings.size() == 1);
  CHECK(read.findings[0].error.id == "cda.stylesheet_ignored");
}

TEST_CASE("what the gate admits is byte for byte the root element") {
  const auto admitted = admit("\xEF\xBB\xBF<?xml version='1.0'?>\n<a b='1'>x&amp;y</a>\n", "", {});
  REQUIRE(admitted);
  CHECK(admitted->text == "<a b='1'>x&amp;y</a>");
  CHECK(admitted->charset == "UTF-8");
}

TEST_CASE("documents in GB18030, GBK, GB2312, UTF-8 and UTF-16 read the same, declared or not") {
  auto r = test::report();
  r.patient.name = "珅瑋東昞";  // GBK second bytes 7C and 5C
  for (auto& o : r.observations)
    if (o.unit == "μg/L") o.unit = "ug/L";
  const auto utf8 = *write_lab_report(r, {});
  const auto relabelled = [&](const std::string& label) {
    return label.empty() ? swap(utf8, " encoding=\"UTF-8\"", "") : swap(utf8, "encoding=\"UTF-8\"", "encoding=\"" + label + "\"");
  };
  const auto utf16 = [](const std::string& text, bool little, bool bom) {
    std::string out = bom ? (little ? "\xFF\xFE" : "\xFE\xFF") : "";
    for (std::size_t i = 0; i < text.size();) {
      const auto b = static_cast<unsigned char>(text[i]);
      const int n = b < 0x80 ? 1 : b < 0xE0 ? 2 : b < 0xF0 ? 3 : 4;
      std::uint32_t c = n == 1 ? b : n == 2 ? b & 31U : n == 3 ? b & 15U : b & 7U;
      for (int k = 1; k < n; ++k) c = (c << 6) | (static_cast<unsigned char>(text[i + static_cast<std::size_t>(k)]) & 63U);
      i += static_cast<std::size_t>(n);
      const auto unit = [&](std::uint32_t u) {
        const char hi = static_cast<char>(u >> 8), lo = static_cast<char>(u & 255);
        out += little ? lo : hi;
        out += little ? hi : lo;
      };
      if (c < 0x10000) unit(c);
      else unit(0xD800 + ((c - 0x10000) >> 10)), unit(0xDC00 + ((c - 0x10000) & 0x3FF));
    }
    return out;
  };
  struct Row {
    const char* name;
    std::string bytes, label, warning;
  };
  const auto gb = [&](const std::string& label) { return *from_utf8(relabelled(label), Charset::gb18030); };
  const std::vector<Row> rows = {
      {"UTF-8 declared", utf8, "", ""},
      {"UTF-8 undeclared", relabelled(""), "", ""},
      {"UTF-8 with BOM", "\xEF\xBB\xBF" + utf8, "", ""},
      {"GB18030 declared", gb("GB18030"), "", ""},
      {"GBK declared", gb("GBK"), "", ""},
      {"gb2312 declared", gb("gb2312"), "", ""},
      {"GB18030 undeclared", gb(""), "", "cda.charset_guessed"},
      {"GB18030 declared outside", gb(""), "GB18030", ""},
      {"GB18030 outside, UTF-8 inside", gb("UTF-8"), "GBK", "cda.charset_conflict"},
      {"UTF-8 that calls itself GB2312", relabelled("GB2312"), "", "cda.charset_doubtful"},
      {"UTF-8 that calls itself UTF-16", relabelled("utf-16"), "", "cda.charset_doubtful"},
      {"UTF-16LE with BOM", utf16(relabelled("UTF-16"), true, true), "", ""},
      {"UTF-16BE with BOM", utf16(relabelled("UTF-16"), false, true), "", ""},
      {"UTF-16LE without BOM", utf16(relabelled("UTF-16"), true, false), "", ""},
      {"UTF-16BE undeclared", utf16(relabelled(""), false, false), "", ""},
  };
  for (const auto& row : rows) {
    INFO(row.name);
    ReadOptions options;
    options.charset = row.label;
    const auto read = read_lab_report(row.bytes, options);
    REQUIRE(read.report);
    CHECK(*read.report == r);
    std::string seen;
    for (const auto& f : read.findings) seen += f.error.id;
    CHECK(seen == row.warning);
  }
}

TEST_CASE("a flood of what nobody knows costs time in proportion, and more pieces than anybody reads are refused") {
  const auto g = good();
  const auto flood = [&](const std::string& piece, int n) {
    std::string all;
    for (int i = 0; i < n; ++i) all += piece;
    return put(g, "</section>", all);
  };
  const auto some = read_lab_report(flood("<x/>", 15000), {});
  REQUIRE(some.report);
  CHECK(some.kept.size() == 15000);
  CHECK(some.kept.back().where.ends_with("/x[15000]"));
  for (const auto* piece : {"<x/>", "<entry><observation><code code=\"ZZ\"/></observation></entry>"}) {
    const auto many = read_lab_report(flood(piece, 45000), {});
    CHECK_FALSE(many.report);
    CHECK(many.findings.back().error.id == "cda.limit");
    CHECK(many.kept.size() == 20000);
  }
}
