// What the gate admits, a parser takes whole: one element, no DOCTYPE, no processing instruction, legal UTF-8; and the
// tree that the gate builds is the one that pugixml builds.
#include <cstdint>
#include <pugixml.hpp>
#include <string_view>

#include "core/base/text.hpp"
#include "core/cda/xml_guard.hpp"
#include "core/cda/xml_scan.hpp"
#include "tests/fuzz/cda/expect.hpp"
#include "tests/fuzz/cda/same_tree.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace huren;
  const auto admitted = cda::admit({reinterpret_cast<const char*>(data), size}, "", {});
  if (!admitted) {
    expect(catalogue_entry(admitted.error().id) != nullptr);
    return 0;
  }
  const auto& text = admitted->text;
  expect(!invalid_utf8(text));
  expect(text.starts_with('<') && text.ends_with('>'));
  pugi::xml_document document;
  expect(static_cast<bool>(document.load_buffer(text.data(), text.size(), pugi::parse_full, pugi::encoding_utf8)));
  int roots = 0;
  for (const auto& node : document.children()) {
    expect(node.type() == pugi::node_element);
    ++roots;
  }
  expect(roots == 1);
  cda::Tree tree;
  Findings findings;
  expect(static_cast<bool>(cda::scan_xml(text, {}, tree, findings)));
  pugi::xml_document plain;
  expect(static_cast<bool>(plain.load_buffer(text.data(), text.size(), pugi::parse_default, pugi::encoding_utf8)));
  expect(cda::same_tree({tree, 0}, plain.document_element()));
  return 0;
}
