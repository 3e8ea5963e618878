// Nothing of a document is dropped in silence: a mark set anywhere in it is found again in what was read, or in what was kept.
#include <algorithm>
#include <catch2/catch.hpp>
#include <functional>
#include <pugixml.hpp>
#include <set>
#include <sstream>

#include "core/cda/lab_document.hpp"
#include "core/model/event.hpp"
#include "tests/unit/core/cda/records.hpp"

using namespace huren;
using namespace huren::cda;

namespace {

constexpr const char* kMark = "MARK42";

std::string document(const std::string& kind) {
  if (kind == "C0007" || kind == "XD-LAB") {
    auto r = test::report();
    r.version = 2;
    r.status = model::Status::corrected;
    r.amendment_reason = "录入错误";
    return *write_lab_report(r, {.mode = Mode::cn, .kind = *kind_from_code(kind), .id = {}, .effective_time = {}});
  }
  auto r = test::record(kind);
  r.version = 2;
  r.status = model::Status::corrected;
  r.amendment_reason = "补充";
  return *write_record(r, {});
}

// Everything that a reader hands on, as one text.
std::string handed_on(const std::string& kind, const std::string& bytes) {
  const auto told = [](const Head& h, const Findings& findings, const std::vector<Kept>& kept) {
    std::string out = h.id.root + h.id.extension + h.set.root + h.set.extension + h.title + h.code + h.language;
    for (const auto& t : h.template_ids) out += t;
    for (const auto& r : {h.replaces, h.appends})
      if (r) out += r->root + r->extension;
    for (const auto& f : findings)
      if (f.severity == Severity::error) out += std::string(kMark) + " refused: " + line(f.error);  // not silent
    for (const auto& k : kept) out += k.xml;
    return out;
  };
  if (kind == "C0007" || kind == "XD-LAB") {
    const auto read = read_lab_report(bytes, {});
    return (read.report ? model::to_json(*read.report) : "") + told(read.head, read.findings, read.kept);
  }
  const auto read = read_record(bytes, {});
  return (read.record ? model::to_json(*read.record) : "") + told(read.head, read.findings, read.kept);
}

// The machine-readable part: a section's narrative says what its entries say.
bool machine_readable(pugi::xml_node node) {
  for (; node; node = node.parent())
    if (std::string_view(node.name()) == "text" && std::string_view(node.parent().name()) == "section") return false;
  return true;
}

void for_each_element(pugi::xml_node node, const std::function<void(pugi::xml_node)>& fn) {
  if (!machine_readable(node)) return;
  fn(node);
  for (auto child = node.first_child(); child; child = child.next_sibling())
    if (child.type() == pugi::node_element) for_each_element(child, fn);
}

std::string path_of(pugi::xml_node node) {
  std::string out;
  for (; node && node.type() == pugi::node_element; node = node.parent()) out = "/" + std::string(node.name()) + out;
  return out;
}

// Applies `change` to the n-th element of a fresh copy, for every n; the paths at which the mark was lost.
std::set<std::string> lost(const std::string& kind, const std::function<bool(pugi::xml_node, std::string& what)>& change) {
  const auto bytes = document(kind);
  std::set<std::string> out;
  for (std::size_t n = 0;; ++n) {
    pugi::xml_document tree;
    REQUIRE(tree.load_buffer(bytes.data(), bytes.size()));
    pugi::xml_node at;
    std::size_t i = 0;
    for_each_element(tree.document_element(), [&](pugi::xml_node e) {
      if (i++ == n) at = e;
    });
    if (!at) return out;
    std::string what = path_of(at);
    if (!change(at, what)) continue;
    std::ostringstream text;
    tree.save(text, "", pugi::format_raw);
    if (handed_on(kind, text.str()).find(kMark) == std::string::npos) out.insert(what);
  }
}

std::string lines(const std::set<std::string>& all) {
  std::string out;
  for (const auto& l : all) out += l + "\n";
  return out;
}

const std::vector<std::string>& every_kind() {
  static const std::vector<std::string> kinds{"C0007", "XD-LAB", "C0006", "C0001", "C0053", "C0049", "C0045", "TRANSFER"};
  return kinds;
}

}  // namespace

TEST_CASE("an element that nobody knows is kept wherever it stands") {
  const auto kind = GENERATE(from_range(every_kind()));
  CAPTURE(kind);
  CHECK(lines(lost(kind, [](pugi::xml_node e, std::string&) {
    e.append_child("unheardOf").append_attribute("value").set_value(kMark);
    return true;
  })) == "");
}

TEST_CASE("an attribute that nobody knows is kept wherever it stands") {
  const auto kind = GENERATE(from_range(every_kind()));
  CAPTURE(kind);
  CHECK(lines(lost(kind, [](pugi::xml_node e, std::string&) {
    e.append_attribute("unheardOf").set_value(kMark);
    return true;
  })) == "");
}

TEST_CASE("a second of what a document has once is kept") {
  const auto kind = GENERATE(from_range(every_kind()));
  CAPTURE(kind);
  CHECK(lines(lost(kind, [](pugi::xml_node e, std::string&) {
    auto copy = e.parent().insert_copy_after(e, e);
    if (!copy || e == e.root().first_child()) return false;
    bool marked = false;
    for_each_element(copy, [&](pugi::xml_node x) {
      for (auto a : x.attributes())
        for (const std::string_view name : {"value", "extension", "displayName"})
          if (name == a.name()) marked = a.set_value(kMark);
      for (auto t : x.children())
        if (t.type() == pugi::node_pcdata) marked = t.set_value(kMark);
    });
    return marked;
  })) == "");
}

// A label repeats what a code, a template or a section says already: titles, display names beside a code, the name of a data
// element, an age beside the date of birth.
bool label(pugi::xml_node e, const std::string& attribute) {
  const std::string_view name = e.name(), parent = e.parent().name();
  if (attribute.empty()) return name == "title" || (name == "originalText" && parent == "code");
  if (attribute == "value") return name == "age";
  return attribute != "extension" && attribute != "unit" && attribute != "assigningAuthorityName";
}

TEST_CASE("texts, values, units and identifiers that were changed are handed on as they now are") {
  const auto kind = GENERATE(from_range(every_kind()));
  CAPTURE(kind);
  for (const std::string name : {"value", "extension", "unit", "assigningAuthorityName", ""})
    CHECK(lines(lost(kind, [&](pugi::xml_node e, std::string& what) {
      what += " @" + name;
      if (label(e, name)) return false;
      if (!name.empty()) return static_cast<bool>(e.attribute(name.c_str())) && e.attribute(name.c_str()).set_value(kMark);
      for (auto t : e.children())
        if (t.type() == pugi::node_pcdata) return t.set_value(kMark);
      return false;
    })) == "");
}

TEST_CASE("a narrative that another hospital wrote is kept, for it may say more than the entries - ours is not") {
  auto bytes = document("C0007");
  CHECK(handed_on("C0007", bytes).find("<text>") == std::string::npos);
  const auto id = bytes.find("<id root=");
  bytes.replace(id, bytes.find("/>", id) - id, "<id root=\"1.2.3\" extension=\"OTHER\"");
  CHECK(handed_on("C0007", bytes).find("<text>") != std::string::npos);
}

TEST_CASE("a range or a printed unit that contradicts the value's unit is reported and never used in silence") {
  auto bytes = *write_lab_report(test::report(), {});
  const auto at = bytes.find("<low value=\"3.9\" unit=\"mmol/L\"");
  REQUIRE(at != std::string::npos);
  bytes.replace(at, bytes.find("/>", at) - at, "<low value=\"70\" unit=\"mg/dL\"");
  const auto read = read_lab_report(bytes, {});
  REQUIRE(read.report);
  CHECK_FALSE(read.report->observations[0].range.low);
  CHECK(std::any_of(read.findings.begin(), read.findings.end(), [](const Finding& f) { return f.error.id == "cda.unit_unlike"; }));
  CHECK(read.kept.size() == 1);
}
