#include <catch2/catch.hpp>
#include <filesystem>
#include <string>

#include "core/cda/lab_document.hpp"
#include "core/cda/xml_guard.hpp"
#include "core/cda/xml_scan.hpp"
#include "tests/fuzz/cda/same_tree.hpp"
#include "tests/unit/core/cda/records.hpp"

using namespace huren;
using namespace huren::cda;

namespace {
bool as_pugixml(const std::string& text) {
  Tree tree;
  Findings findings;
  if (!scan_xml(text, {}, tree, findings)) return false;
  pugi::xml_document document;
  return document.load_buffer(text.data(), text.size(), pugi::parse_default, pugi::encoding_utf8) && same_tree({tree, 0}, document.document_element());
}
}  // namespace

TEST_CASE("the gate's tree is the one that a well-known parser makes of the same text") {
  for (const auto* text : {"<a/>", "<a></a>", "<a b='1' c=\"2\">x</a>", "<a>\r\n x\r\ny\rz &lt;&#x4e2d;&#13;&amp;lt;\r</a>", "<a b='x\ty\r\nz\nw&#10;&quot;&apos;'/>",
                           "<a><!-- c --><b/> \n <b> t </b><![CDATA[<&\r\n]]>]<c></c>]]</a>", "<a>x<b/>y<b/>z</a>", "<a xml:lang='zh'><h:b xmlns:h='u' h:c='d'/></a>",
                           "<a><bcdefghijklmnopqrstuvwxyz k='1'/><bcdefghijklmnopqrstuvwxyz k='1'/><bcdefghijklmnopqrstuvwxyz k='1'>s</bcdefghijklmnopqrstuvwxyz></a>"}) {
    INFO(text);
    CHECK(as_pugixml(text));
  }
  CHECK(as_pugixml(*write_lab_report(test::report(), {})));
  for (const auto& kind : test::record_kinds()) CHECK(as_pugixml(*write_record(test::record(kind), {})));
}

TEST_CASE("the gate's tree is a well-known parser's for every document of the fuzzers' corpus that is admitted") {
  int compared = 0;
  for (const std::string target : {"cda_gate", "cda_read", "cda_record", "cda_rules"})
    for (const auto& file : std::filesystem::directory_iterator(std::string(HUREN_SOURCE_DIR) + "/tests/fuzz/corpus/" + target)) {
      const auto admitted = admit(test::file(file.path().string()), "", {});
      if (!admitted) continue;
      INFO(file.path().string());
      CHECK(as_pugixml(admitted->text));
      ++compared;
    }
  CHECK(compared >= 15);
}
